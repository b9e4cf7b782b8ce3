"""/proc/net/dev, route, arp, if_inet6 and ipv6_route. See proc(5)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from emu.kernel.net.inet.address import is_loopback, netmask, text
from emu.kernel.uapi.rtnetlink import (
    NUD_PERMANENT,
    NUD_VALID,
    RT_SCOPE_LINK,
    RTF_GATEWAY,
    RTF_HOST,
    RTF_LOCAL,
    RTF_REJECT,
    RTF_UP,
    RTN_LOCAL,
    RTN_UNICAST,
    RTN_UNREACHABLE,
)

if TYPE_CHECKING:
    from emu.kernel.kernel import Kernel
    from emu.kernel.net.inet.fib import Route

ROUTE_WIDTH = 127
DEV_HEAD = (
    "Inter-|   Receive                                                |  Transmit\n"
    " face |bytes    packets errs drop fifo frame compressed multicast"
    "|bytes    packets errs drop fifo colls carrier compressed\n"
)
ROUTE_HEAD = "Iface\tDestination\tGateway \tFlags\tRefCnt\tUse\tMetric\tMask\t\tMTU\tWindow\tIRTT"
ARP_HEAD = "IP address       HW type     Flags       HW address            Mask     Device\n"
SCOPE_HOST6, SCOPE_LINK6 = 0x10, 0x20
ATF_COM, ATF_PERM = 2, 4


def show_dev(kernel: Kernel) -> bytes:
    """What every device has counted."""
    lines = [DEV_HEAD]
    for dev in kernel.net.stack.devices.values():
        s = dev.statistics
        lines.append(
            f"{dev.name.decode():>6}: {s.rx_bytes:7} {s.rx_packets:7} {s.rx_errors:4} "
            f"{s.rx_dropped:4} {0:4} {0:5} {0:10} {s.multicast:9} {s.tx_bytes:8} "
            f"{s.tx_packets:7} {s.tx_errors:4} {s.tx_dropped:4} {0:4} {s.collisions:5} "
            f"{0:7} {0:10}\n"
        )
    return "".join(lines).encode()


def show_route(kernel: Kernel) -> bytes:
    """The routes of IPv4, but for local ones."""
    lines = [ROUTE_HEAD.ljust(ROUTE_WIDTH)]
    for route in kernel.net.stack.fib(4).tables[254].routes():
        if route.type in (RTN_UNICAST, RTN_UNREACHABLE):
            lines.append(_route(kernel, route).ljust(ROUTE_WIDTH))
    return "".join(line + "\n" for line in lines).encode()


def _route(kernel: Kernel, route: Route) -> str:
    flags = RTF_UP | (RTF_GATEWAY if route.gateway else 0)
    flags |= RTF_HOST if route.length == 32 else 0
    flags |= RTF_REJECT if route.type == RTN_UNREACHABLE else 0
    name = route.dev.name.decode() if route.dev is not None else "*"
    mtu = route.mtu - 40 if route.mtu else 0
    return (
        f"{name}\t{_word(kernel, route.prefix)}\t{_word(kernel, route.gateway or bytes(4))}\t"
        f"{flags:04X}\t0\t0\t{route.metric}\t{_word(kernel, netmask(route.length))}\t{mtu}\t0\t0"
    )


def _word(kernel: Kernel, address: bytes) -> str:
    task = kernel.sched.current
    big = task is not None and task.abi.big_endian
    return f"{int.from_bytes(address, 'big' if big else 'little'):08X}"


def show_arp(kernel: Kernel) -> bytes:
    """The neighbours of IPv4."""
    lines = [ARP_HEAD]
    for entry in kernel.net.stack.neighbours[4].entries.values():
        flags = (ATF_COM if entry.state & NUD_VALID else 0) | (
            ATF_PERM if entry.state & NUD_PERMANENT else 0
        )
        hardware = entry.hardware.hex(":")
        lines.append(
            f"{text(entry.address):<16} 0x{entry.dev.type:<10x}0x{flags:<10x}{hardware:<17}"
            f"     *        {entry.dev.name.decode()}\n"
        )
    return "".join(lines).encode()


def show_if_inet6(kernel: Kernel) -> bytes:
    """The addresses of IPv6."""
    lines = []
    for dev in kernel.net.stack.devices.values():
        for address in dev.addresses:
            if len(address.local) != 16:
                continue
            scope = SCOPE_LINK6 if address.scope == RT_SCOPE_LINK else 0
            if is_loopback(address.local):
                scope = SCOPE_HOST6
            lines.append(
                f"{address.local.hex()} {dev.ifindex:02x} {address.prefix_length:02x} "
                f"{scope:02x} {address.flags:02x} {dev.name.decode():>8}\n"
            )
    return "".join(lines).encode()


def show_ipv6_route(kernel: Kernel) -> bytes:
    """The routes of IPv6."""
    lines = []
    fib = kernel.net.stack.fib(16)
    for route in (r for table in fib.tables.values() for r in table.routes()):
        flags = RTF_UP | (RTF_GATEWAY if route.gateway else 0)
        if route.type == RTN_LOCAL:
            flags |= RTF_LOCAL
        name = route.dev.name.decode() if route.dev is not None else "lo"
        lines.append(
            f"{route.prefix.hex()} {route.length:02x} {bytes(16).hex()} 00 "
            f"{(route.gateway or bytes(16)).hex()} {route.metric:08x} {1:08x} {0:08x} "
            f"{flags:08x} {name:>8}\n"
        )
    return "".join(lines).encode()
