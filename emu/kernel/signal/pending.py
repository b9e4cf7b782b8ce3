"""Signals that were sent and not yet taken. See sigpending(2)."""

from __future__ import annotations

from typing import Protocol

from emu.kernel.signal.actions import SYNCHRONOUS, sigmask
from emu.kernel.uapi.signal import SI_KERNEL, SI_USER, SIGRTMIN
from emu.record import field, record


class TimerSource(Protocol):
    """A POSIX timer, as its signal sees it."""

    def taken(self, info: SigInfo) -> SigInfo:
        """The signal is being taken: what it says, with the overruns counted."""


@record
class SigInfo:
    """What comes with a signal: siginfo_t in the kernel's own terms.

    `code` is a number below zero or SI_USER/SI_KERNEL, and a name (``SEGV_MAPERR``) for the codes
    that belong to one signal. `value` is what sigqueue(3) or timer_create(2) passed. Times are in
    clock ticks, and `status` is a signal in the kernel's numbers but for CLD_EXITED. `source` is
    the POSIX timer that sent it and runs on when it is taken. An `immutable` one ends the process,
    whatever handler or tracer there is: SA_IMMUTABLE.
    """

    signal: int
    code: int | str = SI_USER
    pid: int = 0
    uid: int = 0
    value: int = 0
    address: int = 0
    status: int = 0
    errno: int = 0
    utime: int = 0
    stime: int = 0
    band: int = 0
    fd: int = 0
    timer: int = 0
    overrun: int = 0
    syscall: int = 0
    audit_arch: int = 0
    trap_number: int = 0
    address_lsb: int = 0
    source: TimerSource | None = field(default=None, compare=False, repr=False)
    immutable: bool = field(default=False, compare=False, repr=False)

    @classmethod
    def from_kernel(cls, signal: int) -> SigInfo:
        """A signal that nobody sent (SIGPIPE, SIGALRM)."""
        return cls(signal, SI_KERNEL)


class PendingSignals:
    """struct sigpending: the set, and what is known of each queued signal."""

    __slots__ = ("queue", "signals")

    def __init__(self) -> None:
        self.signals = 0
        self.queue: list[SigInfo] = []

    def add(self, info: SigInfo, room: bool = True) -> None:
        """Make a signal pending; without room for the details only its bit is set."""
        bit = sigmask(info.signal)
        if info.signal < SIGRTMIN and self.signals & bit and info.source is None:
            return
        self.signals |= bit
        if room:
            self.queue.append(info)

    def take(self, signal: int) -> SigInfo:
        """Remove one instance of a pending signal: the oldest."""
        matching = [info for info in self.queue if info.signal == signal]
        if len(matching) < 2:
            self.signals &= ~sigmask(signal)
        if not matching:
            return SigInfo(signal)
        info = matching[0]
        self.queue.remove(info)
        return info if info.source is None else info.source.taken(info)

    def flush(self, signals: int) -> None:
        """Forget all pending signals of a set."""
        if self.signals & signals:
            self.signals &= ~signals
            self.queue = [info for info in self.queue if not sigmask(info.signal) & signals]


def next_signal(pending: int) -> int:
    """Which of a set is taken first: one that the code itself caused, then the lowest."""
    chosen = pending & SYNCHRONOUS or pending
    return (chosen & -chosen).bit_length()
