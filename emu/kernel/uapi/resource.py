"""Resource limits and usage. See getrlimit(2), getrusage(2), getpriority(2)."""

from __future__ import annotations

from emu.kernel.args import FlagFamily

RLIMIT_NAMES = (
    "RLIMIT_CPU",
    "RLIMIT_FSIZE",
    "RLIMIT_DATA",
    "RLIMIT_STACK",
    "RLIMIT_CORE",
    "RLIMIT_RSS",
    "RLIMIT_NPROC",
    "RLIMIT_NOFILE",
    "RLIMIT_MEMLOCK",
    "RLIMIT_AS",
    "RLIMIT_LOCKS",
    "RLIMIT_SIGPENDING",
    "RLIMIT_MSGQUEUE",
    "RLIMIT_NICE",
    "RLIMIT_RTPRIO",
    "RLIMIT_RTTIME",
)
"""In the order of the generic numbers; MIPS has its own."""

RLIMIT = FlagFamily(
    "rlimit", tuple((name, number) for number, name in enumerate(RLIMIT_NAMES)), is_number=True
)

RLIM_INFINITY = (1 << 64) - 1

RUSAGE_SELF = 0
RUSAGE_CHILDREN = -1
RUSAGE_THREAD = 1

PRIO_PROCESS = 0
PRIO_PGRP = 1
PRIO_USER = 2

MIN_NICE = -20
MAX_NICE = 19
