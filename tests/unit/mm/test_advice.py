"""madvise, mincore, msync, mlock."""

import pytest

from emu.kernel.errno import EACCES, EBUSY, EFAULT, EINVAL, ENOMEM, EPERM
from emu.kernel.mm.advice import do_madvise, do_mincore, do_msync
from emu.kernel.mm.lock import do_mlock, do_mlockall, do_munlock, do_munlockall
from emu.kernel.uapi.mman import (
    MADV_DONTNEED,
    MADV_DONTNEED_LOCKED,
    MADV_FREE,
    MADV_HUGEPAGE,
    MADV_MERGEABLE,
    MADV_POPULATE_READ,
    MADV_POPULATE_WRITE,
    MADV_RANDOM,
    MADV_REMOVE,
    MADV_WILLNEED,
    MADV_WIPEONFORK,
    MAP_ANONYMOUS,
    MAP_PRIVATE,
    MAP_SHARED,
    MCL_CURRENT,
    MCL_FUTURE,
    MCL_ONFAULT,
    MS_ASYNC,
    MS_INVALIDATE,
    MS_SYNC,
    PROT_NONE,
    PROT_READ,
)
from tests.unit.mm.fakes import ANON, PAGE, READ_WRITE, FakeFile, FakeInode, make_space

AREA = 0x200000


@pytest.fixture
def mm():
    space = make_space(memlock=2 * PAGE)
    space.mmap(AREA, 4 * PAGE, READ_WRITE, ANON)
    return space


def mincore(mm, start, length):
    return b"".join(do_mincore(mm, start, length))


@pytest.fixture
def inode(mm):
    return FakeInode(mm.ram, b"a" * PAGE + b"b" * PAGE)


@pytest.mark.parametrize("advice", [MADV_DONTNEED, MADV_FREE, MADV_DONTNEED_LOCKED])
def test_memory_that_is_not_needed_becomes_zero(mm, advice):
    free = mm.ram.free_bytes
    mm.write(AREA, b"x" * PAGE)
    do_madvise(mm, AREA, PAGE, advice)
    assert mm.ram.free_bytes == free
    assert mm.read(AREA, 1) == b"\0"


def test_private_file_memory_that_is_not_needed_is_the_file_again(mm, inode):
    area = mm.mmap(0, PAGE, READ_WRITE, MAP_PRIVATE, FakeFile(inode))
    mm.write(area, b"mine")
    do_madvise(mm, area, PAGE, MADV_DONTNEED)
    assert mm.read(area, 4) == b"aaaa"
    with pytest.raises(EINVAL):
        do_madvise(mm, area, PAGE, MADV_FREE)


def test_locked_memory_is_dropped_on_explicit_request_only(mm):
    do_mlock(mm, AREA, PAGE, False, False)
    with pytest.raises(EINVAL):
        do_madvise(mm, AREA, PAGE, MADV_DONTNEED)
    do_madvise(mm, AREA, PAGE, MADV_DONTNEED_LOCKED)


def test_populating_is_faulting_in(mm):
    do_madvise(mm, AREA, 2 * PAGE, MADV_POPULATE_WRITE)
    assert len(mm.present(AREA, AREA + 4 * PAGE)) == 2
    mm.mprotect(AREA, PAGE, PROT_NONE)
    with pytest.raises(EINVAL):
        do_madvise(mm, AREA, PAGE, MADV_POPULATE_READ)


def test_populating_beyond_the_file_is_a_fault(mm, inode):
    area = mm.mmap(0, 3 * PAGE, PROT_READ, MAP_PRIVATE, FakeFile(inode))
    with pytest.raises(EFAULT):
        do_madvise(mm, area, 3 * PAGE, MADV_POPULATE_READ)


def test_holes_in_shared_memory_are_zero(mm):
    area = mm.mmap(0, PAGE, READ_WRITE, MAP_SHARED | MAP_ANONYMOUS)
    mm.write(area, b"x")
    do_madvise(mm, area, PAGE, MADV_REMOVE)
    assert mm.read(area, 1) == b"\0"
    with pytest.raises(EINVAL):
        do_madvise(mm, AREA, PAGE, MADV_REMOVE)
    mm.mprotect(area, PAGE, PROT_READ)
    with pytest.raises(EACCES):
        do_madvise(mm, area, PAGE, MADV_REMOVE)


def test_advice_over_a_hole_is_followed_and_enomem(mm):
    mm.write(AREA + 3 * PAGE, b"x")
    mm.munmap(AREA + PAGE, PAGE)
    with pytest.raises(ENOMEM):
        do_madvise(mm, AREA, 4 * PAGE, MADV_DONTNEED)
    assert mm.read(AREA + 3 * PAGE, 1) == b"\0"


@pytest.mark.parametrize(
    ("start", "length", "advice"),
    [
        (AREA + 1, PAGE, MADV_DONTNEED),
        (AREA, PAGE, 12345),
        (AREA, PAGE, MADV_HUGEPAGE),
        (AREA, PAGE, MADV_MERGEABLE),
        (AREA, (1 << 64) - 1, MADV_DONTNEED),
    ],
)
def test_unknown_advice_is_invalid(mm, start, length, advice):
    with pytest.raises(EINVAL):
        do_madvise(mm, start, length, advice)


def test_harmless_advice_is_accepted(mm, inode):
    do_madvise(mm, AREA, 0, MADV_WILLNEED)
    do_madvise(mm, AREA, PAGE, MADV_RANDOM)
    area = mm.mmap(0, PAGE, PROT_READ, MAP_PRIVATE, FakeFile(inode))
    with pytest.raises(EINVAL):
        do_madvise(mm, area, PAGE, MADV_WIPEONFORK)


def test_mincore_tells_what_is_in_memory(mm, inode):
    mm.write(AREA + PAGE, b"x")
    assert mincore(mm, AREA, 4 * PAGE) == b"\0\1\0\0"
    area = mm.mmap(0, 2 * PAGE, PROT_READ, MAP_PRIVATE, FakeFile(inode))
    inode.mapping.frame(1)
    assert mincore(mm, area, PAGE + 1) == b"\0\1"
    with pytest.raises(ENOMEM):
        mincore(mm, AREA - PAGE, 2 * PAGE)
    with pytest.raises(EINVAL):
        mincore(mm, AREA + 1, PAGE)


def test_msync_brings_stores_to_the_file(mm, inode):
    synced = []
    inode.fop.fsync = lambda file, datasync: synced.append(datasync)
    area = mm.mmap(0, 2 * PAGE, READ_WRITE, MAP_SHARED, FakeFile(inode))
    mm.write(area + PAGE, b"new")
    do_msync(mm, area, 2 * PAGE, MS_ASYNC)
    assert inode.data[PAGE : PAGE + 3] == b"bbb"
    do_msync(mm, area, 2 * PAGE, MS_SYNC)
    assert inode.data[PAGE : PAGE + 3] == b"new"
    assert synced == [True]


def test_bad_msync(mm):
    with pytest.raises(EINVAL):
        do_msync(mm, AREA, PAGE, MS_SYNC | MS_ASYNC)
    with pytest.raises(EINVAL):
        do_msync(mm, AREA + 1, PAGE, MS_SYNC)
    with pytest.raises(ENOMEM):
        do_msync(mm, AREA - PAGE, 2 * PAGE, MS_SYNC)
    do_mlock(mm, AREA, PAGE, False, False)
    with pytest.raises(EBUSY):
        do_msync(mm, AREA, PAGE, MS_INVALIDATE)


def test_locking_makes_present_and_is_counted_once(mm):
    do_mlock(mm, AREA + 10, PAGE, False, False)
    do_mlock(mm, AREA, 2 * PAGE, False, False)
    assert mm.locked_bytes == 2 * PAGE
    assert len(mm.present(AREA, AREA + 4 * PAGE)) == 2
    with pytest.raises(ENOMEM):
        do_mlock(mm, AREA + 2 * PAGE, PAGE, False, False)
    do_mlock(mm, AREA + 2 * PAGE, PAGE, True, True)
    assert len(mm.present(AREA, AREA + 4 * PAGE)) == 2
    do_munlock(mm, AREA, 4 * PAGE)
    assert mm.locked_bytes == 0
    assert len(mm.vmas) == 1


def test_locking_a_hole_is_enomem(mm):
    with pytest.raises(ENOMEM):
        do_mlock(mm, AREA - PAGE, 2 * PAGE, False, True)
    with pytest.raises(ENOMEM):
        do_munlock(mm, AREA + 3 * PAGE, 2 * PAGE)


def test_locking_everything_now_and_to_come(mm):
    with pytest.raises(ENOMEM):
        do_mlockall(mm, MCL_CURRENT, False)
    do_mlockall(mm, MCL_CURRENT | MCL_FUTURE, True)
    area = mm.mmap(0, PAGE, READ_WRITE, ANON, may_lock=True)
    assert mm.locked_bytes == 5 * PAGE
    assert mm.present(area, area + PAGE)
    do_munlockall(mm)
    assert mm.locked_bytes == 0
    for flags in (0, MCL_ONFAULT, 8):
        with pytest.raises(EINVAL):
            do_mlockall(mm, flags, True)


def test_a_limit_of_nothing_forbids_locking():
    mm = make_space(memlock=0)
    with pytest.raises(EPERM):
        do_mlock(mm, AREA, PAGE, False, False)
    with pytest.raises(EPERM):
        do_mlockall(mm, MCL_FUTURE, False)
