"""F_NOTIFY: a signal when something happens in a directory. See fs/notify/dnotify."""

from __future__ import annotations

from typing import TYPE_CHECKING

from emu.kernel.errno import ENOTDIR
from emu.kernel.notify.marks import Event, Mark
from emu.kernel.notify.notifier import Notifier, notifier_of
from emu.kernel.signal.sigio import own_by_default, send_sigio
from emu.kernel.uapi.notify import (
    DN_ACCESS,
    DN_ATTRIB,
    DN_CREATE,
    DN_DELETE,
    DN_MODIFY,
    DN_MULTISHOT,
    DN_RENAME,
    FS_ACCESS,
    FS_ATTRIB,
    FS_CREATE,
    FS_DELETE,
    FS_MODIFY,
    FS_MOVED_FROM,
    FS_MOVED_TO,
    FS_RENAME,
)
from emu.record import record

if TYPE_CHECKING:
    from emu.kernel.task import Task
    from emu.kernel.vfs.fdtable import FileTable
    from emu.kernel.vfs.file import File

EVENTS = (
    (DN_ACCESS, FS_ACCESS),
    (DN_MODIFY, FS_MODIFY),
    (DN_CREATE, FS_CREATE | FS_MOVED_TO),
    (DN_DELETE, FS_DELETE | FS_MOVED_FROM),
    (DN_RENAME, FS_RENAME),
    (DN_ATTRIB, FS_ATTRIB),
)


@record(frozen=False)
class Request:
    """What a process asked of a directory that it has open."""

    file: File
    fd: int
    files: FileTable
    events: int
    stays: bool


class DirectoryMark(Mark):
    """All requests about one directory."""

    __slots__ = ("requests",)

    def __init__(self, group: DnotifyGroup, place: object) -> None:
        super().__init__(group, place, 0)
        self.requests: list[Request] = []

    def count_again(self) -> None:
        """The mask is what any request asks for."""
        self.mask = 0
        for request in self.requests:
            self.mask |= request.events


class DnotifyGroup:
    """The requests of a machine."""

    def __init__(self, notifier: Notifier) -> None:
        self._notifier = notifier

    def handle(self, event: Event, marks: list[tuple[Mark, bool]]) -> None:
        """Signal the owner of each request for the event."""
        for mark, of_child in marks:
            assert isinstance(mark, DirectoryMark)
            if not event.mask & mark.mask or not (of_child or event.is_dirent or event.is_dir):
                continue
            for request in list(mark.requests):
                if request.events & event.mask:
                    send_sigio(request.file, request.fd, "POLL_MSG")
                    if not request.stays:
                        mark.requests.remove(request)
            self._changed(mark)

    def mark_gone(self, mark: Mark) -> None:
        """The directory is no more."""

    def request(self, task: Task, fd: int, file: File, asked: int) -> None:
        """Add to what a process asks of a directory, or with 0 forget it."""
        if not asked & ~DN_MULTISHOT:
            self.forget(file, task.files)
            return
        events = 0
        for bit, mask in EVENTS:
            if asked & bit:
                events |= mask
        mark = self._notifier.marks.find(self, file.inode)
        if mark is None:
            mark = DirectoryMark(self, file.inode)
            self._notifier.marks.add(mark)
        assert isinstance(mark, DirectoryMark)
        stays = bool(asked & DN_MULTISHOT)
        own_by_default(task, file)
        for request in mark.requests:
            if request.file is file and request.files is task.files:
                request.fd, request.stays = fd, stays
                request.events |= events
                break
        else:
            mark.requests.append(Request(file, fd, task.files, events, stays))
        mark.count_again()

    def forget(self, file: File, files: FileTable) -> None:
        """A process closed a descriptor of the directory, or wants no more signals."""
        mark = self._notifier.marks.find(self, file.inode)
        if mark is None:
            return
        assert isinstance(mark, DirectoryMark)
        mark.requests = [r for r in mark.requests if r.file is not file or r.files is not files]
        self._changed(mark)

    def _changed(self, mark: DirectoryMark) -> None:
        mark.count_again()
        if not mark.requests:
            self._notifier.marks.remove(mark)


def fcntl_dirnotify(task: Task, fd: int, file: File, asked: int) -> None:
    """F_NOTIFY. ENOTDIR."""
    if not file.inode.is_dir:
        raise ENOTDIR
    notifier = notifier_of(file.inode.sb.vfs)
    if notifier.dnotify is None:
        notifier.dnotify = DnotifyGroup(notifier)
    notifier.dnotify.request(task, fd, file, asked)
