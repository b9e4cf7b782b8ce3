"""/proc/PID/map_files: a magic link for each mapped file. See map_files in fs/proc/base.c."""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import partial
from typing import TYPE_CHECKING

from emu.kernel.errno import ENOENT
from emu.kernel.fs.procfs.access import mm_of, require_read
from emu.kernel.fs.procfs.inode import ProcDirectory, ProcLink
from emu.kernel.uapi.stat import S_IFLNK
from emu.kernel.vfs.inode import DirEntry, Inode

if TYPE_CHECKING:
    from emu.kernel.fs.procfs.pid import TaskDirectory
    from emu.kernel.mm.vma import Vma
    from emu.kernel.task import Task
    from emu.kernel.vfs.path import VfsPath
    from emu.kernel.vfs.super_block import SuperBlock

_RANGE = re.compile(rb"(0|[1-9a-f][0-9a-f]{0,15})-(0|[1-9a-f][0-9a-f]{0,15})")


class MapFilesDirectory(ProcDirectory):
    """Names are ranges of addresses: ``400000-401000``."""

    __slots__ = ("_known", "_task")

    def __init__(self, sb: SuperBlock, task: Task, mode: int, ino: int) -> None:
        super().__init__(sb, mode, uid=task.cred.euid, gid=task.cred.egid, ino=ino)
        self._task = task
        self._known: dict[bytes, Inode] = {}

    def find(self, name: bytes) -> Inode | None:
        """The link of an area that is mapped as it says. EACCES."""
        require_read(self._task)
        if mapped_file(self._task, name) is None:
            self._known.pop(name, None)
            return None
        return self._link(name)

    def others(self) -> Sequence[DirEntry]:
        """All areas with files. EACCES."""
        require_read(self._task)
        mm = mm_of(self._task)
        areas = [vma for vma in mm.vmas if vma.file is not None] if mm is not None else []
        names = [b"%x-%x" % (vma.start, vma.end) for vma in areas]
        self._known = {name: inode for name, inode in self._known.items() if name in set(names)}
        return [DirEntry(name, self._link(name).ino, S_IFLNK) for name in names]

    def _link(self, name: bytes) -> Inode:
        known = self._known.get(name)
        if known is None:
            target = partial(place_of, self._task, name)
            known = ProcLink(self.sb, target, uid=self.uid, gid=self.gid)
            self._known[name] = known
        return known


def mapped_file(task: Task, name: bytes) -> Vma | None:
    """The area that a name is the range of, if it has a file."""
    found, mm = _RANGE.fullmatch(name), mm_of(task)
    if found is None or mm is None:
        return None
    start, end = (int(number, 16) for number in found.groups())
    vma = mm.vmas.at(start)
    return vma if vma and (vma.start, vma.end) == (start, end) and vma.file is not None else None


def place_of(task: Task, name: bytes) -> VfsPath:
    """Where the file is. ENOENT; EACCES."""
    require_read(task)
    vma = mapped_file(task, name)
    if vma is None or vma.file is None:
        raise ENOENT
    path: VfsPath = vma.file.path
    return path


def map_files_directory(parent: TaskDirectory, mode: int, ino: int) -> MapFilesDirectory:
    """The directory of a process's mapped files."""
    return MapFilesDirectory(parent.sb, parent.task, mode, ino)
