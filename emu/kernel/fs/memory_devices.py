"""/dev/null and its kin. See drivers/char/mem.c, drivers/char/random.c and null(4), random(4)."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from emu.kernel.errno import EFAULT, ENOSPC, ENOTTY
from emu.kernel.mm.page_cache import PageCache
from emu.kernel.uapi.ioctl import RNDGETENTCNT
from emu.kernel.vfs.dev import MEM_MAJOR
from emu.kernel.vfs.file_operations import FileOperations, Result

if TYPE_CHECKING:
    from emu.kernel.mm.vma import Vma
    from emu.kernel.task import Task
    from emu.kernel.uaccess import Buffer
    from emu.kernel.vfs.chrdev import Driver
    from emu.kernel.vfs.file import File
    from emu.kernel.vfs.vfs import Vfs

CHUNK = 1 << 16
ENTROPY_BITS = 256


class NullDevice(FileOperations):
    """Always at its end; takes everything."""

    def read(self, file: File, buffer: Buffer, pos: int) -> Result:
        """Nothing."""
        return 0

    def write(self, file: File, buffer: Buffer, pos: int) -> Result:
        """Everything, unread: bad addresses do not matter."""
        return buffer.count

    def llseek(self, file: File, offset: int, whence: int) -> int:
        """The position is always 0."""
        return 0


class ZeroDevice(NullDevice):
    """Zeroes without end; a mapping is anonymous memory."""

    def read(self, file: File, buffer: Buffer, pos: int) -> Result:
        """Zeroes."""
        return _fill(buffer, bytes)

    def mmap(self, file: File, vma: Vma) -> None:
        """Private: plain anonymous memory. Shared: shared anonymous memory."""
        if vma.is_shared:
            vma.mapping = PageCache(file.inode.sb.vfs.kernel.ram)
        vma.file = None


class FullDevice(ZeroDevice):
    """Zeroes to read, no room to write."""

    def write(self, file: File, buffer: Buffer, pos: int) -> Result:
        """ENOSPC."""
        raise ENOSPC("it is always full")


class RandomDevice(FileOperations):
    """Bytes from the kernel's generator; both random and urandom, which never block."""

    def read(self, file: File, buffer: Buffer, pos: int) -> Result:
        """Random bytes."""
        return _fill(buffer, file.inode.sb.vfs.kernel.random.randbytes)

    def write(self, file: File, buffer: Buffer, pos: int) -> Result:
        """Taken and left out: the seed alone decides, so that runs can be repeated."""
        done = 0
        while buffer.count:
            data = buffer.copy_from(min(buffer.count, CHUNK))
            done += len(data)
        return done

    def llseek(self, file: File, offset: int, whence: int) -> int:
        """The position means nothing."""
        return 0

    def unlocked_ioctl(self, file: File, task: Task, cmd: int, arg: int) -> Result:
        """The entropy count can be asked for."""
        if cmd == RNDGETENTCNT:
            task.mm.write_u32(arg, ENTROPY_BITS)
            return 0
        raise ENOTTY


def kmsg_device() -> FileOperations:
    """The kernel log, made when first opened."""
    from emu.kernel.module.kmsg import KmsgDevice

    return KmsgDevice()


def register_memory_devices(vfs: Vfs) -> None:
    """Give the memory devices their usual numbers: see Documentation/admin-guide/devices.txt."""
    random = RandomDevice()
    devices: tuple[tuple[int, bytes, Driver], ...] = (
        (3, b"null", NullDevice()),
        (5, b"zero", ZeroDevice()),
        (7, b"full", FullDevice()),
        (8, b"random", random),
        (9, b"urandom", random),
        (11, b"kmsg", kmsg_device),
    )
    for minor, name, operations in devices:
        vfs.devices.register(MEM_MAJOR, minor, 1, name, operations)


def _fill(buffer: Buffer, make: Callable[[int], bytes]) -> int:
    done = 0
    try:
        while buffer.count:
            size = min(buffer.count, CHUNK)
            copied = buffer.copy_to(make(size))
            done += copied
            if copied < size:
                break
    except EFAULT:
        if not done:
            raise
    return done
