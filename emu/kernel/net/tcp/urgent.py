"""Urgent data: one byte out of band, and the mark where it was. See tcp(7), RFC 6093."""

from __future__ import annotations

from typing import TYPE_CHECKING

from emu.kernel.net.tcp.segment import SEQUENCES, after, before, distance
from emu.kernel.signal.sigio import send_sigurg
from emu.kernel.uapi.poll import POLLPRI

if TYPE_CHECKING:
    from emu.kernel.net.tcp.segment import Segment
    from emu.kernel.net.tcp.sock import TcpSocket


def mark_arrives(sock: TcpSocket, segment: Segment) -> None:
    """A segment says where urgent data ends: the byte before that place is the urgent one."""
    if not segment.urgent:
        return
    mark = (segment.seq + segment.urgent - 1) % SEQUENCES
    if before(mark, sock.copied_seq) or (before(mark, sock.rcv_nxt) and mark != sock.urg_seq):
        return
    if sock.urg_seq is None or after(mark, sock.urg_seq):
        sock.urg_seq, sock.urg_data, sock.urg_read = mark, None, False
        _tell(sock)
    if sock.urg_data is None and not sock.urg_read and not before(mark, segment.seq):
        place = distance(segment.seq, mark)
        if place < len(segment.data):
            sock.urg_data = segment.data[place]
            sock.read_wait.wake_up_all(POLLPRI)


def _tell(sock: TcpSocket) -> None:
    """SIGURG to the file's owner."""
    if sock.file is None or sock.file.owner is None:
        return
    send_sigurg(sock.file)
    sock.read_wait.wake_up_all(POLLPRI)
