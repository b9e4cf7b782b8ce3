"""A task's signal state: its own part, and what it shares with its thread group."""

from __future__ import annotations

from dataclasses import dataclass, field

from emu.kernel.signal.actions import KERNEL_ONLY, SignalActions
from emu.kernel.signal.pending import PendingSignals, SigInfo, next_signal
from emu.kernel.signal.real_timer import RealTimer
from emu.kernel.uapi.signal import SS_DISABLE


@dataclass(frozen=True, slots=True)
class AltStack:
    """The alternate signal stack. See sigaltstack(2)."""

    sp: int = 0
    size: int = 0
    flags: int = SS_DISABLE

    def holds(self, sp: int) -> bool:
        """Whether a stack pointer is on this stack: see on_sig_stack."""
        return self.sp < sp <= self.sp + self.size


@dataclass(slots=True)
class TaskSignals:
    """Blocked and pending signals of a task. Sets are ints; bit 0 is signal 1."""

    actions: SignalActions = field(default_factory=SignalActions)
    shared: PendingSignals = field(default_factory=PendingSignals)
    private: PendingSignals = field(default_factory=PendingSignals)
    blocked: int = 0
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

    def block_only(self, signals: int) -> None:
        """Replace the blocked set; SIGKILL and SIGSTOP never are in it."""
        self.blocked = signals & ~KERNEL_ONLY

    def dequeue(self) -> SigInfo | None:
        """Take the next signal that is not blocked: the task's own before the group's."""
        for queue in (self.private, self.shared):
            ready = queue.signals & ~self.blocked
            if ready:
                return queue.take(next_signal(ready))
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

    def clone(self, *, thread: bool, altstack: AltStack) -> TaskSignals:
        """The state of a task that shares the actions, and what is pending for the process too."""
        child = TaskSignals(actions=self.actions, blocked=self.blocked, altstack=altstack)
        if thread:
            child.shared, child.real_timer = self.shared, self.real_timer
        return child

    def after_exec(self) -> None:
        """Become what a new program starts with; the mask and what is pending stay."""
        self.actions = self.actions.after_exec()
        self.altstack = AltStack()
