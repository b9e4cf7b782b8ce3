"""Resource limits: getrlimit(2), setrlimit(2), prlimit64(2)."""

from __future__ import annotations

from typing import Annotated

from emu.kernel.args import FlagsArg, Pid, StructArg, UserStruct
from emu.kernel.cpu_limit import watch_cpu_limit
from emu.kernel.errno import EINVAL, EPERM
from emu.kernel.rlimits import Rlimit, set_rlimit
from emu.kernel.sys.ids import find_task
from emu.kernel.syscall import syscall
from emu.kernel.task import Task
from emu.kernel.uapi.capability import CAP_SYS_RESOURCE
from emu.kernel.uapi.resource import RLIM_INFINITY, RLIMIT, RLIMIT_NAMES

Resource = Annotated[int, FlagsArg(family=RLIMIT)]
OutRlimit = Annotated[UserStruct, StructArg(layout="rlimit", out=True)]
InRlimit = Annotated[UserStruct, StructArg(layout="rlimit")]
OutRlimit64 = Annotated[UserStruct, StructArg(layout="rlimit64", out=True)]
InRlimit64 = Annotated[UserStruct, StructArg(layout="rlimit64")]

OLD_INFINITY = 0x7FFFFFFF


@syscall("sys_getrlimit")
def getrlimit(task: Task, resource: Resource, rlim: OutRlimit) -> int:
    """Tell a limit. See getrlimit(2)."""
    infinity = infinity_of(task)
    soft, hard = (min(limit, infinity) for limit in task.rlimits[resource_name(resource)])
    rlim.write(rlim_cur=soft, rlim_max=hard)
    return 0


@syscall("sys_old_getrlimit")
def old_getrlimit(task: Task, resource: Resource, rlim: OutRlimit) -> int:
    """Tell a limit to programs from before limits had all 32 bits. See getrlimit(2)."""
    soft, hard = (min(limit, OLD_INFINITY) for limit in task.rlimits[resource_name(resource)])
    rlim.write(rlim_cur=soft, rlim_max=hard)
    return 0


@syscall("sys_setrlimit", missing="RLIMIT_RTTIME is kept and counts nothing")
def setrlimit(task: Task, resource: Resource, rlim: InRlimit) -> int:
    """Set a limit. See setrlimit(2)."""
    new = read_limit(rlim, infinity_of(task))
    change(task, task, resource_name(resource), new)
    return 0


@syscall("sys_prlimit64", missing="RLIMIT_RTTIME is kept and counts nothing")
def prlimit64(
    task: Task, pid: Pid, resource: Resource, new_rlim: InRlimit64, old_rlim: OutRlimit64
) -> int:
    """Tell and set a limit of any process. See prlimit(2)."""
    new = read_limit(new_rlim, RLIM_INFINITY) if new_rlim else None
    target = find_task(task, pid)
    check_permission(task, target)
    name = resource_name(resource)
    old = target.rlimits[name]
    if new is not None:
        change(task, target, name, new)
    if old_rlim:
        old_rlim.write(rlim_cur=old[0], rlim_max=old[1])
    return 0


def change(task: Task, target: Task, name: str, new: Rlimit) -> None:
    """Set a limit for a caller, and let it count. EINVAL, EPERM."""
    set_rlimit(target.rlimits, name, new, task.cred)
    if name == "RLIMIT_CPU":
        watch_cpu_limit(target)


def resource_name(resource: int) -> str:
    """The limit's name, which the kernel files it under. EINVAL."""
    if resource >= len(RLIMIT_NAMES):
        raise EINVAL("no such resource")
    return RLIMIT_NAMES[resource]


def infinity_of(task: Task) -> int:
    """The caller's RLIM_INFINITY: all ones in its long, but half of that on 32-bit MIPS."""
    bits = 8 * task.abi.layout("rlimit").size // 2
    if bits == 32 and task.abi.isa.name.startswith("mips"):
        return OLD_INFINITY
    return int((1 << bits) - 1)


def read_limit(rlim: UserStruct, infinity: int) -> Rlimit:
    """A user's soft and hard limit. EFAULT."""
    value = rlim.read()
    soft, hard = value["rlim_cur"], value["rlim_max"]
    return (
        RLIM_INFINITY if soft >= infinity else soft,
        RLIM_INFINITY if hard >= infinity else hard,
    )


def check_permission(task: Task, target: Task) -> None:
    """Who may see another's limits: check_prlimit_permission. EPERM."""
    mine, theirs = task.cred, target.cred
    same_user = {theirs.uid, theirs.euid, theirs.suid} == {mine.uid}
    same_group = {theirs.gid, theirs.egid, theirs.sgid} == {mine.gid}
    if target is not task and not (same_user and same_group) and not mine.capable(CAP_SYS_RESOURCE):
        raise EPERM("limits of another user's process")
