"""/proc/PID/net: what is known of a task's network.

See fs/proc/proc_net.c.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from emu.kernel.fs.procfs.rows import Table, TableDirectory, text

if TYPE_CHECKING:
    from emu.kernel.fs.procfs.pid import TaskDirectory

COUNTERS, DEVICES, SOCKETS = (
    f"emu.kernel.net.proc.{module}" for module in ("counters", "devices", "sockets")
)

NET: Table = {
    b"arp": text(f"{DEVICES}:show_arp"),
    b"dev": text(f"{DEVICES}:show_dev"),
    b"icmp": text(f"{SOCKETS}:show_icmp"),
    b"icmp6": text(f"{SOCKETS}:show_icmp6"),
    b"if_inet6": text(f"{DEVICES}:show_if_inet6"),
    b"ipv6_route": text(f"{DEVICES}:show_ipv6_route"),
    b"netlink": text("emu.kernel.net.proc.netlink:show_netlink"),
    b"netstat": text(f"{COUNTERS}:show_netstat"),
    b"packet": text(f"{SOCKETS}:show_packet"),
    b"raw": text(f"{SOCKETS}:show_raw"),
    b"raw6": text(f"{SOCKETS}:show_raw6"),
    b"route": text(f"{DEVICES}:show_route"),
    b"snmp": text(f"{COUNTERS}:show_snmp"),
    b"sockstat": text(f"{COUNTERS}:show_sockstat"),
    b"sockstat6": text(f"{COUNTERS}:show_sockstat6"),
    b"tcp": text(f"{SOCKETS}:show_tcp"),
    b"tcp6": text(f"{SOCKETS}:show_tcp6"),
    b"udp": text(f"{SOCKETS}:show_udp"),
    b"udp6": text(f"{SOCKETS}:show_udp6"),
    b"unix": text("emu.kernel.net.proc.unix:show_unix"),
}
"""Rows about the kernel: there is one network namespace."""


def net_directory(parent: TaskDirectory, mode: int, ino: int) -> TableDirectory:
    """The directory of the network that a task is in."""
    kernel = parent.task.kernel
    return TableDirectory(parent.sb, kernel, NET, mode, ino=ino)
