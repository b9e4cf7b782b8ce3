"""Capability sets: capget(2) and capset(2)."""

from __future__ import annotations

from typing import Annotated

from emu.kernel.args import Pointer, StructArg, UserStruct
from emu.kernel.commit_creds import commit_creds
from emu.kernel.errno import EINVAL, EPERM
from emu.kernel.sys.ids import find_task
from emu.kernel.syscall import syscall
from emu.kernel.task import Task
from emu.kernel.uapi.capability import (
    CAP_FULL_SET,
    CAP_SETPCAP,
    LINUX_CAPABILITY_VERSION_1,
    LINUX_CAPABILITY_VERSION_2,
    LINUX_CAPABILITY_VERSION_3,
)
from emu.record import replace

CapHeader = Annotated[UserStruct, StructArg(layout="__user_cap_header_struct")]

WORDS = {
    LINUX_CAPABILITY_VERSION_1: 1,
    LINUX_CAPABILITY_VERSION_2: 2,
    LINUX_CAPABILITY_VERSION_3: 2,
}
SETS = ("effective", "permitted", "inheritable")


@syscall("sys_capget")
def capget(task: Task, header: CapHeader, dataptr: Pointer) -> int:
    """Tell a task's capabilities; an unknown version asks which is preferred. See capget(2)."""
    try:
        words, pid = _read_header(header)
    except EINVAL:
        if dataptr:
            raise
        return 0
    if not dataptr:
        return 0
    if pid < 0:
        raise EINVAL("a negative pid")
    cred = find_task(task, pid).cred
    sets = (cred.cap_effective, cred.cap_permitted, cred.cap_inheritable)
    layout = task.abi.layout("__user_cap_data_struct")
    for word in range(words):
        values = [value >> 32 * word & 0xFFFFFFFF for value in sets]
        packed = layout.pack(**dict(zip(SETS, values, strict=True)))
        task.mm.write(dataptr + word * layout.size, packed)
    return 0


@syscall("sys_capset")
def capset(task: Task, header: CapHeader, data: Pointer) -> int:
    """Change the caller's own capabilities. See capset(2)."""
    words, pid = _read_header(header)
    if pid not in (0, task.pid):
        raise EPERM("capabilities of another task")
    layout = task.abi.layout("__user_cap_data_struct")
    given = dict.fromkeys(SETS, 0)
    for word in range(words):
        values = layout.unpack(task.mm.read(data + word * layout.size, layout.size))
        for name in SETS:
            given[name] |= values[name] << 32 * word
    effective, permitted, inheritable = (given[name] & CAP_FULL_SET for name in SETS)
    _check(task, effective, permitted, inheritable)
    new = replace(
        task.cred,
        cap_effective=effective,
        cap_permitted=permitted,
        cap_inheritable=inheritable,
        cap_ambient=task.cred.cap_ambient & permitted & inheritable,
    )
    commit_creds(task, new)
    return 0


def _check(task: Task, effective: int, permitted: int, inheritable: int) -> None:
    """The rules of cap_capset in security/commoncap.c. EPERM."""
    old = task.cred
    if not old.capable(CAP_SETPCAP) and inheritable & ~(old.cap_inheritable | old.cap_permitted):
        raise EPERM("inheritable beyond what is permitted")
    if inheritable & ~(old.cap_inheritable | old.cap_bset):
        raise EPERM("inheritable beyond the bounding set")
    if permitted & ~old.cap_permitted:
        raise EPERM("permitted capabilities only shrink")
    if effective & ~permitted:
        raise EPERM("effective beyond what is permitted")


def _read_header(header: UserStruct) -> tuple[int, int]:
    """How many words each set has, and the pid. EINVAL, after telling the version we prefer."""
    value = header.read()
    words = WORDS.get(value["version"])
    if words is None:
        header.write(version=LINUX_CAPABILITY_VERSION_3, pid=value["pid"])
        raise EINVAL("unknown version of the capability sets")
    return words, value["pid"]
