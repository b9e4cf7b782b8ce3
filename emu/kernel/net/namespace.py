"""The network of one machine: its protocol families, and its sockets' numbers. See struct net.

A family is a module that is imported when the first socket of it is asked for, and gives its
`NetProtoFamily` by a function `net_family(net)`. To add one, name its module in `FAMILIES`.
"""

from __future__ import annotations

import importlib
from functools import cached_property
from typing import TYPE_CHECKING, Protocol

from emu.kernel.errno import EAFNOSUPPORT, EINVAL
from emu.kernel.net.sysctl import NetSysctls
from emu.kernel.uapi.socket import (
    AF_INET,
    AF_INET6,
    AF_MAX,
    AF_NETLINK,
    AF_PACKET,
    AF_UNIX,
    SOCK_MAX,
)

if TYPE_CHECKING:
    from emu.kernel.kernel import Kernel
    from emu.kernel.net.socket import Socket
    from emu.kernel.net.sockfs import SockFs
    from emu.kernel.net.stack import Stack
    from emu.kernel.task import Task
    from emu.kernel.vfs.file_operations import Result
    from emu.kernel.vfs.mount import Mount

FAMILIES: dict[int, str] = {
    AF_NETLINK: "emu.kernel.net.netlink.family",
    AF_UNIX: "emu.kernel.net.unix.family",
    AF_INET: "emu.kernel.net.inet.family",
    AF_INET6: "emu.kernel.net.inet.family6",
    AF_PACKET: "emu.kernel.net.packet.family",
}
"""The module of each family."""


class NetProtoFamily(Protocol):
    """A protocol family of one machine, with all that its sockets share."""

    def create(self, task: Task, type: int, protocol: int) -> Socket:
        """A new socket. ESOCKTNOSUPPORT, EPROTONOSUPPORT, EPERM."""


class Net:
    """The network of a machine; ``kernel.net``."""

    def __init__(self, kernel: Kernel) -> None:
        self.kernel = kernel
        self._families: dict[int, NetProtoFamily] = {}
        self.sysctls = NetSysctls()
        self._last_cookie = 0
        self._mount: Mount | None = None

    @property
    def sock_mount(self) -> Mount:
        """Where all open sockets are: sockfs."""
        if self._mount is None:
            from emu.kernel.net.sockfs import mount_sockfs

            self._mount = mount_sockfs(self.kernel.root_mount.vfs)
        return self._mount

    @property
    def sockfs(self) -> SockFs:
        """The file system of the open sockets."""
        from emu.kernel.net.sockfs import SockFs

        sb = self.sock_mount.sb
        assert isinstance(sb, SockFs)
        return sb

    @cached_property
    def stack(self) -> Stack:
        """The Internet protocols and their devices, made when somebody needs them."""
        from emu.kernel.net.stack import Stack

        stack = Stack(self)
        access = self.kernel.options.host_access
        if access is not None:
            from emu.kernel.net.host.gateway import Gateway

            stack.gateway = Gateway(stack, access)
        return stack

    def family(self, number: int) -> NetProtoFamily:
        """A protocol family. EAFNOSUPPORT."""
        family = self._families.get(number)
        if family is None:
            if number not in FAMILIES:
                raise EAFNOSUPPORT(f"no address family {number}")
            module = importlib.import_module(FAMILIES[number])
            self._families[number] = family = module.net_family(self)
        return family

    def in_use(self, number: int) -> NetProtoFamily | None:
        """A protocol family if anybody has used it."""
        return self._families.get(number)

    def create(self, task: Task, family: int, type: int, protocol: int) -> Socket:
        """A new socket: see sock_create."""
        if not 0 <= family < AF_MAX:
            raise EAFNOSUPPORT(f"no address family {family}")
        if not 0 <= type < SOCK_MAX:
            raise EINVAL(f"no socket type {type}")
        return self.family(family).create(task, type, protocol)

    def device_ioctl(self, task: Task, cmd: int, arg: int) -> Result:
        """A command to network devices, given to any socket: see dev_ioctl."""
        from emu.kernel.net.inet.device_ioctl import device_ioctl

        return device_ioctl(self.stack, task, cmd, arg)

    def device_index(self, name: bytes) -> int:
        """The number of a network device. ENODEV."""
        return self.stack.device(name).ifindex

    def device_name(self, index: int) -> bytes | None:
        """The name of a network device, or None if there is none of that number."""
        dev = self.stack.devices.get(index)
        return dev.name if dev is not None else None

    def new_cookie(self) -> int:
        """A number that no other socket has: SO_COOKIE."""
        self._last_cookie += 1
        return self._last_cookie
