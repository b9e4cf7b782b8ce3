import pytest

from emu.arch.cpu import ACCESS_READ, ACCESS_WRITE
from emu.kernel.errno import (
    EACCES,
    EAGAIN,
    EEXIST,
    EINVAL,
    ENODEV,
    ENOMEM,
    EOPNOTSUPP,
    EOVERFLOW,
    EPERM,
)
from emu.kernel.mm.address_space import TABLE_STEP
from emu.kernel.mm.layout import STACK_GUARD_GAP
from emu.kernel.mm.ram import Ram
from emu.kernel.uapi.mman import (
    MAP_32BIT,
    MAP_ANONYMOUS,
    MAP_FIXED,
    MAP_FIXED_NOREPLACE,
    MAP_GROWSDOWN,
    MAP_LOCKED,
    MAP_POPULATE,
    MAP_PRIVATE,
    MAP_SHARED,
    MAP_SHARED_VALIDATE,
    MAP_SYNC,
    PROT_EXEC,
    PROT_READ,
)
from emu.kernel.uapi.mount import MS_NOEXEC
from emu.kernel.vfs.file import FMODE_READ, FMODE_WRITE
from tests.unit.mm.fakes import ANON, PAGE, READ_WRITE, FakeFile, FakeInode, make_space


@pytest.fixture
def mm():
    return make_space()


@pytest.fixture
def inode(mm):
    return FakeInode(mm.ram, b"a" * PAGE + b"b" * PAGE + b"tail")


def ranges(mm):
    return [(vma.start, vma.end, vma.permissions) for vma in mm.vmas]


def test_areas_are_taken_from_the_top_down(mm):
    first = mm.mmap(0, PAGE, READ_WRITE, ANON)
    second = mm.mmap(0, 3 * PAGE, PROT_READ, ANON)
    assert first == mm.mmap_base - PAGE == mm.abi.memory.mmap_base - PAGE
    assert second == first - 3 * PAGE


def test_a_freed_gap_is_used_again(mm):
    mm.mmap(0, PAGE, READ_WRITE, ANON)
    gap = mm.mmap(0, 2 * PAGE, READ_WRITE, ANON)
    mm.mmap(0, PAGE, READ_WRITE, ANON)
    mm.munmap(gap, 2 * PAGE)
    assert mm.mmap(0, 2 * PAGE, READ_WRITE, ANON) == gap


def test_a_hint_is_followed_if_it_is_free(mm):
    assert mm.mmap(0x200000, PAGE, READ_WRITE, ANON) == 0x200000
    assert mm.mmap(0x200123, PAGE, READ_WRITE, ANON) != 0x200000
    assert mm.mmap(0x5000, PAGE, READ_WRITE, ANON) == mm.min_address


def test_equal_neighbours_become_one_area(mm):
    mm.mmap(0x200000, PAGE, READ_WRITE, ANON)
    mm.mmap(0x202000, PAGE, READ_WRITE, ANON)
    mm.mmap(0x201000, PAGE, READ_WRITE, ANON)
    assert ranges(mm) == [(0x200000, 0x203000, "rw-p")]


def test_fixed_replaces_and_noreplace_refuses(mm):
    mm.mmap(0x200000, 3 * PAGE, READ_WRITE, ANON)
    mm.write(0x201000, b"old")
    with pytest.raises(EEXIST):
        mm.mmap(0x201000, PAGE, PROT_READ, ANON | MAP_FIXED_NOREPLACE)
    mm.mmap(0x201000, PAGE, PROT_READ, ANON | MAP_FIXED)
    assert mm.read(0x201000, 3) == b"\0\0\0"
    assert [permissions for *_, permissions in ranges(mm)] == ["rw-p", "r--p", "rw-p"]


@pytest.mark.parametrize(
    ("error", "arguments"),
    [
        (EINVAL, (0, 0, READ_WRITE, ANON)),
        (EINVAL, (0, PAGE, READ_WRITE, MAP_ANONYMOUS)),
        (EINVAL, (0x200001, PAGE, READ_WRITE, ANON | MAP_FIXED)),
        (ENOMEM, (0, 1 << 47, READ_WRITE, ANON)),
        (ENOMEM, (0, (1 << 64) - 1, READ_WRITE, ANON)),
        (ENOMEM, ((1 << 47) - PAGE, PAGE, READ_WRITE, ANON | MAP_FIXED)),
        (EPERM, (0, PAGE, READ_WRITE, ANON | MAP_FIXED)),
        (EINVAL, (0, PAGE, READ_WRITE, MAP_SHARED | MAP_ANONYMOUS | MAP_GROWSDOWN)),
        (EINVAL, (0, PAGE, READ_WRITE, MAP_SHARED_VALIDATE | MAP_ANONYMOUS)),
    ],
)
def test_bad_arguments(mm, error, arguments):
    with pytest.raises(error):
        mm.mmap(*arguments)


def test_low_memory_on_request(mm):
    address = mm.mmap(0, PAGE, READ_WRITE, ANON | MAP_32BIT)
    assert 0x40000000 <= address < 0x80000000


def test_populate_makes_pages_present(mm):
    area = mm.mmap(0, 2 * PAGE, READ_WRITE, ANON | MAP_POPULATE)
    assert len(mm.present(area, area + 2 * PAGE)) == 2


def test_file_pages_are_shared_until_written(mm, inode):
    area = mm.mmap(0, PAGE, READ_WRITE, MAP_PRIVATE, FakeFile(inode), PAGE)
    assert mm.read(area, 2) == b"bb"
    assert mm.pages[area >> 12] & ~0xFFF == inode.mapping.pages[1]
    mm.write(area, b"X")
    assert mm.read(area, 2) == b"Xb"
    assert bytes(inode.mapping.page(1)[:2]) == b"bb"


def test_a_page_past_the_end_of_the_file_is_a_bus_error(mm, inode):
    area = mm.mmap(0, 4 * PAGE, PROT_READ, MAP_PRIVATE, FakeFile(inode))
    assert mm.read(area + 2 * PAGE, 6) == b"tail\0\0"
    assert mm.fault((area >> 12) + 3, ACCESS_READ) == 0
    assert mm.last_fault_code == ("SIGBUS", "BUS_ADRERR")


def test_shared_stores_reach_the_cache_and_then_the_file(mm, inode):
    area = mm.mmap(0, PAGE, READ_WRITE, MAP_SHARED, FakeFile(inode))
    mm.read(area, 1)
    assert not inode.mapping.dirty
    mm.write(area, b"new")
    assert inode.mapping.dirty == {0}
    assert inode.data[:4] == b"aaaa"
    inode.mapping.writeback()
    assert inode.data[:4] == b"newa"
    mm.write(area, b"more")
    assert inode.mapping.dirty == {0}
    mm.munmap(area, PAGE)
    assert inode.data[:4] == b"more"


def test_truncation_takes_pages_away(mm, inode):
    area = mm.mmap(0, 3 * PAGE, READ_WRITE, MAP_PRIVATE, FakeFile(inode))
    mm.read(area, 3 * PAGE)
    mm.write(area + PAGE, b"mine")
    del inode.data[5:]
    inode.mapping.truncate(5)
    assert mm.read(area, 7) == b"aaaaa\0\0"
    assert mm.fault((area >> 12) + 1, ACCESS_READ) == 0


def test_shared_anonymous_memory_is_shared_with_a_child(mm):
    area = mm.mmap(0, PAGE, READ_WRITE, MAP_SHARED | MAP_ANONYMOUS)
    child = mm.fork()
    child.write(area, b"hello")
    assert mm.read(area, 5) == b"hello"


@pytest.mark.parametrize(
    ("error", "mode", "prot", "flags", "offset"),
    [
        (EACCES, FMODE_WRITE, PROT_READ, MAP_PRIVATE, 0),
        (EACCES, FMODE_READ, READ_WRITE, MAP_SHARED, 0),
        (EINVAL, FMODE_READ, PROT_READ, 0, 0),
        (EINVAL, FMODE_READ, PROT_READ, MAP_PRIVATE | MAP_GROWSDOWN, 0),
        (EOPNOTSUPP, FMODE_READ, PROT_READ, MAP_SHARED_VALIDATE | MAP_SYNC, 0),
        (EOVERFLOW, FMODE_READ, PROT_READ, MAP_PRIVATE, (1 << 64) - PAGE),
        (EOVERFLOW, FMODE_READ, PROT_READ, MAP_PRIVATE, (1 << 63) - PAGE),
    ],
)
def test_bad_file_mappings(mm, inode, error, mode, prot, flags, offset):
    with pytest.raises(error):
        mm.mmap(0, PAGE, prot, flags, FakeFile(inode, mode), offset)


def test_noexec_mounts_give_no_executable_memory(mm, inode):
    file = FakeFile(inode, FMODE_READ, MS_NOEXEC)
    with pytest.raises(EPERM):
        mm.mmap(0, PAGE, PROT_READ | PROT_EXEC, MAP_PRIVATE, file)
    area = mm.mmap(0, PAGE, PROT_READ, MAP_PRIVATE, file)
    with pytest.raises(EACCES):
        mm.mprotect(area, PAGE, PROT_READ | PROT_EXEC)


def test_what_has_no_pages_cannot_be_mapped(mm, inode):
    inode.mapping = None
    with pytest.raises(ENODEV):
        mm.mmap(0, PAGE, PROT_READ, MAP_PRIVATE, FakeFile(inode))


def test_files_are_kept_open_by_their_areas(mm, inode):
    file = FakeFile(inode)
    area = mm.mmap(0, 3 * PAGE, PROT_READ, MAP_PRIVATE, file)
    assert file.count == 2
    mm.munmap(area + PAGE, PAGE)
    assert file.count == 3
    mm.release()
    assert file.count == 1
    assert not inode.mapping.vmas


def test_unmapping_returns_all_memory(mm):
    free = mm.ram.free_bytes
    area = mm.mmap(0, 10 * PAGE, READ_WRITE, ANON | MAP_POPULATE)
    mm.munmap(area, 10 * PAGE)
    assert mm.ram.free_bytes == free
    assert ranges(mm) == []
    mm.munmap(area, PAGE)  # nothing there is no error


@pytest.mark.parametrize("arguments", [(1, PAGE), (0, 0), (0, 1 << 48), (1 << 47, PAGE)])
def test_bad_unmapping(mm, arguments):
    with pytest.raises(EINVAL):
        mm.munmap(*arguments)


def test_address_space_limits():
    mm = make_space(**{"as": 4 * PAGE})
    mm.mmap(0x200000, 4 * PAGE, PROT_READ, ANON)
    with pytest.raises(ENOMEM):
        mm.mmap(0, PAGE, PROT_READ, ANON)
    mm.mmap(0x200000, PAGE, PROT_READ, ANON | MAP_FIXED)  # replacing needs no more
    mm = make_space(data=PAGE)
    mm.mmap(0, PAGE, READ_WRITE, ANON)
    mm.mmap(0, PAGE, PROT_READ, ANON)
    with pytest.raises(ENOMEM):
        mm.mmap(0, PAGE, READ_WRITE, ANON)


def test_locked_mappings_are_limited():
    mm = make_space(memlock=PAGE)
    mm.mmap(0, PAGE, READ_WRITE, ANON | MAP_LOCKED)
    with pytest.raises(EAGAIN):
        mm.mmap(0, PAGE, READ_WRITE, ANON | MAP_LOCKED)
    mm.mmap(0, PAGE, READ_WRITE, ANON | MAP_LOCKED, may_lock=True)
    with pytest.raises(EPERM):
        make_space(memlock=0).mmap(0, PAGE, READ_WRITE, ANON | MAP_LOCKED)


def test_a_stack_grows_down_to_its_limit():
    mm = make_space(stack=4 * PAGE)
    stack = mm.mmap(0x400000, PAGE, READ_WRITE, ANON | MAP_GROWSDOWN)
    mm.write(stack - 3 * PAGE, b"deep")
    assert ranges(mm) == [(stack - 3 * PAGE, stack + PAGE, "rw-p")]
    assert mm.fault((stack >> 12) - 4, ACCESS_WRITE) == 0
    assert mm.last_fault_code == "SEGV_MAPERR"


def test_a_stack_keeps_its_distance(mm):
    stack = mm.mmap(0x40000000, PAGE, READ_WRITE, ANON | MAP_GROWSDOWN)
    below = mm.mmap(stack - STACK_GUARD_GAP - 2 * PAGE, PAGE, READ_WRITE, ANON)
    assert below == stack - STACK_GUARD_GAP - 2 * PAGE
    mm.write(stack - PAGE, b"near")
    assert mm.fault((stack >> 12) - 2, ACCESS_WRITE) == 0


def test_running_out_of_memory_kills():
    mm = make_space(Ram(4 * PAGE))
    area = mm.mmap(0, 8 * PAGE, READ_WRITE, ANON)
    page = area >> 12
    assert [bool(mm.fault(page + i, ACCESS_WRITE)) for i in range(5)] == [True] * 3 + [False] * 2
    assert mm.last_fault_code == ("SIGKILL", "SI_KERNEL")


def test_looking_at_endless_memory_costs_memory_too():
    mm = make_space(Ram(1 << 20))
    area = mm.mmap(0, 1 << 30, PROT_READ, ANON)
    pages = range(area >> 12, (area >> 12) + 20000)
    seen = next((i for i, page in enumerate(pages) if not mm.fault(page, ACCESS_READ)), None)
    assert seen == 3 * TABLE_STEP
    free = mm.ram.size - PAGE
    mm.release()
    assert mm.ram.free_bytes == free


def test_the_program_break_moves_and_stays_where_it_cannot(mm):
    mm.start_brk = mm.brk = 0x600000
    assert mm.set_brk(0) == 0x600000
    assert mm.set_brk(0x600010) == 0x600010
    mm.write(0x600FFF, b"!")
    assert mm.set_brk(0x603000) == 0x603000
    mm.mmap(0x605000, PAGE, PROT_READ, ANON)
    assert mm.set_brk(0x605000) == 0x603000
    assert mm.set_brk(0x600000) == 0x600000
    assert [start for start, *_ in ranges(mm)] == [0x605000]
