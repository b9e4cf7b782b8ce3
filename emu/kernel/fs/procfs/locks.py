"""/proc/locks: who holds which lock on which file, and who waits. See fs/locks.c."""

from __future__ import annotations

from typing import TYPE_CHECKING

from emu.kernel.uapi.fcntl import F_WRLCK
from emu.kernel.vfs.dev import MAJOR, MINOR
from emu.kernel.vfs.locks import OFFSET_MAX, FileLock

if TYPE_CHECKING:
    from collections.abc import Iterator

    from emu.kernel.kernel import Kernel
    from emu.kernel.vfs.inode import Inode

OFD = -1


def show_locks(kernel: Kernel) -> bytes:
    """A line for each lock, and one with an arrow for each that waits for it."""
    lines = []
    for number, (inode, kind, lock) in enumerate(_held(kernel), 1):
        lines.append(_line(number, "", kind, lock, inode))
        assert inode.locks is not None
        waiting = [w for w in inode.locks.wanted if w.conflicts(lock)] if kind != "FLOCK" else []
        lines += [_line(number, "-> ", kind, each, inode) for each in waiting]
    return "".join(lines).encode()


def _held(kernel: Kernel) -> Iterator[tuple[Inode, str, FileLock]]:
    for inode in _locked_inodes(kernel):
        assert inode.locks is not None
        for lock in inode.locks.flocks:
            yield inode, "FLOCK", lock
        for lock in inode.locks.records:
            yield inode, "OFDLCK" if lock.pid == OFD else "POSIX", lock


def _locked_inodes(kernel: Kernel) -> list[Inode]:
    """The inodes of open files that have locks: a lock goes when its file is closed."""
    found: dict[Inode, None] = {}
    for task in kernel.tasks.values():
        for fd in task.files.descriptors() if task.alive else ():
            file = task.files.get(fd)
            if file is not None and file.inode.locks is not None:
                found[file.inode] = None
    return list(found)


def _line(number: int, arrow: str, kind: str, lock: FileLock, inode: Inode) -> str:
    access = "WRITE" if lock.kind == F_WRLCK else "READ "
    end = "EOF" if lock.end == OFFSET_MAX else str(lock.end)
    dev = inode.sb.dev
    return (
        f"{number}: {arrow}{kind:<6} ADVISORY  {access} {lock.pid} "
        f"{MAJOR(dev):02x}:{MINOR(dev):02x}:{inode.ino} {lock.start} {end}\n"
    )
