"""procfs as a whole: the root with the system's files and a directory for each process."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, NamedTuple
from weakref import WeakMethod

from emu.kernel.errno import EINVAL, ENOENT, EPERM
from emu.kernel.fs.procfs.given_names import GivenNames
from emu.kernel.uapi.mount import PROC_SUPER_MAGIC
from emu.kernel.uapi.stat import S_IFDIR, S_IFMT
from emu.kernel.vfs.inode import DirEntry, Inode
from emu.kernel.vfs.super_block import SuperBlock

if TYPE_CHECKING:
    from emu.kernel.fs.procfs.pid import TaskDirectory, ThreadsDirectory
    from emu.kernel.fs.procfs.rows import TableDirectory
    from emu.kernel.task import Task
    from emu.kernel.vfs.vfs import Vfs

HIDEPID = {
    b"off": 0, b"noaccess": 1, b"invisible": 2, b"ptraceable": 4,
    b"0": 0, b"1": 1, b"2": 2, b"4": 4,
}  # fmt: skip
HIDEPID_NAMES = {1: "noaccess", 2: "invisible", 4: "ptraceable"}
NO_ACCESS, INVISIBLE, NOT_PTRACEABLE = 1, 2, 4


class ProcOptions(NamedTuple):
    """How one mount of procfs shows other users' processes. See hidepid in proc(5)."""

    hidepid: int = 0
    gid: int = 0
    pids_only: bool = False

    @classmethod
    def parse(cls, text: bytes) -> ProcOptions:
        """The options of mount(2). EINVAL for an unknown one."""
        hidepid, gid, pids_only = 0, 0, False
        for option in filter(None, text.split(b",")):
            name, _, value = option.partition(b"=")
            if name == b"hidepid" and value in HIDEPID:
                hidepid = HIDEPID[value]
            elif name == b"gid" and value.isdigit() and len(value) <= 10:
                gid = int(value)
            elif name == b"subset" and value == b"pid":
                pids_only = True
            else:
                raise EINVAL(f"proc: {option.decode(errors='replace')}")
        return cls(hidepid, gid, pids_only)

    def show(self) -> str:
        """As in /proc/mounts, with a comma before each."""
        shown = f",gid={self.gid}" if self.gid else ""
        if self.hidepid:
            shown += f",hidepid={HIDEPID_NAMES[self.hidepid]}"
        return shown + (",subset=pid" if self.pids_only else "")


class ProcSuperBlock(SuperBlock):
    """One procfs of a machine; each mount has its own, with its own options."""

    fs_type = b"proc"
    magic = PROC_SUPER_MAGIC
    volatile = True

    def __init__(self, vfs: Vfs, options: ProcOptions | None = None) -> None:
        super().__init__(vfs)
        vfs.procfs = vfs.procfs or self
        self.options = options or ProcOptions()
        self.thread_homes: dict[int, ThreadsDirectory] = {}
        """The ``task`` directories that know a thread, by its id."""
        self.set_root(ProcRoot(self))
        listen_for_ends(self)

    def forget_pid(self, pid: int) -> None:
        """Drop what there is of a process or thread that is gone: see proc_flush_pid."""
        root = self.root.inode
        assert isinstance(root, ProcRoot)
        root.forget_pid(pid)
        name = b"%d" % pid
        dentry = self.root.children.get(name)
        if dentry is not None:
            dentry.drop()
        home = self.thread_homes.pop(pid, None)
        if home is None:
            return
        home.forget(pid)
        above = self.root.children.get(b"%d" % home.task.pid)
        tasks = above.children.get(b"task") if above is not None else None
        dentry = tasks.children.get(name) if tasks is not None else None
        if dentry is not None:
            dentry.drop()

    def show_options(self) -> str:
        """See `ProcOptions`."""
        return self.options.show()


def listen_for_ends(sb: ProcSuperBlock) -> None:
    """Have a procfs told of ids that are free again, for as long as somebody keeps it."""
    listeners = sb.vfs.kernel.pid_forgotten

    def forget(pid: int) -> None:
        found = weak()
        if found is not None:
            found(pid)

    weak = WeakMethod(sb.forget_pid, lambda _: listeners.remove(forget))
    listeners.append(forget)


class ProcRoot(GivenNames, Inode):
    """/proc: the system's files, what was added to `entries`, and the processes.

    It is made when the machine starts; all that is in it when somebody looks.
    """

    __slots__ = ("_fixed", "_processes", "entries")

    sb: ProcSuperBlock

    def __init__(self, sb: ProcSuperBlock) -> None:
        super().__init__(sb, S_IFDIR | 0o555)
        self.entries = added_entries(sb)
        self._processes: dict[int, TaskDirectory] = {}
        self._fixed: TableDirectory | None = None

    def touch_atime(self) -> None:
        """Times mean nothing here."""

    def touch_atime_always(self) -> None:
        """Times mean nothing here."""

    def lookup(self, name: bytes) -> Inode | None:
        """A process, or one of the system's files."""
        if name.isdigit():
            return self._find_process(name)
        return self.fixed().lookup(name) or self.entries.get(name)

    def iterate(self) -> Sequence[DirEntry]:
        """The system's files, and a directory for each process, in order of their ids."""
        tasks = self.sb.vfs.kernel.tasks
        added = [DirEntry(n, i.ino, i.mode & S_IFMT) for n, i in self.entries.items()]
        processes = [
            DirEntry(b"%d" % pid, self._process(task).ino, S_IFDIR)
            for pid, task in sorted(tasks.items())
            if task.tgid == pid and self._may_see(task, INVISIBLE)
        ]
        return [*self.fixed().iterate(), *added, *processes]

    def fixed(self) -> TableDirectory:
        """The system's files."""
        if self._fixed is None:
            from emu.kernel.fs.procfs.root import root_directory

            self._fixed = root_directory(self.sb)
        return self._fixed

    def forget_pid(self, pid: int) -> None:
        """The process, or the thread, is gone."""
        self._processes.pop(pid, None)

    def _find_process(self, name: bytes) -> Inode | None:
        if name[:1] == b"0" or len(name) > 10:
            return None
        task = self.sb.vfs.kernel.tasks.get(int(name))
        if task is None:
            return None
        if not self._may_see(task, NO_ACCESS):
            if self.sb.options.hidepid == NO_ACCESS:
                raise EPERM("hidepid: another user's process")
            raise ENOENT("hidepid: another user's process")
        return self._process(task)

    def _may_see(self, task: Task, least: int) -> bool:
        """Whether who asks may know of a process: see has_pid_permissions."""
        options = self.sb.options
        if options.hidepid < least:
            return True
        from emu.kernel.fs.procfs.access import current_of, may_read

        asks = current_of(self.sb.vfs.kernel)
        if options.hidepid != NOT_PTRACEABLE and asks.cred.in_group(options.gid):
            return True
        return may_read(task)

    def _process(self, task: Task) -> TaskDirectory:
        directory = self._processes.get(task.pid)
        if directory is None or directory.task is not task:
            from emu.kernel.fs.procfs.pid import process_directory

            directory = self._processes[task.pid] = process_directory(self.sb, task)
        directory.refresh()
        return directory


def added_entries(sb: ProcSuperBlock) -> dict[bytes, Inode]:
    """What modules put into /proc, the same in all mounts but those of processes alone."""
    first = sb.vfs.procfs
    if first is None or first is sb or sb.options.pids_only:
        return {}
    assert isinstance(first.root.inode, ProcRoot)
    return first.root.inode.entries


def make_procfs(vfs: Vfs, options: bytes) -> ProcSuperBlock:
    """procfs for mount(2): hidepid=, gid=, subset=pid. EINVAL."""
    return ProcSuperBlock(vfs, ProcOptions.parse(options))
