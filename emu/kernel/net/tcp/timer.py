"""TCP's timers: sending again, probing, keeping alive, ending. See tcp_timer.c, RFC 6298."""

from __future__ import annotations

from typing import TYPE_CHECKING

from emu.kernel.clock import NSEC_PER_SEC
from emu.kernel.errno import ETIMEDOUT
from emu.kernel.net.tcp.segment import before
from emu.kernel.uapi.tcp import (
    TCP_CLOSE,
    TCP_CLOSE_WAIT,
    TCP_ESTABLISHED,
    TCP_FIN_WAIT1,
    TCP_FIN_WAIT2,
    TCP_LISTEN,
    TCP_SYN_RECV,
    TCP_SYN_SENT,
    TCP_TIME_WAIT,
)

if TYPE_CHECKING:
    from emu.kernel.net.tcp.sock import TcpSocket
    from emu.kernel.timer_queue import Timer

RTO_INITIAL_NS = NSEC_PER_SEC
RTO_MIN_NS = NSEC_PER_SEC // 5
RTO_MAX_NS = 120 * NSEC_PER_SEC
TIME_WAIT_NS = 60 * NSEC_PER_SEC
CORK_NS = NSEC_PER_SEC // 5
"""How long a cork holds a short segment back."""


class Timers:
    """The timers of one socket, and what they measure. `measured` is a segment's end and time."""

    def __init__(self, sock: TcpSocket) -> None:
        self.sock = sock
        self.rto_ns = RTO_INITIAL_NS
        self.srtt_ns = self.rttvar_ns = 0
        self.measured: tuple[int, int] | None = None
        self.backoff = 0
        self.keepalive = False
        self.probes = 0
        self._since_ns = 0
        self._last_heard_ns = 0
        self._retransmit: Timer | None = None
        self._keepalive: Timer | None = None
        self._cork: Timer | None = None
        self._end: Timer | None = None

    def stop(self) -> None:
        """Stop all of them."""
        for timer in (self._retransmit, self._keepalive, self._cork, self._end):
            if timer is not None:
                timer.cancel()
        self._retransmit = self._keepalive = self._cork = self._end = None

    def measure(self, end: int) -> None:
        """A new segment is sent: if none is being measured, measure how long its answer takes."""
        if self.measured is None:
            self.measured = (end, self.sock.stack.clock.monotonic_ns())

    def acknowledged(self, ack: int) -> None:
        """Something was acknowledged: the measured segment, perhaps. RFC 6298."""
        self.backoff = 0
        if self.measured is None or before(ack, self.measured[0]):
            return
        rtt = self.sock.stack.clock.monotonic_ns() - self.measured[1]
        self.measured = None
        if not self.srtt_ns:
            self.srtt_ns, self.rttvar_ns = max(rtt, 1), rtt // 2
        else:
            self.rttvar_ns += (abs(self.srtt_ns - rtt) - self.rttvar_ns) // 4
            self.srtt_ns += (rtt - self.srtt_ns) // 8
        self.rto_ns = max(RTO_MIN_NS, self.srtt_ns + 4 * self.rttvar_ns)

    def arm_retransmit(self, *, again: bool = False) -> None:
        """Send again what is not acknowledged in time."""
        if self._retransmit is not None:
            if not again:
                return
            self._retransmit.cancel()
        if not self.backoff:
            self._since_ns = self.sock.stack.clock.monotonic_ns()
        delay = min(self.rto_ns << self.backoff, RTO_MAX_NS)
        self._retransmit = self.sock.stack.sched.call_after(delay, self._retransmit_now)

    def arm_probe(self) -> None:
        """Ask for the window, if nobody tells that it opened."""
        self.arm_retransmit()

    def stop_retransmit(self) -> None:
        """All is acknowledged."""
        if self._retransmit is not None:
            self._retransmit.cancel()
            self._retransmit = None
        self.backoff = 0

    @property
    def is_waiting(self) -> bool:
        """Whether something will be sent again."""
        return self._retransmit is not None

    def _retransmit_now(self) -> None:
        from emu.kernel.net.tcp import close, output

        self._retransmit = None
        sock = self.sock
        if sock.state in (TCP_CLOSE, TCP_LISTEN, TCP_TIME_WAIT):
            return
        if self._gives_up():
            error = sock.soft_error or ETIMEDOUT
            close.abort(sock, error)
            return
        self.backoff += 1
        if sock.state in (TCP_SYN_SENT, TCP_SYN_RECV):
            sock.stack.counters["Tcp.RetransSegs"] += 1
            self.arm_retransmit()
            output.send_syn(sock)
            return
        self.arm_retransmit()
        if sock.snd_una != sock.snd_nxt:
            sock.ssthresh = max(sock.cwnd // 2, 2)
            sock.cwnd, sock.recover, sock.dup_acks = 1, None, 0
            output.retransmit(sock)
        elif sock.unsent:
            output.send_probe(sock)

    def _gives_up(self) -> bool:
        sock, sysctls = self.sock, self.sock.stack.sysctls
        timeout_ms = sock.options.user_timeout
        if timeout_ms:
            waited = sock.stack.clock.monotonic_ns() - self._since_ns
            if waited >= timeout_ms * 1_000_000:
                return True
        if sock.state == TCP_SYN_SENT:
            return self.backoff >= (sock.options.syn_retries or sysctls.tcp_syn_retries)
        if sock.state == TCP_SYN_RECV:
            return self.backoff >= (sock.options.syn_retries or sysctls.tcp_synack_retries)
        return self.backoff >= (8 if sock.orphan else sysctls.tcp_retries2)

    def set_keepalive(self, on: bool) -> None:
        """Ask an idle peer now and then whether it is still there."""
        self.keepalive = on
        if self._keepalive is not None:
            self._keepalive.cancel()
            self._keepalive = None
        states = (TCP_ESTABLISHED, TCP_CLOSE_WAIT, TCP_FIN_WAIT1, TCP_FIN_WAIT2)
        if on and self.sock.state in states:
            self._arm_keepalive(self.idle_ns)

    @property
    def idle_ns(self) -> int:
        """How long a connection is idle before it is asked."""
        seconds = self.sock.options.keep_idle or self.sock.stack.sysctls.tcp_keepalive_time
        return seconds * NSEC_PER_SEC

    @property
    def interval_ns(self) -> int:
        """How long it takes to ask again."""
        seconds = self.sock.options.keep_interval or self.sock.stack.sysctls.tcp_keepalive_intvl
        return seconds * NSEC_PER_SEC

    def heard(self) -> None:
        """The other end is there."""
        self.probes = 0
        self._last_heard_ns = self.sock.stack.clock.monotonic_ns() if self.keepalive else 0

    def _arm_keepalive(self, delay_ns: int) -> None:
        self._keepalive = self.sock.stack.sched.call_after(delay_ns, self._keepalive_now)

    def _keepalive_now(self) -> None:
        from emu.kernel.net.tcp import close, output

        self._keepalive = None
        sock = self.sock
        if sock.partner is not None and sock.stack.is_direct and not sock.partner.orphan:
            self._arm_keepalive(self.idle_ns)  # it is on this machine, and is there
            return
        idle = sock.stack.clock.monotonic_ns() - self._last_heard_ns
        if sock.snd_una != sock.snd_nxt or (self._last_heard_ns and idle < self.idle_ns):
            self._arm_keepalive(max(self.idle_ns - idle, self.interval_ns))
            return
        limit = sock.options.keep_count or sock.stack.sysctls.tcp_keepalive_probes
        if self.probes >= limit:
            output.send_reset(sock)
            close.abort(sock, sock.soft_error or ETIMEDOUT)
            return
        self.probes += 1
        self._arm_keepalive(self.interval_ns)
        output.send_probe(sock)

    def arm_cork(self) -> None:
        """Send what a cork holds back, after a while."""
        if self._cork is None:
            self._cork = self.sock.stack.sched.call_after(CORK_NS, self._uncork)

    def _uncork(self) -> None:
        from emu.kernel.net.tcp import output

        self._cork = None
        output.push(self.sock, forced=True)

    def arm_time_wait(self) -> None:
        """Be gone when no old segment can come any more."""
        self._arm_end(TIME_WAIT_NS)

    def arm_fin_wait(self) -> None:
        """Nobody has the socket, and the other end does not close: be gone after a while."""
        seconds = self.sock.options.linger2 or self.sock.stack.sysctls.tcp_fin_timeout
        if self.sock.options.linger2 < 0:
            self.sock.destroy()
            return
        self._arm_end(seconds * NSEC_PER_SEC)

    def _arm_end(self, delay_ns: int) -> None:
        if self._end is not None:
            self._end.cancel()
        self._end = self.sock.stack.sched.call_after(delay_ns, self.sock.destroy)
