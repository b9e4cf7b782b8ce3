"""A trap decodes by its ABI's rules, calls one handler, and answers in its ABI's way."""

import pytest

from emu.kernel.args import Fd, Int, Loff, Long, Path, Size, UInt
from emu.kernel.binding import stack_pair
from emu.kernel.errno import EBADF, EEXIST, EINTR, ENOENT
from emu.kernel.events import Tracer
from emu.kernel.kernel import Unimplemented
from emu.kernel.restart import (
    RegistersSet,
    Restart,
    RestartBlock,
    RestartNoHand,
    RestartNoIntr,
)
from emu.kernel.signal.actions import Sigaction
from emu.kernel.signal.state import TaskSignals
from emu.kernel.syscall import syscall
from emu.kernel.uapi.signal import SA_RESTART, SIGILL, SIGSEGV
from emu.kernel.wait import WaitQueue
from tests.unit.kernel.fakes import ABIS, call, machine
from tests.unit.mm.fakes import ANON, PAGE, READ_WRITE, make_space

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


@syscall("sys_personality")
def answer_its_argument(task, personality: UInt) -> int:
    return personality


@pytest.mark.parametrize(
    ("word", "answer", "failed"),
    [(0xFFFFFB93, 1133, 1), (0xFFFFFB92, 0xFFFFFB92, 0), (0xFFFFFFFF, 1, 1), (1133, 1133, 0)],
)
def test_o32_tells_errors_by_the_word_alone(word, answer, failed):
    m = machine("mips-o32", "big", answer_its_argument)
    assert call(m, "personality", word) == answer
    assert m.cpu.registers[m.abi.convention.error_flag] == failed


@pytest.mark.parametrize("order", ["big", "little"])
def test_an_indirect_call_takes_its_number_first(order):
    m = machine("mips-o32", order, answer_42, remember_offset)
    numbers = {row.name: row.nr for row in m.abi.syscalls.values()}
    assert call(m, "syscall", numbers["dup"], 5) == 42
    call(m, "syscall", numbers["pread64"], 3, 0x100, 10, 0xDEAD, *pair(m, 5 << 30))
    assert seen[-2:] == [5, (3, 0x100, 10, 5 << 30)]


def test_an_indirect_call_of_oabi_ignores_the_bits_that_mark_its_numbers():
    m = machine("arm-oabi", None, answer_42)
    m.task.mm.write(m.cpu.pc - 4, (0xEF900000 | 113).to_bytes(4, "little"))
    m.cpu.registers[0:2] = [41, 6]
    m.cpu.ways["svc"]()
    assert (m.cpu.registers[0], seen[-1]) == (42, 6)


@pytest.mark.parametrize("number", [4000, 4999, 0, 5038])
def test_an_indirect_call_of_itself_or_of_nothing_is_enosys(number):
    m = machine("mips-o32", "big", answer_42)
    assert is_error(m, call(m, "syscall", number, 4020), "ENOSYS")


def test_an_o32_call_with_the_stack_pointer_in_the_kernel_is_efault():
    m = machine("mips-o32", "big", answer_42)
    convention = m.abi.convention

    def dup_with_stack(pointer):
        m.cpu.registers[convention.number] = 4041
        m.cpu.registers[convention.stack_pointer] = pointer
        m.cpu.ways["syscall"]()
        return m.cpu.registers[convention.result]

    assert is_error(m, dup_with_stack(0x80000000), "EFAULT")
    assert is_error(m, dup_with_stack(0x7FFFFFE0), "EFAULT")
    assert dup_with_stack(0x7FFFFFDF) == 42


def test_a_64_bit_programs_sysenter_is_an_i386_call_that_never_comes_back():
    m = machine("x86-64", None, answer_42)
    m.task.mm.vdso_landing = 0
    number = {name: m.cpu.isa.number(name) for name in ("rax", "rbx", "rbp", "rsp")}
    m.cpu.registers[number["rax"]] = 41
    m.cpu.registers[number["rbx"]] = 9
    m.cpu.registers[number["rbp"]] = 0x7_0000_2000
    m.cpu.ways["sysenter"]()
    assert seen[-1] == 9
    assert m.cpu.registers[number["rsp"]] == 0x2000
    assert m.cpu.pc < 0x1000


@pytest.mark.parametrize(
    ("abi", "base", "immediate"), [("arm-eabi", 0xF0000, False), ("arm-oabi", 0x9F0000, True)]
)
@pytest.mark.parametrize(
    ("offset", "signal"), [(0, SIGSEGV), (0x7FF, None), (0x800, SIGILL), (0x10000, SIGILL)]
)
def test_an_unknown_private_call_of_arm_ends_in_a_signal(abi, base, immediate, offset, signal):
    m = machine(abi, None, answer_42)
    m.task.signals = TaskSignals.fresh()
    number = base + offset
    if immediate:
        m.task.mm.write(m.cpu.pc - 4, (0xEF000000 | number).to_bytes(4, "little"))
    m.cpu.registers[7] = number
    m.cpu.ways["svc"]()
    taken = m.task.signals.dequeue()
    if signal is None:
        assert is_error(m, m.cpu.registers[0], "ENOSYS")
        assert taken is None
    else:
        assert (taken.signal, m.task.work, m.cpu.stopped) == (signal, True, True)


def test_a_negative_number_ends_an_arm_program():
    m = machine("arm-eabi", None, answer_42)
    m.task.signals = TaskSignals.fresh()
    m.cpu.registers[7] = 0xFFFFFFFF
    m.cpu.ways["svc"]()
    assert m.task.signals.dequeue().signal == SIGILL


def broken_call(m, kind, action, flags=0):
    """Have a `dup` broken by a signal; settle it for a handler with these flags, or for none."""

    @syscall("sys_dup")
    async def sleeps(task, fildes: UInt) -> int:
        raise kind

    m = machine(*m, sleeps)
    m.cpu.pc += m.cpu.trap_length
    call(m, "dup", 7)
    assert m.cpu.stopped and m.task.work
    m.task.interrupted(Sigaction(0x1000, flags) if action else None)
    return m


@pytest.mark.parametrize(
    ("kind", "handler", "flags", "again"),
    [
        (Restart(), False, 0, True), (Restart(), True, 0, False),
        (Restart(), True, SA_RESTART, True),
        (RestartNoIntr(), True, 0, True), (RestartNoIntr(), False, 0, True),
        (RestartNoHand(), True, SA_RESTART, False), (RestartNoHand(), False, 0, True),
        (RestartBlock(lambda: 0), True, SA_RESTART, False),
    ],
)  # fmt: skip
def test_a_broken_call_is_made_again_or_answers_eintr(abi, kind, handler, flags, again):
    m = broken_call(abi, kind, handler, flags)
    convention = m.abi.convention
    if again:
        assert m.cpu.pc == 0x1000
        number = {row.name: row.nr for row in m.abi.syscalls.values()}["dup"]
        assert m.cpu.registers[convention.number] == number
        assert m.cpu.registers[convention.arguments[0]] == 7
    else:
        assert m.cpu.pc == 0x1000 + m.cpu.trap_length
        assert is_error(m, m.cpu.registers[convention.result], "EINTR")


def test_a_sleep_that_no_handler_broke_goes_on_as_restart_syscall(abi):
    m = broken_call(abi, RestartBlock(lambda: 5), False)
    number = {row.name: row.nr for row in m.abi.syscalls.values()}["restart_syscall"]
    assert m.cpu.pc == 0x1000
    assert m.cpu.registers[m.abi.convention.number] == number
    assert m.task.restart_block() == 5


@syscall("sys_rt_sigreturn")
def sets_registers(task) -> int:
    task.cpu.registers[:] = [17] * len(task.cpu.registers)
    raise RegistersSet


def test_a_call_may_set_the_registers_itself(abi):
    m = machine(*abi, sets_registers)
    assert call(m, "rt_sigreturn") == 17
    assert set(m.cpu.registers) == {17} and m.cpu.stopped


@syscall("sys_rt_sigreturn")
def restores_an_error(task) -> int:
    convention, number = task.abi.convention, task.abi.errno["EINTR"]
    if convention.error_flag is not None:
        task.cpu.registers[convention.error_flag] = 1
    else:
        number = -number & task.cpu.isa.word_mask
    task.cpu.registers[convention.result] = number
    raise RegistersSet


class Watcher(Tracer):
    def __init__(self):
        self.left = []

    def leave(self, event):
        self.left.append(event)


def test_a_tracer_is_told_what_the_registers_seem_to_answer(abi):
    for handler, error in ((restores_an_error, EINTR), (sets_registers, None)):
        m = machine(*abi, handler)
        m.kernel.tracer = watcher = Watcher()
        call(m, "rt_sigreturn")
        (event,) = watcher.left
        # 17 in all registers: the flag of MIPS makes it an error, too.
        if error is None and m.abi.convention.error_flag is not None:
            error = EEXIST
        assert type(event.error) is error if error else event.result == 17


@pytest.mark.parametrize("order", ["little", "big"])
def test_words_of_a_pair_on_the_stack_count_as_zero_where_nothing_is_mapped(order):
    mm = make_space(abi="mips-o32", byte_order=order)
    top = mm.mmap(0x100000, PAGE, READ_WRITE, ANON) + PAGE
    mm.write(top - 8, (-5 & (1 << 64) - 1).to_bytes(8, order))
    assert stack_pair(mm, top - 8, order == "big") == -5
    mm.write(top - 4, (7).to_bytes(4, order))
    assert stack_pair(mm, top - 4, order == "big") == (7 << 32 if order == "big" else 7)
    assert stack_pair(mm, top, order == "big") == 0
