"""A task's table of file descriptors. See struct files_struct."""

from __future__ import annotations

from typing import TYPE_CHECKING

from emu.kernel.errno import EBADF, EMFILE

if TYPE_CHECKING:
    from emu.kernel.task import Task
    from emu.kernel.vfs.file import File


class FileTable:
    """Descriptors and the open files behind them; the lowest free number is given first.

    Threads share one object; `users` counts the tasks that do.
    """

    def __init__(self) -> None:
        self._files: dict[int, File] = {}
        self._lowest = 0
        self.cloexec: set[int] = set()
        self.users = 1

    def __getitem__(self, fd: int) -> File:
        """The open file of a descriptor. EBADF, also for one that is only a place (O_PATH)."""
        file = self._files.get(fd)
        if file is None or file.is_path:
            raise EBADF
        return file

    def raw(self, fd: int) -> File:
        """The open file of a descriptor, O_PATH or not. EBADF."""
        file = self._files.get(fd)
        if file is None:
            raise EBADF
        return file

    def get(self, fd: int) -> File | None:
        """The open file of a descriptor, O_PATH or not, or None."""
        return self._files.get(fd)

    def descriptors(self) -> list[int]:
        """All open descriptors, in order."""
        return sorted(self._files)

    def __len__(self) -> int:
        return len(self._files)

    def install(self, file: File, limit: int, *, minimum: int = 0, cloexec: bool = False) -> int:
        """Put an open file (and the caller's count of it) at the lowest free number.

        EMFILE if that is not below `limit`, in which case the file is put.
        """
        files = self._files
        fd = max(minimum, self._lowest)
        while fd in files:
            fd += 1
        if fd >= limit:
            file.put()
            raise EMFILE
        if minimum <= self._lowest:
            self._lowest = fd + 1
        files[fd] = file
        if cloexec:
            self.cloexec.add(fd)
        return fd

    def replace(self, fd: int, file: File, *, cloexec: bool) -> None:
        """Put an open file at a chosen number, closing what was there."""
        old = self._files.get(fd)
        self._files[fd] = file
        self.set_cloexec(fd, cloexec)
        if old is not None:
            self._close(old)

    def set_cloexec(self, fd: int, cloexec: bool) -> None:
        """Set or clear FD_CLOEXEC."""
        if cloexec:
            self.cloexec.add(fd)
        else:
            self.cloexec.discard(fd)

    def close(self, fd: int) -> None:
        """Close a descriptor. EBADF, or what the file says to its closing."""
        file = self._files.pop(fd, None)
        if file is None:
            raise EBADF
        self.cloexec.discard(fd)
        if fd < self._lowest:
            self._lowest = fd
        self._close(file)

    def close_range(self, first: int, last: int) -> None:
        """Close all descriptors of a range."""
        for fd in self._within(first, last):
            self.close(fd)

    def cloexec_range(self, first: int, last: int) -> None:
        """Mark all descriptors of a range to be closed on exec."""
        self.cloexec.update(self._within(first, last))

    def close_on_exec(self) -> None:
        """Close what must not survive an execve."""
        for fd in sorted(self.cloexec):
            self.close(fd)

    def fork(self) -> FileTable:
        """A copy for a new process; the open files are shared."""
        copy = FileTable()
        copy._files = dict(self._files)
        copy._lowest = self._lowest
        copy.cloexec = set(self.cloexec)
        for file in copy._files.values():
            file.count += 1
        return copy

    def put(self) -> None:
        """One task less uses the table; the last one closes everything."""
        self.users -= 1
        if not self.users:
            self.close_range(0, 1 << 31)

    def _within(self, first: int, last: int) -> list[int]:
        return sorted(fd for fd in self._files if first <= fd <= last)

    def _close(self, file: File) -> None:
        locks = file.inode.locks
        if locks is not None:
            locks.forget_owner(self)
        try:
            file.f_op.flush(file)
        finally:
            file.put()


def open_file_limit(task: Task) -> int:
    """The first descriptor number that a task may not have."""
    return task.group.rlimits["RLIMIT_NOFILE"][0]


def fd_install(task: Task, file: File, *, cloexec: bool = False, minimum: int = 0) -> int:
    """Give a task a descriptor for an open file it now owns. EMFILE."""
    return task.files.install(file, open_file_limit(task), minimum=minimum, cloexec=cloexec)


def unshare_files(task: Task) -> None:
    """Give a task a table of descriptors that it shares with nobody."""
    if task.files.users > 1:
        shared, task.files = task.files, task.files.fork()
        shared.put()
