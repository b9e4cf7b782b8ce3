"""Resource limits: what a process starts with and who may change them. See getrlimit(2)."""

from __future__ import annotations

from emu.kernel.cred import Credentials
from emu.kernel.errno import EINVAL, EPERM
from emu.kernel.uapi.capability import CAP_SYS_RESOURCE
from emu.kernel.uapi.resource import RLIM_INFINITY, RLIMIT_NAMES

Rlimit = tuple[int, int]
"""The soft and the hard limit; `RLIM_INFINITY` is none."""

STACK_LIMIT = 8 << 20
MEMLOCK_LIMIT = 8 << 20
OPEN_FILES = 1024
OPEN_FILES_MAX = 4096
MQ_BYTES_MAX = 819200
PROCESSES = 31688
NR_OPEN = 1 << 20
"""What fs.nr_open allows as a hard limit of open files."""

UNLIMITED: Rlimit = (RLIM_INFINITY, RLIM_INFINITY)


def default_rlimits() -> dict[str, Rlimit]:
    """The limits of a first process: include/asm-generic/resource.h.

    The numbers that Linux derives from the size of memory are fixed here, so that they do not
    depend on the machine.
    """
    limits = dict.fromkeys(RLIMIT_NAMES, UNLIMITED)
    limits.update(
        RLIMIT_STACK=(STACK_LIMIT, RLIM_INFINITY),
        RLIMIT_CORE=(0, RLIM_INFINITY),
        RLIMIT_NPROC=(PROCESSES, PROCESSES),
        RLIMIT_NOFILE=(OPEN_FILES, OPEN_FILES_MAX),
        RLIMIT_MEMLOCK=(MEMLOCK_LIMIT, MEMLOCK_LIMIT),
        RLIMIT_SIGPENDING=(PROCESSES, PROCESSES),
        RLIMIT_MSGQUEUE=(MQ_BYTES_MAX, MQ_BYTES_MAX),
        RLIMIT_NICE=(0, 0),
        RLIMIT_RTPRIO=(0, 0),
    )
    return limits


def set_rlimit(limits: dict[str, Rlimit], resource: str, new: Rlimit, cred: Credentials) -> None:
    """Change one limit as do_prlimit does. EINVAL, or EPERM to raise a hard limit."""
    soft, hard = new
    if soft > hard:
        raise EINVAL("soft limit above the hard limit")
    if resource == "RLIMIT_NOFILE" and hard > NR_OPEN:
        raise EPERM("more open files than fs.nr_open")
    if hard > limits[resource][1] and not cred.capable(CAP_SYS_RESOURCE):
        raise EPERM("raising a hard limit needs CAP_SYS_RESOURCE")
    limits[resource] = (soft, hard)
