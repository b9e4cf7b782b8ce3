"""Reading from, writing to and polling a terminal with N_TTY. See n_tty_read, n_tty_write."""

from __future__ import annotations

from typing import TYPE_CHECKING

from emu.kernel.errno import EAGAIN, EIO, KernelError, Restart
from emu.kernel.tty.jobctrl import check_change
from emu.kernel.uapi.fcntl import O_NONBLOCK
from emu.kernel.uapi.poll import (
    POLLHUP,
    POLLIN,
    POLLOUT,
    POLLPRI,
    POLLRDNORM,
    POLLWRNORM,
)
from emu.kernel.uapi.signal import SIGTTIN, SIGTTOU
from emu.kernel.uapi.termios import TIOCPKT_DATA, TOSTOP, VMIN, VTIME

if TYPE_CHECKING:
    from emu.kernel.tty.tty import Tty
    from emu.kernel.uaccess import Buffer
    from emu.kernel.vfs.file import File
    from emu.kernel.vfs.file_operations import Result

TENTH_NS = 100_000_000
"""The unit of VTIME."""

FIRST_PIECE = 64
"""How much n_tty_read sees at once: a VMIN above it is taken for this much."""

WRITE_PIECE = 2048
"""How much of a write is done in one piece."""

PIECES_PER_TURN = 2
"""How many are done before others may run and signals are looked at."""


class _Read:
    """One read: what it has, and what it still waits for."""

    def __init__(self, tty: Tty, file: File, count: int) -> None:
        self.tty = tty
        self.file = file
        self.count = count
        self.got = bytearray()
        self.minimum = 0
        self.between_ns = 0
        self.timeout_ns: int | None = None
        if not tty.ldisc.icanon:
            time_ns = tty.termios.cc[VTIME] * TENTH_NS
            self.minimum = tty.termios.cc[VMIN]
            if self.minimum:
                self.between_ns = time_ns
            else:
                self.timeout_ns = time_ns
                self.minimum = 1

    def step(self) -> bool:
        """Take what is there; whether the read is at its end. EIO, EAGAIN."""
        while True:
            ended = self._step()
            if ended is not None:
                return ended

    def _step(self) -> bool | None:
        """One look: False if only waiting helps, None if another look does."""
        tty, got, ldisc = self.tty, self.got, self.tty.ldisc
        packet = tty.ctrl.packet
        if packet and tty.link is not None and tty.link.ctrl.pktstatus:
            if not got:
                got.append(tty.link.ctrl.pktstatus)
                tty.link.ctrl.pktstatus = 0
            return True
        if not ldisc.has_input():
            return self._has_ended()
        if ldisc.icanon:
            got += ldisc.take_line(self.count - len(got))
            return True
        if packet and not got:
            got.append(TIOCPKT_DATA)
        first = min(self.count, FIRST_PIECE)
        got += ldisc.take_bytes(first - len(got))
        if len(got) >= self.minimum:
            got += ldisc.take_bytes(self.count - len(got))
            return True
        if self.between_ns:
            self.timeout_ns = self.between_ns
        return True if len(got) == first else None

    def _has_ended(self) -> bool:
        """Without input: whether there is no sense in waiting."""
        tty = self.tty
        if tty.other_closed:
            if self.got:
                return True
            raise EIO("the other end is closed")
        if self.file not in tty.files or self.timeout_ns == 0:
            return True
        if self.file.flags & O_NONBLOCK:
            if self.got:
                return True
            raise EAGAIN
        return False

    async def wait(self) -> None:
        """Sleep until input comes or the time is over. Raises `Restart`."""
        clock = self.tty.kernel.clock
        if self.timeout_ns is None:
            await self.tty.read_wait.wait()
            return
        start = clock.monotonic_ns()
        await self.tty.read_wait.wait(self.timeout_ns)
        self.timeout_ns = max(0, self.timeout_ns - (clock.monotonic_ns() - start))


def n_tty_read(tty: Tty, file: File, buffer: Buffer) -> Result:
    """Read a line, or as much as VMIN and VTIME say."""
    check_change(tty, SIGTTIN)
    if not buffer.count:
        return 0
    if tty.read_lock.held:
        if file.flags & O_NONBLOCK:
            raise EAGAIN("another one reads")
        return _read_in_turn(tty, file, buffer)
    read = _Read(tty, file, buffer.count)
    if read.step():
        return _deliver(read, buffer)
    tty.read_lock.held = True
    return _read_later(read, buffer)


async def _read_in_turn(tty: Tty, file: File, buffer: Buffer) -> int:
    await tty.read_lock.acquire()
    read = _Read(tty, file, buffer.count)
    return await _read_later(read, buffer, step_first=True)


async def _read_later(read: _Read, buffer: Buffer, step_first: bool = False) -> int:
    try:
        ended = read.step() if step_first else False
        while not ended:
            try:
                await read.wait()
            except Restart:
                if not read.got:
                    raise
                break
            ended = read.step()
    finally:
        read.tty.read_lock.release()
    return _deliver(read, buffer)


def _deliver(read: _Read, buffer: Buffer) -> int:
    if read.got:
        read.tty.drained()
    elif read.tty.port:
        read.tty.push()
    return buffer.copy_to(read.got) if read.got else 0


class _Write:
    """One write, done in pieces."""

    def __init__(self, tty: Tty, file: File, buffer: Buffer) -> None:
        self.tty = tty
        self.file = file
        self.buffer = buffer
        self.piece = b""
        self.done = 0
        self.out_of_turn = False
        """Whether it could go on, but did much already."""

    def step(self) -> bool:
        """Send what there is room for; whether everything is sent. EIO, EFAULT."""
        tty = self.tty
        tty.ldisc.echo.process()
        self.out_of_turn = False
        for _ in range(PIECES_PER_TURN):
            if not self.piece:
                if not self.buffer.count:
                    return True
                self.piece = self.buffer.copy_from(min(self.buffer.count, WRITE_PIECE))
            if self.file not in tty.files or (tty.link is not None and not tty.link.count):
                raise EIO("the terminal is gone")
            sent = tty.ldisc.output.write(self.piece)
            self.done += sent
            self.piece = self.piece[sent:]
            if self.piece:
                return False
        self.out_of_turn = self.buffer.count > 0
        return not self.out_of_turn

    async def wait(self) -> None:
        """Sleep until there is room, or let the others have their turn. Raises `Restart`."""
        if self.out_of_turn:
            await self.tty.write_wait.wait(0)
        else:
            await self.tty.write_wait.wait()


def n_tty_write(tty: Tty, file: File, buffer: Buffer) -> Result:
    """Write, processed as c_oflag says; waits for room, and while output is stopped."""
    if tty.termios.lflag & TOSTOP:
        check_change(tty, SIGTTOU)
    if tty.write_lock.held:
        if file.flags & O_NONBLOCK:
            raise EAGAIN("another one writes")
        return _write_in_turn(_Write(tty, file, buffer))
    write = _Write(tty, file, buffer)
    try:
        if write.step():
            return write.done
    except KernelError:
        if not write.done:
            raise
        return write.done
    if file.flags & O_NONBLOCK and not write.out_of_turn:
        if not write.done:
            raise EAGAIN
        return write.done
    tty.write_lock.held = True
    return _write_later(write)


async def _write_in_turn(write: _Write) -> int:
    await write.tty.write_lock.acquire()
    return await _write_later(write, step_first=True)


async def _write_later(write: _Write, step_first: bool = False) -> int:
    try:
        ended = write.step() if step_first else False
        while not ended:
            await write.wait()
            ended = write.step()
            if not ended and write.file.flags & O_NONBLOCK and not write.out_of_turn:
                break
    except (KernelError, Restart):
        if not write.done:
            raise
    finally:
        write.tty.write_lock.release()
    return write.done


def n_tty_poll(tty: Tty, file: File) -> int:
    """What would not block."""
    events = 0
    cc = tty.termios.cc
    minimum = 1 if cc[VTIME] or not cc[VMIN] else cc[VMIN]
    if not tty.ldisc.has_input(minimum):
        tty.push()
    if tty.ldisc.has_input(minimum):
        events |= POLLIN | POLLRDNORM
    if tty.ctrl.packet and tty.link is not None and tty.link.ctrl.pktstatus:
        events |= POLLPRI | POLLIN | POLLRDNORM
    if tty.other_closed:
        events |= POLLHUP
    if not tty.write_lock.held and tty.driver.write_room(tty) > 0:
        events |= POLLOUT | POLLWRNORM
    return events
