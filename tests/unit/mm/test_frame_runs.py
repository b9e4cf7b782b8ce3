"""Copies of many pages, by frames in a row: what is remembered must not outlive the entries."""

import pytest

from emu.arch.cpu import ACCESS_READ, ACCESS_WRITE
from emu.kernel.errno import EFAULT
from emu.kernel.mm.frame_runs import MOST_PAGES, FrameRuns
from emu.kernel.mm.page_cache import PageCache
from emu.kernel.mm.ram import Ram
from emu.kernel.mm.remap import do_mremap
from emu.kernel.uapi.mman import MREMAP_FIXED, MREMAP_MAYMOVE, PROT_EXEC, PROT_READ
from tests.unit.mm.fakes import ANON, PAGE, READ_WRITE, FakeCpu, make_space

AREA, PAGES = 0x100000, 4
SIZE = PAGES * PAGE


@pytest.fixture
def mm():
    """A space whose four pages at AREA were written and read as one run."""
    space = make_space()
    space.mmap(AREA, SIZE, READ_WRITE, ANON)
    fill(space, b"a")
    return space


def fill(mm, byte):
    for _ in range(2):  # the second time by what was remembered
        mm.write(AREA, byte * SIZE)
        assert mm.read(AREA, SIZE) == byte * SIZE


def test_pages_written_in_order_lie_in_a_row(mm):
    assert len(mm.views(AREA + 5, SIZE - 5, ACCESS_WRITE)) == 1


def test_memory_freed_and_used_again_lies_in_a_row_again(mm):
    mm.munmap(AREA, SIZE)
    mm.mmap(AREA, SIZE, READ_WRITE, ANON)
    fill(mm, b"b")
    assert len(mm.views(AREA, SIZE, ACCESS_WRITE)) == 1


def test_unmapped_pages_are_no_run_any_more(mm):
    mm.munmap(AREA + 2 * PAGE, PAGE)
    with pytest.raises(EFAULT):
        mm.read(AREA, SIZE)
    with pytest.raises(EFAULT):
        mm.write(AREA, bytes(SIZE))


def test_protected_pages_are_read_and_not_written(mm):
    mm.mprotect(AREA + PAGE, PAGE, PROT_READ)
    assert mm.read(AREA, SIZE) == b"a" * SIZE
    with pytest.raises(EFAULT):
        mm.write(AREA, bytes(SIZE))


def test_moved_pages_are_found_where_they_are_now(mm):
    mm.write(AREA, b"b" * SIZE)
    there = AREA + 16 * PAGE
    do_mremap(mm, AREA, SIZE, SIZE, MREMAP_MAYMOVE | MREMAP_FIXED, there)
    assert mm.read(there, SIZE) == b"b" * SIZE
    with pytest.raises(EFAULT):
        mm.read(AREA, SIZE)


@pytest.mark.parametrize("writer", ["kernel", "program"])
def test_after_fork_neither_side_sees_what_the_other_writes(mm, writer):
    child = mm.fork()
    if writer == "kernel":
        fill(mm, b"p")
    else:  # a store of the program's faults and gets a frame of its own
        pte = mm.fault_of_guest(AREA // PAGE + 1, ACCESS_WRITE)
        mm.ram.page(pte & ~0xFFF)[:] = b"p" * PAGE
        assert mm.read(AREA, SIZE) == b"a" * PAGE + b"p" * PAGE + b"a" * 2 * PAGE
    assert child.read(AREA, SIZE) == b"a" * SIZE
    fill(child, b"c")
    assert b"c" not in mm.read(AREA, SIZE)


def test_a_page_that_is_written_first_leaves_the_zero_page(mm):
    mm.mmap(AREA, SIZE, READ_WRITE, ANON | 0x10)
    assert mm.read(AREA, SIZE) == bytes(SIZE)
    mm.write(AREA + PAGE, b"x")
    assert mm.read(AREA, SIZE) == bytes(PAGE) + b"x" + bytes(SIZE - PAGE - 1)


def test_stores_to_a_run_that_holds_code_now_reach_the_cpus(mm):
    mm.ram.cpus = [cpu := FakeCpu()]
    mm.mprotect(AREA + PAGE, PAGE, READ_WRITE | PROT_EXEC)
    assert mm.fault(AREA // PAGE + 1, 4)
    cpu.invalidated.clear()
    mm.write(AREA, b"b" * SIZE)
    assert cpu.invalidated == [mm.pages[AREA // PAGE + 1] & ~0xFFF]


def test_a_frame_that_another_space_executes_is_code_here_too(mm):
    child = mm.fork()
    fill(mm, b"p")
    mm.ram.cpus = [cpu := FakeCpu()]
    frame = mm.pages[AREA // PAGE + 1] & ~0xFFF
    mm.ram.let_execute(frame)
    mm.write(AREA, b"b" * SIZE)
    assert cpu.invalidated == [frame]
    child.release()


def test_runs_are_not_looked_for_without_end():
    ram = Ram(1 << 24)
    entries = {index: ram.allocate() for index in range(MOST_PAGES + 1)}
    runs = FrameRuns(ram, entries)
    assert runs.find(0, MOST_PAGES) == entries[0]
    assert runs.find(0, MOST_PAGES + 1) == -1


def test_a_shorter_run_is_part_of_the_longer_one():
    ram = Ram(1 << 20)
    entries = {index: ram.allocate() for index in range(4)}
    runs = FrameRuns(ram, entries)
    assert runs.find(0, 2) == runs.find(0, 4) == runs.find(0, 3) == entries[0]
    assert runs.find(3, 5) == -1
    assert runs.find(7, 8) == -1


class TestPageCache:
    """Runs of a file's pages."""

    @pytest.fixture
    def stored(self):
        return {}

    @pytest.fixture
    def cache(self, stored):
        def write(index, page):
            stored[index] = bytes(page)

        cache = PageCache(Ram(1 << 24), lambda index, page: 0, write)
        for index in range(PAGES):
            cache.frame(index)
        return cache

    def test_dropped_pages_are_no_run(self, cache):
        assert cache.run(0, PAGES) >= 0
        cache.drop(1, 2)
        assert cache.run(0, PAGES) == -1

    def test_reclaimed_pages_are_no_run(self, cache):
        assert cache.run(0, PAGES) >= 0
        assert cache.reclaim() == PAGES
        assert cache.run(0, PAGES) == -1

    def test_a_run_to_write_is_dirty_each_time_after_it_was_stored(self, cache, stored):
        for byte in b"ab":
            start = cache.run_to_write(0, PAGES)
            cache.ram.view[start : start + SIZE] = bytes([byte]) * SIZE
            cache.writeback()
            assert stored == {index: bytes([byte]) * PAGE for index in range(PAGES)}

    def test_dropped_pages_are_used_again_in_a_row(self, cache):
        cache.drop()
        for index in range(PAGES):
            cache.frame(index)
        assert cache.run(0, PAGES) >= 0


def test_read_access_is_enough_to_read(mm):
    mm.mprotect(AREA, SIZE, PROT_READ)
    assert [len(view) for view in mm.views(AREA, SIZE, ACCESS_READ)] == [SIZE]


def test_a_run_is_found_at_the_start_of_pages_that_are_none():
    ram = Ram(1 << 24)
    entries = {1: 0x5000, 2: 0x6000, 3: 0x9000}
    runs = FrameRuns(ram, entries)
    for _ in range(2):
        assert runs.find(1, 4) == -1
        assert runs.pieces(1, 4) == [(0x5000, 0x7000), (0x9000, 0xA000)]
        assert runs.find(1, 3) == 0x5000
        assert runs.pieces(1, 3) is None
