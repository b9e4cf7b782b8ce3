"""Files in memory without a name in the tree, and their seals. See memfd_create(2), mm/memfd.c."""

from __future__ import annotations

from typing import TYPE_CHECKING

from emu.arch.cpu import PAGE_MASK
from emu.kernel.errno import EBUSY, EINVAL, EPERM
from emu.kernel.fs.tmpfs.inode import TmpfsInode
from emu.kernel.fs.tmpfs.super_block import TmpfsSuperBlock
from emu.kernel.mm.vma import VM_MAYWRITE, VM_SHARED, VM_WRITE
from emu.kernel.uapi.fcntl import O_LARGEFILE, O_RDWR
from emu.kernel.uapi.stat import (
    F_ALL_SEALS,
    F_SEAL_EXEC,
    F_SEAL_FUTURE_WRITE,
    F_SEAL_GROW,
    F_SEAL_SEAL,
    F_SEAL_SHRINK,
    F_SEAL_WRITE,
    FALLOC_FL_PUNCH_HOLE,
    S_IFMT,
    S_IFREG,
    S_IXUGO,
)
from emu.kernel.vfs.dentry import Dentry
from emu.kernel.vfs.file import FMODE_WRITE, File
from emu.kernel.vfs.filemap import PagedFile
from emu.kernel.vfs.path import VfsPath

if TYPE_CHECKING:
    from emu.kernel.mm.vma import Vma
    from emu.kernel.task import Task
    from emu.kernel.uaccess import Buffer
    from emu.kernel.vfs.file_operations import FileOperations, Result

WRITE_SEALS = F_SEAL_WRITE | F_SEAL_FUTURE_WRITE
SHARED_WRITABLE = VM_SHARED | VM_MAYWRITE


class MemfdSuperBlock(TmpfsSuperBlock):
    """The kernel's own tmpfs, which no mount shows."""

    def dname(self, dentry: Dentry) -> bytes | None:
        """As /proc/PID/fd shows it."""
        return b"/" + dentry.name + b" (deleted)"


class MemfdInode(TmpfsInode):
    """A file that may be sealed; one that may not has the seal F_SEAL_SEAL."""

    __slots__ = ("seals",)

    def __init__(self, sb: TmpfsSuperBlock, mode: int, *, uid: int = 0, gid: int = 0) -> None:
        super().__init__(sb, mode, uid=uid, gid=gid)
        self.seals = F_SEAL_SEAL

    def default_fop(self) -> FileOperations:
        """Those that look at the seals."""
        return MEMFD

    def add_seals(self, seals: int) -> None:
        """Seal it for good. EBUSY while a mapping could write to what is to be sealed."""
        if seals & F_SEAL_EXEC and self.mode & S_IXUGO:
            # What may be run is not written to, from the start.
            seals |= F_SEAL_SHRINK | F_SEAL_GROW | WRITE_SEALS
        if seals & ~self.seals & F_SEAL_WRITE and any(
            vma.flags & SHARED_WRITABLE == SHARED_WRITABLE for vma in self.pages.vmas
        ):
            raise EBUSY("mapped where it can be written to")
        self.seals |= seals

    def truncate(self, size: int) -> None:
        """Cut or extend the contents. EPERM if that is sealed."""
        if size < self.size and self.seals & F_SEAL_SHRINK:
            raise EPERM("sealed against shrinking")
        if size > self.size and self.seals & F_SEAL_GROW:
            raise EPERM("sealed against growing")
        super().truncate(size)

    def setattr(
        self,
        *,
        mode: int | None = None,
        uid: int | None = None,
        gid: int | None = None,
        atime_ns: int | None = None,
        mtime_ns: int | None = None,
    ) -> None:
        """Change attributes. EPERM if whether it can be run is sealed."""
        if mode is not None and self.seals & F_SEAL_EXEC and (mode ^ self.mode) & S_IXUGO:
            raise EPERM("sealed against changes of the execute bits")
        super().setattr(mode=mode, uid=uid, gid=gid, atime_ns=atime_ns, mtime_ns=mtime_ns)


class MemfdFile(PagedFile):
    """The operations of a file with seals."""

    def write(self, file: File, buffer: Buffer, pos: int) -> Result:
        """Copy to the pages; where growing is sealed, whole pages within the file. EPERM."""
        inode = memfd_inode(file)
        if inode.seals & WRITE_SEALS:
            raise EPERM("sealed against writing")
        if inode.seals & F_SEAL_GROW and pos + buffer.count > inode.size:
            buffer.count = (inode.size & PAGE_MASK) - pos
            if buffer.count <= 0:
                raise EPERM("sealed against growing")
        return super().write(file, buffer, pos)

    def fallocate(self, file: File, mode: int, offset: int, length: int) -> None:
        """Allocate or punch. EPERM if that is sealed."""
        inode = memfd_inode(file)
        if mode & FALLOC_FL_PUNCH_HOLE:
            if inode.seals & WRITE_SEALS:
                raise EPERM("sealed against writing")
        elif inode.seals & F_SEAL_GROW and offset + length > inode.size:
            raise EPERM("sealed against growing")
        super().fallocate(file, mode, offset, length)

    def mmap(self, file: File, vma: Vma) -> None:
        """Map it; shared and sealed against writing, it never becomes writable. EPERM."""
        if memfd_inode(file).seals & WRITE_SEALS and vma.flags & VM_SHARED:
            if vma.flags & VM_WRITE:
                raise EPERM("sealed against writing")
            vma.flags &= ~VM_MAYWRITE
        super().mmap(file, vma)


MEMFD = MemfdFile()


def memfd_inode(file: File) -> MemfdInode:
    """The inode of an open memfd."""
    inode = file.inode
    assert isinstance(inode, MemfdInode)
    return inode


def create_memfd(task: Task, name: bytes, seals: int, executable: bool) -> File:
    """A new empty file in memory, open to read and write."""
    mount = task.kernel.root_mount.vfs.memfd_mount
    sb = mount.sb
    assert isinstance(sb, MemfdSuperBlock)
    inode = MemfdInode(sb, S_IFREG | 0o777, uid=task.cred.fsuid, gid=task.cred.fsgid)
    if not executable:
        inode.mode &= ~S_IXUGO | S_IFMT
    inode.seals = seals
    inode.nlink = 0
    inode.write_count = 1
    dentry = Dentry(None, b"memfd:" + name, inode, sb)
    return File(VfsPath(mount, dentry), O_RDWR | O_LARGEFILE, task.cred)


def get_seals(file: File) -> int:
    """The seals of an open file. EINVAL if its kind has none."""
    inode = file.inode
    if isinstance(inode, MemfdInode):
        return inode.seals
    if isinstance(inode, TmpfsInode) and inode.is_regular:
        return F_SEAL_SEAL
    raise EINVAL("no file that can be sealed")


def add_seals(file: File, seals: int) -> None:
    """Add seals to an open file. EINVAL, EPERM, EBUSY."""
    if not file.mode & FMODE_WRITE:
        raise EPERM("not open for writing")
    if seals & ~F_ALL_SEALS:
        raise EINVAL("no such seal")
    if get_seals(file) & F_SEAL_SEAL:
        raise EPERM("sealed against seals")
    memfd_inode(file).add_seals(seals)
