"""clock_gettime(2), gettimeofday(2) and their relatives."""

import pytest

from emu.kernel.clock import NSEC_PER_SEC, VirtualClock
from tests.unit.sys.caller import ABIS, Caller

NATIVE = ("x86-64", "x32", "arm64", "riscv64", "riscv32", "mips-n64")
OLD_TIME = ("i386", "arm-eabi", "arm-oabi", "mips-o32", "mips-n32")


@pytest.mark.parametrize("abi", ABIS)
def test_realtime_has_64_bit_seconds_on_every_abi(abi):
    caller = Caller(abi)
    assert caller.call("sys_clock_gettime", 0, caller.buffer) == 0
    assert caller.get("__kernel_timespec")["tv_sec"] == VirtualClock.EPOCH_NS // NSEC_PER_SEC


@pytest.mark.parametrize("abi", OLD_TIME)
def test_the_old_call_stores_two_32_bit_words(abi):
    caller = Caller(abi)
    caller.clock.advance(5)
    assert caller.call("sys_clock_gettime32", 1, caller.buffer) == 0
    assert caller.get("old_timespec32") == {"tv_sec": 0, "tv_nsec": 5}
    assert caller.mm.read(caller.buffer + 8, 8) == bytes(8)


def test_a_time_after_2038_overflows_the_old_call():
    caller = Caller("i386")
    caller.clock._start = (1 << 32) * NSEC_PER_SEC
    assert caller.fails("sys_clock_gettime32", 0, caller.buffer) == "EOVERFLOW"


def test_the_cpu_clock_counts_cpu_time_and_the_uptime_starts_at_zero():
    caller = Caller()
    caller.clock.advance(3 * NSEC_PER_SEC)
    for clock in (2, 3, 7):
        caller.call("sys_clock_gettime", clock, caller.buffer)
        assert caller.get("__kernel_timespec")["tv_sec"] == 3


def test_a_coarse_clock_stands_still_within_a_tick():
    caller = Caller()
    caller.clock.advance(4_999_999)
    caller.call("sys_clock_gettime", 6, caller.buffer)
    assert caller.get("__kernel_timespec")["tv_nsec"] == 4_000_000
    caller.call("sys_clock_getres", 6, caller.buffer)
    assert caller.get("__kernel_timespec")["tv_nsec"] == 4_000_000


@pytest.mark.parametrize("clock", [8, 9, 10, 12, 99])
def test_clocks_that_do_not_exist_are_einval(clock):
    caller = Caller()
    assert caller.fails("sys_clock_gettime", clock, caller.buffer) == "EINVAL"


def test_a_process_clock_id_names_its_process():
    caller = Caller()
    own = ~caller.task.pid << 3 | 2
    assert caller.call("sys_clock_gettime", own, caller.buffer) == 0
    assert caller.fails("sys_clock_gettime", ~999 << 3 | 2, caller.buffer) == "EINVAL"


def test_a_bad_address_is_efault():
    assert Caller().fails("sys_clock_gettime", 0, 8) == "EFAULT"


def test_not_even_root_sets_the_clock():
    caller = Caller()
    address = caller.put("__kernel_timespec", tv_sec=1)
    assert caller.fails("sys_clock_settime", 0, address) == "EPERM"
    assert caller.fails("sys_clock_settime", 1, address) == "EINVAL"


@pytest.mark.parametrize("abi", ABIS)
def test_gettimeofday_gives_microseconds_and_no_timezone(abi):
    caller = Caller(abi)
    caller.clock.advance(7_000)
    caller.put("timezone", 64, tz_minuteswest=-1, tz_dsttime=-1)
    assert caller.call("sys_gettimeofday", caller.buffer, caller.buffer + 64) == 0
    assert caller.get("__kernel_old_timeval")["tv_usec"] == 7
    assert caller.get("timezone", 64) == {"tz_minuteswest": 0, "tz_dsttime": 0}


def test_time_is_stored_and_returned():
    caller = Caller("i386")
    seconds = caller.call("sys_time32", caller.buffer)
    assert caller.mm.read_u32(caller.buffer) == seconds == 946_684_800


@pytest.mark.parametrize("abi", ABIS)
def test_adjtimex_tells_an_unsynchronised_clock(abi):
    caller = Caller(abi)
    assert caller.call("sys_adjtimex", caller.buffer) == 5
    state = caller.get("__kernel_timex")
    assert (state["status"], state["tick"]) == (0x40, 10_000)


def test_tuning_the_clock_is_eperm():
    caller = Caller()
    caller.put("__kernel_timex", modes=1)
    assert caller.fails("sys_adjtimex", caller.buffer) == "EPERM"
    caller.put("__kernel_timex", modes=0x8000)
    assert caller.fails("sys_adjtimex", caller.buffer) == "EINVAL"


def test_anybody_may_ask_what_adjtime_has_left():
    caller = Caller(uid=1)
    caller.put("__kernel_timex", modes=0xA001)
    assert caller.call("sys_adjtimex", caller.buffer) == 5


def test_times_counts_in_hundredths_of_a_second():
    caller = Caller("mips-o32")
    caller.clock.advance(2 * NSEC_PER_SEC)
    assert caller.call("sys_times", caller.buffer) == 200
    assert caller.get("tms")["tms_utime"] == 200


@pytest.mark.parametrize("abi", ABIS)
def test_counts_of_time_wrap_where_long_has_32_bits(abi):
    caller = Caller(abi)
    bits = caller.abi.word_bits
    for years in (1, 100, 290):
        seconds = years * 365 * 86400
        caller.clock._now = seconds * NSEC_PER_SEC
        ticks = seconds * 100
        assert caller.call("sys_times", caller.buffer) == ticks & (1 << bits) - 1
        assert (caller.get("tms")["tms_utime"] - ticks) % (1 << bits) == 0
        assert caller.call("sys_sysinfo", caller.buffer) == 0
        assert (caller.get("sysinfo")["uptime"] - seconds) % (1 << bits) == 0
        assert caller.call("sys_getrusage", 0, caller.buffer) == 0
        assert (caller.get("rusage")["ru_utime"]["tv_sec"] - seconds) % (1 << bits) == 0


@pytest.mark.parametrize("abi", OLD_TIME)
def test_the_old_clock_adjustment_overflows_after_2038(abi):
    caller = Caller(abi)
    caller.clock._start = (1 << 32) * NSEC_PER_SEC
    caller.mm.write(caller.buffer, bytes(256))
    assert caller.fails("sys_adjtimex_time32", caller.buffer) == "EOVERFLOW"
