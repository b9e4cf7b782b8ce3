"""Sockets' arguments: types, protocols, addresses, options. As strace writes them."""

from __future__ import annotations

import ipaddress
import struct
from typing import TYPE_CHECKING, Any

from emu.kernel.errno import KernelError
from emu.kernel.uapi.socket import ADDRESS_FAMILY, SOCKET_FLAGS, SOCKET_OPTION, SOCKET_TYPE
from emu.trace.format.flags import flags, number
from emu.trace.format.text import pointer, quoted, signed

if TYPE_CHECKING:
    from emu.arch.abi import Abi
    from emu.trace.format.call import Call

AF_UNIX, AF_INET, AF_INET6, AF_NETLINK, AF_PACKET = 1, 2, 10, 16, 17
TYPE_MASK = 0xF
ADDRESS_MAX = 128
OPTION_MAX = 64
CALL_HEADS = ("SHUT_RD", "SHUT_WR", "SHUT_RDWR")

LEVELS = {
    0: "SOL_IP", 1: "SOL_ICMP", 6: "SOL_TCP", 17: "SOL_UDP", 41: "SOL_IPV6", 58: "SOL_ICMPV6",
    255: "SOL_RAW", 263: "SOL_PACKET", 270: "SOL_NETLINK",
}  # fmt: skip
OPTION_PREFIXES = {
    0: "IP_", 6: "TCP_", 17: "UDP_", 41: "IPV6_", 255: "ICMP_FILTER", 263: "PACKET_",
    270: "NETLINK_",
}  # fmt: skip
IP_PROTOCOLS = {
    0: "IPPROTO_IP", 1: "IPPROTO_ICMP", 2: "IPPROTO_IGMP", 6: "IPPROTO_TCP", 17: "IPPROTO_UDP",
    41: "IPPROTO_IPV6", 58: "IPPROTO_ICMPV6", 255: "IPPROTO_RAW",
}  # fmt: skip
NETLINK_PROTOCOLS = {
    0: "NETLINK_ROUTE", 2: "NETLINK_USERSOCK", 4: "NETLINK_SOCK_DIAG", 9: "NETLINK_AUDIT",
    12: "NETLINK_NETFILTER", 15: "NETLINK_KOBJECT_UEVENT", 16: "NETLINK_GENERIC",
}  # fmt: skip


def socket_type(call: Call, index: int) -> str:
    """``SOCK_STREAM|SOCK_CLOEXEC``; the flags alone for accept4."""
    value = call.value(index)
    kind, rest = value & TYPE_MASK, value & ~TYPE_MASK
    names = []
    if kind or call.name in ("socket", "socketpair"):
        names.append(number(call.abi, SOCKET_TYPE, kind))
    if rest or not names:
        names.append(flags(call.abi, SOCKET_FLAGS, rest))
    return "|".join(names)


def protocol(call: Call, index: int) -> str:
    """The protocol by its family's names."""
    family, value = call.value(0), call.value(index)
    if family in (AF_INET, AF_INET6):
        return IP_PROTOCOLS.get(value, f"{value:#x} /* IPPROTO_??? */")
    if family == AF_NETLINK:
        return NETLINK_PROTOCOLS.get(value, f"{value:#x} /* NETLINK_??? */")
    if family == AF_PACKET:
        return f"htons({value:#x})" if value else "0"
    return str(value)


def direction(call: Call, index: int) -> str:
    """SHUT_WR."""
    value = call.value(index)
    return CALL_HEADS[value] if 0 <= value < 3 else f"{value:#x} /* SHUT_??? */"


def length_pointer(call: Call, index: int) -> str:
    """A socklen_t as the kernel left it: ``[16]``."""
    address = call.value(index)
    if not address:
        return "NULL"
    try:
        return f"[{signed(call.mm.read_u32(address), 32)}]"
    except KernelError:
        return pointer(address)


def sockaddr(call: Call, index: int) -> str:
    """The address behind a pointer."""
    address = call.value(index)
    try:
        length = _length_of(call, index)
        return pointer(address) if length is None else socket_address(call, address, length)
    except KernelError:
        return pointer(address)


def _length_of(call: Call, index: int) -> int | None:
    """How long what a pointer leads to is, which the kernel tells where it fills it."""
    arg: Any = call.parameters[index].arg
    if not call.value(index) or (arg.out and call.failed):
        return None
    length = call.named(arg.length) or 0
    return call.mm.read_u32(length) if arg.out else length


def socket_address(call: Call, address: int, length: int) -> str:
    """A struct sockaddr at an address."""
    if length < 2:
        return pointer(address)
    raw = call.mm.read(address, min(length, ADDRESS_MAX))
    (family,) = struct.unpack_from(call.abi.isa.byte_order + "H", raw)
    name = number(call.abi, ADDRESS_FAMILY, family, 16)
    return f"{{sa_family={name}{_address_fields(call.abi, family, raw)}}}"


def _address_fields(abi: Abi, family: int, raw: bytes) -> str:
    order = abi.isa.byte_order
    if family == AF_UNIX:
        if len(raw) == 2:
            return ""
        path = raw[2:]
        if path[:1] == b"\0":
            return f", sun_path=@{quoted(path[1:])}"
        return f", sun_path={quoted(path.partition(bytes(1))[0])}"
    if family == AF_INET and len(raw) >= 8:
        port, host = int.from_bytes(raw[2:4], "big"), ipaddress.IPv4Address(raw[4:8])
        return f', sin_port=htons({port}), sin_addr=inet_addr("{host}")'
    if family == AF_INET6 and len(raw) >= 24:
        port, flow = int.from_bytes(raw[2:4], "big"), int.from_bytes(raw[4:8], "big")
        host6 = ipaddress.IPv6Address(raw[8:24])
        scope = struct.unpack_from(order + "I", raw, 24)[0] if len(raw) >= 28 else 0
        return (
            f", sin6_port=htons({port}), sin6_flowinfo=htonl({flow}), "
            f'inet_pton(AF_INET6, "{host6}", &sin6_addr), sin6_scope_id={scope}'
        )
    if family == AF_NETLINK and len(raw) >= 12:
        port, groups = struct.unpack_from(order + "II", raw, 4)
        return f", nl_pid={port}, nl_groups={groups:08x}"
    return f", sa_data={quoted(raw[2:])}" if len(raw) > 2 else ""


def level(call: Call, index: int) -> str:
    """SOL_SOCKET, or another level's name."""
    value = call.value(index)
    if value == call.abi.constants["SOL_SOCKET"]:
        return "SOL_SOCKET"
    return LEVELS.get(value, f"{value:#x} /* SOL_??? */")


def option_name(call: Call, index: int) -> str:
    """The option by its level's names."""
    at, value = call.named("level") or 0, call.value(index)
    if at == call.abi.constants["SOL_SOCKET"]:
        return number(call.abi, SOCKET_OPTION, value).replace("_OLD", "")
    prefix = OPTION_PREFIXES.get(at)
    if prefix is not None:
        for name, known in call.abi.constants.items():
            if known == value and name.startswith(prefix) and name not in PROTOCOL_NUMBERS:
                return name
    return f"{value:#x} /* ??? */"


PROTOCOL_NUMBERS = frozenset(NETLINK_PROTOCOLS.values()) | {
    "TCP_ESTABLISHED", "TCP_SYN_SENT", "TCP_SYN_RECV", "TCP_FIN_WAIT1", "TCP_FIN_WAIT2",
    "TCP_TIME_WAIT", "TCP_CLOSE", "TCP_CLOSE_WAIT", "TCP_LAST_ACK", "TCP_LISTEN", "TCP_CLOSING",
    "NETLINK_UNCONNECTED", "NETLINK_CONNECTED", "NETLINK_UNUSED", "NETLINK_FIREWALL",
    "NETLINK_NFLOG", "NETLINK_XFRM", "NETLINK_SELINUX", "NETLINK_ISCSI", "NETLINK_FIB_LOOKUP",
    "NETLINK_CONNECTOR", "NETLINK_IP6_FW", "NETLINK_DNRTMSG", "NETLINK_SCSITRANSPORT",
    "NETLINK_DIAG_MEMINFO", "NETLINK_DIAG_GROUPS", "NETLINK_DIAG_RX_RING", "NETLINK_DIAG_TX_RING",
    "NETLINK_DIAG_FLAGS", "NETLINK_DIAG_MAX",
}  # fmt: skip
"""Constants that begin as options do and are none."""


def option_value(call: Call, index: int) -> str:
    """What an option is set to: an int in brackets, a struct, or bytes."""
    address = call.value(index)
    try:
        length = _length_of(call, index)
        if length is None or not 0 < length <= OPTION_MAX:
            return pointer(address)
        return _option(call, call.mm.read(address, length))
    except KernelError:
        return pointer(address)


def _option(call: Call, raw: bytes) -> str:
    order = call.abi.isa.byte_order
    at, name = call.named("level"), call.named("optname") or 0
    if at == call.abi.constants["SOL_SOCKET"]:
        known = number(call.abi, SOCKET_OPTION, name)
        if known == "SO_PEERCRED" and len(raw) == 12:
            pid, uid, gid = struct.unpack(order + "III", raw)
            return f"{{pid={pid}, uid={signed(uid, 32)}, gid={signed(gid, 32)}}}"
        if known == "SO_LINGER" and len(raw) == 8:
            on, seconds = struct.unpack(order + "ii", raw)
            return f"{{l_onoff={on}, l_linger={seconds}}}"
        if known == "SO_ERROR" and len(raw) == 4:
            (error,) = struct.unpack(order + "i", raw)
            return f"[{call.abi.errno_names.get(error, error)}]"
        if "TIMEO" in known:
            half = len(raw) // 2
            seconds, rest = struct.unpack(order + ("ii" if half == 4 else "qq"), raw[: 2 * half])
            return f'"{seconds}.{rest:06d}"' if rest else f"{{tv_sec={seconds}, tv_usec=0}}"
    if len(raw) == 4:
        return f"[{struct.unpack(order + 'i', raw)[0]}]"
    return quoted(raw)
