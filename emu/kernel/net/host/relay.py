"""Bytes between a connection of the machine's and one of the host's.

The machine's end is a TCP socket of the gateway's: no program has it, this does. Neither side
blocks: the machine's wait queues and the host's descriptor say when there is something to do.
"""

from __future__ import annotations

import socket
from collections.abc import Callable
from typing import TYPE_CHECKING

from emu.kernel.net.socket import RCV_SHUTDOWN
from emu.kernel.net.tcp import close, output, receive
from emu.kernel.net.tcp.segment import SEQUENCES
from emu.kernel.uapi.tcp import TCP_CLOSE

if TYPE_CHECKING:
    from emu.kernel.host_wait import HostQueue
    from emu.kernel.net.tcp.sock import TcpSocket
    from emu.kernel.sched import Scheduler

PIECE = 1 << 16


class HostWatch:
    """Calls an action when a host's descriptor is ready, for as long as it is `wanted`."""

    def __init__(self, queue: HostQueue, action: Callable[[], None]) -> None:
        self.exclusive = False
        self.wanted = True
        self._queue = queue
        self._action = action
        queue.watch(self)
        self.arm()

    def arm(self) -> None:
        """Be told the next time."""
        self.wanted = True
        self._queue.armed = True

    def notify(self, events: int) -> bool:
        """See `emu.kernel.wait.Watcher`."""
        self.wanted = False
        self._action()
        return True

    def stop(self) -> None:
        """Be told no more."""
        self.wanted = False
        self._queue.unwatch(self)


class GuestWatch:
    """Calls an action when a socket of the machine's has changed."""

    def __init__(self, sock: TcpSocket, action: Callable[[], None]) -> None:
        self.exclusive = False
        self.wanted = False
        self._sock = sock
        self._action = action
        sock.read_wait.watch(self)
        sock.write_wait.watch(self)

    def notify(self, events: int) -> bool:
        """See `emu.kernel.wait.Watcher`."""
        self._action()
        return False

    def stop(self) -> None:
        """Be told no more."""
        self._sock.read_wait.unwatch(self)
        self._sock.write_wait.unwatch(self)


class Relay:
    """One connection of each side, joined."""

    def __init__(
        self, relays: set[Relay], sched: Scheduler, guest: TcpSocket, host: socket.socket
    ) -> None:
        self._relays = relays
        relays.add(self)
        self._guest = guest
        self._host = host
        # The guest's own rules say when small pieces wait; the host must not make them wait again.
        host.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._host_ended = self._guest_ended = self._closed = False
        self._busy = False
        fd = host.fileno()
        self._readable = HostWatch(sched.host_readable_queue(fd), self.pump)
        self._writable = HostWatch(sched.host_writable_queue(fd), self.pump)
        self._changed = GuestWatch(guest, self.pump)
        self.pump()

    @property
    def is_done(self) -> bool:
        """Whether all that the guest sent is with the host."""
        return self._closed or self._guest_ended

    def pump(self) -> None:
        """Move what can be moved, both ways."""
        if self._busy or self._closed:
            return
        self._busy = True
        try:
            self._to_host()
            self._to_guest()
        except OSError:
            self._reset()
        finally:
            self._busy = False
        if not self._closed and self._host_ended and self._guest_ended:
            self._close()

    def _to_host(self) -> None:
        guest = self._guest
        while guest.incoming.length:
            try:
                sent = self._host.send(guest.incoming.first())
            except BlockingIOError:
                self._writable.arm()
                return
            guest.incoming.drop(sent)
            guest.copied_seq = (guest.copied_seq + sent) % SEQUENCES
            receive.made_room(guest, sent)
        if guest.error is not None or guest.state == TCP_CLOSE:
            self._reset()
        elif guest.shutdown_mask & RCV_SHUTDOWN and not self._guest_ended:
            self._guest_ended = True
            self._host.shutdown(socket.SHUT_WR)

    def _to_guest(self) -> None:
        guest = self._guest
        while not self._host_ended and not self._closed:
            room = guest.room
            if room <= 0:
                return
            try:
                data = self._host.recv(min(room, PIECE))
            except BlockingIOError:
                self._readable.arm()
                return
            if not data:
                self._host_ended = True
                close.end_stream(guest)
                return
            guest.outgoing.append(data)
            guest.write_seq = (guest.write_seq + len(data)) % SEQUENCES
            output.push(guest)

    def _reset(self) -> None:
        """One side broke: so does the other."""
        guest = self._guest
        if guest.state != TCP_CLOSE:
            output.send_reset(guest)
            close.destroy(guest)
        self._close()

    def _close(self) -> None:
        self._closed = True
        self._relays.discard(self)
        for watch in (self._readable, self._writable, self._changed):
            watch.stop()
        self._host.close()
        close.release(self._guest)
