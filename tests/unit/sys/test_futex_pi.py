"""Futexes that know their owner: FUTEX_LOCK_PI and its kin."""

import pytest

from emu.kernel.errno import EAGAIN, EDEADLK, ESRCH, ETIMEDOUT, Restart
from emu.kernel.futex.exit import exit_robust_list
from tests.unit.sys.caller import ABIS, Caller
from tests.unit.sys.threads import asleep, process_of, share, thread_of

WAIT, WAKE, LOCK, UNLOCK, TRYLOCK, WAIT_REQUEUE, CMP_REQUEUE, LOCK2 = 0, 1, 6, 7, 8, 11, 12, 13
WAITERS, DIED, TID = 0x80000000, 0x40000000, 0x3FFFFFFF


def futex(caller, operation, address=None, *rest):
    at = caller.buffer if address is None else address
    return caller.call("sys_futex", at, operation, *rest)


@pytest.mark.parametrize("abi", ABIS)
def test_a_free_lock_is_taken_and_released_without_others(abi):
    caller = Caller(abi)
    assert futex(caller, LOCK) == 0
    assert caller.mm.read_u32(caller.buffer) == caller.task.pid
    assert caller.fails("sys_futex", caller.buffer, LOCK) == "EDEADLK"
    assert futex(caller, UNLOCK) == 0
    assert caller.mm.read_u32(caller.buffer) == 0
    assert caller.fails("sys_futex", caller.buffer, UNLOCK) == "EPERM"


def test_a_released_lock_goes_to_the_first_that_waits():
    owner = Caller()
    first, second = thread_of(owner), thread_of(owner)
    futex(owner, LOCK)
    waits = [asleep(thread, "sys_futex", owner.buffer, LOCK) for thread in (first, second)]
    assert owner.mm.read_u32(owner.buffer) == owner.task.pid | WAITERS
    futex(owner, UNLOCK)
    assert owner.mm.read_u32(owner.buffer) == first.task.pid | WAITERS
    assert waits[1].asleep and waits[0].go_on() == 0
    futex(first, UNLOCK)
    assert waits[1].go_on() == 0
    assert owner.mm.read_u32(owner.buffer) & TID == second.task.pid
    futex(second, UNLOCK)
    assert owner.mm.read_u32(owner.buffer) == 0
    assert not owner.kernel.futexes.held and not owner.kernel.futexes.blocked


def test_real_time_tasks_get_a_lock_first():
    owner = Caller()
    usual, urgent = thread_of(owner), thread_of(owner)
    urgent.task.scheduling.rt_priority = 5
    futex(owner, LOCK)
    late = asleep(usual, "sys_futex", owner.buffer, LOCK)
    early = asleep(urgent, "sys_futex", owner.buffer, LOCK)
    futex(owner, UNLOCK)
    assert early.go_on() == 0 and late.asleep


def test_trying_does_not_wait():
    owner = Caller()
    other = thread_of(owner)
    assert futex(owner, TRYLOCK) == 0
    assert other.fails("sys_futex", owner.buffer, TRYLOCK) == "EAGAIN"


def test_two_that_wait_for_each_other_are_a_deadlock():
    one = Caller()
    two = thread_of(one)
    here, there = one.buffer, one.buffer + 64
    futex(one, LOCK, here)
    futex(two, LOCK, there)
    asleep(one, "sys_futex", there, LOCK)
    with pytest.raises(EDEADLK):
        asleep(two, "sys_futex", here, LOCK)
    assert two.fails("sys_futex", here, TRYLOCK) == "EAGAIN"


def test_a_lock_of_nobody_alive_is_esrch():
    caller = Caller()
    caller.mm.write_u32(caller.buffer, 4000)
    with pytest.raises(ESRCH):
        asleep(caller, "sys_futex", caller.buffer, LOCK)


@pytest.mark.parametrize(
    ("operation", "realtime"), [(LOCK, True), (LOCK2, False), (LOCK2 | 256, True)]
)
def test_the_deadline_is_of_the_operations_clock(operation, realtime):
    owner = Caller()
    other = thread_of(owner)
    futex(owner, LOCK)
    now = owner.clock.realtime_ns() if realtime else owner.clock.monotonic_ns()
    owner.put("__kernel_timespec", 128, tv_sec=now // 10**9 + 2)
    call = asleep(other, "sys_futex", owner.buffer, operation, 0, owner.buffer + 128)
    assert call.wait.timeout_ns == 2_000_000_000
    owner.clock.advance(2_000_000_000)
    with pytest.raises(ETIMEDOUT):
        call.go_on(woken=False)
    futex(owner, UNLOCK)
    assert owner.mm.read_u32(owner.buffer) == 0


def test_the_death_of_an_owner_gives_the_lock_to_who_waits():
    owner = Caller()
    other = thread_of(owner)
    futex(owner, LOCK)
    call = asleep(other, "sys_futex", owner.buffer, LOCK)
    exit_robust_list(owner.task)
    assert call.go_on() == 0
    assert owner.mm.read_u32(owner.buffer) == other.task.pid | WAITERS | DIED


def test_a_plain_wake_of_a_lock_is_einval():
    owner = Caller()
    other = thread_of(owner)
    futex(owner, LOCK)
    asleep(other, "sys_futex", owner.buffer, LOCK)
    assert owner.fails("sys_futex", owner.buffer, WAKE, 1) == "EINVAL"


def test_a_sleeper_of_another_kind_does_not_get_the_lock_of_the_dead():
    owner = Caller()
    other, odd = thread_of(owner), thread_of(owner)
    odd.task.scheduling.rt_priority = 9
    futex(owner, LOCK)
    call = asleep(other, "sys_futex", owner.buffer, LOCK)
    word = owner.mm.read_u32(owner.buffer)
    strange = asleep(odd, "sys_futex", owner.buffer, WAIT, word)
    exit_robust_list(owner.task)
    assert call.go_on() == 0 and strange.asleep


@pytest.mark.parametrize(("abi", "order"), [("riscv64", None), ("mips-o32", "big")])
def test_processes_of_different_isas_share_a_word(abi, order):
    one = Caller("arm64")
    two = process_of(one, abi, order)
    mine, theirs = share(one, two)
    sleeper = asleep(one, "sys_futex", mine, WAIT, 0)
    assert two.call("sys_futex", theirs, WAKE | 128, 1) == 0
    assert two.call("sys_futex", theirs + 4, WAKE, 1) == 0
    assert two.call("sys_futex", theirs, WAKE, 1) == 1
    assert sleeper.go_on() == 0


class Condition:
    """Threads that sleep on a condition for a lock which the first one has."""

    def __init__(self, count):
        self.owner = Caller()
        self.condition, self.lock = self.owner.buffer, self.owner.buffer + 64
        self.threads = [thread_of(self.owner) for _ in range(count)]
        futex(self.owner, LOCK, self.lock)
        self.calls = [
            asleep(t, "sys_futex", self.condition, WAIT_REQUEUE, 0, 0, self.lock)
            for t in self.threads
        ]

    def requeue(self, count=9, value=0):
        return self.owner.call("sys_futex", self.condition, CMP_REQUEUE, 1, count, self.lock, value)


def test_a_broadcast_moves_sleepers_to_the_lock():
    c = Condition(3)
    assert c.requeue() == 3
    assert all(call.asleep for call in c.calls)
    for thread, call in zip([c.owner, *c.threads], c.calls, strict=False):
        futex(thread, UNLOCK, c.lock)
        assert call.go_on() == 0
    assert c.owner.mm.read_u32(c.lock) & TID == c.threads[-1].task.pid
    assert not len(c.owner.kernel.futexes)


def test_a_free_lock_goes_to_the_first_at_once():
    c = Condition(2)
    futex(c.owner, UNLOCK, c.lock)
    assert c.requeue() == 2
    assert c.calls[0].go_on() == 0 and c.calls[1].asleep
    futex(c.threads[0], UNLOCK, c.lock)
    assert c.calls[1].go_on() == 0


def test_the_lock_and_the_word_are_checked():
    c = Condition(1)
    owner, other = c.owner, c.owner.buffer + 128
    with pytest.raises(EAGAIN):
        c.requeue(value=1)
    arguments = ("sys_futex", c.condition, CMP_REQUEUE)
    assert owner.fails(*arguments, 1, 1, other, 0) == "EINVAL"
    assert owner.fails(*arguments, 2, 1, c.lock, 0) == "EINVAL"
    assert owner.fails(*arguments, 1, 1, c.condition, 0) == "EINVAL"
    assert owner.fails("sys_futex", c.condition, WAKE, 1) == "EINVAL"


def test_a_signal_after_the_requeue_is_eagain_and_before_it_a_restart():
    c = Condition(2)
    with pytest.raises(Restart):
        c.calls[0].call.throw(Restart())
    assert c.requeue() == 1
    with pytest.raises(EAGAIN):
        c.calls[1].call.throw(Restart())
    futex(c.owner, UNLOCK, c.lock)
    assert c.owner.mm.read_u32(c.lock) == 0
