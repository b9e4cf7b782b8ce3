"""setitimer(2), getitimer(2) and alarm(2)."""

import pytest

from emu.kernel.clock import NSEC_PER_SEC
from emu.kernel.cpu_timer import run_cpu_timers
from emu.kernel.uapi.signal import SIGALRM, SIGPROF, SIGVTALRM
from tests.unit.sys.caller import ABIS, Caller

LAYOUT = "__kernel_old_itimerval"
REAL, VIRTUAL, PROF = 0, 1, 2


def span(seconds, microseconds=0):
    return {"tv_sec": seconds, "tv_usec": microseconds}


def arm(caller, value, interval=(0, 0)):
    caller.put(LAYOUT, it_value=span(*value), it_interval=span(*interval))
    return caller.call("sys_setitimer", REAL, caller.buffer, caller.buffer + 64)


def let_pass(caller, seconds):
    """Let virtual time pass, and timers expire as the scheduler makes them."""
    caller.clock.advance(int(seconds * NSEC_PER_SEC))
    caller.kernel.sched.ready(caller.task)
    caller.kernel.sched.next()


def alarms(caller):
    """How many SIGALRM the task takes."""
    count = 0
    while (info := caller.task.signals.dequeue()) is not None:
        assert info.signal == SIGALRM
        count += 1
    return count


@pytest.fixture
def caller():
    return Caller()


@pytest.mark.parametrize("abi", ABIS)
def test_a_timer_that_nobody_armed_has_no_time_left(abi):
    caller = Caller(abi)
    for which in (REAL, VIRTUAL, PROF):
        assert caller.call("sys_getitimer", which, caller.buffer) == 0
        assert caller.get(LAYOUT) == {"it_value": span(0), "it_interval": span(0)}


@pytest.mark.parametrize("abi", ABIS)
def test_a_timer_tells_what_is_left(abi):
    caller = Caller(abi)
    arm(caller, (5, 7), (2, 0))
    let_pass(caller, 1)
    assert caller.call("sys_getitimer", REAL, caller.buffer) == 0
    assert caller.get(LAYOUT) == {"it_value": span(4, 7), "it_interval": span(2)}


def test_setting_a_timer_tells_the_old_one(caller):
    arm(caller, (5, 0), (1, 0))
    arm(caller, (9, 0))
    assert caller.get(LAYOUT, 64) == {"it_value": span(5), "it_interval": span(1)}


def test_a_timer_expires_once(caller):
    arm(caller, (1, 0))
    let_pass(caller, 0.5)
    assert alarms(caller) == 0
    let_pass(caller, 0.5)
    assert alarms(caller) == 1
    let_pass(caller, 5)
    assert alarms(caller) == 0


def test_an_interval_begins_when_the_signal_is_taken(caller):
    arm(caller, (0, 1), (0, 1))
    let_pass(caller, 10)
    assert alarms(caller) == 1
    let_pass(caller, 1)
    assert alarms(caller) == 1


def test_a_timer_set_to_zero_or_anew_does_not_expire(caller):
    arm(caller, (1, 0))
    arm(caller, (0, 0))
    let_pass(caller, 2)
    assert alarms(caller) == 0
    arm(caller, (1, 0))
    arm(caller, (9, 0))
    let_pass(caller, 2)
    assert alarms(caller) == 0


def test_no_new_value_disarms(caller):
    arm(caller, (5, 0))
    assert caller.call("sys_setitimer", REAL, 0, 0) == 0
    assert caller.call("sys_alarm", 0) == 0


def test_an_alarm_is_told_in_whole_seconds_and_never_as_none(caller):
    assert caller.call("sys_alarm", 10) == 0
    let_pass(caller, 0.6)
    assert caller.call("sys_alarm", 1) == 9
    let_pass(caller, 0.9)
    assert caller.call("sys_alarm", 0) == 1


@pytest.mark.parametrize("value", [(-1, 0), (0, -1), (0, 1_000_000)])
def test_an_invalid_time_is_einval(caller, value):
    caller.put(LAYOUT, it_value=span(*value), it_interval=span(0))
    assert caller.fails("sys_setitimer", REAL, caller.buffer, 0) == "EINVAL"


def test_what_is_no_timer_is_einval(caller):
    assert caller.fails("sys_getitimer", 3, caller.buffer) == "EINVAL"
    assert caller.fails("sys_setitimer", -1, 0, 0) == "EINVAL"


@pytest.mark.parametrize(("which", "signal"), [(VIRTUAL, SIGVTALRM), (PROF, SIGPROF)])
def test_time_on_the_cpu_is_counted_down(caller, which, signal):
    caller.put(LAYOUT, it_value=span(2), it_interval=span(3))
    assert caller.call("sys_setitimer", which, caller.buffer, 0) == 0
    caller.kernel.sched.current = None
    caller.clock.advance(9 * NSEC_PER_SEC)  # somebody else's time
    run_cpu_timers(caller.task.group)
    assert caller.task.signals.dequeue() is None
    caller.task.cpu_time_ns = int(2.5 * NSEC_PER_SEC)
    run_cpu_timers(caller.task.group)
    assert caller.task.signals.dequeue().signal == signal
    assert caller.task.signals.dequeue() is None
    assert caller.call("sys_getitimer", which, caller.buffer) == 0
    assert caller.get(LAYOUT) == {"it_value": span(2, 500_000), "it_interval": span(3)}


def test_no_place_for_the_answer_is_efault(caller):
    assert caller.fails("sys_getitimer", REAL, 0) == "EFAULT"


def test_a_forked_process_has_no_timer_and_exec_keeps_it(caller):
    arm(caller, (5, 0))
    signals = caller.task.signals
    assert signals.fork().real_timer.remaining_ns() == 0
    signals.after_exec()
    assert signals.real_timer.remaining_ns() == 5 * NSEC_PER_SEC
