"""Pseudo-terminals to compare: one of this host's kernel and one of ours, with the same handles."""

import fcntl
import os
import select
import struct
import termios
import time

from emu.kernel.clock import VirtualClock
from emu.kernel.errno import KernelError
from emu.kernel.tty import n_tty_io
from emu.kernel.tty.ioctl import flow_control, flush
from emu.kernel.tty.ktermios import Ktermios
from emu.kernel.tty.pty import make_pair
from emu.kernel.uaccess import KernelBuffer
from emu.kernel.uapi.fcntl import O_NONBLOCK

TERMIOS = struct.Struct("4IB19s2I")
TCGETS2, TCSETS2 = 0x802C542A, 0x402C542B
SETTLE_S = 0.001


class NoKernel:
    """As much of a kernel as a terminal that nobody controls needs."""

    class Sched:
        current = None

    def __init__(self):
        self.sched = self.Sched()
        self.clock = VirtualClock()

    def groups(self):
        return []


class OurFile:
    def __init__(self, tty):
        self.flags = O_NONBLOCK
        tty.files[self] = None


class OurPair:
    """Ours. Every call answers bytes, a number, or the name of an error."""

    def __init__(self):
        self.kernel = NoKernel()
        self.master = make_pair(self.kernel, 0, lambda slave, entirely: None)
        self.slave = self.master.link
        self.master.locked = False
        self.files = {}
        for tty in (self.master, self.slave):
            tty.driver.open(tty)
            tty.count += 1
            self.files[tty] = OurFile(tty)
        self.ends = {"master": self.master, "slave": self.slave}

    def settings(self):
        return self.slave.termios.copy()

    def set(self, new):
        self.slave.set_termios(new.copy())

    def write(self, end, data):
        tty = self.ends[end]
        return call(lambda: n_tty_io.n_tty_write(tty, self.files[tty], KernelBuffer(data)))

    def read(self, end, count=4096):
        tty = self.ends[end]
        memory = bytearray(count)
        got = call(lambda: n_tty_io.n_tty_read(tty, self.files[tty], KernelBuffer(memory)))
        return bytes(memory[:got]) if isinstance(got, int) else got

    def waiting(self, end):
        return self.ends[end].ldisc.waiting()

    def poll(self, end):
        return n_tty_io.n_tty_poll(self.ends[end], self.files[self.ends[end]])

    def flush(self, end, queue):
        tty = self.ends[end]
        if queue != 1:
            tty.port.clear()
        flush(tty, queue)

    def flow(self, end, action):
        flow_control(self.ends[end], action)

    def packet(self, on):
        self.master.driver._set_packet_mode(self.master, on)

    def close(self):
        pass


class HostPair:
    """The host's."""

    def __init__(self):
        self.master, self.slave = os.openpty()
        self.ends = {"master": self.master, "slave": self.slave}
        for fd in self.ends.values():
            os.set_blocking(fd, False)

    def settings(self):
        raw = fcntl.ioctl(self.slave, TCGETS2, bytes(TERMIOS.size))
        return Ktermios(*TERMIOS.unpack(raw))

    def set(self, new):
        fields = (new.iflag, new.oflag, new.cflag, new.lflag, new.line, new.cc)
        fcntl.ioctl(self.slave, TCSETS2, TERMIOS.pack(*fields, new.ispeed, new.ospeed))
        self.settle()

    def write(self, end, data):
        got = host_call(lambda: os.write(self.ends[end], data))
        self.settle()
        return got

    def read(self, end, count=4096):
        got = host_call(lambda: os.read(self.ends[end], count))
        self.settle()
        return got

    def waiting(self, end):
        return struct.unpack("I", fcntl.ioctl(self.ends[end], termios.FIONREAD, bytes(4)))[0]

    def poll(self, end):
        poller = select.poll()
        poller.register(self.ends[end], 0xFFFF)
        return dict(poller.poll(0)).get(self.ends[end], 0)

    def flush(self, end, queue):
        termios.tcflush(self.ends[end], queue)
        self.settle()

    def flow(self, end, action):
        termios.tcflow(self.ends[end], action)
        self.settle()

    def packet(self, on):
        fcntl.ioctl(self.master, termios.TIOCPKT, struct.pack("i", on))

    def settle(self):
        """Bytes travel in the background: give them time."""
        time.sleep(SETTLE_S)
        for end in self.ends:
            self.poll(end)

    def close(self):
        os.close(self.master)
        os.close(self.slave)


def call(do):
    try:
        result = do()
    except KernelError as error:
        return type(error).__name__
    assert isinstance(result, int), "nothing sleeps with O_NONBLOCK"
    return result


def host_call(do):
    try:
        return do()
    except OSError as error:
        return {11: "EAGAIN", 5: "EIO"}[error.errno]
