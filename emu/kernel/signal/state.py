"""A task's signal state: its own part, and what it shares with its thread group."""

from __future__ import annotations

from dataclasses import dataclass, field

from emu.kernel.signal.actions import KERNEL_ONLY, SignalActions
from emu.kernel.signal.pending import PendingSignals, SigInfo, next_signal
from emu.kernel.signal.posix_timers import PosixTimers
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
    posix_timers: PosixTimers = field(default_factory=PosixTimers)

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

    def dequeue(self, blocked: int | None = None) -> SigInfo | None:
        """Take the next signal that is not blocked: the task's own before the group's.

        Readers of signals have another set of `blocked` ones than the task's own.
        """
        if blocked is None:
            blocked = self.blocked
        for queue in (self.private, self.shared):
            ready = queue.signals & ~blocked
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

    def after_exec(self) -> None:
        """Become what a new program starts with; the mask and what is pending stay."""
        self.actions = self.actions.after_exec()
        self.altstack = AltStack()
        self.posix_timers.clear()
