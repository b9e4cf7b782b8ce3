"""Calls that few programs make, by every ABI that has them."""

import pytest

from emu.module_tools.program import Program
from tests.unit.sys.caller import ABIS

SIGUSR1_AND_2 = 1 << 9 | 1 << 11
CLOCK_MONOTONIC = 1


@pytest.fixture(params=ABIS)
def caller(request):
    made = Caller(request.param)
    made.start()
    return made


class Caller(Program):
    """Calls by their names; those that an ABI does not have are left out."""

    def has(self, name):
        return self._entry(name) is not None

    def sys(self, name, *words):
        return self.call(self._entry(name), *words)

    def _entry(self, name):
        return next((row.entry for row in self.abi.syscalls.values() if row.name == name), None)

    def place(self, data):
        self.task.mm.write(self.buffer, data)
        return self.buffer

    def word(self, size=4):
        return int.from_bytes(self.task.mm.read(self.buffer, size), self.abi.byte_order)

    def itimerspec(self, name):
        """The layout that a call of timers has here: the old one of 32 bits, or today's."""
        old = self.abi.word_bits == 32 and not name.endswith("64")
        return self.abi.layout("old_itimerspec32" if old else "__kernel_itimerspec")

    def signals(self):
        size = 16 if self.abi.isa.name.startswith("mips") else 8
        return self.place(SIGUSR1_AND_2.to_bytes(size, "little")), size


def timespec(seconds, nanoseconds=0):
    return {"tv_sec": seconds, "tv_nsec": nanoseconds}


def times_of(caller, kind):
    """The calls that set and ask a timer, and their twins with 64 bits, as far as there are any."""
    for name in (f"{kind}_settime", f"{kind}_settime64"):
        if caller.has(name):
            yield name, name.replace("settime", "gettime"), caller.itimerspec(name)


def test_priorities_of_io_are_what_they_were_set_to(caller):
    best_effort_6 = 2 << 13 | 6
    assert caller.sys("ioprio_get", 1, 0) in (0, 2 << 13 | 4)
    assert caller.sys("ioprio_set", 1, 0, best_effort_6) == 0
    assert caller.sys("ioprio_get", 1, caller.task.pid) == best_effort_6
    assert caller.sys("ioprio_set", 1, 0, 9 << 13) == "EINVAL"
    assert caller.sys("ioprio_get", 1, 9999) == "ESRCH"


def test_a_signalfd_is_made_changed_and_refuses_a_set_of_another_size(caller):
    mask, size = caller.signals()
    for name in ("signalfd", "signalfd4"):
        if not caller.has(name):
            continue
        rest = () if name == "signalfd" else (0,)
        fd = caller.sys(name, -1, mask, size, *rest)
        assert isinstance(fd, int)
        assert caller.sys(name, fd, mask, size, *rest) == fd
        assert caller.sys(name, 99, mask, size, *rest) == "EBADF"
        assert caller.sys(name, -1, mask, 4, *rest) == "EINVAL"


def test_two_descriptors_of_one_open_file_compare_as_equal(caller):
    one = caller.open("/dev/null", "O_RDONLY")
    other = caller.open("/dev/null", "O_RDONLY")
    twin = caller.sys("dup", one)
    pid = caller.task.pid
    assert caller.sys("kcmp", pid, pid, 0, one, twin) == 0
    orders = {caller.sys("kcmp", pid, pid, 0, *two) for two in ((one, other), (other, one))}
    assert orders == {1, 2}
    assert caller.sys("kcmp", pid, pid, 0, one, 99) == "EBADF"
    assert caller.sys("kcmp", pid, 9999, 0, one, one) == "ESRCH"


def test_a_timer_is_set_asked_and_deleted(caller):
    assert caller.sys("timer_create", CLOCK_MONOTONIC, 0, caller.buffer) == 0
    timer = caller.word()
    for settime, gettime, layout in times_of(caller, "timer"):
        times = {
            "it_value": {"tv_sec": 5, "tv_nsec": 0},
            "it_interval": {"tv_sec": 1, "tv_nsec": 7},
        }
        assert caller.sys(settime, timer, 0, caller.place(layout.pack(**times)), 0) == 0
        assert caller.sys(gettime, timer, caller.buffer) == 0
        told = layout.unpack(caller.task.mm.read(caller.buffer, layout.size))
        assert told["it_interval"] == times["it_interval"]
        assert 0 < told["it_value"]["tv_sec"] * 10**9 + told["it_value"]["tv_nsec"] <= 5 * 10**9
        assert caller.sys(settime, timer, 0, 0, 0) in ("EFAULT", "EINVAL")
    assert caller.sys("timer_getoverrun", timer) == 0
    assert caller.sys("timer_delete", timer) == 0
    assert caller.sys("timer_delete", timer) == "EINVAL"


def test_a_timerfd_is_set_and_asked(caller):
    fd = caller.sys("timerfd_create", CLOCK_MONOTONIC, 0)
    for settime, gettime, layout in times_of(caller, "timerfd"):
        times = {
            "it_value": {"tv_sec": 3, "tv_nsec": 0},
            "it_interval": {"tv_sec": 0, "tv_nsec": 0},
        }
        assert caller.sys(settime, fd, 0, caller.place(layout.pack(**times)), 0) == 0
        assert caller.sys(gettime, fd, caller.buffer) == 0
        told = layout.unpack(caller.task.mm.read(caller.buffer, layout.size))
        assert 2 <= told["it_value"]["tv_sec"] <= 3
        assert caller.sys(gettime, 99, caller.buffer) == "EBADF"


def test_an_alarm_tells_how_much_was_left_of_the_last_one(caller):
    if not caller.has("alarm"):
        assert caller.has("setitimer")
        return
    assert caller.sys("alarm", 5) == 0
    assert caller.sys("alarm", 0) == 5
    assert caller.sys("alarm", 0) == 0


def test_processes_are_meant_by_descriptors(caller):
    pid = caller.task.pid
    fd = caller.sys("pidfd_open", pid, 0)
    assert isinstance(fd, int)
    assert caller.sys("pidfd_open", 9999, 0) == "ESRCH"
    assert caller.sys("pidfd_send_signal", fd, 0, 0, 0) == 0
    null = caller.open("/dev/null", "O_RDONLY")
    assert caller.sys("pidfd_getfd", fd, null, 0) > null
    assert caller.sys("pidfd_getfd", fd, 99, 0) == "EBADF"
    assert caller.sys("pidfd_send_signal", null, 0, 0, 0) == "EBADF"


def test_what_a_thread_says_of_itself_is_kept(caller):
    assert caller.sys("set_tid_address", caller.buffer) == caller.task.pid
    size = caller.abi.word_bits // 8
    assert caller.sys("get_robust_list", 0, caller.buffer, caller.buffer + 64) == 0
    assert caller.word(size) == 0
    assert caller.sys("get_robust_list", 9999, caller.buffer, caller.buffer) == "ESRCH"
    commands = caller.sys("membarrier", 0, 0, 0)
    assert commands & 1
    assert caller.sys("membarrier", 1, 0, 0) == 0
    assert caller.sys("membarrier", 1 << 30, 0, 0) == "EINVAL"


def test_what_is_no_namespace_cannot_be_joined(caller):
    assert caller.sys("setns", caller.open("/dev/null", "O_RDONLY"), 0) == "EINVAL"
    assert caller.sys("setns", 99, 0) == "EBADF"


def test_an_epoll_needs_a_size_that_means_nothing(caller):
    if not caller.has("epoll_create"):
        assert isinstance(caller.sys("epoll_create1", 0), int)
        return
    assert isinstance(caller.sys("epoll_create", 7), int)
    assert caller.sys("epoll_create", 0) == "EINVAL"
