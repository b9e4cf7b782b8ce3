"""What is in /proc/net and /proc/sys/net, by name. Nothing is imported until it is read."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

from emu.kernel.errno import EINVAL

if TYPE_CHECKING:
    from emu.kernel.kernel import Kernel

PACKAGE = "emu.kernel.net.proc"

NET_FILES = {
    b"arp": "devices:show_arp",
    b"dev": "devices:show_dev",
    b"icmp": "sockets:show_icmp",
    b"icmp6": "sockets:show_icmp6",
    b"if_inet6": "devices:show_if_inet6",
    b"ipv6_route": "devices:show_ipv6_route",
    b"netstat": "counters:show_netstat",
    b"packet": "sockets:show_packet",
    b"raw": "sockets:show_raw",
    b"raw6": "sockets:show_raw6",
    b"route": "devices:show_route",
    b"snmp": "counters:show_snmp",
    b"sockstat": "counters:show_sockstat",
    b"sockstat6": "counters:show_sockstat6",
    b"tcp": "sockets:show_tcp",
    b"tcp6": "sockets:show_tcp6",
    b"udp": "sockets:show_udp",
    b"udp6": "sockets:show_udp6",
}
"""The files of /proc/net, by the function that makes the text: ``show(kernel)``."""

INT_MAX = (1 << 31) - 1

NET_VARIABLES: dict[bytes, tuple[str, int, int]] = {
    b"core/rmem_default": ("rmem_default", 2304, INT_MAX),
    b"core/rmem_max": ("rmem_max", 2304, INT_MAX),
    b"core/somaxconn": ("somaxconn", 0, INT_MAX),
    b"core/wmem_default": ("wmem_default", 4608, INT_MAX),
    b"core/wmem_max": ("wmem_max", 4608, INT_MAX),
    b"ipv4/icmp_echo_ignore_all": ("icmp_echo_ignore_all", 0, 1),
    b"ipv4/ip_default_ttl": ("ip_default_ttl", 1, 255),
    b"ipv4/ip_forward": ("ip_forward", 0, 1),
    b"ipv4/ip_local_port_range": ("ip_local_port_range", 1, 65535),
    b"ipv4/ip_nonlocal_bind": ("ip_nonlocal_bind", 0, 1),
    b"ipv4/ip_unprivileged_port_start": ("ip_unprivileged_port_start", 0, 65535),
    b"ipv4/ping_group_range": ("ping_group_range", 0, INT_MAX),
    b"ipv4/tcp_fin_timeout": ("tcp_fin_timeout", 0, INT_MAX),
    b"ipv4/tcp_keepalive_intvl": ("tcp_keepalive_intvl", 0, INT_MAX),
    b"ipv4/tcp_keepalive_probes": ("tcp_keepalive_probes", 0, 255),
    b"ipv4/tcp_keepalive_time": ("tcp_keepalive_time", 0, INT_MAX),
    b"ipv4/tcp_retries2": ("tcp_retries2", 0, 255),
    b"ipv4/tcp_rmem": ("tcp_rmem", 1, INT_MAX),
    b"ipv4/tcp_syn_retries": ("tcp_syn_retries", 1, 127),
    b"ipv4/tcp_synack_retries": ("tcp_synack_retries", 0, 255),
    b"ipv4/tcp_timestamps": ("tcp_timestamps", 0, 2),
    b"ipv4/tcp_window_scaling": ("tcp_window_scaling", 0, 1),
    b"ipv4/tcp_wmem": ("tcp_wmem", 1, INT_MAX),
    b"ipv6/bindv6only": ("bindv6only", 0, 1),
    b"ipv6/conf/all/forwarding": ("ipv6_forwarding", 0, 1),
}
"""The variables of /proc/sys/net: an attribute of `NetSysctls` and its least and largest number."""


def show_net_file(kernel: Kernel, name: bytes) -> bytes:
    """The text of a file of /proc/net."""
    module, _, function = NET_FILES[name].partition(":")
    text: bytes = getattr(import_module(f"{PACKAGE}.{module}"), function)(kernel)
    return text


def show_net_variable(kernel: Kernel, name: bytes) -> bytes:
    """A variable's number, or its numbers."""
    value = getattr(kernel.net.stack.sysctls, NET_VARIABLES[name][0])
    numbers = value if isinstance(value, tuple) else (value,)
    return b"\t".join(b"%d" % number for number in numbers) + b"\n"


def store_net_variable(kernel: Kernel, name: bytes, data: bytes) -> None:
    """Set it. EINVAL for what is no number, or out of its range."""
    attribute, least, largest = NET_VARIABLES[name]
    sysctls = kernel.net.stack.sysctls
    words = data.split()
    old = getattr(sysctls, attribute)
    wanted = len(old) if isinstance(old, tuple) else 1
    if len(words) != wanted or not all(word.isdigit() and len(word) < 11 for word in words):
        raise EINVAL("not as many numbers as it has")
    numbers = tuple(map(int, words))
    if not all(least <= number <= largest for number in numbers):
        raise EINVAL("out of range")
    setattr(sysctls, attribute, numbers if isinstance(old, tuple) else numbers[0])
