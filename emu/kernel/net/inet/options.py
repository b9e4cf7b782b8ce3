"""The options of the levels IPPROTO_IP and IPPROTO_IPV6. See ip(7), ipv6(7)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from emu.kernel.errno import EINVAL, ENOPROTOOPT
from emu.kernel.net.inet.options4 import get4, set4
from emu.kernel.net.inet.options6 import get6, set6
from emu.kernel.uapi.socket import AF_INET6, SOL_IP, SOL_IPV6

if TYPE_CHECKING:
    from emu.kernel.net.inet.sock import InetSocket
    from emu.kernel.net.sockopt import OptionValue
    from emu.kernel.task import Task


def set_ip_option(
    sock: InetSocket, task: Task, level: int, optname: int, value: OptionValue
) -> None:
    """Set an option. ENOPROTOOPT."""
    if level == SOL_IP:
        set4(sock, task, optname, value)
    elif level == SOL_IPV6 and sock.family == AF_INET6:
        set6(sock, task, optname, value)
    else:
        raise ENOPROTOOPT(f"no options of level {level}")


def get_ip_option(sock: InetSocket, task: Task, level: int, optname: int, length: int) -> bytes:
    """The value of an option. ENOPROTOOPT."""
    if length < 0:
        raise EINVAL("negative length")
    if level == SOL_IP:
        return get4(sock, task, optname, length)
    if level == SOL_IPV6 and sock.family == AF_INET6:
        return get6(sock, task, optname)
    raise ENOPROTOOPT(f"no options of level {level}")
