"""The machine's console: a terminal whose far end is the host's, as a hypervisor's console is.

The host's terminal is only a wire here: all that a terminal does is done by our line discipline.
Compare drivers/tty/hvc.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from typing import TYPE_CHECKING

from emu.kernel.tty.driver import TtyDriver
from emu.kernel.tty.hangup import vhangup
from emu.kernel.tty.ktermios import Ktermios, Winsize
from emu.kernel.tty.tty import Tty
from emu.kernel.vfs.dev import HVC_MAJOR, MKDEV

if TYPE_CHECKING:
    from emu.kernel.kernel import Kernel
    from emu.kernel.wait import WaitQueue

HVC0 = MKDEV(HVC_MAJOR, 0)
READ_SIZE = 4096
INPUT_LIMIT = 8192
OUTPUT_LIMIT = 8192


class HostConsole(TtyDriver):
    """Console and far end in one. `fd` is the host's terminal, which must not block."""

    name = b"hvc"
    device = HVC0

    def __init__(self, kernel: Kernel, fd: int) -> None:
        self._fd = fd
        self._output = bytearray()
        self.tty = Tty(kernel, self, 0, Ktermios())
        self.tty.count = 1  # the machine itself keeps it open
        readable, writable = kernel.sched.host_queues(fd)
        self._input_source = Watch(readable, self._receive)
        self._output_source = Watch(writable, self._transmit)
        self._input_source.on()

    def set_size(self, rows: int, columns: int, xpixel: int = 0, ypixel: int = 0) -> None:
        """The host's window has another size."""
        self.resize(self.tty, Winsize(rows, columns, xpixel, ypixel))

    def close_host(self) -> None:
        """Have nothing more to do with the host."""
        self._input_source.off()
        self._output_source.off()

    def write(self, tty: Tty, data: bytes) -> int:
        """Send it, or keep it until the host has room."""
        if tty.flow.stopped:
            return 0
        sent = data[: max(0, OUTPUT_LIMIT - len(self._output))]
        self._output += sent
        self._transmit()
        return len(sent)

    def write_room(self, tty: Tty) -> int:
        """None while output is stopped."""
        return 0 if tty.flow.stopped else max(0, OUTPUT_LIMIT - len(self._output))

    def chars_in_buffer(self, tty: Tty) -> int:
        """What the host had no room for."""
        return len(self._output)

    def flush_buffer(self, tty: Tty) -> None:
        """Forget it."""
        self._output.clear()

    def unthrottle(self, tty: Tty) -> None:
        """Look at the host's input again."""
        if not tty.hung_up and len(tty.port) < INPUT_LIMIT:
            self._input_source.on()

    def _receive(self) -> None:
        tty = self.tty
        try:
            data = os.read(self._fd, READ_SIZE)
        except BlockingIOError:
            return
        except OSError:
            data = b""
        if not data:
            self._input_source.off()
            vhangup(tty)
            return
        tty.port += data
        tty.push()
        if len(tty.port) >= INPUT_LIMIT:
            self._input_source.off()

    def _transmit(self) -> None:
        while self._output:
            try:
                sent = os.write(self._fd, self._output)
            except BlockingIOError:
                self._output_source.on()
                return
            except OSError:
                self._output.clear()  # nobody is there to see it
                break
            del self._output[:sent]
        self._output_source.off()
        self.tty.write_wait.wake_up_all()


class Watch:
    """Calls an action whenever a wait queue is woken, for as long as it is on."""

    exclusive = False

    def __init__(self, queue: WaitQueue, action: Callable[[], None]) -> None:
        self._queue = queue
        self._action = action

    def on(self) -> None:
        """Begin."""
        self._queue.add(self)

    def off(self) -> None:
        """End."""
        self._queue.remove(self)

    def wake(self) -> None:
        """See `emu.kernel.wait.Waiter`; it stays on the queue."""
        self._action()
