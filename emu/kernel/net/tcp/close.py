"""How connections end. See tcp_close, tcp_shutdown, tcp_reset, tcp_time_wait."""

from __future__ import annotations

from typing import TYPE_CHECKING

from emu.kernel.errno import ECONNRESET, EINVAL, ENOTCONN, KernelError
from emu.kernel.net.inet.membership import leave_all
from emu.kernel.net.socket import RCV_SHUTDOWN, SEND_SHUTDOWN, SHUTDOWN_MASK
from emu.kernel.net.tcp import output
from emu.kernel.uapi.socket import SHUT_RD, SHUT_RDWR, SHUT_WR
from emu.kernel.uapi.tcp import (
    TCP_CLOSE,
    TCP_CLOSE_WAIT,
    TCP_ESTABLISHED,
    TCP_FIN_WAIT1,
    TCP_FIN_WAIT2,
    TCP_LAST_ACK,
    TCP_LISTEN,
    TCP_SYN_RECV,
    TCP_SYN_SENT,
    TCP_TIME_WAIT,
)

if TYPE_CHECKING:
    from emu.kernel.net.tcp.sock import TcpSocket

KEPT_IN_TIME_WAIT = (
    "local", "local_port", "remote", "remote_port", "is_bound", "v6only", "bound_dev_if", "flags",
    "snd_nxt", "snd_una", "rcv_nxt", "rcv_adv", "rcv_wscale", "advmss", "options", "stamp_recent",
    "shutdown_mask",
)  # fmt: skip


def shutdown(sock: TcpSocket, how: int) -> None:
    """shutdown(2). ENOTCONN unless there is or was a connection, or it listens."""
    if how not in (SHUT_RD, SHUT_WR, SHUT_RDWR):
        raise EINVAL("no such direction")
    mask = how + 1
    if sock.state == TCP_CLOSE:
        raise ENOTCONN
    if sock.state == TCP_LISTEN:
        if mask & RCV_SHUTDOWN:
            stop_listening(sock)
            sock.state_change()
        return
    if sock.state == TCP_SYN_SENT:
        destroy(sock)
        sock.state_change()
        return
    sock.shutdown_mask |= mask
    if mask & SEND_SHUTDOWN:
        end_stream(sock)
    sock.state_change()


def end_stream(sock: TcpSocket) -> None:
    """Send the end of our stream behind all that is queued."""
    if sock.state == TCP_CLOSE_WAIT:
        sock.state = TCP_LAST_ACK
    elif sock.state in (TCP_ESTABLISHED, TCP_SYN_RECV):
        sock.state = TCP_FIN_WAIT1
    else:
        return
    sock.fin_queued = True
    output.push(sock, forced=True)


def release(sock: TcpSocket) -> None:
    """close(2) of the last descriptor. What was not read makes it a reset: RFC 2525."""
    leave_all(sock)
    sock.shutdown_mask = SHUTDOWN_MASK
    if sock.state == TCP_LISTEN:
        stop_listening(sock)
        return
    if sock.state in (TCP_CLOSE, TCP_SYN_SENT):
        destroy(sock)
        return
    sock.orphan = True
    unread = len(sock.incoming) > 0
    sock.incoming.clear()
    if unread or sock.linger == 0:
        if sock.state != TCP_TIME_WAIT:
            output.send_reset(sock)
            destroy(sock)
        return
    end_stream(sock)
    if sock.state == TCP_FIN_WAIT2:
        sock.timers.arm_fin_wait()


def stop_listening(sock: TcpSocket) -> None:
    """Take no connections any more, and reset those nobody has accepted."""
    waiting = [*sock.accept_queue, *sock.syn_queue]
    sock.accept_queue.clear()
    sock.syn_queue.clear()
    destroy(sock)
    for child in waiting:
        child.listener = None
        if child.state != TCP_CLOSE:
            output.send_reset(child)
            destroy(child)


def abort(sock: TcpSocket, error: type[KernelError]) -> None:
    """The connection is no more, and why is for the next call to say."""
    queued = sock.listener is not None and sock in sock.listener.accept_queue
    destroy(sock)
    sock.shutdown_mask = SHUTDOWN_MASK
    sock.error = error
    sock.outgoing.clear()
    if not queued or error is ECONNRESET:
        sock.state_change()


def disconnect(sock: TcpSocket) -> None:
    """connect(2) with AF_UNSPEC: end it, and be as new. See tcp_disconnect."""
    if sock.state == TCP_LISTEN:
        stop_listening(sock)
    elif sock.state not in (TCP_CLOSE, TCP_SYN_SENT, TCP_TIME_WAIT):
        output.send_reset(sock)
    bound, local, port = sock.is_bound, sock.local, sock.local_port
    destroy(sock)
    sock.incoming.clear()
    sock.outgoing.clear()
    sock.local, sock.local_port = sock.any_address, 0
    sock.remote, sock.remote_port = b"", 0
    sock.shutdown_mask = 0
    sock.error = None
    sock.fin_queued = False
    sock.urg_seq = sock.urg_data = sock.snd_up = None
    if bound:
        sock.is_bound, sock.local, sock.local_port = True, local, port
        sock.stack.tcp.ports.add(sock)


def time_wait(sock: TcpSocket) -> None:
    """Both ends have closed: keep the numbers for as long as old segments may come.

    A program's socket is closed by that, and another keeps the numbers: see inet_timewait_sock.
    """
    if not sock.orphan:
        keeper = type(sock)(sock.stack, sock.family, sock.type, sock.protocol, sock.cred)
        keeper.orphan = True
        for name in KEPT_IN_TIME_WAIT:
            setattr(keeper, name, getattr(sock, name))
        destroy(sock)
        sock.shutdown_mask = SHUTDOWN_MASK
        sock.stack.tcp.connect(keeper)
        sock.stack.tcp.ports.add(keeper)
        time_wait(keeper)
        sock.state_change()
        return
    sock.state = TCP_TIME_WAIT
    sock.timers.stop()
    sock.timers.arm_time_wait()
    sock.time_wait_ns = sock.stack.clock.monotonic_ns()
    sock.outgoing.clear()
    sock.incoming.clear()
    _part(sock)


def destroy(sock: TcpSocket) -> None:
    """Take it out of all tables. What was received can still be read."""
    sock.stack.tcp.forget(sock)
    sock.stack.tcp.ports.remove(sock)
    if sock.listener is not None:
        sock.listener.syn_queue.pop(sock, None)
    sock.timers.stop()
    _part(sock)
    sock.state = TCP_CLOSE
    sock.is_bound = False


def _part(sock: TcpSocket) -> None:
    """The two ends do not know each other any more."""
    partner, sock.partner = sock.partner, None
    if partner is not None and partner.partner is sock:
        partner.partner = None
