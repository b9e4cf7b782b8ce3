"""epoll(7): what is ready, in what order, and what it costs."""

import pytest

from emu.kernel.errno import EINTR
from emu.kernel.restart import Restart
from tests.unit.vfs.guest import ABIS, Guest

ADD, DEL, MOD = 1, 2, 3
IN, OUT, ERR, HUP = 1, 4, 8, 16
ET, ONESHOT, EXCLUSIVE = 1 << 31, 1 << 30, 1 << 28


class EpollGuest(Guest):
    def ctl(self, ep, op, fd, events=0, data=0):
        self.put("epoll_event", events=events, data=data)
        return self.sys("epoll_ctl", ep, op, fd, self.buffer)

    def start_wait(self, ep, timeout=-1, maxevents=8):
        self.kernel.sched.current = self.task
        return self.start("sys_epoll_wait", ep, self.buffer, maxevents, timeout)

    def wait(self, ep, maxevents=8):
        """(events, data) of what is ready now."""
        return self.got(self.start_wait(ep, 0, maxevents))

    def got(self, count):
        size = self.abi.layout("epoll_event").size
        found = [self.get("epoll_event", i * size) for i in range(count)]
        return [(event["events"], event["data"]) for event in found]

    def eventfd(self, count=0, flags="EFD_NONBLOCK"):
        return self.sys("eventfd2", count, self.bits(flags))

    def signal(self, fd, number=1):
        order = "big" if self.abi.big_endian else "little"
        assert self.write(fd, number.to_bytes(8, order)) == 8


@pytest.fixture
def g():
    return EpollGuest()


@pytest.mark.parametrize("abi", ABIS)
def test_every_abi_gets_its_own_struct(abi):
    g = EpollGuest(abi)
    ep, e = g.sys("epoll_create1", 0), g.eventfd(1)
    assert g.ctl(ep, ADD, e, IN, 0x1122334455667788) == 0
    assert g.wait(ep) == [(IN, 0x1122334455667788)]


def test_a_level_is_told_again_and_an_edge_once(g):
    ep, level, edge = g.sys("epoll_create1", 0), g.eventfd(1), g.eventfd(1)
    g.ctl(ep, ADD, level, IN, 1)
    g.ctl(ep, ADD, edge, IN | ET, 2)
    assert g.wait(ep) == [(IN, 1), (IN, 2)]
    assert g.wait(ep) == [(IN, 1)]
    g.signal(edge)
    assert g.wait(ep) == [(IN, 1), (IN, 2)]


def test_reading_is_no_edge_for_who_waits_to_read(g):
    ep, e = g.sys("epoll_create1", 0), g.eventfd(2, "EFD_NONBLOCK|EFD_SEMAPHORE")
    g.ctl(ep, ADD, e, IN | ET)
    assert len(g.wait(ep)) == 1
    g.read(e, 8)
    assert g.wait(ep) == []


def test_those_that_are_ready_take_turns(g):
    ep = g.sys("epoll_create1", 0)
    for data in range(3):
        g.ctl(ep, ADD, g.eventfd(1), IN, data)
    assert [g.wait(ep, 1)[0][1] for _ in range(6)] == [0, 1, 2, 0, 1, 2]


def test_a_sleeper_wakes_when_a_file_becomes_ready(g):
    ep, e = g.sys("epoll_create1", 0), g.eventfd()
    g.ctl(ep, ADD, e, IN, 7)
    call = g.start_wait(ep)
    wait = call.send(None)
    assert [len(queue) for queue in wait.queues] == [0]
    g.signal(e)
    with pytest.raises(StopIteration) as end:
        call.send(True)
    assert g.got(end.value.value) == [(IN, 7)]


def test_a_wait_that_times_out_is_zero(g):
    ep = g.sys("epoll_create1", 0)
    g.kernel.sched.current = g.task
    assert g.call("sys_epoll_wait", ep, g.buffer, 8, 30) == 0
    assert g.clock.monotonic_ns() == 30_000_000


def test_waiting_does_not_look_at_idle_files(g):
    g.task.rlimits["RLIMIT_NOFILE"] = (4096, 4096)
    ep = g.sys("epoll_create1", 0)
    fds = [g.eventfd() for _ in range(2000)]
    for fd in fds:
        g.ctl(ep, ADD, fd, IN, fd)
    looks = []
    operations = type(g.task.files[fds[0]].f_op)
    original = operations.poll
    operations.poll = lambda self, file, waits: looks.append(file) or original(self, file, waits)
    try:
        g.signal(fds[1000])
        assert g.wait(ep) == [(IN, fds[1000])]
    finally:
        operations.poll = original
    assert len(looks) == 1


def test_a_closed_file_is_watched_as_long_as_a_copy_is_open(g):
    ep, e = g.sys("epoll_create1", 0), g.eventfd(1)
    g.ctl(ep, ADD, e, IN, 5)
    copy = g.sys("dup", e)
    g.close(e)
    assert g.wait(ep) == [(IN, 5)]
    g.close(copy)
    assert g.wait(ep) == []
    assert not g.task.files[ep].private_data.entries


def test_a_closed_epoll_leaves_no_watcher_behind(g):
    ep, e = g.sys("epoll_create1", 0), g.eventfd()
    g.ctl(ep, ADD, e, IN)
    g.close(ep)
    file = g.task.files[e]
    assert not file.epoll_entries
    assert not file.private_data.wait.watchers
    assert set(g.kernel.root_mount.vfs.anon_inode_mount.sb.epoll_watches.values()) == {0}


def test_one_shot_entries_sleep_until_they_are_changed(g):
    ep, e = g.sys("epoll_create1", 0), g.eventfd(1)
    g.ctl(ep, ADD, e, IN | ONESHOT, 1)
    assert g.wait(ep) == [(IN, 1)]
    g.signal(e)
    assert g.wait(ep) == []
    g.ctl(ep, MOD, e, IN | ONESHOT, 2)
    assert g.wait(ep) == [(IN, 2)]


def test_an_event_wakes_one_of_two_exclusive_epolls(g):
    e = g.eventfd()
    epolls = [g.sys("epoll_create1", 0) for _ in range(2)]
    calls = []
    for ep in epolls:
        g.ctl(ep, ADD, e, IN | EXCLUSIVE)
    woken = []

    class Sleeper:
        exclusive = False

        def __init__(self, queue):
            self.queue = queue
            queue.add(self)

        def wake(self):
            self.queue.remove(self)
            woken.append(self.queue)

    for ep in epolls:
        call = g.start_wait(ep)
        Sleeper(call.send(None).queues[0])
        calls.append(call)
    g.signal(e)
    assert len(woken) == 1
    g.signal(e)
    assert len(woken) == 2


def test_an_epoll_is_readable_while_one_of_its_files_is_ready(g):
    inner, outer, e = g.sys("epoll_create1", 0), g.sys("epoll_create1", 0), g.eventfd()
    g.ctl(inner, ADD, e, IN, 1)
    g.ctl(outer, ADD, inner, IN, 2)
    assert g.wait(outer) == []
    g.signal(e)
    assert g.wait(outer) == [(IN, 2)]
    g.read(e, 8)
    assert g.wait(outer) == []
    assert g.wait(inner) == []


def test_waiting_on_an_epoll_is_no_edge_for_those_around_it(g):
    inner, outer = g.sys("epoll_create1", 0), g.sys("epoll_create1", 0)
    for _ in range(2):
        g.ctl(inner, ADD, g.eventfd(1), IN)
    g.ctl(outer, ADD, inner, IN | ET)
    assert len(g.wait(outer)) == 1
    assert len(g.wait(inner, 1)) == 1
    assert g.wait(outer) == []


def test_epolls_do_not_watch_each_other_in_a_circle(g):
    a, b, c = (g.sys("epoll_create1", 0) for _ in range(3))
    assert g.ctl(a, ADD, b, IN) == 0
    assert g.ctl(b, ADD, c, IN) == 0
    assert g.ctl(c, ADD, a, IN) == "ELOOP"
    assert g.ctl(b, ADD, a, IN) == "ELOOP"


def test_five_epolls_in_a_row_are_the_most(g):
    chain = [g.sys("epoll_create1", 0) for _ in range(7)]
    found = [g.ctl(chain[i + 1], ADD, chain[i], IN) for i in range(6)]
    assert found == [0, 0, 0, 0, "ELOOP", 0]


def test_a_wake_up_may_not_fan_out_without_end(g):
    g.task.rlimits["RLIMIT_NOFILE"] = (4096, 4096)
    e = g.eventfd()
    below = [g.sys("epoll_create1", 0) for _ in range(25)]
    above = [g.sys("epoll_create1", 0) for _ in range(25)]
    for ep in below:
        g.ctl(ep, ADD, e, IN)
    results = [g.ctl(outer, ADD, inner, IN) for outer in above for inner in below]
    assert results.count("EINVAL") == 25 * 25 - 500


def test_a_user_has_a_quota_of_entries(g):
    variable = g.open("/proc/sys/fs/epoll/max_user_watches", "O_WRONLY")
    assert g.write(variable, b"3\n") == 2
    g.close(variable)
    ep = g.sys("epoll_create1", 0)
    fds = [g.eventfd() for _ in range(4)]
    assert [g.ctl(ep, ADD, fd, IN) for fd in fds] == [0, 0, 0, "ENOSPC"]
    g.ctl(ep, DEL, fds[0])
    assert g.ctl(ep, ADD, fds[3], IN) == 0


def test_a_bad_address_leaves_the_events_for_the_next_wait(g):
    ep = g.sys("epoll_create1", 0)
    g.ctl(ep, ADD, g.eventfd(1), IN | ET, 1)
    assert g.sys("epoll_wait", ep, 64, 8, 0) == "EFAULT"
    assert g.wait(ep) == [(IN, 1)]


def test_files_that_are_always_ready_cannot_be_watched(g):
    ep = g.sys("epoll_create1", 0)
    for name in ("/etc/passwd", "/dev/null", "/"):
        assert g.ctl(ep, ADD, g.open(name), IN) == "EPERM"


def test_fdinfo_lists_what_is_watched(g):
    ep, e = g.sys("epoll_create1", 0), g.eventfd(5)
    g.ctl(ep, ADD, e, IN | ET, 0x123)
    text = g.cat(f"/proc/self/fdinfo/{ep}").decode()
    assert f"tfd: {e:8} events: 80000019 data:              123  pos:0 ino:" in text
    assert b"eventfd-count:                5\n" in g.cat(f"/proc/self/fdinfo/{e}")
    assert g.readlink(f"/proc/self/fd/{ep}") == b"anon_inode:[eventpoll]"


@pytest.mark.parametrize("abi", ABIS)
def test_the_finer_timeout_is_a_64_bit_timespec_on_every_abi(abi):
    g = EpollGuest(abi)
    ep = g.sys("epoll_create1", 0)
    g.put("__kernel_timespec", 64, tv_sec=2, tv_nsec=7)
    assert g.call("sys_epoll_pwait2", ep, g.buffer, 1, g.buffer + 64, 0, 0) == 0
    assert g.clock.monotonic_ns() == 2_000_000_007


def test_a_signal_ends_the_wait_unless_a_file_is_ready(g):
    ep, e = g.sys("epoll_create1", 0), g.eventfd()
    g.ctl(ep, ADD, e, IN, 7)
    with pytest.raises(EINTR):
        g.finish(g.start_wait(ep), interrupted=True)
    call = g.start_wait(ep)
    call.send(None)
    g.signal(e)
    with pytest.raises(StopIteration) as end:
        call.throw(Restart())
    assert g.got(end.value.value) == [(IN, 7)]
