"""Files of drivers: file_operations and the library behind them. See include/linux/fs.h."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from emu.kernel.errno import EFAULT, EINVAL, ESPIPE
from emu.kernel.module.ambient import this_module
from emu.kernel.module.buffers import CharBuffer
from emu.kernel.module.file import ModuleFile, NonSeekable, Position
from emu.kernel.module.module import Module
from emu.kernel.uapi.fcntl import O_ACCMODE as O_ACCMODE
from emu.kernel.uapi.fcntl import O_APPEND as O_APPEND
from emu.kernel.uapi.fcntl import O_NONBLOCK as O_NONBLOCK
from emu.kernel.uapi.fcntl import O_RDONLY as O_RDONLY
from emu.kernel.uapi.fcntl import O_RDWR as O_RDWR
from emu.kernel.uapi.fcntl import O_WRONLY as O_WRONLY
from emu.kernel.uapi.fs import SEEK_CUR as SEEK_CUR
from emu.kernel.uapi.fs import SEEK_END as SEEK_END
from emu.kernel.uapi.fs import SEEK_SET as SEEK_SET
from emu.kernel.vfs.dev import MAJOR, MINOR
from emu.kernel.vfs.dev import MKDEV as MKDEV
from emu.kernel.vfs.file import FMODE_READ as FMODE_READ
from emu.kernel.vfs.file import FMODE_WRITE as FMODE_WRITE
from emu.kernel.vfs.file_operations import seek
from emu.linux.chrdev import alloc_chrdev_region as alloc_chrdev_region
from emu.linux.chrdev import register_chrdev as register_chrdev
from emu.linux.chrdev import register_chrdev_region as register_chrdev_region
from emu.linux.chrdev import unregister_chrdev as unregister_chrdev
from emu.linux.chrdev import unregister_chrdev_region as unregister_chrdev_region
from emu.linux.fasync import POLL_IN as POLL_IN
from emu.linux.fasync import POLL_OUT as POLL_OUT
from emu.linux.fasync import SIGIO as SIGIO
from emu.linux.fasync import fasync_helper as fasync_helper
from emu.linux.fasync import fasync_struct as fasync_struct
from emu.linux.fasync import kill_fasync as kill_fasync
from emu.linux.uaccess import as_bytes, copy_from_user, copy_to_user

if TYPE_CHECKING:
    from emu.kernel.vfs.file import File
    from emu.kernel.vfs.inode import Inode

Callback = Callable[..., Any]
NAMES = frozenset({
    "open", "release", "read", "write", "llseek", "poll", "mmap", "unlocked_ioctl",
    "compat_ioctl", "flush", "fsync", "fasync",
})  # fmt: skip


class file_operations:
    """What can be done with the files of a driver, by C's names: each takes C's arguments."""

    prefix = ""

    def __init__(self, **callbacks: Callback | Any) -> None:
        callbacks.pop("owner", None)
        self.callbacks: dict[str, Callback] = {}
        for name, function in callbacks.items():
            plain = name.removeprefix(self.prefix)
            if plain not in NAMES or not name.startswith(self.prefix):
                raise AttributeError(f"{type(self).__name__} has no member {name}")
            if function is not None:
                self.callbacks[plain] = function

    def operations(self, module: Module) -> ModuleFile:
        """What the kernel calls, for one device or file of a module."""
        return ModuleFile(module, self.callbacks)


def simple_open(inode: Inode, file: File) -> int:
    """Hand what the file was made with to the open file."""
    if inode.private is not None:
        file.private_data = inode.private
    return 0


def nonseekable_open(inode: Inode, file: File) -> int:
    """Say that the file has no position for lseek(2)."""
    operations = file.f_op
    if isinstance(operations, ModuleFile):
        file.replace_fops(NonSeekable(operations))
    return 0


stream_open = nonseekable_open


def replace_fops(file: File, fops: file_operations) -> None:
    """Do with an open file what other operations do: for an ``open`` that looks which ones."""
    file.replace_fops(fops.operations(this_module()))


def simple_read_from_buffer(to: Any, count: int, ppos: Position, from_: Any, available: int) -> Any:
    """Give a program a piece of a buffer that holds `available` bytes, and move the position."""
    pos = ppos.value
    if pos < 0:
        return -EINVAL
    if pos >= available or not count:
        return 0
    data = as_bytes(from_)[pos : min(available, pos + count)]
    left = copy_to_user(to, data, len(data))
    if left == len(data):
        return -EFAULT
    ppos.value = pos + len(data) - left
    return len(data) - left


def simple_write_to_buffer(
    to: CharBuffer | bytearray, available: int, ppos: Position, from_: Any, count: int
) -> Any:
    """Take bytes from a program into a buffer of `available` bytes, and move the position."""
    pos = ppos.value
    if pos < 0:
        return -EINVAL
    if pos >= available or not count:
        return 0
    count = min(count, available - pos)
    piece = bytearray(count)
    if copy_from_user(piece, from_, count):
        return -EFAULT
    if isinstance(to, CharBuffer):
        (to + pos).store(piece)
    else:
        to[pos : pos + count] = piece
    ppos.value = pos + count
    return count


memory_read_from_buffer = simple_read_from_buffer


def default_llseek(file: File, offset: int, whence: int) -> int:
    """lseek over the inode's size."""
    return seek(file, offset, whence, file.inode.size)


generic_file_llseek = default_llseek


def noop_llseek(file: File, offset: int, whence: int) -> int:
    """lseek that does nothing."""
    return file.pos


def no_llseek(file: File, offset: int, whence: int) -> Any:
    """lseek that is refused."""
    return -ESPIPE


def fixed_size_llseek(file: File, offset: int, whence: int, size: int) -> int:
    """lseek over a size."""
    return seek(file, offset, whence, size)


def iminor(inode: Inode) -> int:
    """The minor number of a device's node."""
    return MINOR(inode.rdev)


def imajor(inode: Inode) -> int:
    """The major number of a device's node."""
    return MAJOR(inode.rdev)


def file_inode(file: File) -> Inode:
    """An open file's inode."""
    return file.inode


def DEFINE_SIMPLE_ATTRIBUTE(
    get: Callback | None, set: Callback | None, fmt: str
) -> simple_attribute:
    """A file over a number: ``get(data, cell)`` or ``get(data)``, ``set(data, value)``."""
    return simple_attribute(get, set, fmt)


DEFINE_DEBUGFS_ATTRIBUTE = DEFINE_SIMPLE_ATTRIBUTE


class simple_attribute:
    """What DEFINE_SIMPLE_ATTRIBUTE makes: to be given to debugfs_create_file."""

    def __init__(self, get: Callback | None, set: Callback | None, fmt: str) -> None:
        self.get = get
        self.set = set
        self.format = fmt

    def operations(self, module: Module) -> Any:
        """What the kernel calls."""
        from emu.linux.simple_attribute import operations

        return operations(module, self.get, self.set, self.format)
