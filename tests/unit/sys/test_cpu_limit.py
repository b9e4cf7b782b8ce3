"""RLIMIT_CPU: signals when a process has used as much CPU time as it may."""

import pytest

from emu.kernel.clock import NSEC_PER_SEC
from emu.kernel.cpu_timer import run_cpu_timers
from emu.kernel.uapi.resource import RLIM_INFINITY, RLIMIT_NAMES
from emu.kernel.uapi.signal import SIGKILL, SIGXCPU
from tests.unit.sys.caller import ABIS, Caller

CPU = RLIMIT_NAMES.index("RLIMIT_CPU")


def limit(caller, soft, hard=RLIM_INFINITY):
    caller.put("rlimit64", rlim_cur=soft, rlim_max=hard)
    assert caller.call("sys_prlimit64", 0, CPU, caller.buffer, 0) == 0


def soft_limit(caller):
    return caller.task.rlimits["RLIMIT_CPU"][0]


def use(caller, seconds):
    """Let the process use CPU time: the signals that it gets for it."""
    caller.task.cpu_time_ns += int(seconds * NSEC_PER_SEC)
    run_cpu_timers(caller.task.group)
    signals = []
    while (info := caller.task.signals.dequeue()) is not None:
        signals.append(info.signal)
    return signals


@pytest.fixture(params=ABIS)
def caller(request):
    return Caller(request.param)


def test_each_second_beyond_the_soft_limit_brings_a_signal_and_moves_it(caller):
    limit(caller, 2)
    assert use(caller, 1.9) == []
    assert use(caller, 0.2) == [SIGXCPU]
    assert soft_limit(caller) == 3
    assert use(caller, 0.5) == []
    assert use(caller, 0.5) == [SIGXCPU]
    assert soft_limit(caller) == 4


def test_the_hard_limit_kills(caller):
    limit(caller, 1, 2)
    assert use(caller, 1.1) == [SIGXCPU]
    assert use(caller, 1) == [SIGKILL]


def test_a_limit_of_no_time_is_one_second(caller):
    limit(caller, 0)
    assert use(caller, 0.9) == []
    assert use(caller, 0.2) == [SIGXCPU]


def test_a_limit_that_is_lifted_counts_no_more(caller):
    limit(caller, 1)
    limit(caller, RLIM_INFINITY)
    assert use(caller, 5) == []


def test_a_limit_below_what_was_used_is_passed_at_once(caller):
    use(caller, 10)
    limit(caller, 3)
    assert use(caller, 0) == [SIGXCPU]
