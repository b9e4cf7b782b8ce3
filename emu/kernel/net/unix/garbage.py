"""Sockets that only messages in closed sockets' queues still hold. See net/unix/garbage.c.

A socket's file may be sent over the socket itself, or two over each other. When every descriptor
is closed, messages alone keep them; nobody can ever receive these, so they are thrown away.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from emu.kernel.net.sockfs import is_socket
from emu.kernel.net.unix.socket import UnixSocket

if TYPE_CHECKING:
    from emu.kernel.net.unix.family import UnixFamily


def collect_garbage(unix: UnixFamily) -> None:
    """Throw away the messages that hold sockets which nobody can reach."""
    suspects = {
        socket: None
        for socket, count in unix.inflight.items()
        if socket.file is not None and socket.file.count == count
    }
    if not suspects:
        return
    reachable = [socket for socket in unix.sockets if socket not in suspects]
    while reachable:
        for socket in sent_over(reachable.pop()):
            if socket in suspects:
                del suspects[socket]
                reachable.append(socket)
    for socket in suspects:
        for receiver in (socket, *socket.embryos):
            held = [skb for skb in receiver.receive_queue if skb.control.files]
            for skb in held:
                receiver.receive_queue.remove(skb)
            for skb in held:
                receiver.discard(skb)


def sent_over(socket: UnixSocket) -> Iterator[UnixSocket]:
    """The sockets whose files wait in a socket's queue, or in those of its embryos."""
    for receiver in (socket, *socket.embryos):
        for skb in receiver.receive_queue:
            for file in skb.control.files:
                if is_socket(file) and isinstance(file.private_data, UnixSocket):
                    yield file.private_data
