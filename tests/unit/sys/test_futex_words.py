"""Futexes with several words: WAKE_OP, futex_waitv, and the calls that came with it."""

import pytest

from emu.kernel.errno import ETIMEDOUT
from tests.unit.sys.caller import ABIS, Asleep, Caller
from tests.unit.sys.threads import asleep, thread_of

WAIT, WAKE, WAKE_OP = 0, 1, 5
SET, ADD, OR, ANDN, XOR = range(5)
EQ, NE, LT, LE, GT, GE = range(6)
U32, PRIVATE = 2, 128


def encoded(change, argument, compare, reference):
    return change << 28 | compare << 24 | (argument & 0xFFF) << 12 | reference & 0xFFF


@pytest.mark.parametrize(
    ("change", "old", "argument", "new"),
    [
        (SET, 7, 3, 3), (ADD, 7, -1, 6), (OR, 1, 6, 7), (ANDN, 7, 2, 5), (XOR, 5, 1, 4),
        (8 | OR, 1, 31, 0x80000001), (SET, 7, -2, 0xFFFFFFFE),
    ],
)  # fmt: skip
def test_wake_op_changes_the_other_word(change, old, argument, new):
    caller = Caller("mips-o32", "big")
    other = caller.buffer + 4
    caller.mm.write_u32(other, old)
    op = encoded(change, argument, EQ, 0)
    assert caller.call("sys_futex", caller.buffer, WAKE_OP, 1, 1, other, op) == 0
    assert caller.mm.read_u32(other) == new


@pytest.mark.parametrize(
    ("compare", "old", "woken"),
    [(EQ, 4, 2), (EQ, 5, 1), (NE, 5, 2), (LT, -1, 2), (LE, 4, 2), (GT, 5, 2), (GE, 3, 1)],
)
def test_wake_op_wakes_the_others_sleepers_by_the_old_value(compare, old, woken):
    caller = Caller()
    here, there = caller.buffer, caller.buffer + 4
    sleepers = [asleep(thread_of(caller), "sys_futex", word, WAIT, 0) for word in (here, there)]
    caller.mm.write_u32(there, old)
    op = encoded(SET, 0, compare, 4)
    assert caller.call("sys_futex", here, WAKE_OP, 1, 1, there, op) == woken
    assert [call.go_on() for call in sleepers][:woken] == [0] * woken


@pytest.mark.parametrize("op", [5 << 28, 6 << 24])
def test_unknown_operations_are_enosys(op):
    caller = Caller()
    other = caller.buffer + 4
    assert caller.fails("sys_futex", caller.buffer, WAKE_OP, 1, 1, other, op) == "ENOSYS"


def vector(caller, *words, flags=U32 | PRIVATE):
    """A futex_waitv array in the buffer: where."""
    size = caller.abi.layout("futex_waitv").size
    for index, (address, value) in enumerate(words):
        caller.put("futex_waitv", 512 + index * size, uaddr=address, val=value, flags=flags)
    return caller.buffer + 512


@pytest.mark.parametrize("abi", ABIS)
def test_waiting_for_several_tells_which_was_woken(abi):
    caller = Caller(abi)
    words = [caller.buffer + 4 * index for index in range(3)]
    at = vector(caller, *((word, 0) for word in words))
    call = asleep(caller, "sys_futex_waitv", at, 3, 0, 0, 1)
    assert caller.call("sys_futex_wake", words[2], 1, 1, U32 | PRIVATE) == 1
    assert caller.call("sys_futex_wake", words[1], 1, 1, U32 | PRIVATE) == 1
    assert call.go_on() == 2
    assert not len(caller.kernel.futexes)


def test_waiting_for_several_checks_all_it_is_given():
    caller = Caller()
    fails, word = caller.fails, caller.buffer
    assert fails("sys_futex_waitv", vector(caller, (word, 1)), 1, 0, 0, 1) == "EAGAIN"
    at = vector(caller, (word, 0))
    assert fails("sys_futex_waitv", at, 0, 0, 0, 1) == "EINVAL"
    assert fails("sys_futex_waitv", at, 129, 0, 0, 1) == "EINVAL"
    assert fails("sys_futex_waitv", at, 1, 1, 0, 1) == "EINVAL"
    assert fails("sys_futex_waitv", 0, 1, 0, 0, 1) == "EINVAL"
    assert fails("sys_futex_waitv", 8, 1, 0, 0, 1) == "EFAULT"
    caller.put("__kernel_timespec", 128, tv_sec=1)
    assert fails("sys_futex_waitv", at, 1, 0, word + 128, 2) == "EINVAL"
    assert fails("sys_futex_waitv", at, 1, 0, word + 128, 1) == "ETIMEDOUT"
    for flags in (0, 1, 3, 4 | U32, U32 | 256):
        vector(caller, (word, 0), flags=flags)
        assert fails("sys_futex_waitv", at, 1, 0, 0, 1) == "EINVAL"


def test_a_wait_of_the_new_kind_ends_at_its_deadline():
    caller = Caller("i386")
    caller.put("__kernel_timespec", 128, tv_sec=5)
    call = asleep(caller, "sys_futex_wait", caller.buffer, 0, 1, U32, caller.buffer + 128, 1)
    caller.clock.advance(5_000_000_000)
    with pytest.raises(ETIMEDOUT):
        call.go_on(woken=False)


def test_waking_none_is_none_for_the_new_call_only():
    caller = Caller()
    asleep(caller, "sys_futex", caller.buffer, WAIT, 0)
    assert caller.call("sys_futex_wake", caller.buffer, 1, 0, U32) == 0
    assert caller.call("sys_futex", caller.buffer, WAKE, 0) == 1


def test_requeueing_of_the_new_kind_takes_two_words():
    caller = Caller()
    here, there = caller.buffer, caller.buffer + 4
    calls = [
        asleep(thread_of(caller), "sys_futex_wait", here, 0, 1, U32 | PRIVATE, 0, 1)
        for _ in range(3)
    ]
    at = vector(caller, (here, 0), (there, 0))
    assert caller.call("sys_futex_requeue", at, 0, 1, 1) == 2
    assert calls[0].go_on() == 0
    assert caller.call("sys_futex_wake", there, 1, 9, U32 | PRIVATE) == 1
    assert calls[1].go_on() == 0 and calls[2].asleep


def test_wider_values_than_a_word_are_einval():
    caller = Caller()
    assert caller.fails("sys_futex_wait", caller.buffer, 1 << 32, 1, U32, 0, 1) == "EINVAL"
    assert caller.fails("sys_futex_wake", caller.buffer, 1 << 32, 1, U32) == "EINVAL"
    with pytest.raises(Asleep):
        caller.call("sys_futex_wait", caller.buffer, 0, 1, U32, 0, 1)


class Watched(dict):
    """A dictionary that counts look-ups and cannot be gone through."""

    looked_up = 0

    def get(self, key, default=None):
        self.looked_up += 1
        return super().get(key, default)

    def __iter__(self):
        raise AssertionError("somebody looks at every futex")

    items = values = keys = __iter__


def test_a_wake_does_not_look_at_other_futexes_sleepers():
    caller = Caller()
    table = caller.kernel.futexes
    for index in range(300):
        asleep(caller, "sys_futex", caller.buffer + 4 * index, WAIT, 0)
    table._buckets = Watched(table._buckets)
    assert caller.call("sys_futex", caller.buffer + 4, WAKE, 9) == 1
    assert table._buckets.looked_up == 2
