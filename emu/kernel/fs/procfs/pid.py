"""/proc/PID and /proc/PID/task/TID: what is known of one process or thread. See fs/proc/base.c."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from emu.kernel.fs.procfs.access import dump_owner, is_gone
from emu.kernel.fs.procfs.inode import ProcDirectory
from emu.kernel.fs.procfs.rows import (
    Table,
    TableDirectory,
    folder,
    link,
    special,
    task_text,
)
from emu.kernel.uapi.stat import S_IFDIR
from emu.kernel.vfs.inode import DirEntry, Inode

if TYPE_CHECKING:
    from emu.kernel.fs.procfs.super_block import ProcSuperBlock
    from emu.kernel.task import Task

THREAD: Table = {
    b"auxv": special("memory:AUXV", 0o400),
    b"cgroup": task_text("base:show_cgroup"),
    b"children": task_text("base:show_children"),
    b"clear_refs": special("memory:CLEAR_REFS", 0o200),
    b"cmdline": special("memory:CMDLINE", 0o444),
    b"comm": task_text("base:show_comm", "base:set_comm"),
    b"coredump_filter": task_text(
        "base:show_coredump_filter", "base:set_coredump_filter", whole=False
    ),
    b"cwd": link("links:cwd"),
    b"environ": special("memory:ENVIRON", 0o400),
    b"exe": link("links:exe"),
    b"fd": folder("fd:fd_directory", 0o500),
    b"fdinfo": folder("fd:fdinfo_directory"),
    b"gid_map": task_text("userns:show_gid_map", "userns:set_id_map"),
    b"io": task_text("accounting:show_thread_io", mode=0o400),
    b"limits": task_text("limits:show_limits"),
    b"maps": special("memory:MAPS", 0o444),
    b"mem": special("memory:MEM", 0o600),
    b"mountinfo": task_text("mounts:show_mountinfo"),
    b"mounts": task_text("mounts:show_mounts"),
    b"mountstats": task_text("mounts:show_mountstats", mode=0o400),
    b"ns": folder("ns:ns_directory", 0o511),
    b"oom_adj": task_text("oom:show_oom_adj", "oom:set_oom_adj", whole=False),
    b"oom_score": task_text("oom:show_oom_score"),
    b"oom_score_adj": task_text("oom:show_oom_score_adj", "oom:set_oom_score_adj", whole=False),
    b"pagemap": special("memory:PAGEMAP", 0o400),
    b"personality": task_text("base:show_personality", mode=0o400),
    b"projid_map": task_text("userns:show_projid_map", "userns:set_id_map"),
    b"root": link("links:root"),
    b"sched": task_text("sched:show_sched", "sched:reset_sched"),
    b"schedstat": task_text("accounting:show_schedstat"),
    b"setgroups": task_text("userns:show_setgroups", "userns:set_setgroups"),
    b"smaps": special("memory:SMAPS", 0o444),
    b"smaps_rollup": special("memory:SMAPS_ROLLUP", 0o444),
    b"stack": task_text("sleeping:show_stack", mode=0o400),
    b"stat": task_text("stat:show_thread_stat"),
    b"statm": task_text("stat:show_statm"),
    b"status": task_text("status:show_status"),
    b"syscall": task_text("sleeping:show_syscall", mode=0o400),
    b"uid_map": task_text("userns:show_uid_map", "userns:set_id_map"),
    b"wchan": task_text("sleeping:show_wchan"),
}

PROCESS: Table = dict(
    sorted(
        {
            **{name: row for name, row in THREAD.items() if name != b"children"},
            b"io": task_text("accounting:show_process_io", mode=0o400),
            b"map_files": folder("map_files:map_files_directory", 0o500),
            b"net": folder("net:net_directory"),
            b"stat": task_text("stat:show_process_stat"),
            b"task": folder("pid:threads_directory"),
            b"timers": task_text("timers:show_timers"),
            b"timerslack_ns": task_text(
                "sched:show_timerslack", "sched:set_timerslack", mode=0o666
            ),
        }.items()
    )
)


class TaskDirectory(TableDirectory):
    """The directory of one process, or of one thread below its ``task``."""

    __slots__ = ("task",)

    def __init__(self, sb: ProcSuperBlock, task: Task, table: Table, *, ino: int = 0) -> None:
        super().__init__(sb, task, table, ino=ino)
        self.task = task

    def lookup(self, name: bytes) -> Inode | None:
        """An entry, whose owner is whoever the task is now; nothing once the task is gone."""
        task = self.task
        if is_gone(task):
            return None
        inode = super().lookup(name)
        if inode is not None:
            inode.uid, inode.gid = dump_owner(task, inode.mode)
        return inode

    def iterate(self) -> Sequence[DirEntry]:
        """All entries; none once the task is gone."""
        return [] if is_gone(self.task) else super().iterate()

    def refresh(self) -> None:
        """The owner is whoever the process is now."""
        self.uid, self.gid = dump_owner(self.task, self.mode)


def process_directory(sb: ProcSuperBlock, task: Task) -> TaskDirectory:
    """/proc/PID of a process, or of a thread that was asked for by its own number."""
    directory = TaskDirectory(sb, task, PROCESS)
    directory.private = task  # pidfd_send_signal(2) takes it for a pidfd
    return directory


class ThreadsDirectory(ProcDirectory):
    """/proc/PID/task: the threads of a process."""

    __slots__ = ("_known", "task")

    sb: ProcSuperBlock

    def __init__(self, sb: ProcSuperBlock, task: Task, ino: int) -> None:
        super().__init__(sb, uid=task.cred.euid, gid=task.cred.egid, ino=ino)
        self.task = task
        self._known: dict[int, TaskDirectory] = {}

    def find(self, name: bytes) -> Inode | None:
        """The directory of a thread."""
        if not name.isdigit() or name[:1] == b"0" or len(name) > 10:
            return None
        thread = self._threads().get(int(name))
        return None if thread is None else self._directory(thread)

    def others(self) -> Sequence[DirEntry]:
        """A directory for each thread."""
        return [
            DirEntry(b"%d" % tid, self._directory(thread).ino, S_IFDIR)
            for tid, thread in sorted(self._threads().items())
        ]

    def forget(self, tid: int) -> None:
        """A thread is gone."""
        self._known.pop(tid, None)

    def _threads(self) -> dict[int, Task]:
        group = self.task.group
        return {thread.pid: thread for thread in (group.leader, *group.threads)}

    def _directory(self, thread: Task) -> TaskDirectory:
        known = self._known.get(thread.pid)
        if known is None or known.task is not thread:
            known = self._known[thread.pid] = TaskDirectory(self.sb, thread, THREAD)
            self.sb.thread_homes[thread.pid] = self
        known.refresh()
        return known


def threads_directory(parent: TaskDirectory, mode: int, ino: int) -> ThreadsDirectory:
    """/proc/PID/task."""
    sb = parent.sb
    return ThreadsDirectory(sb, parent.task, ino)  # type: ignore[arg-type]
