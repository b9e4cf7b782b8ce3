"""/proc/PID: what is known of one process. See fs/proc/base.c."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from typing import TYPE_CHECKING

from emu.kernel.errno import EFAULT, EINVAL, ENOENT
from emu.kernel.fs.procfs.fd import FdDirectory, FdInfoDirectory
from emu.kernel.fs.procfs.inode import ProcDirectory
from emu.kernel.fs.procfs.maps import show_maps, show_statm
from emu.kernel.fs.procfs.mounts import show_mountinfo, show_mounts, show_mountstats
from emu.kernel.fs.procfs.oom import (
    set_oom_adj,
    set_oom_score_adj,
    show_oom_adj,
    show_oom_score_adj,
)
from emu.kernel.fs.procfs.status import show_limits, show_stat, show_status
from emu.kernel.uapi.stat import S_IFDIR
from emu.kernel.vfs.inode import DirEntry, Inode

if TYPE_CHECKING:
    from emu.kernel.task import Task
    from emu.kernel.vfs.path import VfsPath
    from emu.kernel.vfs.super_block import SuperBlock

TASK_COMM_LEN = 16
COREDUMP_FILTER_MASK = 0x1FF


class ProcessDirectory(ProcDirectory):
    """The directory of one process, or of one thread below its ``task``."""

    __slots__ = ("task",)

    def __init__(self, sb: SuperBlock, task: Task, *, thread: bool = False) -> None:
        super().__init__(sb, uid=task.cred.euid, gid=task.cred.egid)
        self.task = task
        self.add_file(b"auxv", lambda: task.mm.saved_auxv, mode=0o400)
        self.add_file(b"cgroup", lambda: b"0::/\n")
        self.add_file(b"cmdline", lambda: _memory(task, "arg_start", "arg_end"))
        self.add_file(b"comm", lambda: task.comm + b"\n", self._set_comm)
        self.add_file(b"coredump_filter", self._coredump_filter, self._set_coredump_filter)
        self.add_link(b"cwd", lambda: task.fs.cwd)
        self.add_file(b"environ", lambda: _memory(task, "env_start", "env_end"), mode=0o400)
        self.add_link(b"exe", self._exe)
        self.add(b"fd", FdDirectory(sb, task))
        self.add(b"fdinfo", FdInfoDirectory(sb, task))
        self.add_file(b"limits", lambda: show_limits(task))
        self.add_file(b"maps", lambda: show_maps(task))
        self.add_file(b"mountinfo", lambda: show_mountinfo(task))
        self.add_file(b"mounts", lambda: show_mounts(task))
        self.add_file(b"mountstats", lambda: show_mountstats(task), mode=0o400)
        self.add_file(b"oom_adj", lambda: show_oom_adj(task), partial(set_oom_adj, task))
        self.add_file(b"oom_score", lambda: b"0\n")
        self.add_file(
            b"oom_score_adj", lambda: show_oom_score_adj(task), partial(set_oom_score_adj, task)
        )
        self.add_file(b"personality", lambda: b"%08x\n" % task.attributes.personality, mode=0o400)
        self.add_link(b"root", lambda: task.fs.root)
        self.add_file(b"stat", lambda: show_stat(task))
        self.add_file(b"statm", lambda: show_statm(task))
        self.add_file(b"status", lambda: show_status(task))
        if not thread:
            self.add(b"task", ThreadsDirectory(sb, task))

    def refresh(self) -> None:
        """The owner is whoever the process is now."""
        self.uid, self.gid = self.task.cred.euid, self.task.cred.egid

    def _set_comm(self, data: bytes) -> None:
        self.task.comm = data.rstrip(b"\n")[: TASK_COMM_LEN - 1]

    def _coredump_filter(self) -> bytes:
        return b"%08x\n" % self.task.attributes.coredump_filter

    def _set_coredump_filter(self, data: bytes) -> None:
        try:
            self.task.attributes.coredump_filter = int(data.strip(), 0) & COREDUMP_FILTER_MASK
        except ValueError:
            raise EINVAL("not a number") from None

    def _exe(self) -> VfsPath:
        if self.task.exe is None:
            raise ENOENT("no program yet")
        return self.task.exe


class ThreadsDirectory(ProcDirectory):
    """/proc/PID/task: the threads of a process."""

    __slots__ = ("_known", "_task")

    def __init__(self, sb: SuperBlock, task: Task) -> None:
        super().__init__(sb, uid=task.cred.euid, gid=task.cred.egid)
        self._task = task
        self._known: dict[int, ProcessDirectory] = {}

    def find(self, name: bytes) -> Inode | None:
        """The directory of a thread."""
        if not name.isdigit() or len(name) > 10:
            return None
        thread = self._threads().get(int(name))
        return None if thread is None else self._directory(thread)

    def others(self) -> Sequence[DirEntry]:
        """A directory for each thread."""
        return [
            DirEntry(b"%d" % tid, self._directory(thread).ino, S_IFDIR)
            for tid, thread in sorted(self._threads().items())
        ]

    def _threads(self) -> dict[int, Task]:
        group = self._task.group
        return {thread.pid: thread for thread in (group.leader, *group.threads)}

    def _directory(self, thread: Task) -> ProcessDirectory:
        if len(self._known) > 2 * len(self._task.group.threads) + 16:
            self._known = {pid: d for pid, d in self._known.items() if d.task.alive}
        known = self._known.get(thread.pid)
        if known is None or known.task is not thread:
            known = self._known[thread.pid] = ProcessDirectory(self.sb, thread, thread=True)
        return known


def _memory(task: Task, first: str, last: str) -> bytes:
    """A range of a process's own memory, as it is now; empty where it cannot be read."""
    try:
        start: int = getattr(task.mm, first)
        return task.mm.read(start, getattr(task.mm, last) - start)
    except EFAULT:
        return b""
