"""/proc/sys/net: the network's variables. See Documentation/networking/ip-sysctl.rst."""

from __future__ import annotations

from emu.kernel.fs.procfs.rows import Row, Table
from emu.kernel.fs.procfs.variables import INT_MAX, group, number, numbers

PORT_MAX = 65535
TTL_MAX = 255
LEAST_SOCKET_MEMORY = 2304
TCP_FLAGS = ("tcp_timestamps", "tcp_window_scaling")
TCP_COUNTS = {
    "tcp_fin_timeout": 1, "tcp_keepalive_intvl": 1, "tcp_keepalive_probes": 1,
    "tcp_keepalive_time": 1, "tcp_max_syn_backlog": 1, "tcp_retries2": 0, "tcp_syn_retries": 1,
    "tcp_synack_retries": 0,
}  # fmt: skip
"""The least value of each."""


def variable(name: str, minimum: int = 0, maximum: int = INT_MAX) -> Row:
    """A number of the network's."""
    return number(f"net.stack.sysctls.{name}", minimum, maximum)


def several(name: str, minimum: int = 0, maximum: int = INT_MAX) -> Row:
    """A tuple of the network's numbers."""
    return numbers(f"net.stack.sysctls.{name}", minimum, maximum)


def core(name: str, minimum: int = 0) -> Row:
    """A number of all families', for which the Internet need not be there."""
    return number(f"net.sysctls.{name}", minimum, INT_MAX)


CORE: Table = {
    **{
        name.encode(): core(name, LEAST_SOCKET_MEMORY)
        for name in ("rmem_default", "rmem_max", "wmem_default", "wmem_max")
    },
    b"somaxconn": core("somaxconn"),
}

UNIX: Table = {b"max_dgram_qlen": core("max_dgram_qlen")}

IPV4: Table = {
    b"icmp_echo_ignore_all": variable("icmp_echo_ignore_all", 0, 1),
    b"ip_default_ttl": variable("ip_default_ttl", 1, TTL_MAX),
    b"ip_forward": variable("ip_forward", 0, 1),
    b"ip_local_port_range": several("ip_local_port_range", 1, PORT_MAX),
    b"ip_nonlocal_bind": variable("ip_nonlocal_bind", 0, 1),
    b"ip_unprivileged_port_start": variable("ip_unprivileged_port_start", 0, PORT_MAX),
    b"ping_group_range": several("ping_group_range"),
    **{name.encode(): variable(name, 0, 1) for name in TCP_FLAGS},
    **{name.encode(): variable(name, least) for name, least in TCP_COUNTS.items()},
    b"tcp_rmem": several("tcp_rmem", 1),
    b"tcp_tw_reuse": variable("tcp_tw_reuse", 0, 2),
    b"tcp_wmem": several("tcp_wmem", 1),
}

IPV6_ALL: Table = {
    b"forwarding": variable("ipv6_forwarding", 0, 1),
    b"hop_limit": variable("ipv6_hop_limit", 1, TTL_MAX),
}

IPV6: Table = {
    b"bindv6only": variable("bindv6only", 0, 1),
    b"conf": group({b"all": group(IPV6_ALL)}),
}

NET_SYSCTL: Table = {
    b"core": group(CORE),
    b"ipv4": group(IPV4),
    b"ipv6": group(IPV6),
    b"unix": group(UNIX),
}
