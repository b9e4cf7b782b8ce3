"""/proc/net/snmp, snmp6, netstat, sockstat. See proc(5), net/ipv4/proc.c."""

from __future__ import annotations

from typing import TYPE_CHECKING

from emu.kernel.uapi.socket import AF_INET, AF_INET6
from emu.kernel.uapi.tcp import TCP_CLOSE_WAIT, TCP_ESTABLISHED, TCP_TIME_WAIT

if TYPE_CHECKING:
    from emu.kernel.kernel import Kernel

GROUPS: dict[str, str] = {
    "Ip": (
        "Forwarding DefaultTTL InReceives InHdrErrors InAddrErrors ForwDatagrams InUnknownProtos "
        "InDiscards InDelivers OutRequests OutDiscards OutNoRoutes ReasmTimeout ReasmReqds "
        "ReasmOKs ReasmFails FragOKs FragFails FragCreates OutTransmits"
    ),
    "Icmp": (
        "InMsgs InErrors InCsumErrors InDestUnreachs InTimeExcds InParmProbs InSrcQuenchs "
        "InRedirects InEchos InEchoReps InTimestamps InTimestampReps InAddrMasks InAddrMaskReps "
        "OutMsgs OutErrors OutRateLimitGlobal OutRateLimitHost OutDestUnreachs OutTimeExcds "
        "OutParmProbs OutSrcQuenchs OutRedirects OutEchos OutEchoReps OutTimestamps "
        "OutTimestampReps OutAddrMasks OutAddrMaskReps"
    ),
    "Tcp": (
        "RtoAlgorithm RtoMin RtoMax MaxConn ActiveOpens PassiveOpens AttemptFails EstabResets "
        "CurrEstab InSegs OutSegs RetransSegs InErrs OutRsts InCsumErrors"
    ),
    "Udp": (
        "InDatagrams NoPorts InErrors OutDatagrams RcvbufErrors SndbufErrors InCsumErrors "
        "IgnoredMulti MemErrors"
    ),
    "UdpLite": (
        "InDatagrams NoPorts InErrors OutDatagrams RcvbufErrors SndbufErrors InCsumErrors "
        "IgnoredMulti MemErrors"
    ),
}
NETSTAT: dict[str, str] = {
    "TcpExt": "ListenOverflows ListenDrops TCPAbortOnData TCPTimeouts",
    "IpExt": "InNoRoutes InMcastPkts OutMcastPkts InBcastPkts OutBcastPkts",
}


def show_snmp(kernel: Kernel) -> bytes:
    """The counters of RFC 1213."""
    stack = kernel.net.stack
    known = dict(stack.counters)
    known["Ip.Forwarding"] = 1 if stack.sysctls.ip_forward else 2
    known["Ip.DefaultTTL"] = stack.sysctls.ip_default_ttl
    known |= {"Tcp.RtoAlgorithm": 1, "Tcp.RtoMin": 200, "Tcp.RtoMax": 120000, "Tcp.MaxConn": -1}
    current = (TCP_ESTABLISHED, TCP_CLOSE_WAIT)
    known["Tcp.CurrEstab"] = sum(s.state in current for s in stack.tcp.connected.values())
    return _groups(GROUPS, known)


def show_netstat(kernel: Kernel) -> bytes:
    """What else is counted."""
    return _groups(NETSTAT, dict(kernel.net.stack.counters))


def _groups(groups: dict[str, str], known: dict[str, int]) -> bytes:
    lines = []
    for group, names in groups.items():
        values = " ".join(str(known.get(f"{group}.{name}", 0)) for name in names.split())
        lines.append(f"{group}: {names}\n{group}: {values}\n")
    return "".join(lines).encode()


def show_sockstat(kernel: Kernel) -> bytes:
    """How many sockets there are, by protocol."""
    stack = kernel.net.stack
    sockets = [s for s in stack.tcp if s.state != TCP_TIME_WAIT]
    waiting = sum(s.state == TCP_TIME_WAIT for s in stack.tcp.connected.values())
    orphans = sum(s.orphan for s in sockets)
    used = len(kernel.net.sockfs.sockets)
    tcp = sum(s.family == AF_INET for s in sockets)
    udp = sum(s.family == AF_INET for s in stack.udp_ports)
    raw = sum(s.family == AF_INET for s in stack.raw_socks)
    return (
        f"sockets: used {used}\n"
        f"TCP: inuse {tcp} orphan {orphans} tw {waiting} alloc {len(sockets)} mem 0\n"
        f"UDP: inuse {udp} mem 0\nUDPLITE: inuse 0\nRAW: inuse {raw}\nFRAG: inuse 0 memory 0\n"
    ).encode()


def show_sockstat6(kernel: Kernel) -> bytes:
    """The same of IPv6."""
    stack = kernel.net.stack
    sockets = [s for s in stack.tcp if s.state != TCP_TIME_WAIT]
    tcp = sum(s.family == AF_INET6 for s in sockets)
    udp = sum(s.family == AF_INET6 for s in stack.udp_ports)
    raw = sum(s.family == AF_INET6 for s in stack.raw_socks)
    return (
        f"TCP6: inuse {tcp}\nUDP6: inuse {udp}\nUDPLITE6: inuse 0\nRAW6: inuse {raw}\n"
        "FRAG6: inuse 0 memory 0\n"
    ).encode()
