"""Making and removing mappings: mmap(2), munmap(2), brk(2). See mm/mmap.c."""

from __future__ import annotations

from typing import TYPE_CHECKING

from emu.arch.cpu import PAGE_MASK, PAGE_SHIFT
from emu.kernel.errno import (
    EACCES,
    EAGAIN,
    EEXIST,
    EINVAL,
    ENOMEM,
    EOPNOTSUPP,
    EOVERFLOW,
    EPERM,
)
from emu.kernel.mm.fault import populate
from emu.kernel.mm.layout import page_align
from emu.kernel.mm.page_cache import PageCache
from emu.kernel.mm.vma import (
    VM_ACCESS,
    VM_EXEC,
    VM_GROWSDOWN,
    VM_LOCKED,
    VM_MAYEXEC,
    VM_MAYREAD,
    VM_MAYSHARE,
    VM_MAYWRITE,
    VM_NORESERVE,
    VM_SHARED,
    VM_WRITE,
    Vma,
)
from emu.kernel.uapi.mman import (
    MAP_32BIT,
    MAP_ANONYMOUS,
    MAP_DENYWRITE,
    MAP_DROPPABLE,
    MAP_EXECUTABLE,
    MAP_FIXED,
    MAP_FIXED_NOREPLACE,
    MAP_GROWSDOWN,
    MAP_HUGE_MASK,
    MAP_HUGETLB,
    MAP_LOCKED,
    MAP_NONBLOCK,
    MAP_NORESERVE,
    MAP_POPULATE,
    MAP_PRIVATE,
    MAP_SHARED,
    MAP_SHARED_VALIDATE,
    MAP_STACK,
    MAP_TYPE,
    MAP_UNINITIALIZED,
    PROT_EXEC,
    PROT_READ,
)
from emu.kernel.uapi.mount import MS_NOEXEC
from emu.kernel.vfs.file import FMODE_READ, FMODE_WRITE

if TYPE_CHECKING:
    from emu.kernel.mm.address_space import AddressSpace
    from emu.kernel.vfs.file import File

LEGACY_MAP_MASK = (
    MAP_SHARED | MAP_PRIVATE | MAP_FIXED | MAP_ANONYMOUS | MAP_DENYWRITE | MAP_EXECUTABLE
    | MAP_UNINITIALIZED | MAP_GROWSDOWN | MAP_LOCKED | MAP_NORESERVE | MAP_POPULATE
    | MAP_NONBLOCK | MAP_STACK | MAP_HUGETLB | MAP_32BIT | MAP_HUGE_MASK
)  # fmt: skip

LOW_2G = 0x80000000
LOW_1G = 0x40000000
MAX_FILE_SIZE = (1 << 63) - 1


def do_mmap(
    mm: AddressSpace,
    address: int,
    length: int,
    prot: int,
    flags: int,
    file: File | None = None,
    offset: int = 0,
    *,
    may_lock: bool = False,
    below: int | None = None,
) -> int:
    """Map memory and answer its address; `flags` and `prot` in the kernel's own values.

    `may_lock` says that the caller has CAP_IPC_LOCK; `below` is where the search for a free place
    begins, unless it is the address space's own ``mmap_base``. EINVAL, ENOMEM, EACCES, EAGAIN,
    EEXIST, ENODEV, EOPNOTSUPP, EOVERFLOW, EPERM. See mmap(2).
    """
    if not length:
        raise EINVAL("no length")
    if prot & PROT_READ and mm.read_implies_exec and not _is_noexec(file):
        prot |= PROT_EXEC
    if flags & MAP_FIXED_NOREPLACE:
        flags |= MAP_FIXED
    if not flags & MAP_FIXED:
        address &= PAGE_MASK
        if address and address < mm.min_address:
            address = mm.min_address
    length = page_align(length)
    pgoff = offset >> PAGE_SHIFT
    if length > mm.task_size:
        raise ENOMEM("longer than the address space")
    if pgoff + (length >> PAGE_SHIFT) > mm.word_mask:
        raise EOVERFLOW("beyond the largest offset")
    if len(mm.vmas) > mm.ram.max_map_count:
        raise ENOMEM("too many mappings")
    vm_flags = prot & VM_ACCESS | mm.default_flags | VM_MAYREAD | VM_MAYWRITE | VM_MAYEXEC
    if flags & MAP_GROWSDOWN:
        vm_flags |= VM_GROWSDOWN
    if flags & MAP_LOCKED:
        vm_flags |= VM_LOCKED
    address = get_unmapped_area(mm, address, length, flags, below)
    if flags & MAP_FIXED_NOREPLACE and mm.vmas.overlapping(address, address + length):
        raise EEXIST(f"{address:#x} is mapped")
    check_lock_limit(mm, vm_flags, length, may_lock, explicit=bool(flags & MAP_LOCKED))
    if file is not None:
        vm_flags = _file_flags(file, prot, flags, vm_flags, pgoff, length)
    else:
        vm_flags, pgoff = _anonymous_flags(flags, vm_flags), 0
    if flags & MAP_NORESERVE:
        vm_flags |= VM_NORESERVE
    address = mmap_region(mm, file, address, length, vm_flags, pgoff)
    if vm_flags & VM_LOCKED or flags & (MAP_POPULATE | MAP_NONBLOCK) == MAP_POPULATE:
        populate(mm, address, address + length)
    return address


def _file_flags(file: File, prot: int, flags: int, vm_flags: int, pgoff: int, length: int) -> int:
    """What a mapping of this file may do. EACCES, EINVAL, EOPNOTSUPP, EOVERFLOW, EPERM."""
    if (pgoff << PAGE_SHIFT) + length > MAX_FILE_SIZE:
        raise EOVERFLOW("beyond the largest file")
    kind = flags & MAP_TYPE
    if kind == MAP_SHARED_VALIDATE and flags & ~(LEGACY_MAP_MASK | MAP_FIXED_NOREPLACE):
        raise EOPNOTSUPP("unknown flags with MAP_SHARED_VALIDATE")
    if kind in (MAP_SHARED, MAP_SHARED_VALIDATE):
        if prot & VM_WRITE and not file.mode & FMODE_WRITE:
            raise EACCES("the file is not open for writing")
        vm_flags |= VM_SHARED | VM_MAYSHARE
        if not file.mode & FMODE_WRITE:
            vm_flags &= ~(VM_MAYWRITE | VM_SHARED)
    elif kind != MAP_PRIVATE:
        raise EINVAL("neither shared nor private")
    if not file.mode & FMODE_READ:
        raise EACCES("the file is not open for reading")
    if _is_noexec(file):
        if vm_flags & VM_EXEC:
            raise EPERM("the file system is mounted noexec")
        vm_flags &= ~VM_MAYEXEC
    if vm_flags & VM_GROWSDOWN:
        raise EINVAL("a file cannot grow down")
    return vm_flags


def _is_noexec(file: File | None) -> bool:
    return file is not None and bool(file.path.mount.flags & MS_NOEXEC)


def _anonymous_flags(flags: int, vm_flags: int) -> int:
    kind = flags & MAP_TYPE
    if kind == MAP_SHARED:
        if vm_flags & VM_GROWSDOWN:
            raise EINVAL("shared memory cannot grow down")
        return vm_flags | VM_SHARED | VM_MAYSHARE
    if kind == MAP_DROPPABLE:
        raise EOPNOTSUPP("droppable memory")
    if kind != MAP_PRIVATE:
        raise EINVAL("neither shared nor private")
    return vm_flags


def mmap_region(
    mm: AddressSpace, file: File | None, address: int, length: int, vm_flags: int, pgoff: int
) -> int:
    """Put a new area at a free or replaced address. ENOMEM, ENODEV, or the file's own error."""
    end = address + length
    replaced = sum(
        min(end, v.end) - max(address, v.start) for v in mm.vmas.overlapping(address, end)
    )
    if not mm.may_expand(vm_flags, length - replaced):
        raise ENOMEM("RLIMIT_AS or RLIMIT_DATA")
    unmap(mm, address, end)
    vma = Vma(mm, address, end, vm_flags, pgoff, file=file)
    if file is not None:
        file.f_op.mmap(file, vma)
        if vma.file is not None:
            vma.file.get()
    elif vm_flags & VM_MAYSHARE:
        vma.mapping = PageCache(mm.ram)
        vma.mapping.end = length
    mm.vmas.insert(vma)
    mm.vmas.merge(address, end)
    return address


def get_unmapped_area(
    mm: AddressSpace, address: int, length: int, flags: int, below: int | None = None
) -> int:
    """Where a mapping goes. ENOMEM, EINVAL. See arch_get_unmapped_area_topdown."""
    if length > mm.task_size:
        raise ENOMEM("longer than the address space")
    if flags & MAP_FIXED:
        if address & ~PAGE_MASK:
            raise EINVAL("unaligned address")
        if address > mm.task_size - length:
            raise ENOMEM("beyond the address space")
        if address < mm.min_address:
            raise EPERM("below mmap_min_addr")
        return address
    low_only = flags & MAP_32BIT and mm.has_32bit_maps
    if address and not low_only and address <= mm.task_size - length:
        above = mm.vmas.find(address)
        before = mm.vmas.before(above) if above is not None else None
        if (above is None or address + length <= above.start_with_gap) and (
            before is None or address >= before.end
        ):
            return address
    if low_only:
        found = mm.vmas.gap_above(length, LOW_1G, LOW_2G)
    else:
        found = mm.vmas.gap_below(length, mm.min_address, below or mm.mmap_base)
        if found is None and below is None:
            found = mm.vmas.gap_above(length, mm.mmap_base, mm.task_size)
    if found is None:
        raise ENOMEM("no gap is large enough")
    return found


def check_lock_limit(
    mm: AddressSpace, vm_flags: int, length: int, may_lock: bool, explicit: bool = False
) -> None:
    """EPERM or EAGAIN if RLIMIT_MEMLOCK forbids a new locked area."""
    if not vm_flags & VM_LOCKED or may_lock:
        return
    limit = mm.limit("RLIMIT_MEMLOCK")
    if explicit and not limit:
        raise EPERM("may not lock memory")
    if (length + mm.locked_bytes) >> PAGE_SHIFT > limit >> PAGE_SHIFT:
        raise EAGAIN("RLIMIT_MEMLOCK")


def do_munmap(mm: AddressSpace, address: int, length: int) -> None:
    """Remove what is mapped in a range. EINVAL; ENOMEM if areas would become too many."""
    if address & ~PAGE_MASK or address > mm.task_size or length > mm.task_size - address:
        raise EINVAL("not a range of the address space")
    length = page_align(length)
    if not length:
        raise EINVAL("no length")
    vma = mm.vmas.at(address)
    if (
        vma is not None
        and vma.start < address
        and address + length < vma.end
        and len(mm.vmas) >= mm.ram.max_map_count
    ):
        raise ENOMEM("too many mappings")
    unmap(mm, address, address + length)


def unmap(mm: AddressSpace, start: int, end: int) -> None:
    """Remove whatever areas lie in a range of whole pages."""
    if not mm.vmas.overlapping(start, end):
        return
    for vma in mm.vmas.isolate(start, end):
        mm.zap_range(vma.start >> PAGE_SHIFT, vma.end >> PAGE_SHIFT)
        mm.remove_vma(vma)
