import pytest

from emu.kernel.errno import EFAULT, EINVAL, ENOMEM
from emu.kernel.mm.remap import do_mremap, do_remap_file_pages
from emu.kernel.uapi.mman import (
    MAP_ANONYMOUS,
    MAP_PRIVATE,
    MAP_SHARED,
    MREMAP_DONTUNMAP,
    MREMAP_FIXED,
    MREMAP_MAYMOVE,
    PROT_READ,
)
from tests.unit.mm.fakes import ANON, PAGE, READ_WRITE, FakeCpu, FakeFile, FakeInode, make_space

AREA = 0x200000
ELSEWHERE = 0x300000


@pytest.fixture
def mm():
    space = make_space()
    space.mmap(AREA, 2 * PAGE, READ_WRITE, ANON)
    space.write(AREA, b"one")
    space.write(AREA + PAGE, b"two")
    space.activate(FakeCpu())
    return space


def ranges(mm):
    return [(vma.start, vma.end) for vma in mm.vmas]


def test_an_area_shrinks_and_grows_in_place(mm):
    assert do_mremap(mm, AREA, 2 * PAGE, PAGE, 0) == AREA
    assert ranges(mm) == [(AREA, AREA + PAGE)]
    assert do_mremap(mm, AREA, PAGE, 3 * PAGE, 0) == AREA
    assert mm.read(AREA, 3) == b"one"
    assert mm.read(AREA + PAGE, 3) == b"\0\0\0"


def test_what_cannot_grow_moves_if_it_may(mm):
    mm.mmap(AREA + 2 * PAGE, PAGE, PROT_READ, ANON)
    with pytest.raises(ENOMEM):
        do_mremap(mm, AREA, 2 * PAGE, 3 * PAGE, 0)
    place = do_mremap(mm, AREA, 2 * PAGE, 3 * PAGE, MREMAP_MAYMOVE)
    assert mm.read(place, 3) + mm.read(place + PAGE, 3) == b"onetwo"
    assert mm.vmas.at(AREA) is None
    assert mm.cpu.flushes


def test_moving_to_a_fixed_place_replaces_what_is_there(mm):
    mm.mmap(ELSEWHERE, PAGE, PROT_READ, ANON)
    flags = MREMAP_MAYMOVE | MREMAP_FIXED
    assert do_mremap(mm, AREA + PAGE, PAGE, PAGE, flags, ELSEWHERE) == ELSEWHERE
    assert mm.read(ELSEWHERE, 3) == b"two"
    assert ranges(mm) == [(AREA, AREA + PAGE), (ELSEWHERE, ELSEWHERE + PAGE)]


def test_pages_can_move_and_leave_their_area_empty(mm):
    flags = MREMAP_MAYMOVE | MREMAP_DONTUNMAP
    place = do_mremap(mm, AREA, 2 * PAGE, 2 * PAGE, flags)
    assert mm.read(place, 3) == b"one"
    assert mm.read(AREA, 3) == b"\0\0\0"


def test_file_pages_keep_their_offset(mm):
    inode = FakeInode(mm.ram, b"a" * PAGE + b"b" * PAGE)
    area = mm.mmap(0, 2 * PAGE, PROT_READ, MAP_PRIVATE, FakeFile(inode))
    flags = MREMAP_MAYMOVE | MREMAP_FIXED
    do_mremap(mm, area + PAGE, PAGE, PAGE, flags, ELSEWHERE)
    assert mm.read(ELSEWHERE, 1) == b"b"


def test_shared_memory_can_be_seen_twice(mm):
    area = mm.mmap(0, PAGE, READ_WRITE, MAP_SHARED | MAP_ANONYMOUS)
    twin = do_mremap(mm, area, 0, PAGE, MREMAP_MAYMOVE)
    mm.write(area, b"both")
    assert mm.read(twin, 4) == b"both"
    with pytest.raises(EINVAL):
        do_mremap(mm, AREA, 0, PAGE, MREMAP_MAYMOVE)


@pytest.mark.parametrize(
    ("error", "arguments"),
    [
        (EINVAL, (AREA + 1, PAGE, PAGE, 0)),
        (EINVAL, (AREA, PAGE, 0, 0)),
        (EINVAL, (AREA, PAGE, PAGE, 8)),
        (EINVAL, (AREA, PAGE, PAGE, MREMAP_FIXED, ELSEWHERE)),
        (EINVAL, (AREA, PAGE, 2 * PAGE, MREMAP_MAYMOVE | MREMAP_DONTUNMAP)),
        (EINVAL, (AREA, PAGE, PAGE, MREMAP_MAYMOVE | MREMAP_FIXED, AREA)),
        (EINVAL, (AREA, PAGE, PAGE, MREMAP_MAYMOVE | MREMAP_FIXED, ELSEWHERE + 1)),
        (EINVAL, (AREA, PAGE, PAGE, MREMAP_MAYMOVE | MREMAP_FIXED, 1 << 47)),
        (EFAULT, (ELSEWHERE, PAGE, 2 * PAGE, 0)),
        (EFAULT, (AREA, 3 * PAGE, 4 * PAGE, MREMAP_MAYMOVE)),
        (ENOMEM, (AREA, 2 * PAGE, 1 << 48, MREMAP_MAYMOVE)),
    ],
)
def test_bad_arguments(mm, error, arguments):
    with pytest.raises(error):
        do_mremap(mm, *arguments)


def test_another_part_of_a_file_can_be_shown(mm):
    inode = FakeInode(mm.ram, b"a" * PAGE + b"b" * PAGE)
    area = mm.mmap(0, 2 * PAGE, PROT_READ, MAP_SHARED, FakeFile(inode))
    do_remap_file_pages(mm, area, PAGE, 0, 1, 0)
    assert mm.read(area, 1) == b"b"
    with pytest.raises(EINVAL):
        do_remap_file_pages(mm, AREA, PAGE, 0, 1, 0)
