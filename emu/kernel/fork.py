"""New tasks: fork(2), vfork(2), clone(2). See copy_process in kernel/fork.c."""

from __future__ import annotations

from collections.abc import Coroutine
from contextlib import suppress
from typing import TYPE_CHECKING, Any

from emu.kernel.copy_thread import copy_thread
from emu.kernel.cpu_limit import watch_cpu_limit
from emu.kernel.errno import EAGAIN, EFAULT, EINVAL, EPERM, KernelError, Restart
from emu.kernel.fs.pidfd import create_pidfd
from emu.kernel.ipc.sem_undo import exit_sem, share_sem_undo
from emu.kernel.signal.state import AltStack, TaskSignals
from emu.kernel.task import Task
from emu.kernel.uapi.capability import CAP_SYS_ADMIN, CAP_SYS_RESOURCE
from emu.kernel.uapi.clone import (
    CLONE_CHILD_CLEARTID,
    CLONE_CHILD_SETTID,
    CLONE_CLEAR_SIGHAND,
    CLONE_DETACHED,
    CLONE_FILES,
    CLONE_FS,
    CLONE_INTO_CGROUP,
    CLONE_NEW_ANYTHING,
    CLONE_NEW_OTHERS,
    CLONE_NEWNS,
    CLONE_PARENT,
    CLONE_PARENT_SETTID,
    CLONE_PIDFD,
    CLONE_PTRACE,
    CLONE_SETTLS,
    CLONE_SIGHAND,
    CLONE_SYSVSEM,
    CLONE_THREAD,
    CLONE_UNTRACED,
    CLONE_VFORK,
    CLONE_VM,
)
from emu.kernel.uapi.ptrace import PTRACE_EVENT_CLONE, PTRACE_EVENT_FORK, PTRACE_EVENT_VFORK
from emu.kernel.uapi.signal import SIGCHLD
from emu.kernel.vfs.fdtable import fd_install
from emu.kernel.vfs.fs_context import FsContext
from emu.kernel.wait import Wait, WaitQueue
from emu.record import record

if TYPE_CHECKING:
    from emu.kernel.ptrace.tracee import Tracee


@record
class CloneArgs:
    """struct kernel_clone_args. `stack` is the new stack pointer, 0 for the caller's own.

    `exit_signal` is in the kernel's numbers. `parent_tid`, `child_tid` and `pidfd` are user
    addresses; `tls` is what the ABI takes for it.
    """

    flags: int
    exit_signal: int = 0
    stack: int = 0
    tls: int = 0
    parent_tid: int = 0
    child_tid: int = 0
    pidfd: int = 0


def kernel_clone(task: Task, args: CloneArgs) -> int | Coroutine[Any, Any, int]:
    """Make a task and let it run: its id, after it has let the memory go if that was asked for.

    EINVAL, EAGAIN, ENOMEM, EPERM, EFAULT, and EMFILE for a pidfd.
    """
    check_flags(task, args)
    child = copy_process(task, args)
    kernel = task.kernel
    if args.flags & CLONE_VFORK:
        child.vfork_parent = WaitQueue()
    kernel.add_task(child)
    if kernel.tracer is not None:
        kernel.tracer.created(child)
    waiting = wait_for_vfork(task, child) if args.flags & CLONE_VFORK else None
    if task.ptrace is None:
        return child.pid if waiting is None else waiting
    return tell_tracer(task.ptrace, child, args, waiting)


def tell_tracer(
    tracee: Tracee, child: Task, args: CloneArgs, waiting: Coroutine[Any, Any, int] | None
) -> Coroutine[Any, Any, int]:
    """What is made of a new task when its maker is traced."""
    if args.flags & CLONE_UNTRACED:
        event = 0
    elif args.flags & CLONE_VFORK:
        event = PTRACE_EVENT_VFORK
    else:
        event = PTRACE_EVENT_FORK if args.exit_signal == SIGCHLD else PTRACE_EVENT_CLONE
    wanted = tracee.wants(event)
    if wanted or args.flags & CLONE_PTRACE:
        tracee.share(child)
    return tracee.made(child, event if wanted else 0, waiting)


async def wait_for_vfork(task: Task, child: Task) -> int:
    """Sleep until the child runs another program or ends; only SIGKILL ends it earlier."""
    while child.vfork_parent is not None:
        try:
            await Wait((child.vfork_parent,), killable=True)
        except Restart:
            break
    return child.pid


def check_flags(task: Task, args: CloneArgs) -> None:
    """EINVAL for flags that cannot be combined or are not known; EPERM."""
    flags = args.flags
    if flags & CLONE_THREAD and not flags & CLONE_SIGHAND:
        raise EINVAL("threads share signal handlers")
    if flags & CLONE_SIGHAND and not flags & CLONE_VM:
        raise EINVAL("shared signal handlers need shared memory")
    if flags & CLONE_SIGHAND and flags & CLONE_CLEAR_SIGHAND:
        raise EINVAL("signal handlers both shared and cleared")
    if flags & CLONE_PARENT and task.pid == task.tgid and task.parent is None:
        raise EINVAL("init's siblings would be nobody's children")
    if flags & CLONE_PIDFD and flags & CLONE_DETACHED:
        raise EINVAL("CLONE_PIDFD with CLONE_DETACHED")
    check_namespaces(task, flags)
    if flags & CLONE_INTO_CGROUP:
        raise EINVAL("there are no control groups")


def check_namespaces(task: Task, flags: int) -> None:
    """EPERM if it may have no namespace; EINVAL for one of any other kind than mounts."""
    if flags & (CLONE_NEWNS | CLONE_FS) == CLONE_NEWNS | CLONE_FS:
        raise EINVAL("a root of other mounts is not shared")
    if flags & CLONE_NEW_ANYTHING:
        if not task.cred.capable(CAP_SYS_ADMIN):
            raise EPERM("namespaces need CAP_SYS_ADMIN")
        if flags & CLONE_NEW_OTHERS:
            raise EINVAL("there is one namespace of each kind but mounts")


def copy_process(task: Task, args: CloneArgs) -> Task:
    """A new task that nobody runs yet."""
    kernel, flags = task.kernel, args.flags
    is_thread = bool(flags & CLONE_THREAD)
    check_limits(task)
    pid = kernel.allocate_pid()
    mm = task.mm
    if flags & CLONE_VM:
        mm.get()
    else:
        mm = task.mm.fork()
    if flags & CLONE_FILES:
        files = task.files
        files.users += 1
    else:
        files = task.files.fork()
    parent = task.parent if flags & (CLONE_PARENT | CLONE_THREAD) else task
    child = Task(
        kernel,
        pid,
        files=files,
        fs=copy_fs(task, flags),
        cred=task.cred,
        signals=copy_signals(task, flags),
        rlimits=task.rlimits if is_thread else dict(task.rlimits),
        parent=parent,
        group=task.group if is_thread else None,
    )
    child.mm, child.abi, child.image_abi = mm, task.image_abi, task.image_abi
    child.cpu, child.exe, child.comm = task.cpu, task.exe, task.comm
    child.group.tty = task.group.tty
    child.group.oom_score_adj = task.group.oom_score_adj
    child.group.oom_score_adj_min = task.group.oom_score_adj_min
    child.attributes, child.scheduling = task.attributes.fork(), task.scheduling.fork()
    if task.seccomp is not None:
        child.seccomp = task.seccomp.fork()
    if flags & CLONE_SYSVSEM:
        share_sem_undo(task, child)
    if flags & CLONE_CHILD_CLEARTID:
        child.attributes.clear_child_tid = args.child_tid
    try:
        copy_thread(task, child, args.stack, args.tls if flags & CLONE_SETTLS else None)
        tell_ids(task, child, args)
    except KernelError:
        abandon(child)
        raise
    if not is_thread:
        child.group.exit_signal = (
            task.group.exit_signal if flags & CLONE_PARENT else args.exit_signal
        )
        if parent is not None:
            parent.group.children[child] = None
        watch_cpu_limit(child)
    return child


def copy_fs(task: Task, flags: int) -> FsContext:
    """The place of a new task in the tree of mounts, or in a tree of its own."""
    if flags & CLONE_FS:
        return task.fs
    return task.fs.with_own_mounts() if flags & CLONE_NEWNS else task.fs.fork()


def copy_signals(task: Task, flags: int) -> TaskSignals:
    """The signal state of a new task, as far as it is not shared."""
    if flags & CLONE_SIGHAND:
        child = task.signals.clone(thread=bool(flags & CLONE_THREAD))
    else:
        child = task.signals.fork()
    if flags & CLONE_CLEAR_SIGHAND:
        child.actions = child.actions.after_exec()
    if flags & (CLONE_VM | CLONE_VFORK) == CLONE_VM:
        # In the same memory the stack for signals would be the parent's; vfork's waits meanwhile.
        child.altstack = AltStack()
    return child


def tell_ids(task: Task, child: Task, args: CloneArgs) -> None:
    """Store the new id, and a pidfd, where caller and child want them. EMFILE; EFAULT for the
    caller's places alone."""
    if args.flags & CLONE_PARENT_SETTID:
        task.mm.write_u32(args.parent_tid, child.pid)
    if args.flags & CLONE_PIDFD:
        pidfd = fd_install(task, create_pidfd(task, child), cloexec=True)
        try:
            task.mm.write_u32(args.pidfd, pidfd)
        except EFAULT:
            task.files.close(pidfd)
            raise
    if args.flags & CLONE_CHILD_SETTID:
        # schedule_tail stores it in the child, whom nobody tells that it failed.
        with suppress(EFAULT):
            child.mm.write_u32(args.child_tid, child.pid)


def abandon(child: Task) -> None:
    """Give back what a task took that will never run."""
    if child in child.group.threads:
        child.group.threads.remove(child)
    exit_sem(child)
    child.files.put()
    child.mm.release()


def check_limits(task: Task) -> None:
    """EAGAIN when the user, or the machine, has as many tasks as it may."""
    kernel = task.kernel
    if kernel.living >= kernel.options.limit_tasks:
        raise EAGAIN(f"the machine has {kernel.living} tasks")
    limit, cred = task.rlimits["RLIMIT_NPROC"][0], task.cred
    if kernel.living < limit or cred.uid == 0:
        return
    owned = sum(other.cred.uid == cred.uid for other in kernel.tasks.values() if other.alive)
    if owned >= limit and not cred.capable(CAP_SYS_RESOURCE) and not cred.capable(CAP_SYS_ADMIN):
        raise EAGAIN("RLIMIT_NPROC")
