"""A trap decodes by its ABI's rules, calls one handler, and answers in its ABI's way."""

import pytest

from emu.kernel.args import Fd, Int, Loff, Long, Path, Size, UInt
from emu.kernel.errno import EBADF, ENOENT
from emu.kernel.kernel import Unimplemented
from emu.kernel.syscall import syscall
from emu.kernel.wait import WaitQueue
from tests.unit.kernel.fakes import ABIS, call, machine

seen = []


@pytest.fixture(params=ABIS, ids=lambda p: "-".join(filter(None, p)))
def abi(request):
    seen.clear()
    return request.param


def is_error(m, result, name):
    flag = m.abi.convention.error_flag
    number = m.abi.errno[name]
    if flag is not None:
        return result == number and m.cpu.registers[flag] == 1
    return result == -number & m.cpu.isa.word_mask


def pair(m, value):
    """A 64-bit argument as the words this ABI passes, before any alignment."""
    if m.abi.convention.pairs == "single":
        return [value & (1 << m.abi.convention.word_bits) - 1]
    words = [value & 0xFFFFFFFF, value >> 32 & 0xFFFFFFFF]
    return words[::-1] if m.abi.big_endian else words


@syscall("sys_dup")
def answer_42(task, fildes: UInt) -> int:
    seen.append(fildes)
    return 42


def test_the_result_reaches_the_result_register(abi):
    m = machine(*abi, answer_42)
    assert call(m, "dup", 5) == 42
    assert seen == [5]


@syscall("sys_dup")
def refuse(task, fd: Fd) -> int:
    raise EBADF


def test_an_error_is_told_in_the_abis_way(abi):
    m = machine(*abi, refuse)
    assert is_error(m, call(m, "dup", 5), "EBADF")


def test_success_after_an_error_clears_the_flag(abi):
    m = machine(*abi, answer_42)
    flag = m.abi.convention.error_flag
    if flag is not None:
        m.cpu.registers[flag] = 1
    assert call(m, "dup", 5) == 42
    assert flag is None or m.cpu.registers[flag] == 0


def test_an_unknown_number_is_enosys(abi):
    m = machine(*abi, answer_42)
    assert is_error(m, call(m, m.abi.number_base + 999), "ENOSYS")


def test_a_call_without_a_handler_is_enosys_and_warned_of_once(abi):
    m = machine(*abi, answer_42)
    for _ in range(3):
        assert is_error(m, call(m, "munlockall"), "ENOSYS")
    assert len(m.messages) == 1
    assert "munlockall" in m.messages[0]


def test_a_strict_machine_ends_at_a_call_without_a_handler(abi):
    m = machine(*abi, answer_42, strict=True)
    with pytest.raises(Unimplemented, match="munlockall"):
        call(m, "munlockall")


@syscall("sys_pread64")
def remember_offset(task, fd: UInt, buf: Size, count: Size, pos: Loff) -> int:
    seen.append((fd, buf, count, pos))
    return 0


@pytest.mark.parametrize("offset", [5 << 30, -1, 0])
def test_a_64_bit_argument_is_joined_from_its_pair(abi, offset):
    m = machine(*abi, remember_offset)
    words = [3, 0x100, 10]
    if m.abi.convention.pairs == "even":
        words.append(0xDEAD)  # the slot that alignment leaves unused
    call(m, "pread64", *words, *pair(m, offset))
    assert seen == [(3, 0x100, 10, offset)]


@syscall("sys_lseek", "sys_llseek")
def remember_signs(task, fd: UInt, offset: Long, whence: Int) -> int:
    seen.append((fd, offset, whence))
    return 0


def test_32_bit_arguments_ignore_the_upper_half_and_keep_their_sign(abi):
    m = machine(*abi, remember_signs)
    upper = 0xABCD_0000_0000 if m.cpu.isa.word_bits == 64 else 0
    minus_one = (1 << m.abi.convention.word_bits) - 1
    name = "lseek" if any(r.name == "lseek" for r in m.abi.syscalls.values()) else "llseek"
    call(m, name, 3 | upper, minus_one, 0xFFFFFFFE | upper)
    assert seen == [(3, -1, -2)]


@syscall("sys_chdir")
def remember_path(task, filename: Path) -> int:
    seen.append(filename)
    raise ENOENT


def test_a_path_is_read_before_the_handler_runs(abi):
    m = machine(*abi, remember_path)
    m.task.mm.write(0x200, b"/etc/passwd\0")
    assert is_error(m, call(m, "chdir", 0x200), "ENOENT")
    assert seen == [b"/etc/passwd"]


def test_a_call_that_sleeps_gives_its_result_when_woken(abi):
    queue = WaitQueue()

    @syscall("sys_dup")
    async def sleeps(task, fildes: UInt) -> int:
        assert await queue.wait()
        return fildes + 1

    m = machine(*abi, sleeps)
    before = m.abi.syscalls
    assert before
    call(m, "dup", 8)
    assert m.cpu.stopped
    assert queue.wake_up() == 1
    assert m.kernel.sched.next() is m.task
    m.kernel.sched.resume(m.task)
    assert m.cpu.registers[m.abi.convention.result] == 9


def test_the_call_in_progress_decides_the_tasks_abi():
    m = machine("x86-64", None, answer_42)
    numbers = {row.name: row.nr for row in m.kernel.abi("i386").syscalls.values()}
    m.cpu.registers[0] = numbers["dup"] | 0xFF << 32
    m.cpu.registers[3] = 0x1234_0000_0007
    m.cpu.ways["int80"]()
    assert m.task.abi.name == "i386"
    assert seen[-1] == 7
    call(m, "dup", 5, way="syscall")
    assert m.task.abi.name == "x86-64"


def test_an_error_of_int80_in_64_bit_code_fills_the_whole_register():
    m = machine("x86-64", None, refuse)
    m.cpu.registers[0] = 41
    m.cpu.ways["int80"]()
    assert m.cpu.registers[0] == (1 << 64) - 9


def test_an_eabi_program_is_never_asked_for_its_immediate():
    m = machine("arm-eabi", None, answer_42)
    m.task.mm.write(m.cpu.pc - 4, (0xEF900000 | 6).to_bytes(4, "little"))
    assert call(m, "dup", 6) == 42
    assert m.task.abi.name == "arm-eabi"


def test_an_oabi_program_gives_its_number_as_the_immediate():
    m = machine("arm-oabi", None, answer_42)
    m.task.mm.write(m.cpu.pc - 4, (0xEF900000 | 41).to_bytes(4, "little"))
    m.cpu.registers[7] = 0xDEAD
    m.cpu.registers[0] = 6
    m.cpu.ways["svc"]()
    assert (m.cpu.registers[0], m.task.abi.name, seen[-1]) == (42, "arm-oabi", 6)


@syscall("sys_pipe", "sysm_pipe")
def two_results(task, fildes: Size) -> int:
    task.set_second_result(4)
    return 3


@pytest.mark.parametrize("order", ["big", "little"])
def test_mips_pipe_answers_in_two_registers(order):
    m = machine("mips-o32", order, two_results)
    assert call(m, "pipe", 0) == 3
    assert m.cpu.registers[m.abi.convention.second_result] == 4
