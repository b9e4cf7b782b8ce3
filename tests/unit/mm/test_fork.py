"""Copy on write."""

import pytest

from emu.arch.cpu import ACCESS_WRITE
from emu.kernel.mm.advice import do_madvise
from emu.kernel.uapi.mman import MADV_DONTFORK, MADV_WIPEONFORK, MAP_SHARED, PROT_READ
from tests.unit.mm.fakes import ANON, PAGE, READ_WRITE, FakeCpu, FakeFile, FakeInode, make_space

AREA = 0x200000


@pytest.fixture
def mm():
    space = make_space()
    space.mmap(AREA, 4 * PAGE, READ_WRITE, ANON)
    space.write(AREA, b"parent")
    space.activate(FakeCpu())
    return space


def test_parent_and_child_see_their_own_stores_only(mm):
    child = mm.fork()
    assert child.read(AREA, 6) == b"parent"
    child.write(AREA, b"child!")
    assert mm.read(AREA, 6) == b"parent"
    mm.write(AREA, b"PARENT")
    assert child.read(AREA, 6) == b"child!"


def test_a_page_is_copied_only_while_it_is_shared(mm):
    frame = mm.pages[AREA >> 12] & ~0xFFF
    child = mm.fork()
    child.write(AREA, b"x")
    mm.write(AREA, b"y")
    assert mm.pages[AREA >> 12] & ~0xFFF == frame


def test_the_parent_loses_the_right_to_store_at_once(mm):
    flushes = mm.cpu.flushes
    mm.fork()
    assert mm.cpu.flushes > flushes
    assert not mm.pages[AREA >> 12] & ACCESS_WRITE


def test_memory_returns_when_both_are_gone(mm):
    free = mm.ram.free_bytes + PAGE
    child = mm.fork()
    child.write(AREA, b"x")
    child.write(AREA + PAGE, b"x")
    mm.release()
    child.release()
    assert mm.ram.free_bytes == free


def test_zero_pages_stay_zero_in_both(mm):
    mm.read(AREA + PAGE, 1)
    child = mm.fork()
    child.write(AREA + PAGE, b"x")
    assert mm.read(AREA + PAGE, 1) == b"\0"
    assert make_space(mm.ram).ram.view[:PAGE] == bytes(PAGE)


def test_file_mappings_are_inherited(mm):
    file = FakeFile(FakeInode(mm.ram, b"file"))
    area = mm.mmap(0, PAGE, READ_WRITE, MAP_SHARED, file)
    mm.write(area, b"F")
    child = mm.fork()
    child.write(area, b"Gg")
    assert mm.read(area, 4) == b"Ggle"
    assert file.count == 3


def test_advice_about_forking_is_followed(mm):
    do_madvise(mm, AREA, PAGE, MADV_WIPEONFORK)
    do_madvise(mm, AREA + 2 * PAGE, PAGE, MADV_DONTFORK)
    child = mm.fork()
    assert child.read(AREA, 6) == bytes(6)
    assert child.vmas.at(AREA + 2 * PAGE) is None
    assert child.vmas.at(AREA + 3 * PAGE) is not None


def test_threads_share_until_the_last_one_leaves(mm):
    mm.get()
    mm.release()
    assert mm.read(AREA, 6) == b"parent"
    mm.release()
    assert not mm.pages


def test_a_child_has_the_program_break_of_its_parent(mm):
    mm.start_brk = mm.brk = 0x700000
    child = mm.fork()
    assert child.set_brk(0x701000) == 0x701000
    assert mm.brk == 0x700000
    child.mprotect(AREA, PAGE, PROT_READ)


@pytest.mark.parametrize("forked", [True, False], ids=["copied", "zero"])
def test_the_cpu_forgets_a_page_that_the_kernel_replaces(mm, forked):
    page = AREA if forked else AREA + PAGE
    mm.read(page, 1)
    if forked:
        mm.fork()
    flushes = mm.cpu.flushes
    mm.write(page, b"x")
    assert mm.cpu.flushes == flushes + 1
    mm.write(page, b"y")
    assert mm.cpu.flushes == flushes + 1


def test_the_cpu_replaces_its_own_entry_when_the_program_stores(mm):
    mm.read(AREA + PAGE, 1)
    flushes = mm.cpu.flushes
    assert mm.fault_of_guest((AREA + PAGE) >> 12, ACCESS_WRITE) & ACCESS_WRITE
    assert mm.cpu.flushes == flushes
