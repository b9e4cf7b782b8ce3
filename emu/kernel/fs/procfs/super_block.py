"""procfs as a whole: the root with the system's files and a directory for each process."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from emu.kernel.errno import EINVAL, ENOENT
from emu.kernel.fs.procfs.inode import ProcDirectory
from emu.kernel.fs.procfs.net_files import add_net_files
from emu.kernel.fs.procfs.pid import ProcessDirectory
from emu.kernel.fs.procfs.sysctl import add_sysctls
from emu.kernel.fs.procfs.system import add_system_files
from emu.kernel.fs.procfs.sysvipc import add_sysvipc
from emu.kernel.uapi.mount import PROC_SUPER_MAGIC
from emu.kernel.uapi.stat import S_IFDIR
from emu.kernel.vfs.inode import DirEntry, Inode
from emu.kernel.vfs.super_block import SuperBlock

if TYPE_CHECKING:
    from emu.kernel.task import Task
    from emu.kernel.vfs.vfs import Vfs


class ProcSuperBlock(SuperBlock):
    """The one procfs of a machine."""

    fs_type = b"proc"
    magic = PROC_SUPER_MAGIC
    volatile = True

    def __init__(self, vfs: Vfs) -> None:
        super().__init__(vfs)
        vfs.procfs = vfs.procfs or self
        root = ProcRoot(self)
        self.set_root(root)
        add_system_files(root)
        add_sysctls(root.add_directory(b"sys"))
        add_sysvipc(root)
        add_net_files(root)
        root.add_file(b"modules", lambda: modules_text(vfs))
        root.add_link(b"self", lambda: b"%d" % current_of(self).tgid)
        root.add_link(b"thread-self", lambda: b"%d/task/%d" % _thread(current_of(self)))
        root.add_link(b"mounts", lambda: b"self/mounts")
        vfs.kernel.pid_forgotten.append(self.forget_pid)

    def forget_pid(self, pid: int) -> None:
        """Drop what there is of a process that is gone: see proc_flush_pid."""
        directory = self.root.inode
        assert isinstance(directory, ProcRoot)
        directory.forget_pid(pid)
        dentry = self.root.children.get(b"%d" % pid)
        if dentry is not None:
            dentry.drop()


class ProcRoot(ProcDirectory):
    """/proc: its fixed entries, and the processes."""

    __slots__ = ("_processes",)

    def __init__(self, sb: ProcSuperBlock) -> None:
        super().__init__(sb)
        self._processes: dict[int, ProcessDirectory] = {}

    def find(self, name: bytes) -> Inode | None:
        """The directory of a process."""
        if not name.isdigit() or name[:1] == b"0" or len(name) > 10:
            return None
        task = self.sb.vfs.kernel.tasks.get(int(name))
        return None if task is None else self._process(task)

    def others(self) -> Sequence[DirEntry]:
        """A directory for each process, in order of their ids."""
        tasks = self.sb.vfs.kernel.tasks
        return [
            DirEntry(b"%d" % pid, self._process(task).ino, S_IFDIR)
            for pid, task in sorted(tasks.items())
            if task.tgid == pid
        ]

    def forget_pid(self, pid: int) -> None:
        """The process, or the thread, is gone."""
        self._processes.pop(pid, None)

    def _process(self, task: Task) -> ProcessDirectory:
        directory = self._processes.get(task.pid)
        if directory is None or directory.task is not task:
            directory = self._processes[task.pid] = ProcessDirectory(self.sb, task)
        directory.refresh()
        return directory


def modules_text(vfs: Vfs) -> bytes:
    """/proc/modules: what lsmod(8) shows."""
    from emu.kernel.module.loader import ModuleLoader

    return "".join(f"{line}\n" for line in vfs.kernel.part(ModuleLoader).lines()).encode()


def current_of(sb: SuperBlock) -> Task:
    """Who asks. ENOENT before any task runs."""
    task = sb.vfs.kernel.sched.current
    if task is None:
        raise ENOENT("no task is running")
    return task


def make_procfs(vfs: Vfs, options: bytes) -> SuperBlock:
    """procfs for mount(2), which has no options here. EINVAL."""
    if options:
        raise EINVAL("proc: unknown option")
    return vfs.procfs or ProcSuperBlock(vfs)


def _thread(task: Task) -> tuple[int, int]:
    return task.tgid, task.pid
