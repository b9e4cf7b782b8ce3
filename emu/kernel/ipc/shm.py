"""Shared memory segments. See shmget(2), shmat(2) and ipc/shm.c.

A segment's memory is a file in memory. Each attachment maps it through a `ShmFile`, which counts
the areas that show it: fork, exec, exit and munmap need know nothing of segments.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from emu.arch.cpu import PAGE_MASK, PAGE_SHIFT
from emu.kernel.errno import EINVAL, ENOSPC, EPERM
from emu.kernel.fs.memfd import MemfdSuperBlock
from emu.kernel.fs.tmpfs.inode import TmpfsInode
from emu.kernel.ipc.perm import S_IRUGO, S_IWUGO, S_IXUGO, IpcObject, now
from emu.kernel.mm.layout import page_align
from emu.kernel.uapi.capability import CAP_IPC_LOCK
from emu.kernel.uapi.fcntl import O_RDONLY, O_RDWR
from emu.kernel.uapi.ipc import (
    SHM_DEST,
    SHM_EXEC,
    SHM_HUGETLB,
    SHM_LOCKED,
    SHM_RDONLY,
    SHM_REMAP,
    SHM_RND,
    SHMMIN,
)
from emu.kernel.uapi.mman import MAP_FIXED, MAP_SHARED, PROT_EXEC, PROT_READ, PROT_WRITE
from emu.kernel.uapi.stat import S_IFREG
from emu.kernel.vfs.dentry import Dentry
from emu.kernel.vfs.file import File
from emu.kernel.vfs.path import VfsPath

if TYPE_CHECKING:
    from emu.kernel.ipc.ids import IpcIds
    from emu.kernel.ipc.namespace import IpcNamespace
    from emu.kernel.mm.address_space import AddressSpace
    from emu.kernel.mm.vma import Vma
    from emu.kernel.task import Task


SEGMENT_COST = 4096
"""What a segment takes of the host's memory beside its pages."""


class ShmSegment(IpcObject):
    """A segment: struct shmid_kernel. Times are seconds, 0 for never."""

    def __init__(self, task: Task, key: int, size: int, mode: int) -> None:
        super().__init__(task, key, mode)
        self.size = size
        self.cpid, self.lpid = task.tgid, 0
        self.nattch = 0
        self.atime = self.dtime = 0
        vfs = task.kernel.root_mount.vfs
        sb = vfs.memfd_mount.sb
        assert isinstance(sb, MemfdSuperBlock)
        inode = TmpfsInode(sb, S_IFREG | self.mode, uid=task.cred.fsuid, gid=task.cred.fsgid)
        inode.nlink = 0
        inode.size = size
        self.inode = inode
        name = b"SYSV%08x" % (key & 0xFFFFFFFF)
        self.path = VfsPath(vfs.memfd_mount, Dentry(None, name, inode, sb))

    @property
    def pages(self) -> int:
        """How many pages it spans."""
        return page_align(self.size) >> PAGE_SHIFT

    @property
    def resident_pages(self) -> int:
        """How many of them are in memory."""
        return len(self.inode.pages.pages)


class ShmFile(File):
    """One attachment: each area that shows it counts in the segment's `nattch`."""

    __slots__ = ("_namespace", "segment")

    def __init__(
        self, namespace: IpcNamespace, segment: ShmSegment, flags: int, task: Task
    ) -> None:
        super().__init__(segment.path, flags, task.cred)
        if flags == O_RDWR:
            self.begin_writing()
        self._namespace = namespace
        self.segment = segment

    def get(self) -> File:
        """One more area: see shm_open."""
        segment = self.segment
        segment.nattch += 1
        task = self._namespace.current()
        if task is not None:
            segment.atime, segment.lpid = now(task), task.tgid
        return super().get()

    def put(self) -> None:
        """One area less; the last one of all takes with it what is to go: see shm_close."""
        segment = self.segment
        segment.nattch -= 1
        task = self._namespace.current()
        if task is not None:
            segment.dtime, segment.lpid = now(task), task.tgid
        super().put()
        destroy_unused(self._namespace, segment)

    def mapped(self) -> None:
        """Drop the attachment's own count, now that its areas count, or were not made."""
        super().put()


def shm_create(namespace: IpcNamespace, task: Task, key: int, size: int, flags: int) -> ShmSegment:
    """A new segment. EINVAL, ENOSPC."""
    if size < SHMMIN or size > namespace.shmmax:
        raise EINVAL("not a size between SHMMIN and SHMMAX")
    if flags & SHM_HUGETLB:
        raise EINVAL("no huge pages, as on a kernel without hugetlbfs")
    pages = page_align(size) >> PAGE_SHIFT
    if namespace.shm_pages + pages > namespace.shmall:
        raise ENOSPC("SHMALL pages are in use")
    namespace.charge.add(SEGMENT_COST)
    try:
        segment = ShmSegment(task, key, size, flags)
    except BaseException:
        namespace.charge.drop(SEGMENT_COST)
        raise
    namespace.shm_pages += pages
    return segment


def shm_attach(
    namespace: IpcNamespace,
    task: Task,
    id: int,
    address: int,
    flags: int,
    lba: int,
    below: int | None,
) -> int:
    """Map a segment and answer where; `lba` is what addresses must be multiples of.

    EINVAL, EACCES, EIDRM, ENOMEM. See do_shmat.
    """
    mm = task.mm
    if id < 0:
        raise EINVAL("a negative id")
    if address:
        if address % lba:
            if flags & SHM_RND:
                address -= address % lba
                if not address and flags & SHM_REMAP:
                    raise EINVAL("remapping at 0")
            else:
                raise EINVAL("not where segments may be attached")
    elif flags & SHM_REMAP:
        raise EINVAL("remapping nowhere")
    fixed = MAP_FIXED if address else 0
    readonly = flags & SHM_RDONLY
    prot = PROT_READ if readonly else PROT_READ | PROT_WRITE
    wanted = S_IRUGO if readonly else S_IRUGO | S_IWUGO
    if flags & SHM_EXEC:
        prot |= PROT_EXEC
        wanted |= S_IXUGO
    segment = namespace.shm.find(id)
    segment.check(task.cred, wanted)
    if address and not flags & SHM_REMAP:
        end = address + page_align(segment.size)
        if end > mm.word_mask or mm.vmas.overlapping(address, end):
            raise EINVAL("something is mapped there")
    file = ShmFile(namespace, segment, O_RDONLY if readonly else O_RDWR, task)
    try:
        return mm.mmap(
            address,
            segment.size,
            prot,
            MAP_SHARED | fixed,
            file,
            may_lock=task.cred.capable(CAP_IPC_LOCK),
            below=below,
        )
    finally:
        file.mapped()
        destroy_unused(namespace, segment)


def shm_detach(mm: AddressSpace, address: int) -> None:
    """Unmap what is left of the segment that was attached at an address. EINVAL."""
    if address & ~PAGE_MASK:
        raise EINVAL("unaligned address")
    first = next((v for v in mm.vmas if v.start >= address and _belongs(v, address)), None)
    if first is None:
        raise EINVAL("no segment is attached there")
    file = first.file
    assert isinstance(file, ShmFile)
    end = address + page_align(file.segment.size)
    mine = [
        vma
        for vma in mm.vmas
        if vma is first or (first.end <= vma.start and vma.end <= end and vma.file is file)
    ]
    for start, stop in [(vma.start, vma.end) for vma in mine if _belongs(vma, address)]:
        mm.munmap(start, stop - start)


def _belongs(vma: Vma, address: int) -> bool:
    """Whether an area is where a segment attached at an address would have it."""
    return isinstance(vma.file, ShmFile) and vma.start - address == vma.pgoff << PAGE_SHIFT


def shm_remove(namespace: IpcNamespace, segment: ShmSegment) -> None:
    """Let a segment go with its last attachment, and not be found by its key any more."""
    segment.mode |= SHM_DEST
    namespace.shm.forget_key(segment)
    destroy_unused(namespace, segment)


def destroy_unused(namespace: IpcNamespace, segment: ShmSegment) -> None:
    """Free a segment that is to go and is attached nowhere."""
    to_go = segment.mode & SHM_DEST or namespace.shm_rmid_forced
    if segment.nattch or segment.removed or not to_go:
        return
    ids: IpcIds[ShmSegment] = namespace.shm
    ids.remove(segment)
    namespace.shm_pages -= segment.pages
    namespace.charge.drop(SEGMENT_COST)


def shm_lock(task: Task, segment: ShmSegment, lock: bool) -> None:
    """Note that a segment is to stay in memory, which it always does. EPERM."""
    cred = task.cred
    if not cred.capable(CAP_IPC_LOCK):
        if cred.euid not in (segment.uid, segment.cuid):
            raise EPERM("another user's segment")
        if lock and not task.rlimits["RLIMIT_MEMLOCK"][0]:
            raise EPERM("may not lock memory")
    segment.mode = segment.mode | SHM_LOCKED if lock else segment.mode & ~SHM_LOCKED
