"""nanosleep(2) and clock_nanosleep(2)."""

import pytest

from emu.kernel.clock import NSEC_PER_SEC
from emu.kernel.errno import Restart
from tests.unit.sys.caller import ABIS, Caller

ABSOLUTE = 1


@pytest.mark.parametrize("abi", ABIS)
def test_sleeps_as_long_as_asked(abi):
    caller = Caller(abi)
    caller.put("__kernel_timespec", tv_sec=2, tv_nsec=5)
    assert caller.call("sys_nanosleep", caller.buffer, 0) == 0
    assert caller.clock.monotonic_ns() == 2 * NSEC_PER_SEC + 5


def test_a_32_bit_caller_has_padding_in_its_nanoseconds():
    caller = Caller("i386")
    caller.put("__kernel_timespec", tv_sec=0, tv_nsec=5 | 0x7EADBEEF << 32)
    assert caller.call("sys_nanosleep", caller.buffer, 0) == 0


@pytest.mark.parametrize("span", [(-1, 0), (0, -1), (0, 1_000_000_000)])
def test_an_invalid_time_is_einval(span):
    caller = Caller()
    caller.put("__kernel_timespec", tv_sec=span[0], tv_nsec=span[1])
    assert caller.fails("sys_nanosleep", caller.buffer, 0) == "EINVAL"


def test_a_signal_ends_the_sleep_and_tells_what_is_left():
    caller = Caller()
    caller.put("__kernel_timespec", tv_sec=9)
    with pytest.raises(Restart):
        caller.finish(caller.start("sys_nanosleep", caller.buffer, caller.buffer + 64), True)
    assert caller.get("__kernel_timespec", 64) == {"tv_sec": 9, "tv_nsec": 0}


def test_sleeping_until_a_time_that_is_past_returns_at_once():
    caller = Caller()
    caller.clock.advance(10)
    caller.put("__kernel_timespec", tv_nsec=3)
    assert caller.call("sys_clock_nanosleep", 1, ABSOLUTE, caller.buffer, 0) == 0
    assert caller.clock.monotonic_ns() == 10


def test_sleeping_until_a_date_ends_at_that_date():
    caller = Caller()
    caller.put("__kernel_timespec", tv_sec=946_684_800 + 60)
    assert caller.call("sys_clock_nanosleep", 0, ABSOLUTE, caller.buffer, 0) == 0
    assert caller.clock.monotonic_ns() == 60 * NSEC_PER_SEC


@pytest.mark.parametrize(
    ("clock", "error"),
    [(3, "EOPNOTSUPP"), (4, "EOPNOTSUPP"), (8, "EOPNOTSUPP"), (77, "EINVAL")],
)
def test_clocks_one_cannot_sleep_on(clock, error):
    caller = Caller()
    caller.put("__kernel_timespec", tv_sec=1)
    assert caller.fails("sys_clock_nanosleep", clock, 0, caller.buffer, 0) == error
