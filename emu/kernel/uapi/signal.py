"""Signals, by the generic numbers that are the kernel's own. See signal(7) and sigaction(2).

A number above 31 is a real-time signal; MIPS alone goes beyond 64.
"""

from __future__ import annotations

from emu.kernel.args import FlagFamily

SIGHUP = 1
SIGINT = 2
SIGQUIT = 3
SIGILL = 4
SIGTRAP = 5
SIGABRT = 6
SIGBUS = 7
SIGFPE = 8
SIGKILL = 9
SIGUSR1 = 10
SIGSEGV = 11
SIGUSR2 = 12
SIGPIPE = 13
SIGALRM = 14
SIGTERM = 15
SIGSTKFLT = 16
SIGCHLD = 17
SIGCONT = 18
SIGSTOP = 19
SIGTSTP = 20
SIGTTIN = 21
SIGTTOU = 22
SIGURG = 23
SIGXCPU = 24
SIGXFSZ = 25
SIGVTALRM = 26
SIGPROF = 27
SIGWINCH = 28
SIGIO = 29
SIGPWR = 30
SIGSYS = 31
SIGRTMIN = 32

SIGNAL_NAMES = (
    "",
    "SIGHUP",
    "SIGINT",
    "SIGQUIT",
    "SIGILL",
    "SIGTRAP",
    "SIGABRT",
    "SIGBUS",
    "SIGFPE",
    "SIGKILL",
    "SIGUSR1",
    "SIGSEGV",
    "SIGUSR2",
    "SIGPIPE",
    "SIGALRM",
    "SIGTERM",
    "SIGSTKFLT",
    "SIGCHLD",
    "SIGCONT",
    "SIGSTOP",
    "SIGTSTP",
    "SIGTTIN",
    "SIGTTOU",
    "SIGURG",
    "SIGXCPU",
    "SIGXFSZ",
    "SIGVTALRM",
    "SIGPROF",
    "SIGWINCH",
    "SIGIO",
    "SIGPWR",
    "SIGSYS",
)
"""The name of each classic signal, at its number."""

SIG_DFL = 0
SIG_IGN = 1

SA_NOCLDSTOP = 0x00000001
SA_NOCLDWAIT = 0x00000002
SA_SIGINFO = 0x00000004
SA_UNSUPPORTED = 0x00000400
SA_EXPOSE_TAGBITS = 0x00000800
SA_RESTORER = 0x04000000
SA_ONSTACK = 0x08000000
SA_RESTART = 0x10000000
SA_NODEFER = 0x40000000
SA_RESETHAND = 0x80000000

SIGACTION_FLAGS = FlagFamily(
    "sigaction flags",
    (
        ("SA_NOCLDSTOP", SA_NOCLDSTOP),
        ("SA_NOCLDWAIT", SA_NOCLDWAIT),
        ("SA_SIGINFO", SA_SIGINFO),
        ("SA_UNSUPPORTED", SA_UNSUPPORTED),
        ("SA_EXPOSE_TAGBITS", SA_EXPOSE_TAGBITS),
        ("SA_RESTORER", SA_RESTORER),
        ("SA_ONSTACK", SA_ONSTACK),
        ("SA_RESTART", SA_RESTART),
        ("SA_NODEFER", SA_NODEFER),
        ("SA_RESETHAND", SA_RESETHAND),
    ),
)

SIG_BLOCK = 0
SIG_UNBLOCK = 1
SIG_SETMASK = 2

SIGPROCMASK_HOW = FlagFamily(
    "sigprocmask how",
    (("SIG_BLOCK", SIG_BLOCK), ("SIG_UNBLOCK", SIG_UNBLOCK), ("SIG_SETMASK", SIG_SETMASK)),
    is_number=True,
)

SS_ONSTACK = 1
SS_DISABLE = 2
SS_AUTODISARM = 1 << 31

SI_USER = 0
SI_KERNEL = 0x80
SI_QUEUE = -1
SI_SIGIO = -5
SI_TKILL = -6

SIGEV_SIGNAL = 0
SIGEV_NONE = 1
SIGEV_THREAD = 2
SIGEV_THREAD_ID = 4

SIGEV_NOTIFY = FlagFamily(
    "sigev_notify",
    (
        ("SIGEV_SIGNAL", SIGEV_SIGNAL),
        ("SIGEV_NONE", SIGEV_NONE),
        ("SIGEV_THREAD", SIGEV_THREAD),
        ("SIGEV_THREAD_ID", SIGEV_THREAD_ID),
    ),
    is_number=True,
)
