"""What happens to files, told to those who asked: see include/linux/fsnotify.h.

`Vfs.notify` is the machine's notifier only while somebody listens, so that the calls about files
cost no more than a look at it else.
"""

from __future__ import annotations

from collections.abc import Awaitable
from typing import TYPE_CHECKING

from emu.kernel.notify.marks import Event, Group, Mark, Marks
from emu.kernel.uapi.notify import (
    FS_ACCESS,
    FS_ATTRIB,
    FS_CLOSE_NOWRITE,
    FS_CLOSE_WRITE,
    FS_CREATE,
    FS_DELETE,
    FS_DELETE_SELF,
    FS_MODIFY,
    FS_MOVE_SELF,
    FS_MOVED_FROM,
    FS_MOVED_TO,
    FS_OPEN,
    FS_RENAME,
)
from emu.kernel.vfs.file import FMODE_NONOTIFY, FMODE_WRITE
from emu.record import field, record

if TYPE_CHECKING:
    from emu.kernel.notify.dnotify import DnotifyGroup
    from emu.kernel.vfs.dentry import Dentry
    from emu.kernel.vfs.file import File
    from emu.kernel.vfs.inode import Inode
    from emu.kernel.vfs.path import VfsPath
    from emu.kernel.vfs.vfs import Vfs


@record(frozen=False)
class NotifyLimits:
    """How many a user may have and has of each: see /proc/sys/fs/inotify."""

    max_user_instances: int = 128
    max_user_watches: int = 65536
    max_queued_events: int = 16384
    instances: dict[int, int] = field(default_factory=dict)
    watches: dict[int, int] = field(default_factory=dict)


class Notifier:
    """Turns what happened into events, and gives them to the groups whose marks are there."""

    def __init__(self, vfs: Vfs) -> None:
        self._vfs = vfs
        self.marks = Marks(self)
        self.limits = NotifyLimits()
        self.dnotify: DnotifyGroup | None = None
        """Who asked with F_NOTIFY, once somebody did."""
        self._last_cookie = 0

    def listen(self, somebody: bool) -> None:
        """Whether anybody listens."""
        self._vfs.notify = self if somebody else None

    # What happens to open files.

    def opened(self, file: File) -> None:
        """A file was opened."""
        self._file(file, FS_OPEN)

    def closed(self, file: File) -> None:
        """The last descriptor of an open file is gone."""
        self._file(file, FS_CLOSE_WRITE if file.mode & FMODE_WRITE else FS_CLOSE_NOWRITE)

    def descriptor_closed(self, file: File) -> None:
        """A process closed a descriptor of a directory."""
        task = self._vfs.kernel.sched.current
        if self.dnotify is not None and task is not None:
            self.dnotify.forget(file, task.files)

    def accessed(self, file: File) -> None:
        """Something was read."""
        self._file(file, FS_ACCESS)

    def modified(self, file: File) -> None:
        """Something was written."""
        self._file(file, FS_MODIFY)

    def after_read(self, file: File, result: int | Awaitable[int]) -> int | Awaitable[int]:
        """Tell of a read, if it reads something; the result as it was."""
        return self._after(file, result, FS_ACCESS)

    def after_write(self, file: File, result: int | Awaitable[int]) -> int | Awaitable[int]:
        """Tell of a write, if it writes something; the result as it was."""
        return self._after(file, result, FS_MODIFY)

    # What happens to files by their names.

    def attributes_changed(self, path: VfsPath) -> None:
        """Mode, owner, times or attributes are others."""
        self._dentry(path, FS_ATTRIB)

    def times_changed(self, path: VfsPath, access: bool, change: bool) -> None:
        """Times were set: one of them alone counts as if the file had been read or written."""
        if access and change:
            self._dentry(path, FS_ATTRIB)
        else:
            self._dentry(path, FS_ACCESS if access else FS_MODIFY)

    def truncated(self, path: VfsPath) -> None:
        """The size was set."""
        self._dentry(path, FS_MODIFY)

    def created(self, directory: Inode, dentry: Dentry) -> None:
        """A new file has a name."""
        self._name(FS_CREATE, directory, dentry.name, dentry.inode)

    def linked(self, directory: Inode, dentry: Dentry) -> None:
        """A file has another name."""
        assert dentry.inode is not None
        self.links_changed(dentry.inode)
        self.created(directory, dentry)

    def removed(self, directory: Inode, dentry: Dentry, inode: Inode) -> None:
        """A name is gone, and the file with it unless it has others or is open."""
        if not inode.is_dir:
            self.links_changed(inode)
        self._name(FS_DELETE, directory, dentry.name, inode)
        self.maybe_gone(inode)

    def moved(self, old: Inode, old_name: bytes, new: Inode, new_name: bytes, inode: Inode) -> None:
        """A file has its name no longer here, but there."""
        self._last_cookie += 1
        cookie = self._last_cookie
        self._name(FS_RENAME, old, old_name, inode)
        self._name(FS_MOVED_FROM, old, old_name, inode, cookie)
        self._name(FS_MOVED_TO, new, new_name, inode, cookie)

    def replaced(self, inode: Inode) -> None:
        """A file lost its name to one that was moved there."""
        self.links_changed(inode)
        self.maybe_gone(inode)

    def moved_self(self, inode: Inode) -> None:
        """A file was moved."""
        self._inode(inode, FS_MOVE_SELF)

    def links_changed(self, inode: Inode) -> None:
        """A file has one name more or less."""
        self._inode(inode, FS_ATTRIB)

    def maybe_gone(self, inode: Inode) -> None:
        """A file may have lost the last that held it."""
        if inode.open_count or (inode.nlink and not inode.is_dir) or inode.nlink > 1:
            return
        self._inode(inode, FS_DELETE_SELF)
        for mark in self.marks.at(inode):
            self.marks.remove(mark)
            mark.group.mark_gone(mark)

    # Finding those who want to know.

    def _after(self, file: File, result: int | Awaitable[int], mask: int) -> int | Awaitable[int]:
        if isinstance(result, int):
            if result > 0:
                self._file(file, mask)
            return result
        return self._after_waiting(file, result, mask)

    async def _after_waiting(self, file: File, result: Awaitable[int], mask: int) -> int:
        done = await result
        if done > 0:
            self._file(file, mask)
        return done

    def _file(self, file: File, mask: int) -> None:
        if not (file.is_path or file.mode & FMODE_NONOTIFY):
            self._dentry(file.path, mask)

    def _dentry(self, path: VfsPath, mask: int) -> None:
        """An event of a file, which its directory tells too."""
        dentry = path.dentry
        inode = dentry.inode
        if inode is None:
            return
        parent = dentry.parent.inode if dentry.parent is not dentry else None
        event = Event(mask, inode, inode.is_dir, parent, dentry.name, path=path, dentry=dentry)
        places: list[tuple[Mark, bool]] = []
        if parent is not None:
            places += [(mark, True) for mark in self.marks.at(parent)]
        places += [(mark, False) for mark in self.marks.at(inode)]
        places += [(mark, False) for mark in self.marks.at(path.mount)]
        places += [(mark, False) for mark in self.marks.at(inode.sb)]
        self._tell(event, places)

    def _name(
        self, mask: int, directory: Inode, name: bytes, inode: Inode | None, cookie: int = 0
    ) -> None:
        """An event of a directory: one of its names."""
        is_dir = inode is not None and inode.is_dir
        event = Event(mask, inode, is_dir, directory, name, cookie, is_dirent=True)
        places = [(mark, False) for mark in self.marks.at(directory)]
        places += [(mark, False) for mark in self.marks.at(directory.sb)]
        self._tell(event, places)

    def _inode(self, inode: Inode, mask: int) -> None:
        """An event of a file, whatever its name."""
        event = Event(mask, inode, inode.is_dir)
        self._tell(event, [(mark, False) for mark in self.marks.at(inode)])

    def _tell(self, event: Event, marks: list[tuple[Mark, bool]]) -> None:
        by_group: dict[int, tuple[Group, list[tuple[Mark, bool]]]] = {}
        for mark, of_child in marks:
            by_group.setdefault(id(mark.group), (mark.group, []))[1].append((mark, of_child))
        for group, wanted in by_group.values():
            group.handle(event, wanted)


def notifier_of(vfs: Vfs) -> Notifier:
    """The machine's notifier, for who wants to listen."""
    if vfs.notifier is None:
        vfs.notifier = Notifier(vfs)
    return vfs.notifier
