"""Reads that wait, by VMIN and VTIME, and what wakes them."""

import pytest

from emu.kernel.errno import Restart
from emu.kernel.tty import n_tty_io
from emu.kernel.uaccess import KernelBuffer
from emu.kernel.uapi.termios import ICANON, VMIN, VTIME
from tests.unit.tty.pairs import OurPair

TENTH = 100_000_000


class Reader:
    """A read of the slave that may sleep."""

    def __init__(self, pair, count=100):
        self.pair = pair
        pair.files[pair.slave].flags = 0
        self.memory = bytearray(count)
        self.result = None
        answer = n_tty_io.n_tty_read(pair.slave, pair.files[pair.slave], KernelBuffer(self.memory))
        if isinstance(answer, int):
            self.result = answer
        else:
            self.call = answer
            self.go(None)

    def go(self, outcome):
        try:
            if isinstance(outcome, BaseException):
                self.wait = self.call.throw(outcome)
            else:
                self.wait = self.call.send(outcome)
        except StopIteration as end:
            self.result = end.value

    def pass_time(self, tenths):
        self.pair.kernel.clock.advance(int(tenths * TENTH))

    @property
    def got(self):
        return None if self.result is None else bytes(self.memory[: self.result])


def raw_pair(minimum, tenths):
    pair = OurPair()
    new = pair.settings()
    new.lflag &= ~ICANON
    cc = bytearray(new.cc)
    cc[VMIN], cc[VTIME] = minimum, tenths
    new.cc = bytes(cc)
    pair.set(new)
    return pair


def test_a_read_sleeps_until_the_line_is_whole():
    pair = OurPair()
    reader = Reader(pair)
    assert reader.got is None
    assert pair.slave.read_wait in reader.wait.queues
    pair.write("master", b"ab")
    reader.go(True)
    assert reader.got is None
    pair.write("master", b"c\n")
    reader.go(True)
    assert reader.got == b"abc\n"


def test_vmin_waits_for_so_many_bytes():
    pair = raw_pair(3, 0)
    reader = Reader(pair)
    pair.write("master", b"ab")
    reader.go(True)
    assert reader.got is None
    assert reader.wait.timeout_ns is None
    pair.write("master", b"cd")
    reader.go(True)
    assert reader.got == b"abcd"


def test_vtime_without_vmin_is_a_timeout():
    reader = Reader(raw_pair(0, 5))
    assert reader.wait.timeout_ns == 5 * TENTH
    reader.pass_time(5)
    reader.go(False)
    assert reader.got == b""


def test_without_either_a_read_never_waits():
    assert Reader(raw_pair(0, 0)).got == b""


def test_vtime_with_vmin_is_the_time_between_two_bytes():
    pair = raw_pair(3, 2)
    reader = Reader(pair)
    assert reader.wait.timeout_ns is None
    pair.write("master", b"a")
    reader.go(True)
    assert reader.wait.timeout_ns == 2 * TENTH
    reader.pass_time(1)
    pair.write("master", b"b")
    reader.go(True)
    assert reader.wait.timeout_ns == 2 * TENTH
    reader.pass_time(2)
    reader.go(False)
    assert reader.got == b"ab"


def test_a_signal_ends_a_read_that_has_nothing():
    reader = Reader(OurPair())
    with pytest.raises(Restart):
        reader.go(Restart())
    assert not reader.pair.slave.read_lock.held


def test_a_signal_gives_what_a_read_has():
    pair = raw_pair(3, 0)
    reader = Reader(pair)
    pair.write("master", b"ab")
    reader.go(True)
    reader.go(Restart())
    assert reader.got == b"ab"


def test_a_second_reader_waits_for_the_first():
    pair = raw_pair(2, 0)
    first = Reader(pair)
    second = Reader(pair)
    pair.write("master", b"abcd")
    first.go(True)
    assert first.got == b"abcd"
    second.go(True)
    assert second.got is None
    pair.write("master", b"ef")
    second.go(True)
    assert second.got == b"ef"


def test_a_reader_that_is_killed_leaves_the_lock_free():
    pair = OurPair()
    reader = Reader(pair)
    reader.call.close()
    assert not pair.slave.read_lock.held


def test_a_huge_write_lets_others_have_their_turn():
    pair = OurPair()
    pair.write("master", b"\x01" * 50)
    while isinstance(pair.read("master"), bytes):
        pass
    master = pair.files[pair.master]
    call = n_tty_io.n_tty_write(pair.master, master, KernelBuffer(b"\x12" * 100_000))
    turns = 0
    wait = call.send(None)
    while turns < 1:
        assert wait.timeout_ns == 0
        wait = call.send(False)
        turns += 1
    with pytest.raises(StopIteration) as end:
        call.throw(Restart())
    assert end.value.value == 2 * n_tty_io.PIECES_PER_TURN * n_tty_io.WRITE_PIECE
