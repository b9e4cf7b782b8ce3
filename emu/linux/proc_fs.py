"""Files in /proc. See include/linux/proc_fs.h."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from emu.arch.cpu import PAGE_SIZE
from emu.kernel.fs.kernfs import KernelDirectory, KernelFile, KernelLink, raw_name
from emu.kernel.module.ambient import this_kernel, this_module
from emu.kernel.module.buffers import CharBuffer
from emu.kernel.module.file import ModuleFile, Position
from emu.kernel.module.module import Resource
from emu.kernel.uapi.stat import S_IFMT
from emu.kernel.vfs.super_block import SuperBlock
from emu.linux.fs import file_operations, simple_read_from_buffer
from emu.linux.printk import printk
from emu.linux.seq_file import seq_lseek, seq_open, seq_operations, seq_read, single_open

if TYPE_CHECKING:
    from emu.kernel.kernel import Kernel
    from emu.kernel.vfs.file import File
    from emu.kernel.vfs.inode import Inode

Callback = Callable[..., Any]


class proc_ops(file_operations):
    """The operations of a file in /proc: ``proc_read`` and so on."""

    prefix = "proc_"

    def __init__(self, **callbacks: Callback | Any) -> None:
        callbacks.pop("proc_flags", None)
        if "proc_ioctl" in callbacks:
            callbacks["proc_unlocked_ioctl"] = callbacks.pop("proc_ioctl")
        if "proc_lseek" in callbacks:
            callbacks["proc_llseek"] = callbacks.pop("proc_lseek")
        super().__init__(**callbacks)


class proc_dir_entry:
    """A name in /proc that a module made."""

    def __init__(self, name: str, parent: Directory, inode: Inode) -> None:
        self.name = name
        self.parent = parent
        self.inode = inode
        self.resource: Resource | None = None
        self.below: list[proc_dir_entry] = []

    @property
    def directory(self) -> Directory:
        """It, as a place for other names."""
        assert isinstance(self.inode, KernelDirectory)
        return Directory(self.inode.sb, self.inode, self)


class Directory:
    """A directory of /proc: the root or a module's."""

    def __init__(self, sb: SuperBlock, inode: Any, entry: proc_dir_entry | None = None) -> None:
        self.sb = sb
        self.entries: dict[bytes, Inode] = inode.entries
        self.inode = inode
        self.entry = entry

    def add(self, name: str, inode: Inode, kind: str) -> proc_dir_entry | None:
        """Put a name here; None, with a line in the log, if it is there."""
        raw = raw_name(name)
        if self.inode.lookup(raw) is not None:
            above = self.entry.name if self.entry is not None else "/proc"
            printk("\x014proc_dir_entry '%s/%s' already registered\n", above, name)
            return None
        self.entries[raw] = inode
        self.inode.nlink += inode.is_dir
        entry = proc_dir_entry(name, self, inode)
        this_kernel().part(ProcEntries).of[inode] = entry
        if self.entry is not None:
            self.entry.below.append(entry)
        entry.resource = this_module().made(f"{kind} {name} in /proc", lambda: take_away(entry))
        return entry


class ProcEntries:
    """The names that modules made in one machine, by inode."""

    def __init__(self, kernel: Kernel) -> None:
        self.of: dict[Inode, proc_dir_entry] = {}


def _root() -> Directory:
    sb = this_kernel().root_mount.vfs.procfs
    assert sb is not None
    return Directory(sb, sb.root.inode)


def _place(name: str, parent: proc_dir_entry | None) -> tuple[Directory | None, str]:
    """The directory and last part of a name such as ``driver/thing``."""
    directory = parent.directory if parent is not None else _root()
    *above, last = name.split("/")
    for part in above:
        inode = directory.entries.get(raw_name(part))
        if inode is None or not hasattr(inode, "entries"):
            printk("\x014name '%s'\n", name)
            return None, last
        directory = Directory(directory.sb, inode)
    return directory, last


def proc_create_data(
    name: str, mode: int, parent: proc_dir_entry | None, proc_ops: Any, data: Any
) -> proc_dir_entry | None:
    """Make a file; `data` is what pde_data answers. None if that cannot be."""
    directory, last = _place(name, parent)
    if directory is None:
        return None
    operations = proc_ops.operations(this_module())
    bits = mode & ~S_IFMT or 0o444
    return directory.add(last, KernelFile(directory.sb, bits, operations, data), "a file")


def proc_create(
    name: str, mode: int, parent: proc_dir_entry | None, proc_ops: Any
) -> proc_dir_entry | None:
    """Make a file. None if that cannot be."""
    return proc_create_data(name, mode, parent, proc_ops, None)


def proc_create_seq_data(
    name: str, mode: int, parent: proc_dir_entry | None, ops: seq_operations, data: Any
) -> proc_dir_entry | None:
    """Make a file of records, with data."""

    def open(inode: Inode, file: File) -> Any:
        return seq_open(file, ops)

    fops = file_operations(open=open, read=seq_read, llseek=seq_lseek)
    return proc_create_data(name, mode, parent, fops, data)


def proc_create_seq(
    name: str, mode: int, parent: proc_dir_entry | None, ops: seq_operations
) -> proc_dir_entry | None:
    """Make a file of records."""
    return proc_create_seq_data(name, mode, parent, ops, None)


def proc_create_single_data(
    name: str, mode: int, parent: proc_dir_entry | None, show: Callback, data: Any
) -> proc_dir_entry | None:
    """Make a file of one record, with data: ``show(m, v)``."""

    def open(inode: Inode, file: File) -> Any:
        return single_open(file, show, data)

    fops = file_operations(open=open, read=seq_read, llseek=seq_lseek)
    return proc_create_data(name, mode, parent, fops, data)


def proc_create_single(
    name: str, mode: int, parent: proc_dir_entry | None, show: Callback
) -> proc_dir_entry | None:
    """Make a file of one record: ``show(m, v)``."""
    return proc_create_single_data(name, mode, parent, show, None)


def proc_file(
    name: str,
    show: Callable[[], Any] | None = None,
    store: Callable[..., Any] | None = None,
    mode: int | None = None,
    parent: proc_dir_entry | None = None,
) -> proc_dir_entry | None:
    """The short form: a file by a function that tells its text and one that takes a text."""
    from emu.linux.proc_short import operations

    bits = mode if mode is not None else (0o444 if show else 0) | (0o200 if store else 0)
    return proc_create(name, bits, parent, operations(show, store))


def create_proc_read_entry(
    name: str, mode: int, base: proc_dir_entry | None, read_proc: Callback, data: Any = None
) -> proc_dir_entry | None:
    """The legacy interface, limited to a page.

    ``read_proc(page, start, off, count, eof, data)`` fills the page and says how much of it.
    """
    from emu.linux.types import s32

    def read(file: File, buf: Any, count: int, ppos: Position) -> Any:
        page = CharBuffer(PAGE_SIZE)
        length = read_proc(page, None, ppos.value, PAGE_SIZE, s32(), data)
        if length < 0:
            return length
        return simple_read_from_buffer(buf, count, ppos, page, min(length, PAGE_SIZE))

    return proc_create_data(name, mode, base, file_operations(read=read), data)


def proc_mkdir_mode(name: str, mode: int, parent: proc_dir_entry | None) -> proc_dir_entry | None:
    """Make a directory with permissions."""
    directory, last = _place(name, parent)
    if directory is None:
        return None
    return directory.add(last, KernelDirectory(directory.sb, mode or 0o555), "a directory")


def proc_mkdir(name: str, parent: proc_dir_entry | None) -> proc_dir_entry | None:
    """Make a directory."""
    return proc_mkdir_mode(name, 0o555, parent)


def proc_symlink(name: str, parent: proc_dir_entry | None, dest: str) -> proc_dir_entry | None:
    """Make a symbolic link."""
    directory, last = _place(name, parent)
    if directory is None:
        return None
    return directory.add(last, KernelLink(directory.sb, dest.encode), "a link")


def proc_remove(de: proc_dir_entry | None) -> None:
    """Take a name away, and all below it. Nothing for NULL."""
    if de is None:
        return
    for below in list(de.below):
        proc_remove(below)
    take_away(de)
    this_module().returned(de.resource)


def remove_proc_entry(name: str, parent: proc_dir_entry | None) -> None:
    """Take away what has a name. A warning in the log if nothing has, or if it is not empty."""
    entry = _find(name, parent)
    if entry is None:
        printk("\x014remove_proc_entry: name '%s' is not there\n", name)
        return
    if entry.below:
        names = entry.name, entry.below[0].name
        printk("\x014remove_proc_entry: removing non-empty directory '%s', leaking '%s'\n", *names)
    take_away(entry)
    this_module().returned(entry.resource)


def remove_proc_subtree(name: str, parent: proc_dir_entry | None) -> int:
    """Take away what has a name, and all below it."""
    proc_remove(_find(name, parent))
    return 0


def _find(name: str, parent: proc_dir_entry | None) -> proc_dir_entry | None:
    directory, last = _place(name, parent)
    inode = directory.entries.get(raw_name(last)) if directory is not None else None
    return None if inode is None else this_kernel().part(ProcEntries).of.get(inode)


def take_away(entry: proc_dir_entry) -> None:
    """Remove the name; files that are open answer EIO."""
    place = entry.parent
    place.sb.vfs.kernel.part(ProcEntries).of.pop(entry.inode, None)
    if place.entries.get(raw_name(entry.name)) is entry.inode:
        del place.entries[raw_name(entry.name)]
        place.inode.nlink -= entry.inode.is_dir
    if place.entry is not None and entry in place.entry.below:
        place.entry.below.remove(entry)
    if isinstance(entry.inode.fop, ModuleFile):
        entry.inode.fop.exists = False


def pde_data(inode: Inode) -> Any:
    """What a file was made with."""
    return inode.private


PDE_DATA = pde_data


def proc_set_size(de: proc_dir_entry, size: int) -> None:
    """Let stat(2) tell a size."""
    de.inode.size = size


def proc_set_user(de: proc_dir_entry, uid: int, gid: int) -> None:
    """Give it to a user and a group."""
    de.inode.uid, de.inode.gid = uid, gid
