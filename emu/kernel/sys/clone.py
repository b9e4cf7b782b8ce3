"""Making tasks: fork(2), vfork(2), clone(2), clone3(2)."""

from __future__ import annotations

from collections.abc import Awaitable
from typing import Annotated

from emu.kernel.args import FlagsArg, Pointer, Size, StructArg, UserStruct
from emu.kernel.errno import E2BIG, EINVAL
from emu.kernel.fork import CloneArgs, kernel_clone
from emu.kernel.signal.numbers import signal_numbers
from emu.kernel.syscall import syscall
from emu.kernel.task import Task
from emu.kernel.uapi.clone import (
    CLONE,
    CLONE_CLEAR_SIGHAND,
    CLONE_DETACHED,
    CLONE_INTO_CGROUP,
    CLONE_PARENT,
    CLONE_PARENT_SETTID,
    CLONE_PIDFD,
    CLONE_THREAD,
    CLONE_VFORK,
    CLONE_VM,
    CSIGNAL,
)
from emu.kernel.uapi.signal import SIGCHLD
from emu.kernel.user_struct import copy_struct_from_user

CloneFlags = Annotated[int, FlagsArg(bits=0, family=CLONE)]
InCloneArgs = Annotated[UserStruct, StructArg(layout="clone_args")]

CLONE_ARGS_SIZE_VER0 = 64
CLONE_ARGS_SIZE_MAX = 4096
CLONE3_FLAGS = (1 << 32) - 1 & ~(CLONE_DETACHED | CSIGNAL) | CLONE_CLEAR_SIGHAND | CLONE_INTO_CGROUP


@syscall("sys_fork")
def fork(task: Task) -> int | Awaitable[int]:
    """Make a child process. See fork(2)."""
    return kernel_clone(task, CloneArgs(0, SIGCHLD))


@syscall("sys_vfork")
def vfork(task: Task) -> int | Awaitable[int]:
    """Make a child that borrows the caller's memory while the caller waits. See vfork(2)."""
    return kernel_clone(task, CloneArgs(CLONE_VFORK | CLONE_VM, SIGCHLD))


@syscall("sys_clone", "compat_sys_ia32_clone", missing="namespaces but those of mounts")
def clone(
    task: Task, clone_flags: CloneFlags, newsp: Pointer, parent_tid: Pointer, fourth: Pointer,
    fifth: Pointer,
) -> int | Awaitable[int]:  # fmt: skip
    """Make a process or a thread. The last two arguments are tls and child_tid. See clone(2)."""
    tls, child_tid = (fifth, fourth) if task.abi.clone_last == "tls" else (fourth, fifth)
    flags = clone_flags & 0xFFFFFFFF & ~CSIGNAL
    if flags & CLONE_PIDFD and flags & CLONE_PARENT_SETTID:
        raise EINVAL("both want the third argument")
    args = CloneArgs(
        flags, exit_signal_of(task, clone_flags & CSIGNAL), newsp, tls, parent_tid, child_tid,
        pidfd=parent_tid,
    )  # fmt: skip
    return kernel_clone(task, args)


@syscall("sys_clone3", missing="namespaces but those of mounts; set_tid; control groups")
def clone3(task: Task, uargs: InCloneArgs, size: Size) -> int | Awaitable[int]:
    """Make a process or a thread, by a struct of arguments. See clone3(2)."""
    given = read_clone_args(task, uargs, size)
    flags, signal = given["flags"], given["exit_signal"]
    if flags & ~CLONE3_FLAGS:
        raise EINVAL("unknown clone flags")
    if signal & ~CSIGNAL or signal > signal_numbers(task.abi).count:
        raise EINVAL("no such exit signal")
    if flags & (CLONE_THREAD | CLONE_PARENT) and signal:
        raise EINVAL("only a child of the caller has an exit signal")
    if bool(given["stack"]) != bool(given["stack_size"]):
        raise EINVAL("a stack needs an address and a size")
    if given["set_tid_size"] or given["set_tid"]:
        raise EINVAL("process ids cannot be chosen")
    stack = given["stack"] + given["stack_size"] if given["stack"] else 0
    if stack > task.mm.task_size:
        raise EINVAL("a stack outside of user memory")
    args = CloneArgs(
        flags, exit_signal_of(task, signal), stack, given["tls"], given["parent_tid"],
        given["child_tid"], given["pidfd"],
    )  # fmt: skip
    return kernel_clone(task, args)


def exit_signal_of(task: Task, number: int) -> int:
    """The kernel's number of an exit signal; one that does not exist tells nobody anything."""
    numbers = signal_numbers(task.abi)
    return numbers.decode(number) if number <= numbers.count else 0


def read_clone_args(task: Task, uargs: UserStruct, size: int) -> dict[str, int]:
    """The fields of a clone_args of any version, later ones 0. EINVAL, E2BIG, EFAULT."""
    if size > CLONE_ARGS_SIZE_MAX:
        raise E2BIG("larger than a page")
    if size < CLONE_ARGS_SIZE_VER0:
        raise EINVAL("smaller than the first version of clone_args")
    return copy_struct_from_user(task.mm, uargs.address, size, uargs.layout)
