"""What a process does with each signal. See sigaction(2) and signal(7)."""

from __future__ import annotations

from emu.kernel.uapi.signal import (
    SIG_DFL,
    SIG_IGN,
    SIGABRT,
    SIGBUS,
    SIGCHLD,
    SIGCONT,
    SIGFPE,
    SIGILL,
    SIGKILL,
    SIGQUIT,
    SIGSEGV,
    SIGSTOP,
    SIGSYS,
    SIGTRAP,
    SIGTSTP,
    SIGTTIN,
    SIGTTOU,
    SIGURG,
    SIGWINCH,
    SIGXCPU,
    SIGXFSZ,
)
from emu.kernel.wait import WaitQueue
from emu.record import record


def sigmask(*signals: int) -> int:
    """A set of signals as bits; bit 0 is signal 1."""
    mask = 0
    for signal in signals:
        mask |= 1 << (signal - 1)
    return mask


# include/linux/signal.h
KERNEL_ONLY = sigmask(SIGKILL, SIGSTOP)
STOPS = sigmask(SIGSTOP, SIGTSTP, SIGTTIN, SIGTTOU)
DUMPS_CORE = sigmask(
    SIGQUIT, SIGILL, SIGTRAP, SIGABRT, SIGFPE, SIGSEGV, SIGBUS, SIGSYS, SIGXCPU, SIGXFSZ
)
IGNORED_BY_DEFAULT = sigmask(SIGCONT, SIGCHLD, SIGWINCH, SIGURG)
SYNCHRONOUS = sigmask(SIGSEGV, SIGBUS, SIGILL, SIGTRAP, SIGFPE, SIGSYS)


@record
class Sigaction:
    """One signal's action. `mask` and `flags` are the kernel's own numbers."""

    handler: int = SIG_DFL
    flags: int = 0
    mask: int = 0
    restorer: int = 0


DEFAULT = Sigaction()


class SignalActions:
    """The actions of a thread group; a signal without an entry has the default.

    `signalfd_wait` is where readers of signalfds wait for signals of the group.
    """

    __slots__ = ("_actions", "signalfd_wait")

    def __init__(self, actions: dict[int, Sigaction] | None = None) -> None:
        self._actions = actions or {}
        self.signalfd_wait = WaitQueue()

    def __getitem__(self, signal: int) -> Sigaction:
        return self._actions.get(signal, DEFAULT)

    def __setitem__(self, signal: int, action: Sigaction) -> None:
        self._actions[signal] = action

    def ignores(self, signal: int) -> bool:
        """Whether the signal has no effect, said by the program or by default."""
        handler = self[signal].handler
        if handler == SIG_DFL:
            return bool(sigmask(signal) & IGNORED_BY_DEFAULT)
        return handler == SIG_IGN

    def copy(self) -> SignalActions:
        """The actions of a forked process."""
        return SignalActions(dict(self._actions))

    def after_exec(self) -> SignalActions:
        """What a new program starts with: signals stay ignored, handlers are gone."""
        ignored = {s: Sigaction(SIG_IGN) for s, a in self._actions.items() if a.handler == SIG_IGN}
        return SignalActions(ignored)
