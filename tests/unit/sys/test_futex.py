"""futex(2)."""

import pytest

from emu.kernel.restart import Restart, RestartBlock
from tests.unit.sys.caller import ABIS, Asleep, Caller

WAIT, WAKE, REQUEUE, CMP_REQUEUE, WAIT_BITSET, WAKE_BITSET = 0, 1, 3, 4, 9, 10
PRIVATE = 128


@pytest.mark.parametrize("abi", ABIS)
def test_waking_nobody_is_0(abi):
    caller = Caller(abi)
    assert caller.call("sys_futex", caller.buffer, WAKE | PRIVATE, 1) == 0


def test_a_changed_word_is_eagain():
    caller = Caller()
    caller.mm.write_u32(caller.buffer, 5)
    assert caller.fails("sys_futex", caller.buffer, WAIT, 4, 0) == "EAGAIN"


def test_waiting_alone_never_ends():
    caller = Caller()
    with pytest.raises(Asleep):
        caller.call("sys_futex", caller.buffer, WAIT, 0, 0)


@pytest.mark.parametrize("entry", ["sys_futex", "sys_futex_time32"])
def test_a_timeout_is_etimedout(entry):
    caller = Caller("i386")
    layout = "__kernel_timespec" if entry == "sys_futex" else "old_timespec32"
    caller.put(layout, 64, tv_sec=3)
    assert caller.fails(entry, caller.buffer, WAIT, 0, caller.buffer + 64) == "ETIMEDOUT"
    assert caller.clock.monotonic_ns() == 3_000_000_000


def sleeper(caller, address, operation=WAIT, bitset=0):
    call = caller.start("sys_futex", address, operation, 0, 0, 0, bitset)
    call.send(None)
    return call


def wakes(call):
    """Whether a sleeping call ends when its sleep does."""
    try:
        call.send(True)
    except StopIteration as end:
        return end.value == 0
    return False


def test_waking_wakes_the_first_that_came():
    caller = Caller()
    first, second = (sleeper(caller, caller.buffer) for _ in range(2))
    assert caller.call("sys_futex", caller.buffer, WAKE, 1) == 1
    assert wakes(first) and not wakes(second)
    assert caller.call("sys_futex", caller.buffer, WAKE, 9) == 1
    assert wakes(second)


def test_bits_choose_whom_to_wake():
    caller = Caller()
    one = sleeper(caller, caller.buffer, WAIT_BITSET, 1)
    two = sleeper(caller, caller.buffer, WAIT_BITSET, 2)
    assert caller.call("sys_futex", caller.buffer, WAKE_BITSET, 9, 0, 0, 2) == 1
    assert wakes(two) and not wakes(one)
    assert caller.fails("sys_futex", caller.buffer, WAKE_BITSET, 1, 0, 0, 0) == "EINVAL"


def test_requeued_sleepers_wait_for_the_other_word():
    caller = Caller()
    here, there = caller.buffer, caller.buffer + 4
    calls = [sleeper(caller, here) for _ in range(3)]
    assert caller.call("sys_futex", here, CMP_REQUEUE, 1, 1, there, 0) == 2
    assert wakes(calls[0])
    assert caller.call("sys_futex", there, WAKE, 9) == 1
    assert wakes(calls[1]) and not wakes(calls[2])
    assert caller.fails("sys_futex", here, CMP_REQUEUE, 1, 1, there, 7) == "EAGAIN"


def test_a_sleeper_that_was_ended_leaves_nothing_behind():
    caller = Caller()
    sleeper(caller, caller.buffer).close()
    assert caller.call("sys_futex", caller.buffer, WAKE, 1) == 0


@pytest.mark.parametrize("operation", [2, 99, WAKE | 256, 6 | 256])
def test_other_operations_are_enosys(operation):
    caller = Caller()
    assert caller.fails("sys_futex", caller.buffer, operation, 0, 0, 0, 0) == "ENOSYS"


def test_addresses_are_checked():
    caller = Caller()
    assert caller.fails("sys_futex", caller.buffer + 1, WAKE, 1) == "EINVAL"
    assert caller.fails("sys_futex", 1 << 63, WAKE, 1) == "EFAULT"
    assert caller.fails("sys_futex", 8, WAIT, 0, 0) == "EFAULT"


def test_a_timed_wait_that_a_signal_broke_goes_on_to_the_same_end():
    caller = Caller()
    caller.put("__kernel_timespec", 64, tv_sec=3)
    call = caller.start("sys_futex", caller.buffer, WAIT, 0, caller.buffer + 64)
    call.send(None)
    caller.clock.advance(1_000_000_000)
    with pytest.raises(RestartBlock) as broken:
        call.throw(Restart())
    again = broken.value.resume()
    assert again.send(None).timeout_ns == 2_000_000_000
    with pytest.raises(RestartBlock):
        again.throw(Restart())


def test_a_wait_without_a_time_is_simply_made_again():
    caller = Caller()
    call = caller.start("sys_futex", caller.buffer, WAIT, 0, 0)
    call.send(None)
    with pytest.raises(Restart) as broken:
        call.throw(Restart())
    assert type(broken.value) is Restart
