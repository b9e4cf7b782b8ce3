"""Scheduling parameters: sched(7), nice(2), getpriority(2). Noted, not obeyed."""

from __future__ import annotations

from typing import Annotated

from emu.kernel.args import FlagFamily, FlagsArg, Int, Pid, StructArg, UInt, UserStruct
from emu.kernel.errno import E2BIG, EACCES, EINVAL, EPERM, ESRCH
from emu.kernel.sys.clock import TIME32, OutTimespec, write_timespec
from emu.kernel.sys.ids import find_task
from emu.kernel.sys.kinds import IntegersArg
from emu.kernel.syscall import syscall
from emu.kernel.task import Task
from emu.kernel.uapi.capability import CAP_SYS_NICE
from emu.kernel.uapi.resource import MAX_NICE, MIN_NICE, PRIO_PGRP, PRIO_PROCESS, PRIO_USER
from emu.kernel.uapi.sched import (
    MAX_RT_PRIORITY,
    POLICY,
    RR_TIMESLICE_NS,
    SCHED_BATCH,
    SCHED_DEADLINE,
    SCHED_EXT,
    SCHED_FIFO,
    SCHED_FLAG_RESET_ON_FORK,
    SCHED_IDLE,
    SCHED_NORMAL,
    SCHED_RESET_ON_FORK,
    SCHED_RR,
)
from emu.kernel.user_struct import copy_struct_from_user

Policy = Annotated[int, FlagsArg(signed=True, family=POLICY)]
SchedParam = Annotated[UserStruct, StructArg(layout="sched_param")]
OutSchedParam = Annotated[UserStruct, StructArg(layout="sched_param", out=True)]
SchedAttr = Annotated[UserStruct, StructArg(layout="sched_attr")]
OutSchedAttr = Annotated[UserStruct, StructArg(layout="sched_attr", out=True)]
CpuMask = Annotated[int, IntegersArg(length="len", item_bits=8)]
OutCpuMask = Annotated[int, IntegersArg(length="len", item_bits=8, out=True)]
PRIO_WHICH = FlagFamily(
    "priority of",
    (("PRIO_PROCESS", PRIO_PROCESS), ("PRIO_PGRP", PRIO_PGRP), ("PRIO_USER", PRIO_USER)),
    is_number=True,
)
PrioWhich = Annotated[int, FlagsArg(signed=True, family=PRIO_WHICH)]

REAL_TIME = (SCHED_FIFO, SCHED_RR)
FAIR = (SCHED_NORMAL, SCHED_BATCH, SCHED_IDLE)
SCHED_ATTR_SIZE_VER0 = 48


@syscall("sys_sched_yield")
def sched_yield(task: Task) -> int:
    """Let the others run. See sched_yield(2)."""
    task.work = True
    return 0


@syscall("sys_nice")
def nice(task: Task, increment: Int) -> int:
    """Change the caller's nice value. See nice(2)."""
    own = task.scheduling
    value = max(MIN_NICE, min(MAX_NICE, own.nice + max(-40, min(40, increment))))
    if increment < 0 and not may_nice(task, task, value):
        raise EPERM("a lower nice value needs CAP_SYS_NICE")
    own.nice = value
    return 0


@syscall("sys_getpriority")
def getpriority(task: Task, which: PrioWhich, who: Int) -> int:
    """Tell the highest priority of some tasks, as 20 - nice. See getpriority(2)."""
    return max(20 - other.scheduling.nice for other in tasks_of(task, which, who))


@syscall("sys_setpriority")
def setpriority(task: Task, which: PrioWhich, who: Int, niceval: Int) -> int:
    """Set the nice value of some tasks. See setpriority(2)."""
    value = max(MIN_NICE, min(MAX_NICE, niceval))
    error: type[Exception] | None = None
    for other in tasks_of(task, which, who):
        if not owns(task, other):
            error = EPERM
        elif value < other.scheduling.nice and not may_nice(task, other, value):
            error = EACCES
        else:
            other.scheduling.nice = value
    if error is not None:
        raise error
    return 0


@syscall("sys_sched_getscheduler")
def sched_getscheduler(task: Task, pid: Pid) -> int:
    """Tell a task's policy. See sched_getscheduler(2)."""
    scheduling = sched_task(task, pid).scheduling
    return scheduling.policy | (SCHED_RESET_ON_FORK if scheduling.reset_on_fork else 0)


@syscall("sys_sched_setscheduler", missing="SCHED_DEADLINE and SCHED_EXT")
def sched_setscheduler(task: Task, pid: Pid, policy: Policy, param: SchedParam) -> int:
    """Set a task's policy and priority. See sched_setscheduler(2)."""
    if policy < 0:
        raise EINVAL("a negative policy")
    if not param or pid < 0:
        raise EINVAL("no parameters or a negative pid")
    priority = param.read()["sched_priority"]
    reset = bool(policy & SCHED_RESET_ON_FORK)
    set_policy(task, find_task(task, pid), policy & ~SCHED_RESET_ON_FORK, priority, reset)
    return 0


@syscall("sys_sched_setparam")
def sched_setparam(task: Task, pid: Pid, param: SchedParam) -> int:
    """Set a task's priority. See sched_setparam(2)."""
    if not param or pid < 0:
        raise EINVAL("no parameters or a negative pid")
    priority = param.read()["sched_priority"]
    target = find_task(task, pid)
    set_policy(task, target, target.scheduling.policy, priority, target.scheduling.reset_on_fork)
    return 0


@syscall("sys_sched_getparam")
def sched_getparam(task: Task, pid: Pid, param: OutSchedParam) -> int:
    """Tell a task's real-time priority. See sched_getparam(2)."""
    if not param:
        raise EINVAL("no place for the parameters")
    param.write(sched_priority=sched_task(task, pid).scheduling.rt_priority)
    return 0


@syscall("sys_sched_getattr")
def sched_getattr(task: Task, pid: Pid, uattr: OutSchedAttr, usize: UInt, flags: UInt) -> int:
    """Tell all of a task's parameters. See sched_getattr(2)."""
    if not uattr or flags or usize < SCHED_ATTR_SIZE_VER0 or usize > 4096:
        raise EINVAL("no place for the parameters, or unknown flags")
    own = sched_task(task, pid).scheduling
    layout = uattr.layout
    packed = layout.pack(
        size=min(usize, layout.size),
        sched_policy=own.policy,
        sched_flags=SCHED_FLAG_RESET_ON_FORK if own.reset_on_fork else 0,
        sched_nice=own.nice if own.policy in FAIR else 0,
        sched_priority=own.rt_priority,
        sched_util_max=1024,
    )
    uattr.write_bytes(packed[:usize])
    return 0


@syscall("sys_sched_setattr", missing="SCHED_DEADLINE and SCHED_EXT; utilisation clamps")
def sched_setattr(task: Task, pid: Pid, uattr: SchedAttr, flags: UInt) -> int:
    """Set all of a task's parameters. See sched_setattr(2).

    EINVAL for SCHED_DEADLINE and for utilisation clamps, which Linux may have.
    """
    if not uattr or pid < 0 or flags:
        raise EINVAL("no parameters, a negative pid, or unknown flags")
    size = task.mm.read_u32(uattr.address) or SCHED_ATTR_SIZE_VER0
    try:
        if size < SCHED_ATTR_SIZE_VER0:
            raise E2BIG("smaller than the first version of sched_attr")
        attr = copy_struct_from_user(task.mm, uattr.address, size, uattr.layout)
    except E2BIG:
        task.mm.write_u32(uattr.address, uattr.layout.size)
        raise
    if attr["sched_flags"] & ~SCHED_FLAG_RESET_ON_FORK:
        raise EINVAL("unknown scheduling flag")
    target = find_task(task, pid)
    reset = bool(attr["sched_flags"] & SCHED_FLAG_RESET_ON_FORK)
    value = max(MIN_NICE, min(MAX_NICE, attr["sched_nice"]))
    lower = attr["sched_policy"] in FAIR and value < target.scheduling.nice
    if lower and not may_nice(task, target, value):
        raise EPERM("a lower nice value needs CAP_SYS_NICE")
    set_policy(task, target, attr["sched_policy"], attr["sched_priority"], reset)
    if attr["sched_policy"] in FAIR:
        target.scheduling.nice = value
    return 0


@syscall("sys_sched_getaffinity")
def sched_getaffinity(task: Task, pid: Pid, len: UInt, user_mask_ptr: OutCpuMask) -> int:
    """Tell the CPUs a task may use: CPU 0. See sched_getaffinity(2)."""
    word = kernel_long(task)
    if len % word or not len:
        raise EINVAL("not a number of words")
    target = find_task(task, pid)
    task.mm.write(user_mask_ptr, pack_cpus(task, target.scheduling.affinity, word))
    return word


@syscall("sys_sched_setaffinity")
def sched_setaffinity(task: Task, pid: Pid, len: UInt, user_mask_ptr: CpuMask) -> int:
    """Say which CPUs a task may use; CPU 0 must be among them. See sched_setaffinity(2)."""
    word = kernel_long(task)
    raw = task.mm.read(user_mask_ptr, min(len, word)) if len else b""
    if task.abi.big_endian:
        raw = raw[::-1]
    target = find_task(task, pid)
    if not owns(task, target):
        raise EPERM("another user's task")
    cpus = int.from_bytes(raw, "little") & 1
    if not cpus:
        raise EINVAL("the machine has CPU 0 only")
    target.scheduling.affinity = cpus
    return 0


@syscall("sys_sched_get_priority_max")
def sched_get_priority_max(task: Task, policy: Policy) -> int:
    """Tell the highest real-time priority of a policy. See sched_get_priority_max(2)."""
    return MAX_RT_PRIORITY if known_policy(policy) in REAL_TIME else 0


@syscall("sys_sched_get_priority_min")
def sched_get_priority_min(task: Task, policy: Policy) -> int:
    """Tell the lowest real-time priority of a policy. See sched_get_priority_min(2)."""
    return 1 if known_policy(policy) in REAL_TIME else 0


@syscall("sys_sched_rr_get_interval", ("sys_sched_rr_get_interval_time32", TIME32))
def sched_rr_get_interval(task: Task, pid: Pid, interval: OutTimespec) -> int:
    """Tell the time slice of SCHED_RR; 0 for the others. See sched_rr_get_interval(2)."""
    policy = sched_task(task, pid).scheduling.policy
    write_timespec(interval, RR_TIMESLICE_NS if policy == SCHED_RR else 0)
    return 0


def sched_task(task: Task, pid: int) -> Task:
    """The task of a pid, as sched calls look it up. EINVAL, ESRCH."""
    if pid < 0:
        raise EINVAL("a negative pid")
    return find_task(task, pid)


def known_policy(policy: int) -> int:
    """EINVAL unless the policy exists."""
    if policy not in (*FAIR, *REAL_TIME, SCHED_DEADLINE, SCHED_EXT):
        raise EINVAL("no such policy")
    return policy


def set_policy(task: Task, target: Task, policy: int, priority: int, reset: bool) -> None:
    """The rules of __sched_setscheduler for the fair and the real-time policies."""
    own = target.scheduling
    if policy not in (*FAIR, *REAL_TIME):
        raise EINVAL("not a policy that is supported")
    if not 0 <= priority <= MAX_RT_PRIORITY or (policy in REAL_TIME) != (priority != 0):
        raise EINVAL("not a priority of this policy")
    if not task.cred.capable(CAP_SYS_NICE):
        limit = target.rlimits["RLIMIT_RTPRIO"][0]
        if policy in REAL_TIME and (
            (policy != own.policy and not limit)
            or (priority > own.rt_priority and priority > limit)
        ):
            raise EPERM("a real-time policy needs CAP_SYS_NICE")
        if not owns(task, target):
            raise EPERM("another user's task")
        if own.reset_on_fork and not reset:
            raise EPERM("reset on fork cannot be taken back")
    own.policy, own.rt_priority, own.reset_on_fork = policy, priority, reset


def owns(task: Task, target: Task) -> bool:
    """Whether the caller may change a task's scheduling: see check_same_owner."""
    mine, theirs = task.cred, target.cred
    return mine.euid in (theirs.uid, theirs.euid) or mine.capable(CAP_SYS_NICE)


def may_nice(task: Task, target: Task, value: int) -> bool:
    """Whether the caller may set this nice value: see can_nice."""
    return 20 - value <= target.rlimits["RLIMIT_NICE"][0] or task.cred.capable(CAP_SYS_NICE)


def tasks_of(task: Task, which: int, who: int) -> list[Task]:
    """The tasks that getpriority(2) means. EINVAL, ESRCH."""
    everyone = list(task.kernel.tasks.values())
    if which == PRIO_PROCESS:
        return [find_task(task, who)]
    if which == PRIO_PGRP:
        found = [other for other in everyone if other.pgid == (who or task.pgid)]
    elif which == PRIO_USER:
        found = [other for other in everyone if other.cred.uid == (who or task.cred.uid)]
    else:
        raise EINVAL("neither process, group nor user")
    if not found:
        raise ESRCH("no such task")
    return found


def kernel_long(task: Task) -> int:
    """The size of a word in a CPU set: x32 makes the 64-bit calls here."""
    return 8 if task.abi.name == "x32" else task.abi.word_bytes


def pack_cpus(task: Task, cpus: int, size: int) -> bytes:
    """A CPU set of one word in the caller's byte order."""
    return cpus.to_bytes(size, task.abi.byte_order)
