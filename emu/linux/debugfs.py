"""Files for whoever develops the kernel. See include/linux/debugfs.h."""

from __future__ import annotations

from typing import Any

from emu.kernel.errno import KernelError
from emu.kernel.errno_base import ErrnoValue
from emu.kernel.fs.debugfs.super_block import Debugfs
from emu.kernel.fs.debugfs.values import BLOB_FILE, BOOL_FILE, TEXT_FILE, number_file
from emu.kernel.fs.kernfs import KernelDirectory
from emu.kernel.module.ambient import this_kernel, this_module
from emu.kernel.module.file import ModuleFile
from emu.kernel.module.module import Resource
from emu.kernel.vfs.file_operations import FileOperations
from emu.kernel.vfs.inode import Inode
from emu.linux.fs import DEFINE_DEBUGFS_ATTRIBUTE as DEFINE_DEBUGFS_ATTRIBUTE
from emu.linux.fs import DEFINE_SIMPLE_ATTRIBUTE as DEFINE_SIMPLE_ATTRIBUTE
from emu.linux.printk import printk


class dentry:
    """A name in debugfs that a module made."""

    def __init__(self, inode: Inode, parent: dentry | None, name: str) -> None:
        self.inode = inode
        self.parent = parent
        self.name = name
        self.resource: Resource | None = None
        self.below: list[dentry] = []


Parent = dentry | ErrnoValue | None


class debugfs_blob_wrapper:
    """Bytes to be shown: `data`, of which the first `size`."""

    def __init__(self, data: Any = b"", size: int | None = None) -> None:
        self.data = data
        self.size = size

    def bytes(self) -> bytes:
        """What is shown."""
        raw = bytes(self.data)
        return raw if self.size is None else raw[: self.size]


class debugfs_reg32:
    """A register to be shown: its name and its offset."""

    def __init__(self, name: str, offset: int) -> None:
        self.name = name
        self.offset = offset


class debugfs_regset32:
    """Registers to be shown: `base` answers the value at an offset, or is bytes."""

    def __init__(self, regs: list[debugfs_reg32], nregs: int, base: Any) -> None:
        self.regs = regs[:nregs]
        self.base = base

    def bytes(self) -> bytes:
        """A line for each."""
        return b"".join(f"{r.name} = 0x{self._value(r.offset):08x}\n".encode() for r in self.regs)

    def _value(self, offset: int) -> int:
        if callable(self.base):
            return int(self.base(offset))
        return int.from_bytes(bytes(self.base)[offset : offset + 4], "little")


def _above(parent: Parent) -> KernelDirectory | None:
    if parent is None:
        return None
    assert isinstance(parent, dentry)
    assert isinstance(parent.inode, KernelDirectory)
    return parent.inode


def _made(inode: Inode, parent: Parent, name: str, kind: str) -> dentry:
    above = parent if isinstance(parent, dentry) else None
    made = dentry(inode, above, name)
    if above is not None:
        above.below.append(made)
    debugfs = this_kernel().part(Debugfs)
    undo = lambda: _take_away(debugfs, made)  # noqa: E731
    made.resource = this_module().made(f"{kind} {name} in debugfs", undo)
    return made


def _failed(name: str, error: KernelError) -> Any:
    printk("\x013debugfs: File '%s' already present!\n", name)
    return ErrnoValue(type(error))


def debugfs_create_dir(name: str, parent: Parent) -> Any:
    """Make a directory: it, or an error that works as a parent of nothing."""
    if isinstance(parent, ErrnoValue):
        return parent
    try:
        inode = this_kernel().part(Debugfs).create_dir(name, _above(parent))
    except KernelError as error:
        printk("\x013debugfs: Directory '%s' already present!\n", name)
        return ErrnoValue(type(error))
    return _made(inode, parent, name, "directory")


def debugfs_create_file(name: str, mode: int, parent: Parent, data: Any, fops: Any) -> Any:
    """Make a file with the driver's operations; `data` is the inode's ``i_private``."""
    return _file(name, mode, parent, data, fops.operations(this_module()))


debugfs_create_file_unsafe = debugfs_create_file


def _file(name: str, mode: int, parent: Parent, data: Any, operations: FileOperations) -> Any:
    if isinstance(parent, ErrnoValue):
        return parent
    debugfs = this_kernel().part(Debugfs)
    try:
        inode = debugfs.create_file(name, mode & 0o777, _above(parent), operations, data)
    except KernelError as error:
        return _failed(name, error)
    return _made(inode, parent, name, "file")


def debugfs_create_symlink(name: str, parent: Parent, target: str) -> Any:
    """Make a symbolic link."""
    if isinstance(parent, ErrnoValue):
        return parent
    try:
        inode = this_kernel().part(Debugfs).create_symlink(name, _above(parent), target)
    except KernelError as error:
        return _failed(name, error)
    return _made(inode, parent, name, "link")


def _number(show: str, *, signed: bool = False) -> Any:
    def create(name: str, mode: int, parent: Parent, value: Any) -> None:
        """Make a file over a variable."""
        _file(name, mode, parent, value, number_file(show, mode, signed=signed))

    return create


debugfs_create_u8 = debugfs_create_u16 = debugfs_create_u32 = _number("%d\n")
debugfs_create_u64 = debugfs_create_ulong = debugfs_create_size_t = _number("%d\n")
debugfs_create_x8, debugfs_create_x16 = _number("0x%02x\n"), _number("0x%04x\n")
debugfs_create_x32, debugfs_create_x64 = _number("0x%08x\n"), _number("0x%016x\n")
debugfs_create_atomic_t = _number("%d\n", signed=True)


def debugfs_create_bool(name: str, mode: int, parent: Parent, value: Any) -> None:
    """Make a file over a truth value."""
    _file(name, mode, parent, value, BOOL_FILE)


def debugfs_create_str(name: str, mode: int, parent: Parent, value: Any) -> None:
    """Make a file over a string."""
    _file(name, mode, parent, value, TEXT_FILE)


def debugfs_create_blob(name: str, mode: int, parent: Parent, blob: debugfs_blob_wrapper) -> Any:
    """Make a file of bytes."""
    return _file(name, mode & 0o444, parent, blob.bytes, BLOB_FILE)


def debugfs_create_regset32(name: str, mode: int, parent: Parent, regset: debugfs_regset32) -> None:
    """Make a file of registers."""
    _file(name, mode & 0o444, parent, regset.bytes, BLOB_FILE)


def debugfs_create_u32_array(name: str, mode: int, parent: Parent, array: Any) -> None:
    """Make a file of numbers in a line."""

    def text() -> bytes:
        return (" ".join(str(int(value)) for value in array) + "\n").encode()

    _file(name, mode & 0o444, parent, text, BLOB_FILE)


def debugfs_remove(dentry: Parent) -> None:
    """Take away a name, and all below it. Nothing for NULL or an error."""
    if dentry is None or isinstance(dentry, ErrnoValue):
        return
    for below in list(dentry.below):
        debugfs_remove(below)
    _take_away(this_kernel().part(Debugfs), dentry)
    this_module().returned(dentry.resource)


debugfs_remove_recursive = debugfs_remove


def debugfs_initialized() -> bool:
    """Whether there is debugfs: always."""
    return True


def _take_away(debugfs: Debugfs, entry: dentry) -> None:
    above = entry.parent
    place = _above(above) if above is not None else debugfs.root
    debugfs.remove(entry.inode, place)
    if above is not None and entry in above.below:
        above.below.remove(entry)
    if isinstance(entry.inode.fop, ModuleFile):
        entry.inode.fop.exists = False
