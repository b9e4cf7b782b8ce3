"""POSIX timers: timer_create(2) and its relatives, by a virtual clock."""

import pytest

from emu.kernel.clock import NSEC_PER_SEC
from emu.kernel.cpu_timer import run_cpu_timers
from emu.kernel.signal.actions import sigmask
from emu.kernel.uapi.signal import SIGALRM
from tests.unit.sys.caller import ABIS, Caller

REALTIME, MONOTONIC, PROCESS, THREAD, RAW = 0, 1, 2, 3, 4
SIGNAL, NONE, THREAD_ID = 0, 1, 4
RT = 40
SPEC, EVENT = 64, 256


class TimerCaller(Caller):
    def create(self, clock=MONOTONIC, signal=RT, notify=SIGNAL, **more):
        self.put("sigevent", EVENT, sigev_signo=signal, sigev_notify=notify, **more)
        found = self.fails("sys_timer_create", clock, self.buffer + EVENT, self.buffer)
        return self.mm.read_u32(self.buffer) if found == "result 0" else found

    def set(self, timer, value_ns, interval_ns=0, flags=0, old=0):
        value, interval = divmod(value_ns, NSEC_PER_SEC), divmod(interval_ns, NSEC_PER_SEC)
        self.put(
            "__kernel_itimerspec", SPEC,
            it_value={"tv_sec": value[0], "tv_nsec": value[1]},
            it_interval={"tv_sec": interval[0], "tv_nsec": interval[1]},
        )  # fmt: skip
        return self.call("sys_timer_settime", timer, flags, self.buffer + SPEC, old)

    def left(self, timer):
        """(value, interval) in nanoseconds."""
        assert self.call("sys_timer_gettime", timer, self.buffer) == 0
        spec = self.get("__kernel_itimerspec")
        return tuple(
            spec[n]["tv_sec"] * NSEC_PER_SEC + spec[n]["tv_nsec"]
            for n in ("it_value", "it_interval")
        )

    def let_pass(self, time_ns):
        self.clock.advance(time_ns)
        self.kernel.sched.ready(self.task)
        self.kernel.sched.next()

    def taken(self):
        return self.task.signals.dequeue(0)


@pytest.fixture
def caller():
    caller = TimerCaller()
    caller.task.signals.blocked = sigmask(RT, SIGALRM)
    return caller


@pytest.mark.parametrize("abi", ABIS)
def test_a_timer_sends_its_signal_with_its_value(abi):
    caller = TimerCaller(abi)
    caller.task.signals.blocked = sigmask(RT)
    timer = caller.create(sigev_value={"sival_int": 33})
    caller.set(timer, 5)
    caller.let_pass(4)
    assert caller.left(timer) == (1, 0)
    assert caller.taken() is None
    caller.let_pass(1)
    info = caller.taken()
    assert (info.signal, info.code) == (RT, caller.abi.constants["SI_TIMER"])
    assert (info.timer, info.overrun) == (timer, 0)
    raw = info.value.to_bytes(caller.abi.word_bytes, "big" if caller.abi.big_endian else "little")
    assert int.from_bytes(raw[:4], "big" if caller.abi.big_endian else "little") == 33
    assert caller.left(timer) == (0, 0)


def test_intervals_that_nobody_took_are_overruns(caller):
    timer = caller.create()
    caller.set(timer, 10, 10)
    caller.let_pass(57)
    assert caller.left(timer) == (3, 10)
    info = caller.taken()
    assert info.overrun == 4
    assert caller.call("sys_timer_getoverrun", timer) == 4
    caller.let_pass(3)
    assert caller.taken().overrun == 0
    assert caller.call("sys_timer_getoverrun", timer) == 0


def test_a_short_interval_does_not_run_while_its_signal_waits(caller):
    timer = caller.create()
    caller.set(timer, 1, 1)
    caller.let_pass(1000)
    assert not len(caller.kernel.sched._timers)
    assert caller.taken().overrun == 999
    assert len(caller.kernel.sched._timers) == 1


def test_an_ignored_signal_is_looked_at_once_a_tick(caller):
    caller.task.signals.blocked = 0
    timer = caller.create(signal=17)  # SIGCHLD, which is ignored
    caller.set(timer, 1, 1)
    caller.let_pass(1)
    assert caller.taken() is None
    assert caller.left(timer)[0] > 3_000_000


def test_deleting_a_timer_stops_it(caller):
    timer = caller.create()
    caller.set(timer, 10)
    assert caller.call("sys_timer_delete", timer) == 0
    caller.let_pass(20)
    assert caller.taken() is None
    assert caller.fails("sys_timer_delete", timer) == "EINVAL"
    assert caller.fails("sys_timer_getoverrun", timer) == "EINVAL"


def test_the_default_is_an_alarm_that_says_which(caller):
    assert caller.call("sys_timer_create", REALTIME, 0, caller.buffer) == 0
    timer = caller.mm.read_u32(caller.buffer)
    caller.set(timer, caller.clock.realtime_ns() + 7, flags=1)
    caller.let_pass(7)
    info = caller.taken()
    assert (info.signal, info.value) == (SIGALRM, timer)


def test_a_silent_timer_only_tells_the_time(caller):
    timer = caller.create(notify=NONE)
    caller.set(timer, 10, 4)
    caller.let_pass(13)
    assert caller.left(timer) == (1, 4)
    caller.let_pass(100)
    assert caller.taken() is None


def test_a_thread_may_be_named(caller):
    tid = {"_sigev_un": {"_tid": caller.task.pid}}
    timer = caller.create(notify=THREAD_ID, **tid)
    caller.set(timer, 1)
    caller.let_pass(1)
    assert caller.task.signals.private.signals
    assert caller.create(notify=THREAD_ID, _sigev_un={"_tid": 999}) == "EINVAL"


@pytest.mark.parametrize("clock", [PROCESS, THREAD])
def test_cpu_time_is_a_clock_too(caller, clock):
    timer = caller.create(clock)
    caller.set(timer, 10, 10)
    caller.kernel.sched.current = None
    caller.clock.advance(50)  # somebody else's time
    run_cpu_timers(caller.task.group)
    assert caller.taken() is None
    caller.task.cpu_time_ns = 35
    run_cpu_timers(caller.task.group)
    assert caller.left(timer) == (5, 10)
    assert caller.taken().overrun == 2


@pytest.mark.parametrize(
    ("clock", "error"), [(RAW, "EOPNOTSUPP"), (8, "EOPNOTSUPP"), (10, "EINVAL"), (77, "EINVAL")]
)
def test_other_clocks_are_refused(caller, clock, error):
    assert caller.create(clock) == error


@pytest.mark.parametrize("event", [{"signal": 0}, {"signal": 65}, {"notify": 3}, {"notify": 9}])
def test_events_that_make_no_sense_are_refused(caller, event):
    assert caller.create(**event) == "EINVAL"


def test_a_process_has_a_limit_of_timers(caller):
    caller.task.rlimits["RLIMIT_SIGPENDING"] = (3, 3)
    assert [caller.create() for _ in range(4)] == [0, 1, 2, "EAGAIN"]


def test_a_program_that_ends_or_runs_another_has_no_timers_left(caller):
    caller.set(caller.create(), 10)
    caller.task.group.posix_timers.clear()
    assert not len(caller.kernel.sched._timers)
