"""Secure computing: seccomp(2), and prctl(2)'s PR_SET_SECCOMP."""

from __future__ import annotations

from typing import Annotated

from emu.kernel.args import FlagsArg, Pointer
from emu.kernel.bpf.classic import INSTRUCTION_BYTES, instructions
from emu.kernel.errno import EINVAL, EOPNOTSUPP, ESRCH
from emu.kernel.seccomp.filter import SeccompFilter, check_seccomp
from emu.kernel.seccomp.state import (
    assign_mode,
    check_may_filter,
    check_mode,
    sync_threads,
    thread_out_of_sync,
)
from emu.kernel.syscall import syscall
from emu.kernel.task import Task
from emu.kernel.uapi import seccomp as uapi
from emu.kernel.uapi.bpf_common import MAXINSNS

Operation = Annotated[int, FlagsArg(family=uapi.SECCOMP_OPERATIONS)]
FilterFlags = Annotated[int, FlagsArg(family=uapi.SECCOMP_FILTER_FLAGS)]

WITHOUT_FILTERS = frozenset({"arm-oabi"})
"""ARM's kernel has no filters together with the old ABI: they could not tell the ABIs apart."""


@syscall("sys_seccomp", missing="SECCOMP_FILTER_FLAG_NEW_LISTENER")
def seccomp(task: Task, op: Operation, flags: FilterFlags, uargs: Pointer) -> int:
    """Restrict the calls that the task can make. See seccomp(2)."""
    match op:
        case uapi.SECCOMP_SET_MODE_STRICT:
            if flags or uargs:
                raise EINVAL("strict mode has no flags and no arguments")
            return set_mode_strict(task)
        case uapi.SECCOMP_SET_MODE_FILTER:
            return set_mode_filter(task, flags, uargs)
        case uapi.SECCOMP_GET_ACTION_AVAIL:
            if flags:
                raise EINVAL("it has no flags")
            return action_available(task, uargs)
        case uapi.SECCOMP_GET_NOTIF_SIZES:
            if flags:
                raise EINVAL("it has no flags")
            return notification_sizes(task, uargs)
        case _:
            raise EINVAL("no such operation")


def prctl_set_seccomp(task: Task, mode: int, filter: int) -> int:
    """PR_SET_SECCOMP. EINVAL for what is no mode to choose."""
    if mode == uapi.SECCOMP_MODE_STRICT:
        return set_mode_strict(task)
    if mode == uapi.SECCOMP_MODE_FILTER:
        return set_mode_filter(task, 0, filter)
    raise EINVAL("neither strict mode nor filters")


def set_mode_strict(task: Task) -> int:
    """Allow read(2), write(2), _exit(2) and sigreturn(2) only."""
    assign_mode(task, uapi.SECCOMP_MODE_STRICT)
    return 0


def set_mode_filter(task: Task, flags: int, uargs: int) -> int:
    """Put a filter before those there are: 0, or the id of a thread that cannot have it."""
    if task.abi.name in WITHOUT_FILTERS:
        raise EINVAL("no filters together with the old ABI")
    if flags & ~uapi.SECCOMP_FILTER_FLAG_MASK:
        raise EINVAL("no such flag")
    wants_listener = flags & uapi.SECCOMP_FILTER_FLAG_NEW_LISTENER
    if flags & uapi.SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV and not wants_listener:
        raise EINVAL("nobody would receive")
    if wants_listener:
        raise EINVAL("listeners are not supported")
    raw = read_program(task, uargs)
    check_mode(task, uapi.SECCOMP_MODE_FILTER)
    previous = task.seccomp.filter if task.seccomp is not None else None
    log = bool(flags & uapi.SECCOMP_FILTER_FLAG_LOG)
    filter = SeccompFilter(raw, task.abi.isa.byte_order, previous, log=log)
    syncs = flags & uapi.SECCOMP_FILTER_FLAG_TSYNC
    if syncs:
        stranger = thread_out_of_sync(task)
        if stranger is not None:
            if flags & uapi.SECCOMP_FILTER_FLAG_TSYNC_ESRCH:
                raise ESRCH("a thread has other filters")
            return stranger.pid
    assign_mode(task, uapi.SECCOMP_MODE_FILTER, filter)
    if syncs:
        sync_threads(task)
    return 0


def read_program(task: Task, uargs: int) -> bytes:
    """The instructions that a struct sock_fprog tells of. EFAULT, EACCES, EINVAL."""
    layout = task.abi.layout("sock_fprog")
    given = layout.unpack(task.mm.read(uargs, layout.size))
    length = given["len"]
    if not 0 < length <= MAXINSNS:
        raise EINVAL("a filter has 1 to 4096 instructions")
    check_may_filter(task)
    if not given["filter"]:
        raise EINVAL("no instructions")
    raw = task.mm.read(given["filter"], length * INSTRUCTION_BYTES)
    check_seccomp(instructions(raw, task.abi.isa.byte_order))
    return raw


def action_available(task: Task, uargs: int) -> int:
    """SECCOMP_GET_ACTION_AVAIL. EOPNOTSUPP for an action that there is not."""
    if task.mm.read_u32(uargs) not in uapi.ACTION_NAMES:
        raise EOPNOTSUPP("no such action")
    return 0


def notification_sizes(task: Task, uargs: int) -> int:
    """SECCOMP_GET_NOTIF_SIZES: how large the structs of listeners are."""
    layout = task.abi.layout
    sizes = {
        name: layout(name).size for name in ("seccomp_notif", "seccomp_notif_resp", "seccomp_data")
    }
    task.mm.write(uargs, layout("seccomp_notif_sizes").pack(**sizes))
    return 0
