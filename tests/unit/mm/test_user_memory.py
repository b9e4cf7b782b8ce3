"""The door to user memory."""

import pytest

from emu.arch.cpu import ACCESS_READ, ACCESS_WRITE
from emu.kernel.errno import EFAULT, ENAMETOOLONG
from emu.kernel.uapi.mman import PROT_NONE, PROT_READ
from tests.unit.mm.fakes import ANON, PAGE, READ_WRITE, FakeCpu, make_space


@pytest.fixture
def mm():
    return make_space()


@pytest.fixture
def area(mm):
    """Two pages, with nothing mapped above."""
    return mm.mmap(0x100000, 2 * PAGE, READ_WRITE, ANON)


def test_bytes_come_back_as_written_across_pages(mm, area):
    mm.write(area + PAGE - 3, b"hello!")
    assert mm.read(area + PAGE - 3, 6) == b"hello!"
    assert mm.read(area + PAGE - 1, 1) == b"l"


def test_untouched_memory_is_zero_and_takes_no_frame(mm, area):
    free = mm.ram.free_bytes
    assert mm.read(area, 2 * PAGE) == bytes(2 * PAGE)
    assert mm.ram.free_bytes == free


def test_reading_nothing_never_faults(mm):
    assert mm.read(0xDEAD000, 0) == b""


@pytest.mark.parametrize("address", [0, 0x5000, 0x100000 - 1, 1 << 47, (1 << 64) - 1])
def test_memory_that_is_not_mapped_is_a_bad_address(mm, area, address):
    with pytest.raises(EFAULT):
        mm.read(address, 8)
    with pytest.raises(EFAULT):
        mm.write(address, b"x" * 8)
    with pytest.raises(EFAULT):
        mm.read_string(address, 8)


def test_a_write_that_runs_out_of_memory_has_done_what_comes_before(mm, area):
    with pytest.raises(EFAULT):
        mm.write(area + 2 * PAGE - 2, b"abcd")
    assert mm.read(area + 2 * PAGE - 2, 2) == b"ab"


def test_read_only_memory_cannot_be_written(mm, area):
    mm.mprotect(area, PAGE, PROT_READ)
    with pytest.raises(EFAULT):
        mm.write(area, b"x")
    mm.mprotect(area, PAGE, PROT_NONE)
    with pytest.raises(EFAULT):
        mm.read(area, 1)


def test_strings_end_at_their_nul_wherever_it_lies(mm, area):
    mm.write(area + PAGE - 2, b"abc\0def")
    assert mm.read_string(area + PAGE - 2, 100) == b"abc"
    assert mm.read_string(area + PAGE, 100) == b"c"
    assert mm.read_string(area + PAGE - 2, 4) == b"abc"
    with pytest.raises(ENAMETOOLONG):
        mm.read_string(area + PAGE - 2, 3)


def test_a_string_up_to_the_very_end_of_memory(mm, area):
    mm.write(area + 2 * PAGE - 4, b"end\0")
    assert mm.read_string(area + 2 * PAGE - 4, 4096) == b"end"
    mm.write(area + 2 * PAGE - 4, b"ends")
    with pytest.raises(EFAULT):
        mm.read_string(area + 2 * PAGE - 4, 4096)


@pytest.mark.parametrize(
    ("abi", "order", "word"), [("x86-64", "little", 8), ("mips-o32", "big", 4)]
)
def test_words_have_the_byte_order_and_width_of_the_program(abi, order, word):
    mm = make_space(abi=abi)
    area = mm.mmap(0, 2 * PAGE, READ_WRITE, ANON)
    mm.write_word(area, 0x01020304)
    assert mm.read(area, word) == (0x01020304).to_bytes(word, order)
    mm.write_u64(area + PAGE - 4, 0x1122334455667788)
    assert mm.read_u64(area + PAGE - 4) == 0x1122334455667788
    assert mm.read_u32(area + PAGE - 4) == (0x11223344 if order == "big" else 0x55667788)
    mm.write_u32(area, -1)
    assert mm.read_u32(area) == 0xFFFFFFFF


def test_views_are_the_memory_itself_and_stop_at_a_fault(mm, area):
    (view,) = mm.views(area, 5, ACCESS_WRITE)
    view[:] = b"12345"
    assert mm.read(area, 5) == b"12345"
    views = mm.views(area + PAGE, 3 * PAGE, ACCESS_READ)
    assert sum(map(len, views)) == PAGE
    assert mm.views(area, 0, ACCESS_READ) == []
    with pytest.raises(EFAULT):
        mm.views(area + 2 * PAGE, 1, ACCESS_READ)


def test_views_of_neighbouring_frames_are_joined(mm, area):
    mm.write(area, bytes(2 * PAGE))
    assert [len(view) for view in mm.views(area + 1, 2 * PAGE - 1, ACCESS_WRITE)] == [2 * PAGE - 1]


def test_kernel_writes_to_code_reach_the_cpus(mm):
    mm.ram.cpus = [cpu := FakeCpu()]
    area = mm.mmap(0, PAGE, 7, ANON)
    mm.write(area, b"code")
    mm.fault(area >> 12, 4)
    mm.write(area, b"edoc")
    assert cpu.invalidated
