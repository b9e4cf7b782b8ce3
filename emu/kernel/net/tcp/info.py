"""What getsockopt(2) tells of a TCP socket: its options, and struct tcp_info."""

from __future__ import annotations

import struct
from typing import TYPE_CHECKING

from emu.kernel.errno import ENOPROTOOPT
from emu.kernel.net.tcp.options import CA_NAME_MAX, SAVED
from emu.kernel.net.tcp.segment import distance
from emu.kernel.uapi import tcp

if TYPE_CHECKING:
    from emu.kernel.net.tcp.sock import TcpSocket
    from emu.kernel.task import Task

NSEC_PER_USEC = 1000
NSEC_PER_MSEC = 1_000_000
INFINITE_SSTHRESH = 0x7FFFFFFF


def get_tcp_option(sock: TcpSocket, task: Task, optname: int, length: int) -> bytes:
    """The value of an option. ENOPROTOOPT."""
    if optname == tcp.TCP_INFO:
        return tcp_info(sock, task)[:length]
    if optname == tcp.TCP_CONGESTION:
        return sock.options.congestion.ljust(CA_NAME_MAX, b"\0")
    if optname in (tcp.TCP_ULP, tcp.TCP_SAVED_SYN):
        return b""
    return struct.pack(f"{task.abi.isa.byte_order}i", _number(sock, optname))


def _number(sock: TcpSocket, optname: int) -> int:
    options, sysctls = sock.options, sock.stack.sysctls
    match optname:
        case tcp.TCP_NODELAY:
            return int(options.nodelay)
        case tcp.TCP_CORK:
            return int(options.cork)
        case tcp.TCP_MAXSEG:
            if sock.state in (tcp.TCP_CLOSE, tcp.TCP_LISTEN):
                return options.maxseg or 536
            return sock.mss
        case tcp.TCP_KEEPIDLE:
            return options.keep_idle or sysctls.tcp_keepalive_time
        case tcp.TCP_KEEPINTVL:
            return options.keep_interval or sysctls.tcp_keepalive_intvl
        case tcp.TCP_KEEPCNT:
            return options.keep_count or sysctls.tcp_keepalive_probes
        case tcp.TCP_SYNCNT:
            return options.syn_retries or sysctls.tcp_syn_retries
        case tcp.TCP_LINGER2:
            return options.linger2 or sysctls.tcp_fin_timeout
        case tcp.TCP_DEFER_ACCEPT:
            return options.defer_accept
        case tcp.TCP_WINDOW_CLAMP:
            return options.window_clamp
        case tcp.TCP_QUICKACK:
            return int(options.quickack)
        case tcp.TCP_USER_TIMEOUT:
            return options.user_timeout
        case tcp.TCP_NOTSENT_LOWAT:
            return options.notsent_lowat - (options.notsent_lowat >> 31 << 32)
        case tcp.TCP_FASTOPEN:
            return options.fastopen
        case tcp.TCP_INQ:
            return int(options.inq)
        case tcp.TCP_IS_MPTCP:
            return 0
        case _ if optname in SAVED:
            return options.saved.get(optname, 0)
    raise ENOPROTOOPT(f"no TCP option {optname}")


def tcp_info(sock: TcpSocket, task: Task) -> bytes:
    """struct tcp_info, in the caller's layout."""
    layout = task.abi.layout("tcp_info")
    timers, now = sock.timers, sock.stack.clock.monotonic_ns()
    scales = sock.options.peer_scales
    values = {
        "tcpi_state": sock.state,
        "tcpi_retransmits": timers.backoff,
        "tcpi_backoff": timers.backoff,
        "tcpi_probes": timers.probes,
        "tcpi_options": (tcp.TCPI_OPT_WSCALE if scales else 0)
        | (tcp.TCPI_OPT_TIMESTAMPS if sock.options.stamps else 0),
        "tcpi_snd_wscale": sock.snd_wscale,
        "tcpi_rcv_wscale": sock.rcv_wscale if scales else 0,
        "tcpi_rto": timers.rto_ns // NSEC_PER_USEC,
        "tcpi_snd_mss": sock.mss,
        "tcpi_rcv_mss": min(sock.advmss, 536) if not sock.bytes_received else sock.advmss,
        "tcpi_advmss": sock.advmss,
        "tcpi_pmtu": sock._path.mtu if sock._path is not None else 0,
        "tcpi_rtt": timers.srtt_ns // NSEC_PER_USEC,
        "tcpi_rttvar": timers.rttvar_ns // NSEC_PER_USEC,
        "tcpi_snd_ssthresh": sock.ssthresh,
        "tcpi_snd_cwnd": sock.cwnd,
        "tcpi_reordering": 3,
        "tcpi_rcv_space": sock.window_limit,
        "tcpi_total_retrans": sock.retransmits_total & 0xFFFFFFFF,
        "tcpi_bytes_acked": sock.bytes_acked,
        "tcpi_bytes_received": sock.bytes_received,
        "tcpi_bytes_sent": sock.bytes_acked + distance(sock.snd_una, sock.snd_nxt),
        "tcpi_segs_out": sock.segs_out & 0xFFFFFFFF,
        "tcpi_segs_in": sock.segs_in & 0xFFFFFFFF,
        "tcpi_data_segs_in": sock.data_segs_in & 0xFFFFFFFF,
        "tcpi_data_segs_out": sock.data_segs_out & 0xFFFFFFFF,
        "tcpi_notsent_bytes": sock.unsent,
        "tcpi_snd_wnd": sock.snd_wnd,
        "tcpi_last_data_sent": (now - sock.last_sent_ns) // NSEC_PER_MSEC,
        "tcpi_last_data_recv": (now - sock.last_received_ns) // NSEC_PER_MSEC,
    }
    if sock.state == tcp.TCP_LISTEN:
        values["tcpi_unacked"] = len(sock.accept_queue)
        values["tcpi_sacked"] = sock.backlog
    elif sock.state != tcp.TCP_CLOSE:
        in_flight = distance(sock.snd_una, sock.snd_nxt)
        values["tcpi_unacked"] = -(-in_flight // sock.mss)
    known = {name: value for name, value in values.items() if name in layout.fields}
    return layout.pack(**known)
