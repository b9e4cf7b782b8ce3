"""Attributes: the files of sysfs, each with one value. See fs/sysfs/file.c and fs/kernfs/file.c."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from functools import partial
from typing import TYPE_CHECKING

from emu.arch.cpu import PAGE_SIZE
from emu.kernel.errno import EFAULT, EIO
from emu.kernel.fs.kernfs import KernelInode, check_open
from emu.kernel.fs.single import SingleText, Text
from emu.kernel.module.printk import LOG_ERR, KernelLog
from emu.kernel.uapi.poll import ALWAYS_READY, POLLERR, POLLPRI
from emu.kernel.uapi.stat import S_IFREG
from emu.kernel.vfs.file_operations import FileOperations, PollTable, Result
from emu.kernel.wait import WaitQueue

if TYPE_CHECKING:
    from emu.kernel.fs.sysfs.kobject import Kobject
    from emu.kernel.uaccess import Buffer
    from emu.kernel.vfs.file import File
    from emu.kernel.vfs.inode import Inode
    from emu.kernel.vfs.super_block import SuperBlock


class Attribute:
    """One value of kernel objects: subclasses override `show` and `store` and say which they have.

    One `Attribute` may serve many objects.
    """

    readable = False
    writable = False

    def __init__(self, name: str, mode: int) -> None:
        self.name = name
        self.mode = mode

    def show(self, kobj: Kobject) -> Text:
        """The text of an object's value."""
        raise EIO("nobody shows it")

    def store(self, kobj: Kobject, data: bytes) -> Result:
        """Take a text for an object's value: how much of it."""
        raise EIO("nobody stores it")

    def where(self) -> str:
        """Who shows it, for complaints."""
        return self.name


Value = str | bytes | int


class ValueAttribute(Attribute):
    """A value by functions: one tells it (a line break is added), one takes a text."""

    def __init__(
        self,
        name: str,
        show: Callable[[], Value] | None,
        store: Callable[[bytes], None] | None = None,
        mode: int | None = None,
    ) -> None:
        default = (0o444 if show else 0) | (0o200 if store else 0)
        super().__init__(name, default if mode is None else mode)
        self._show, self._store = show, store
        self.readable, self.writable = show is not None, store is not None

    def show(self, kobj: Kobject) -> Text:
        """The value on a line."""
        assert self._show is not None
        value = self._show()
        text = value if isinstance(value, bytes) else str(value).encode(errors="surrogateescape")
        return text if text.endswith(b"\n") or not text else text + b"\n"

    def store(self, kobj: Kobject, data: bytes) -> Result:
        """All of the text."""
        assert self._store is not None
        self._store(data)
        return len(data)


class AttributeInode(KernelInode):
    """The file of an attribute of an object. `changed` wakes who polls it: sysfs_notify."""

    __slots__ = ("attribute", "changed", "event", "kobj")

    def __init__(self, sb: SuperBlock, kobj: Kobject, attribute: Attribute) -> None:
        super().__init__(sb, S_IFREG | attribute.mode)
        self.kobj = kobj
        self.attribute = attribute
        self.size = PAGE_SIZE
        self.event = 1
        self.changed: WaitQueue | None = None

    def default_fop(self) -> FileOperations:
        """See `AttributeFile`."""
        return ATTRIBUTE_FILE

    def notify(self) -> None:
        """Tell those who poll that the value may have changed."""
        self.event += 1
        if self.changed is not None:
            self.changed.wake_up_all(POLLPRI | POLLERR)


class AttributeText(SingleText):
    """What an open attribute keeps: its text, and which change was seen."""

    __slots__ = ("event",)

    def __init__(self) -> None:
        super().__init__()
        self.event = 0


class AttributeFile(FileOperations):
    """Opening, reading and writing an attribute."""

    def open(self, inode: Inode, file: File) -> Awaitable[None] | None:
        """EACCES for what the attribute cannot do, even for those who may do everything."""
        assert isinstance(inode, AttributeInode)
        attribute = inode.attribute
        check_open(file, inode, readable=attribute.readable, writable=attribute.writable)
        file.private_data = AttributeText()
        return None

    def read(self, file: File, buffer: Buffer, pos: int) -> Result:
        """The value; asked for anew whenever reading begins at the start."""
        inode: AttributeInode = file.inode  # type: ignore[assignment]
        state: AttributeText = file.private_data
        state.event = inode.event
        kobj = inode.kobj
        if pos or kobj.directory is None:
            return state.read(buffer, pos, partial(shown, inode))
        text = inode.attribute.show(kobj)
        if type(text) is bytes and len(text) < PAGE_SIZE:
            # The common case without a detour: a value that is there at once.
            state.text = text
            state.told = done = buffer.copy_to(text)
            return done
        return state.read(buffer, pos, partial(checked_text, inode, text))

    def write(self, file: File, buffer: Buffer, pos: int) -> Result:
        """At most a page goes to the attribute, whatever the position."""
        inode: AttributeInode = file.inode  # type: ignore[assignment]
        count = buffer.count
        if not 0 < count <= PAGE_SIZE:
            if not count:
                return 0
            count = PAGE_SIZE
        data = buffer.copy_from(count)
        if len(data) < count:  # copy_whole, without one call more for each write
            raise EFAULT
        kobj = inode.kobj
        if kobj.directory is None:
            kobj.check_alive()
        stored = inode.attribute.store(kobj, data)
        if not isinstance(stored, int):
            return _stored_later(inode, stored, count)
        return stored if stored <= count else checked_store(inode, stored, count)

    def poll(self, file: File, waits: PollTable | None) -> int:
        """POLLPRI and POLLERR, besides the rest, once the value has changed since it was read."""
        inode = file.inode
        assert isinstance(inode, AttributeInode)
        if waits is not None:
            if inode.changed is None:
                inode.changed = WaitQueue()
            waits.append(inode.changed)
        state: AttributeText = file.private_data
        if state.event != inode.event:
            return ALWAYS_READY | POLLERR | POLLPRI
        return ALWAYS_READY


ATTRIBUTE_FILE = AttributeFile()


def shown(inode: AttributeInode) -> Text:
    """What an attribute says, cut to less than a page. ENODEV when its object is gone."""
    kobj = inode.kobj
    kobj.check_alive()
    return checked_text(inode, inode.attribute.show(kobj))


def checked_text(inode: AttributeInode, text: Text) -> Text:
    """A text, cut to less than a page."""
    if not isinstance(text, bytes):
        return _shown_later(inode, text)
    return text if len(text) < PAGE_SIZE else _cut(inode, text)


async def _shown_later(inode: AttributeInode, text: Awaitable[bytes]) -> bytes:
    shown = await text
    return shown if len(shown) < PAGE_SIZE else _cut(inode, shown)


def _cut(inode: AttributeInode, text: bytes) -> bytes:
    log = inode.sb.vfs.kernel.part(KernelLog)
    log.log(LOG_ERR, f"fill_read_buffer: {inode.attribute.where()} returned bad count")
    return text[: PAGE_SIZE - 1]


def checked_store(inode: AttributeInode, stored: int, count: int) -> int:
    """How much was stored. EIO, and a line in the log, if that is more than was given."""
    if stored <= count:
        return stored
    log = inode.sb.vfs.kernel.part(KernelLog)
    log.log(LOG_ERR, f"{inode.attribute.where()} stored {stored} of {count} bytes")
    raise EIO("more was stored than was given")


async def _stored_later(inode: AttributeInode, stored: Awaitable[int], count: int) -> int:
    return checked_store(inode, await stored, count)
