"""The network's variables, as /proc/sys/net shows them."""

from __future__ import annotations

from emu.record import record


@record(frozen=False, eq=False)
class NetSysctls:
    """What can be set, with Linux's defaults."""

    rmem_default: int = 212992
    rmem_max: int = 212992
    wmem_default: int = 212992
    wmem_max: int = 212992
    somaxconn: int = 4096
    max_dgram_qlen: int = 10
    ip_local_port_range: tuple[int, int] = (32768, 60999)
    ip_default_ttl: int = 64
    ip_forward: int = 0
    ipv6_forwarding: int = 0
    ip_unprivileged_port_start: int = 1024
    ping_group_range: tuple[int, int] = (1, 0)
    bindv6only: int = 0
    ipv6_hop_limit: int = 64
    ip_nonlocal_bind: int = 0
    icmp_echo_ignore_all: int = 0
    tcp_rmem: tuple[int, int, int] = (4096, 131072, 6291456)
    tcp_wmem: tuple[int, int, int] = (4096, 16384, 4194304)
    tcp_fin_timeout: int = 60
    tcp_keepalive_time: int = 7200
    tcp_keepalive_intvl: int = 75
    tcp_keepalive_probes: int = 9
    tcp_syn_retries: int = 6
    tcp_synack_retries: int = 5
    tcp_retries2: int = 15
    tcp_max_syn_backlog: int = 4096
    tcp_tw_reuse: int = 2
    tcp_timestamps: int = 1
    tcp_window_scaling: int = 1
