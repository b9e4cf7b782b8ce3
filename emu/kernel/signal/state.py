"""A task's signal state: its own part, and what it shares with its thread group."""

from __future__ import annotations

from emu.kernel.signal.actions import KERNEL_ONLY, SignalActions, sigmask
from emu.kernel.signal.pending import PendingSignals, SigInfo, next_signal
from emu.kernel.signal.real_timer import RealTimer
from emu.kernel.uapi.signal import SIGALRM, SIGKILL, SS_AUTODISARM, SS_DISABLE
from emu.record import field, record


@record
class AltStack:
    """The alternate signal stack. See sigaltstack(2)."""

    sp: int = 0
    size: int = 0
    flags: int = SS_DISABLE

    def holds(self, sp: int) -> bool:
        """Whether a stack pointer is on this stack: see __on_sig_stack."""
        return self.sp < sp <= self.sp + self.size

    def in_use(self, sp: int) -> bool:
        """Whether the program is on this stack: see on_sig_stack.

        Never one that disarms itself, which is gone as soon as it is used.
        """
        return not self.flags & SS_AUTODISARM and self.holds(sp)


@record(frozen=False)
class TaskSignals:
    """Blocked and pending signals of a task. Sets are ints; bit 0 is signal 1.

    `saved_blocked` is the mask to restore after a call that had one of its own for as long as it
    slept (sigsuspend), once it is known whether a handler runs. `real_blocked` is what is blocked
    besides while sigtimedwait(2) waits for it. `trap_pending` is a tracer's wish to stop the task.
    """

    actions: SignalActions = field(default_factory=SignalActions)
    shared: PendingSignals = field(default_factory=PendingSignals)
    private: PendingSignals = field(default_factory=PendingSignals)
    blocked: int = 0
    real_blocked: int = 0
    trap_pending: bool = False
    saved_blocked: int | None = None
    altstack: AltStack = field(default_factory=AltStack)
    real_timer: RealTimer = field(default_factory=RealTimer)

    @classmethod
    def fresh(cls) -> TaskSignals:
        """Every action the default, nothing blocked, nothing pending."""
        return cls()

    @property
    def pending(self) -> int:
        """The set of all pending signals, blocked or not."""
        return self.private.signals | self.shared.signals

    @property
    def deliverable(self) -> int:
        """The set of pending signals that are not blocked."""
        return self.pending & ~self.blocked

    def ends_sleep(self, killable: bool = False) -> bool:
        """Whether what is pending ends a sleep; a killable one ends for SIGKILL only."""
        if killable:
            return self.killed
        return bool(self.deliverable) or self.trap_pending

    @property
    def killed(self) -> bool:
        """Whether SIGKILL is pending."""
        return bool(self.pending & sigmask(SIGKILL))

    def sleep_with(self, signals: int) -> None:
        """Block just these until a handler has run or none had to: set_restore_sigmask."""
        if self.saved_blocked is None:
            self.saved_blocked = self.blocked
        self.block_only(signals)

    def restore_blocked(self) -> None:
        """Put the mask back that `sleep_with` replaced."""
        if self.saved_blocked is not None:
            self.blocked, self.saved_blocked = self.saved_blocked, None

    def block_only(self, signals: int) -> None:
        """Replace the blocked set; SIGKILL and SIGSTOP never are in it."""
        self.blocked = signals & ~KERNEL_ONLY

    def dequeue(self, blocked: int | None = None) -> SigInfo | None:
        """Take the next signal that is not blocked: the task's own before the group's.

        Readers of signals have another set of `blocked` ones than the task's own.
        """
        if blocked is None:
            blocked = self.blocked
        for queue in (self.private, self.shared):
            ready = queue.signals & ~blocked
            if ready:
                info = queue.take(next_signal(ready))
                if info.signal == SIGALRM and queue is self.shared:
                    self.real_timer.signal_taken()
                return info
        return None

    def flush(self, signals: int) -> None:
        """Forget pending signals of a set."""
        self.private.flush(signals)
        self.shared.flush(signals)

    def fork(self) -> TaskSignals:
        """The state of a new process: the same actions and mask, nothing pending."""
        return TaskSignals(
            actions=self.actions.copy(), blocked=self.blocked, altstack=self.altstack
        )

    def clone(self, *, thread: bool) -> TaskSignals:
        """The state of a task that shares the actions, and what is pending for the process too."""
        child = TaskSignals(actions=self.actions, blocked=self.blocked, altstack=self.altstack)
        if thread:
            child.shared, child.real_timer = self.shared, self.real_timer
        return child

    def after_exec(self) -> None:
        """Become what a new program starts with; the mask and what is pending stay."""
        self.actions = self.actions.after_exec()
        self.altstack = AltStack()
