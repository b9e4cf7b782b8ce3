import pytest

from emu.arch.cpu import ACCESS_WRITE
from emu.kernel.errno import ENOMEM
from emu.kernel.mm.page_cache import PageCache
from emu.kernel.mm.ram import GIVE_BACK, Ram
from tests.unit.mm.fakes import ANON, PAGE, READ_WRITE, FakeCpu, make_space


def test_frames_are_distinct_and_zeroed_even_when_used_before():
    ram = Ram(1 << 20)
    first, second = ram.allocate(), ram.allocate()
    assert first != second
    ram.page(first)[:] = b"x" * PAGE
    ram.put(first)
    again = ram.allocate()
    assert again == first
    assert bytes(ram.page(again)) == bytes(PAGE)


def test_the_last_reference_frees_a_frame():
    ram = Ram(1 << 20)
    free = ram.free_bytes
    frame = ram.allocate()
    ram.get(frame)
    ram.put(frame)
    assert ram.free_bytes == free - PAGE
    ram.put(frame)
    assert ram.free_bytes == free


def test_memory_ends_with_enomem_and_comes_back():
    ram = Ram(8 * PAGE)
    frames = [ram.allocate() for _ in range(7)]  # one frame stays zero for ever
    with pytest.raises(ENOMEM):
        ram.allocate()
    ram.put(frames.pop())
    ram.allocate()


def test_many_free_frames_are_given_back_to_the_host_as_zeroes():
    ram = Ram((GIVE_BACK + 10) * PAGE)
    frames = [ram.allocate() for _ in range(GIVE_BACK + 1)]
    ram.page(frames[5])[:3] = b"old"
    for frame in frames:
        ram.put(frame)
    assert ram.free_bytes == ram.size - PAGE
    assert bytes(ram.page(frames[5])[:3]) == b"\0\0\0"
    assert len({ram.allocate() for _ in range(GIVE_BACK)}) == GIVE_BACK


def test_writing_a_frame_with_code_invalidates_it_on_every_cpu():
    ram = Ram(1 << 20)
    ram.cpus = [FakeCpu(), FakeCpu()]
    code, data = ram.allocate(), ram.allocate()
    ram.let_execute(code)
    ram.written(data)
    ram.written(code)
    assert [cpu.invalidated for cpu in ram.cpus] == [[code], [code]]


def test_a_frame_that_was_stored_to_is_stale_when_it_becomes_executable_again():
    ram = Ram(1 << 20)
    ram.cpus = [cpu := FakeCpu()]
    frame = ram.allocate()
    ram.let_execute(frame)
    ram.let_execute(frame)
    assert cpu.invalidated == []
    ram.let_write(frame)
    ram.let_execute(frame)
    assert cpu.invalidated == [frame]


def test_a_freed_code_frame_is_forgotten():
    ram = Ram(1 << 20)
    ram.cpus = [cpu := FakeCpu()]
    frame = ram.allocate()
    ram.let_execute(frame)
    ram.put(frame)
    assert cpu.invalidated == [frame]
    assert not ram.executable


def test_clean_page_cache_gives_way_when_user_code_needs_memory():
    ram = Ram(8 * PAGE)
    cache = PageCache(ram, lambda index, page: 0)
    for index in range(7):
        cache.frame(index)
    cache.page_for_write(3)
    mm = make_space(ram)
    area = mm.mmap(0, PAGE, READ_WRITE, ANON)
    assert mm.fault(area >> 12, ACCESS_WRITE) == 0
    assert mm.fault_of_guest(area >> 12, ACCESS_WRITE)
    assert list(cache.pages) == [3]


def test_memory_of_a_forgotten_cache_is_found_again():
    ram = Ram(8 * PAGE)
    cache = PageCache(ram)
    for index in range(7):
        cache.frame(index)
    del cache
    ram.allocate()
