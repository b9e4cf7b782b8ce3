"""Small copies to and from the same places: what is remembered must not outlive the entries."""

import pytest

from emu.arch.cpu import ACCESS_WRITE
from emu.kernel.errno import EFAULT
from emu.kernel.mm.access import MOST_PLACES
from emu.kernel.mm.remap import do_mremap
from emu.kernel.uapi.mman import MREMAP_FIXED, MREMAP_MAYMOVE, PROT_EXEC, PROT_NONE, PROT_READ
from tests.unit.mm.fakes import ANON, PAGE, READ_WRITE, FakeCpu, make_space

AREA, PLACE = 0x100000, 0x100000 + PAGE - 8


@pytest.fixture
def mm():
    """A space in which the last eight bytes of a page were written and read, in every way."""
    space = make_space()
    space.mmap(AREA, 2 * PAGE, READ_WRITE, ANON)
    use(space, b"abcdefgh")
    return space


def use(mm, text):
    for _ in range(2):  # the second time by what was remembered
        mm.write(PLACE, text)
        assert read(mm) == {text}


def read(mm):
    words = mm.read_u64(PLACE), mm.read_s64(PLACE) & (1 << 64) - 1
    return {mm.read(PLACE, 8), *(word.to_bytes(8, "little") for word in words)}


def assert_unreadable(mm):
    for way in (lambda: mm.read(PLACE, 8), lambda: mm.read_u64(PLACE), lambda: mm.read_u32(PLACE)):
        with pytest.raises(EFAULT):
            way()


def assert_unwritable(mm):
    with pytest.raises(EFAULT):
        mm.write(PLACE, b"x")


def test_more_than_what_is_left_of_the_page_goes_on_in_the_next_one(mm):
    mm.write(PLACE, b"0123456789")
    assert mm.read(PLACE, 10) == b"0123456789"
    assert mm.read(AREA + PAGE, 2) == b"89"


def test_what_is_unmapped_is_gone(mm):
    mm.munmap(AREA, PAGE)
    assert_unreadable(mm)
    assert_unwritable(mm)


def test_new_memory_at_the_same_place_is_new(mm):
    mm.munmap(AREA, PAGE)
    mm.mmap(AREA, PAGE, READ_WRITE, ANON | 0x10)
    assert read(mm) == {bytes(8)}
    use(mm, b"ijklmnop")


def test_rights_that_were_taken_away_hold(mm):
    mm.mprotect(AREA, PAGE, PROT_READ)
    assert read(mm) == {b"abcdefgh"}
    assert_unwritable(mm)
    mm.mprotect(AREA, PAGE, PROT_NONE)
    assert_unreadable(mm)


def test_a_page_that_moved_is_read_where_it_is_now(mm):
    there = AREA + 16 * PAGE
    do_mremap(mm, AREA, PAGE, PAGE, MREMAP_MAYMOVE | MREMAP_FIXED, there)
    assert mm.read(there + PAGE - 8, 8) == b"abcdefgh"
    assert_unreadable(mm)


@pytest.mark.parametrize("writer", ["kernel", "program"])
def test_after_fork_neither_side_sees_what_the_other_writes(mm, writer):
    child = mm.fork()
    if writer == "kernel":
        use(mm, b"parental")
    else:  # a store of the program's faults and gets a frame of its own
        pte = mm.fault_of_guest(AREA // PAGE, ACCESS_WRITE)
        mm.ram.page(pte & ~0xFFF)[-8:] = b"parental"
        assert read(mm) == {b"parental"}
    assert read(child) == {b"abcdefgh"}
    use(child, b"children")
    assert read(mm) == {b"parental"}


def test_a_page_that_is_written_leaves_the_zero_page():
    mm = make_space()
    mm.mmap(AREA, PAGE, READ_WRITE, ANON)
    assert read(mm) == {bytes(8)}
    use(mm, b"abcdefgh")


@pytest.mark.parametrize("executed_by", ["itself", "another space"])
def test_stores_to_what_holds_code_now_reach_the_cpus(mm, executed_by):
    mm.ram.cpus = [cpu := FakeCpu()]
    frame = mm.pages[AREA // PAGE] & ~0xFFF
    if executed_by == "itself":
        mm.mprotect(AREA, PAGE, READ_WRITE | PROT_EXEC)
        assert mm.fault(AREA // PAGE, 4)
    else:
        mm.ram.let_execute(frame)
    cpu.invalidated.clear()
    for _ in range(2):
        mm.write(PLACE, b"new code")
    assert cpu.invalidated == [frame, frame]


def test_places_are_not_remembered_without_end(mm):
    mm.mmap(AREA, 2 * MOST_PLACES * 8, READ_WRITE, ANON | 0x10)
    places = range(AREA, AREA + 2 * MOST_PLACES * 8, 8)
    for place in places:
        mm.write(place, b"x")
        mm.read(place, 1)
    assert len(mm._places_to_read) <= MOST_PLACES
    assert len(mm._places_to_write) <= MOST_PLACES
    assert all(mm.read(place, 1) == b"x" for place in places)
