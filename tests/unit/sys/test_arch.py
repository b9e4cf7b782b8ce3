"""Calls that only one architecture has."""

import pytest

from emu.kernel.signal.delivery import deliver
from tests.unit.sys.caller import Caller

SET_GS, SET_FS, GET_FS, GET_GS = 0x1001, 0x1002, 0x1003, 0x1004


def test_x86_segment_bases():
    caller = Caller()
    assert caller.call("sys_arch_prctl", SET_FS, 0x7000) == 0
    assert caller.call("sys_arch_prctl", SET_GS, 0x8000) == 0
    assert (caller.cpu.thread_pointer, caller.cpu.gs_base) == (0x7000, 0x8000)
    caller.call("sys_arch_prctl", GET_FS, caller.buffer)
    assert caller.mm.read_u64(caller.buffer) == 0x7000
    assert caller.fails("sys_arch_prctl", SET_FS, 1 << 63) == "EPERM"
    assert caller.fails("sys_arch_prctl", 0x3001, 0) == "EINVAL"
    assert caller.call("sys_arch_prctl", 0x1011, 0) == 1
    assert caller.fails("sys_arch_prctl", 0x1012, 0) == "ENODEV"


def test_i386_has_no_segment_bases_to_set():
    assert Caller("i386").fails("sys_arch_prctl", SET_FS, 0x7000) == "EINVAL"


def area(caller, number, base=0x1000):
    return caller.put(
        "user_desc", entry_number=number, base_addr=base, limit=0xFFFFF,
        seg_32bit=1, limit_in_pages=1, useable=1,
    )  # fmt: skip


def test_i386_thread_areas_are_given_out_in_order():
    caller = Caller("i386")
    for expected in (6, 7, 8):
        assert caller.call("sys_set_thread_area", area(caller, 0xFFFFFFFF)) == 0
        assert caller.get("user_desc")["entry_number"] == expected
        assert caller.cpu.tls[expected] == (0x1000, 0xFFFFF, 0x51)
    assert caller.fails("sys_set_thread_area", area(caller, 0xFFFFFFFF)) == "ESRCH"


def test_i386_thread_areas_can_be_read_and_cleared():
    caller = Caller("i386")
    caller.call("sys_set_thread_area", area(caller, 7, 0x2000))
    caller.put("user_desc", entry_number=7)
    assert caller.call("sys_get_thread_area", caller.buffer) == 0
    desc = caller.get("user_desc")
    assert (desc["base_addr"], desc["limit_in_pages"], desc["useable"]) == (0x2000, 1, 1)
    caller.put("user_desc", entry_number=7, read_exec_only=1, seg_not_present=1)
    assert caller.call("sys_set_thread_area", caller.buffer) == 0
    caller.call("sys_get_thread_area", caller.buffer)
    assert caller.get("user_desc")["seg_not_present"] == 1


def test_i386_refuses_other_segments():
    caller = Caller("i386")
    assert caller.fails("sys_set_thread_area", area(caller, 5)) == "EINVAL"
    caller.put("user_desc", entry_number=6, limit=1, seg_32bit=0)
    assert caller.fails("sys_set_thread_area", caller.buffer) == "EINVAL"


def test_64_bit_code_gets_no_thread_area_by_int_0x80():
    caller = Caller("i386")
    caller.task.cpu.isa = Caller("x86-64").abi.isa
    assert caller.fails("sys_set_thread_area", area(caller, 6)) == "ENOSYS"


@pytest.mark.parametrize("abi", ["mips-o32", "mips-n32", "mips-n64"])
def test_mips_sets_the_thread_pointer_itself(abi):
    caller = Caller(abi)
    assert caller.call("sys_set_thread_area", 0x7FFF0000) == 0
    assert caller.cpu.thread_pointer == 0x7FFF0000


def test_arm_sets_and_tells_the_thread_pointer():
    caller = Caller("arm-eabi")
    assert caller.call("sys_arm_set_tls", 0xABC0) == 0
    assert caller.call("sys_arm_get_tls") == 0xABC0


def test_an_arm_breakpoint_is_sigtrap_at_the_instruction():
    caller = Caller("arm-eabi")
    assert caller.call("sys_arm_breakpoint", 77) == 77
    assert caller.cpu.pc == 0xFFC
    deliver(caller.task)
    assert caller.task.exit_status == 5


def test_arm_has_no_26_bit_mode():
    caller = Caller("arm-oabi")
    caller.call("sys_arm_usr26")
    deliver(caller.task)
    assert caller.task.exit_status == 4


@pytest.mark.parametrize("abi", ["mips-o32", "mips-n64"])
def test_mips_swaps_a_word_even_if_it_looks_like_an_error(abi):
    caller = Caller(abi)
    caller.mm.write_u32(caller.buffer, 0xFFFFFFFF)
    result = caller.call("sys_sysmips", 2001, caller.buffer, 7)
    assert result == (1 << caller.abi.isa.word_bits) - 1
    assert caller.mm.read_u32(caller.buffer) == 7
    assert caller.fails("sys_sysmips", 2001, caller.buffer + 1, 7) == "EINVAL"
    assert caller.fails("sys_sysmips", 4711, 0, 0) == "EINVAL"
    assert caller.call("sys_sysmips", 7, 1, 0) == 0


@pytest.mark.parametrize(
    ("abi", "entry", "third"),
    [
        ("mips-o32", "sys_cacheflush", 3),
        ("arm-eabi", "sys_arm_cacheflush", 0),
        ("riscv64", "sys_riscv_flush_icache", 1),
    ],
)
def test_flushing_forgets_code_that_was_translated(abi, entry, third):
    caller = Caller(abi)
    caller.kernel.ram.cpus.append(caller.cpu)
    caller.mm.write(caller.buffer, b"code")
    frame = caller.mm.pages[caller.buffer >> 12] & ~0xFFF
    caller.kernel.ram.executable.add(frame)
    end = 16 if entry == "sys_cacheflush" else caller.buffer + 16
    assert caller.call(entry, caller.buffer, end, third) == 0
    assert caller.cpu.forgotten == frame


def test_bad_flushes_are_refused():
    arm = Caller("arm-eabi")
    assert arm.fails("sys_arm_cacheflush", 8, 4, 0) == "EINVAL"
    assert arm.fails("sys_arm_cacheflush", 0, 4, 1) == "EINVAL"
    assert arm.fails("sys_arm_cacheflush", 0, 0xFFFFFFFF, 0) == "EFAULT"
    assert Caller("riscv64").fails("sys_riscv_flush_icache", 0, 0, 2) == "EINVAL"
    assert Caller("mips-o32").fails("sys_cachectl", 0, 0, 0) == "ENOSYS"


def test_riscv_tells_its_extensions_and_marks_unknown_keys():
    caller = Caller("riscv64")
    caller.put("riscv_hwprobe", 0, key=4)
    caller.put("riscv_hwprobe", 16, key=1000, value=5)
    assert caller.call("sys_riscv_hwprobe", caller.buffer, 2, 0, 0, 0) == 0
    assert caller.get("riscv_hwprobe") == {"key": 4, "value": 3}
    assert caller.get("riscv_hwprobe", 16) == {"key": -1, "value": 0}
    assert caller.fails("sys_riscv_hwprobe", caller.buffer, 2, 0, 0, 1) == "ENOSYS"
    assert caller.fails("sys_riscv_hwprobe", caller.buffer, 2, 0, 0, 2) == "EINVAL"
