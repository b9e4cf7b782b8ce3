"""File descriptors with the files behind them: ``-y`` and ``-yy``."""

from __future__ import annotations

from typing import TYPE_CHECKING

from emu.kernel.uapi.stat import S_IFBLK, S_IFCHR, S_IFMT
from emu.kernel.vfs.dev import MAJOR, MINOR
from emu.kernel.vfs.path import d_path, file_name

if TYPE_CHECKING:
    from emu.kernel.task import Task
    from emu.kernel.vfs.file import File
    from emu.trace.format.call import Call

EVERYTHING = 2
"""``-yy``: also what kind of device."""

DEVICES = {S_IFCHR: "char", S_IFBLK: "block"}

MAKES_DESCRIPTOR = (
    "open", "openat", "openat2", "creat", "dup", "dup2", "dup3", "socket", "accept", "accept4",
    "epoll_create", "epoll_create1", "eventfd", "eventfd2", "signalfd", "signalfd4",
    "timerfd_create", "inotify_init", "inotify_init1", "memfd_create", "memfd_secret",
    "pidfd_open", "pidfd_getfd", "userfaultfd", "fanotify_init", "mq_open", "open_tree", "fsopen",
    "fspick", "fsmount", "bpf", "perf_event_open", "open_by_handle_at", "io_uring_setup",
)  # fmt: skip
"""Calls whose result is a new descriptor."""


def numbered(call: Call, fd: int) -> str:
    """A descriptor, with its file if the style asks for it."""
    level = call.plan.style.descriptors
    if not level:
        return str(fd)
    file = call.event.task.files.get(fd)
    return str(fd) if file is None else f"{fd}<{described(call.event.task, file, level)}>"


def working_directory(call: Call) -> str:
    """AT_FDCWD, likewise."""
    if not call.plan.style.descriptors:
        return "AT_FDCWD"
    fs = call.event.task.fs
    name, _ = d_path(fs.cwd, fs.root)
    return f"AT_FDCWD<{escaped(name)}>"


def described(task: Task, file: File, level: int) -> str:
    """A file's name, and with ``-yy`` the device that it is."""
    name = escaped(file_name(file.path, task.fs.root))
    kind = DEVICES.get(file.inode.mode & S_IFMT)
    if level < EVERYTHING or kind is None:
        return name
    return f"{name}<{kind} {MAJOR(file.inode.rdev)}:{MINOR(file.inode.rdev)}>"


def escaped(name: bytes) -> str:
    """A name in angle brackets, with octal escapes for what would disturb."""
    return "".join(
        chr(byte) if 0x20 <= byte < 0x7F and byte not in b"<>\\" else f"\\{byte:o}" for byte in name
    )
