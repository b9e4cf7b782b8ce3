"""prctl(2)'s options about credentials: see cap_task_prctl in security/commoncap.c."""

from __future__ import annotations

from collections.abc import Callable

from emu.kernel.commit_creds import commit_creds
from emu.kernel.errno import EINVAL, EPERM
from emu.kernel.task import Task
from emu.kernel.uapi import prctl as pr
from emu.kernel.uapi.capability import (
    CAP_LAST_CAP,
    CAP_SETPCAP,
    SECBIT_KEEP_CAPS,
    SECBIT_KEEP_CAPS_LOCKED,
    SECBIT_NO_CAP_AMBIENT_RAISE,
    SECURE_ALL_BITS,
    SECURE_ALL_LOCKS,
)
from emu.record import replace

Arguments = tuple[int, int, int, int]


def capbset_read(task: Task, args: Arguments) -> int:
    """PR_CAPBSET_READ."""
    return task.cred.cap_bset >> valid_capability(args[0]) & 1


def capbset_drop(task: Task, args: Arguments) -> int:
    """PR_CAPBSET_DROP."""
    if not task.cred.capable(CAP_SETPCAP):
        raise EPERM("needs CAP_SETPCAP")
    bit = 1 << valid_capability(args[0])
    commit_creds(task, replace(task.cred, cap_bset=task.cred.cap_bset & ~bit))
    return 0


def get_securebits(task: Task, args: Arguments) -> int:
    """PR_GET_SECUREBITS."""
    return task.cred.securebits


def set_securebits(task: Task, args: Arguments) -> int:
    """PR_SET_SECUREBITS: locked bits stay, and so do locks."""
    old, new = task.cred.securebits, args[0]
    locked = (old & SECURE_ALL_LOCKS) >> 1
    if (
        locked & (old ^ new)
        or old & SECURE_ALL_LOCKS & ~new
        or new & ~(SECURE_ALL_LOCKS | SECURE_ALL_BITS)
        or not task.cred.capable(CAP_SETPCAP)
    ):
        raise EPERM("locked, unknown, or not allowed")
    commit_creds(task, replace(task.cred, securebits=new))
    return 0


def get_keepcaps(task: Task, args: Arguments) -> int:
    """PR_GET_KEEPCAPS."""
    return int(bool(task.cred.securebits & SECBIT_KEEP_CAPS))


def set_keepcaps(task: Task, args: Arguments) -> int:
    """PR_SET_KEEPCAPS."""
    if args[0] > 1:
        raise EINVAL("neither 0 nor 1")
    bits = task.cred.securebits
    if bits & SECBIT_KEEP_CAPS_LOCKED:
        raise EPERM("locked")
    bits = bits | SECBIT_KEEP_CAPS if args[0] else bits & ~SECBIT_KEEP_CAPS
    commit_creds(task, replace(task.cred, securebits=bits))
    return 0


def cap_ambient(task: Task, args: Arguments) -> int:
    """PR_CAP_AMBIENT."""
    cred = task.cred
    if args[0] == pr.PR_CAP_AMBIENT_CLEAR_ALL:
        if any(args[1:]):
            raise EINVAL("unused arguments must be zero")
        commit_creds(task, replace(cred, cap_ambient=0))
        return 0
    bit = 1 << valid_capability(args[1])
    if any(args[2:]):
        raise EINVAL("unused arguments must be zero")
    if args[0] == pr.PR_CAP_AMBIENT_IS_SET:
        return int(bool(cred.cap_ambient & bit))
    if args[0] == pr.PR_CAP_AMBIENT_LOWER:
        commit_creds(task, replace(cred, cap_ambient=cred.cap_ambient & ~bit))
        return 0
    if args[0] != pr.PR_CAP_AMBIENT_RAISE:
        raise EINVAL("no such operation")
    allowed = cred.cap_permitted & cred.cap_inheritable & bit
    if not allowed or cred.securebits & SECBIT_NO_CAP_AMBIENT_RAISE:
        raise EPERM("not both permitted and inheritable")
    commit_creds(task, replace(cred, cap_ambient=cred.cap_ambient | bit))
    return 0


CREDENTIAL_OPTIONS: dict[int, Callable[[Task, Arguments], int]] = {
    pr.PR_CAPBSET_READ: capbset_read,
    pr.PR_CAPBSET_DROP: capbset_drop,
    pr.PR_GET_SECUREBITS: get_securebits,
    pr.PR_SET_SECUREBITS: set_securebits,
    pr.PR_GET_KEEPCAPS: get_keepcaps,
    pr.PR_SET_KEEPCAPS: set_keepcaps,
    pr.PR_CAP_AMBIENT: cap_ambient,
}


def valid_capability(number: int) -> int:
    """EINVAL unless there is such a capability."""
    if number > CAP_LAST_CAP:
        raise EINVAL("no such capability")
    return number
