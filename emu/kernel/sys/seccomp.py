"""Secure computing: seccomp(2), and prctl(2)'s PR_SET_SECCOMP."""

from __future__ import annotations

from typing import Annotated

from emu.kernel.args import FlagsArg, Pointer
from emu.kernel.bpf.classic import INSTRUCTION_BYTES, instructions
from emu.kernel.errno import EBUSY, EINVAL, EOPNOTSUPP, ESRCH
from emu.kernel.seccomp.filter import SeccompFilter, check_seccomp
from emu.kernel.seccomp.listener import open_listener
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
from emu.kernel.vfs.fdtable import fd_install

Operation = Annotated[int, FlagsArg(family=uapi.SECCOMP_OPERATIONS)]
FilterFlags = Annotated[int, FlagsArg(family=uapi.SECCOMP_FILTER_FLAGS)]

WITHOUT_FILTERS = frozenset({"arm-oabi"})
"""ARM's kernel has no filters together with the old ABI: they could not tell the ABIs apart."""


@syscall("sys_seccomp")
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
    """Put a filter before the others: 0, a listener, or the id of a thread that cannot have it."""
    if task.abi.name in WITHOUT_FILTERS:
        raise EINVAL("no filters together with the old ABI")
    if flags & ~uapi.SECCOMP_FILTER_FLAG_MASK:
        raise EINVAL("no such flag")
    syncs = flags & uapi.SECCOMP_FILTER_FLAG_TSYNC
    by_error = flags & uapi.SECCOMP_FILTER_FLAG_TSYNC_ESRCH
    killable = flags & uapi.SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV
    wants_listener = flags & uapi.SECCOMP_FILTER_FLAG_NEW_LISTENER
    if syncs and wants_listener and not by_error:
        raise EINVAL("a descriptor and the id of a thread look the same")
    if killable and not wants_listener:
        raise EINVAL("nobody would receive")
    raw = read_program(task, uargs)
    check_mode(task, uapi.SECCOMP_MODE_FILTER)
    previous = task.seccomp.filter if task.seccomp is not None else None
    if wants_listener and previous is not None and previous.has_listener():
        raise EBUSY("a filter has a listener already")
    log = bool(flags & uapi.SECCOMP_FILTER_FLAG_LOG)
    filter = SeccompFilter(raw, task.abi.isa.byte_order, previous, log=log)
    stranger = thread_out_of_sync(task) if syncs else None
    if stranger is not None:
        if by_error:
            raise ESRCH("a thread has other filters")
        return stranger.pid
    result = 0
    if wants_listener:
        listener = open_listener(task, filter, killable=bool(killable))
        result = fd_install(task, listener, cloexec=True)
    assign_mode(task, uapi.SECCOMP_MODE_FILTER, filter)
    if syncs:
        sync_threads(task)
    return result


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
