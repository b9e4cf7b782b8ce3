"""eventfd(2), timerfd_create(2) and signalfd(2), by a virtual clock."""

import pytest

from emu.kernel.errno import EAGAIN
from emu.kernel.signal.pending import SigInfo
from emu.kernel.signal.send import send_signal
from emu.kernel.uapi.signal import SIGSEGV, SIGUSR1
from tests.unit.vfs.guest import ABIS, Guest

LAYOUT = "__kernel_itimerspec"


class WaitGuest(Guest):
    def number(self, fd):
        """What an eventfd or timerfd says, or the error."""
        got = self.read(fd, 8)
        order = "big" if self.abi.big_endian else "little"
        return got if isinstance(got, str) else int.from_bytes(got, order)

    def put_number(self, fd, number):
        return self.write(fd, number.to_bytes(8, "big" if self.abi.big_endian else "little"))

    def timer(self, value_ns, interval_ns=0, fd=None, flags=0):
        if fd is None:
            fd = self.sys("timerfd_create", 1, self.bits("TFD_NONBLOCK"))
        self.put(LAYOUT, it_value={"tv_nsec": value_ns}, it_interval={"tv_nsec": interval_ns})
        assert self.sys("timerfd_settime", fd, flags, self.buffer, self.buffer + 64) == 0
        return fd

    def let_pass(self, time_ns):
        self.clock.advance(time_ns)
        self.kernel.sched.ready(self.task)
        self.kernel.sched.next()

    def signalfd(self, signals):
        size = self.abi.layout("sigset_t").size
        word = self.abi.word_bytes
        order = "big" if self.abi.big_endian else "little"
        bits = sum(1 << self.abi.signals.get(s, 0) - 1 for s in signals)
        words = [bits >> 8 * word * i & (1 << 8 * word) - 1 for i in range(size // word)]
        self.mm.write(self.buffer, b"".join(w.to_bytes(word, order) for w in words))
        return self.sys("signalfd4", -1, self.buffer, size, self.bits("SFD_NONBLOCK"))


@pytest.fixture
def g():
    return WaitGuest()


@pytest.mark.parametrize("abi", ABIS)
def test_a_count_is_read_in_the_callers_byte_order(abi):
    g = WaitGuest(abi)
    fd = g.sys("eventfd2", 7, g.bits("EFD_NONBLOCK"))
    assert g.put_number(fd, 1 << 40) == 8
    assert g.number(fd) == 7 + (1 << 40)
    assert g.number(fd) == "EAGAIN"


def test_a_reader_sleeps_until_something_is_added(g):
    fd = g.sys("eventfd2", 0, 0)
    call = g.start("sys_read", fd, g.buffer, 8)
    call.send(None)
    assert g.put_number(fd, 5) == 8
    with pytest.raises(StopIteration) as end:
        call.send(True)
    assert end.value.value == 8
    assert g.mm.read_u64(g.buffer) == 5


def test_a_writer_sleeps_until_there_is_room(g):
    fd = g.sys("eventfd2", 1, 0)
    g.mm.write_u64(g.buffer, (1 << 64) - 2)
    call = g.start("sys_write", fd, g.buffer, 8)
    call.send(None)
    assert g.number(fd) == 1
    with pytest.raises(StopIteration) as end:
        call.send(True)
    assert end.value.value == 8
    assert g.number(fd) == (1 << 64) - 2


def test_ids_of_closed_eventfds_are_given_again(g):
    fds = [g.sys("eventfd2", 0, 0) for _ in range(3)]
    g.close(fds[1])
    fd = g.sys("eventfd2", 0, 0)
    assert b"eventfd-id: 1\n" in g.cat(f"/proc/self/fdinfo/{fd}")


@pytest.mark.parametrize("abi", ABIS)
def test_a_timer_counts_how_often_it_expired(abi):
    g = WaitGuest(abi)
    fd = g.timer(10, 5)
    assert g.number(fd) == "EAGAIN"
    g.let_pass(10)
    assert g.number(fd) == 1
    g.let_pass(17)
    assert g.number(fd) == 3
    assert g.sys("timerfd_gettime", fd, g.buffer) == 0
    assert g.get(LAYOUT)["it_value"] == {"tv_sec": 0, "tv_nsec": 3}


def test_an_unread_periodic_timer_costs_nothing(g):
    g.timer(1, 1)
    g.let_pass(1000)
    assert not len(g.kernel.sched._timers)


def test_setting_a_timer_tells_what_was_left(g):
    fd = g.timer(100, 30)
    g.let_pass(110)
    g.timer(1, fd=fd)
    old = g.get(LAYOUT, 64)
    assert old["it_value"]["tv_nsec"] == 20
    assert old["it_interval"]["tv_nsec"] == 30


def test_a_closed_timer_leaves_nothing_behind(g):
    for _ in range(300):
        g.close(g.timer(900))
    assert not len(g.kernel.sched._timers)
    assert len(g.kernel.sched._timers._heap) < 200


def test_ticks_can_be_set(g):
    fd = g.timer(0)
    g.mm.write_u64(g.buffer, 12)
    assert g.sys("ioctl", fd, g.abi.constant("TFD_IOC_SET_TICKS"), g.buffer) == 0
    assert g.number(fd) == 12


@pytest.mark.parametrize("abi", ABIS)
def test_signals_are_read_with_the_callers_numbers(abi):
    g = WaitGuest(abi)
    fd = g.signalfd(["SIGUSR1", "SIGSEGV"])
    g.task.signals.blocked = -1
    assert g.read(fd, 128) == "EAGAIN"
    send_signal(g.task, SIGUSR1, SigInfo(SIGUSR1, pid=5, uid=6))
    send_signal(g.task, SIGSEGV, SigInfo(SIGSEGV, "SEGV_MAPERR", address=0x1234), to_thread=True)
    assert len(g.read(fd, 300)) == 256
    fault, user = g.get("signalfd_siginfo"), g.get("signalfd_siginfo", 128)
    assert fault["ssi_signo"] == g.abi.signals["SIGSEGV"]
    assert (fault["ssi_code"], fault["ssi_addr"]) == (1, 0x1234)
    assert user["ssi_signo"] == g.abi.signals["SIGUSR1"]
    assert (user["ssi_code"], user["ssi_pid"], user["ssi_uid"]) == (0, 5, 6)


def test_a_reader_of_signals_sleeps_until_one_is_sent(g):
    fd = g.signalfd(["SIGUSR1"])
    g.task.files[fd].flags = 2
    g.task.signals.blocked = -1
    call = g.start("sys_read", fd, g.buffer, 128)
    wait = call.send(None)
    woken = []

    class Sleeper:
        exclusive = False

        def wake(self):
            woken.append(True)

    wait.queues[0].add(Sleeper())
    send_signal(g.task, SIGUSR1)
    assert woken == [True]
    with pytest.raises(StopIteration) as end:
        call.send(True)
    assert end.value.value == 128


def test_fdinfo_has_the_numbers_of_who_looks():
    g = WaitGuest("mips-o32")
    fd = g.signalfd(["SIGUSR1"])
    assert g.cat(f"/proc/self/fdinfo/{fd}").endswith(b"sigmask:\t" + b"%032x\n" % (1 << 15))


def test_kill_and_stop_cannot_be_read(g):
    fd = g.signalfd(["SIGKILL", "SIGSTOP", "SIGUSR2"])
    assert g.cat(f"/proc/self/fdinfo/{fd}").endswith(b"sigmask:\t0000000000000800\n")
    with pytest.raises(EAGAIN):
        g.task.files[fd].f_op.read(g.task.files[fd], type("B", (), {"count": 128})(), 0)
