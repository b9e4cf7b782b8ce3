"""ioctl commands to network devices, given to any socket. See netdevice(7), dev_ioctl.c.

struct ifreq is 16 bytes of a name and then a union; only its struct ifmap differs between ABIs.
"""

from __future__ import annotations

import struct
from collections.abc import Callable
from typing import TYPE_CHECKING

from emu.kernel.errno import EBUSY, EFAULT, EINVAL, ENOTTY, EOPNOTSUPP, EPERM
from emu.kernel.net.devices.bridge import Bridge
from emu.kernel.uapi import sockios
from emu.kernel.uapi.capability import CAP_NET_ADMIN
from emu.kernel.uapi.net_device import ETH_ALEN, IFNAMSIZ
from emu.kernel.uapi.socket import AF_INET

if TYPE_CHECKING:
    from emu.kernel.net.device import NetDevice
    from emu.kernel.net.stack import Stack
    from emu.kernel.task import Task

AF_LOCAL_SIZE = 16
"""sizeof(struct sockaddr)."""

Getter = Callable[["Task", "NetDevice"], bytes]
Setter = Callable[["Task", "NetDevice", bytes], None]


def device_ioctl(stack: Stack, task: Task, cmd: int, arg: int) -> int:
    """Answer a command. ENOTTY if it is none; ENODEV if there is no such device."""
    if cmd == sockios.SIOCGIFCONF:
        return _list(stack, task, arg)
    if cmd == sockios.SIOCGIFNAME:
        (ifindex,) = struct.unpack(f"{_order(task)}i", task.mm.read(arg + IFNAMSIZ, 4))
        name = stack.by_index(ifindex).name
        task.mm.write(arg, name.ljust(IFNAMSIZ, b"\0"))
        return 0
    if cmd in (sockios.SIOCBRADDBR, sockios.SIOCBRDELBR):
        return _bridge(stack, task, cmd, arg)
    if cmd in GETTERS:
        dev = stack.device(device_name(task, arg))
        task.mm.write(arg + IFNAMSIZ, GETTERS[cmd](task, dev))
        return 0
    if cmd in SETTERS:
        need_admin(task)
        dev = stack.device(device_name(task, arg))
        SETTERS[cmd](task, dev, task.mm.read(arg + IFNAMSIZ, 16))
        return 0
    raise ENOTTY("not a command to a network device")


def device_name(task: Task, address: int) -> bytes:
    """The name in a struct ifreq; what is behind a colon is an address's label."""
    raw = task.mm.read(address, IFNAMSIZ)[: IFNAMSIZ - 1]
    return raw.partition(b"\0")[0].partition(b":")[0]


def need_admin(task: Task) -> None:
    """EPERM without CAP_NET_ADMIN."""
    if not task.cred.capable(CAP_NET_ADMIN):
        raise EPERM("this needs CAP_NET_ADMIN")


def sockaddr_in(task: Task, address: bytes) -> bytes:
    """A struct sockaddr_in without a port."""
    return struct.pack(f"{_order(task)}HH", AF_INET, 0) + address + bytes(8)


def _order(task: Task) -> str:
    return task.abi.isa.byte_order


def _list(stack: Stack, task: Task, arg: int) -> int:
    """SIOCGIFCONF: every IPv4 address with its device; or how much room they need."""
    word = task.abi.word_bytes
    code = f"{_order(task)}{'iI' if word == 4 else 'i4xQ'}"
    length, buffer = struct.unpack(code, task.mm.read(arg, struct.calcsize(code)))
    if length < 0:
        raise EINVAL("negative length")
    size = task.abi.layout("ifreq").size
    entries = [
        (address.label.ljust(IFNAMSIZ, b"\0") + sockaddr_in(task, address.local)).ljust(size, b"\0")
        for dev in stack.devices.values()
        for address in dev.addresses
        if len(address.local) == 4
    ]
    if not buffer:
        used = len(entries) * size
    else:
        fitting = entries[: length // size]
        used = len(fitting) * size
        task.mm.write(buffer, b"".join(fitting))
    task.mm.write(arg, struct.pack(f"{_order(task)}i", used))
    return 0


def _bridge(stack: Stack, task: Task, cmd: int, arg: int) -> int:
    need_admin(task)
    name = task.mm.read(arg, IFNAMSIZ).partition(b"\0")[0]
    if cmd == sockios.SIOCBRADDBR:
        stack.register(Bridge(stack, name))
        return 0
    dev = stack.device(name)
    if not isinstance(dev, Bridge):
        raise EPERM("no bridge")
    if dev.is_up:
        raise EBUSY("the bridge is up")
    stack.unregister(dev)
    return 0


def _int(task: Task, value: int) -> bytes:
    return struct.pack(f"{_order(task)}i", value)


def _read_int(task: Task, raw: bytes) -> int:
    (value,) = struct.unpack(f"{_order(task)}i", raw[:4])
    return int(value)


def _get_flags(task: Task, dev: NetDevice) -> bytes:
    return struct.pack(f"{_order(task)}H", dev.visible_flags & 0xFFFF)


def _get_hardware(task: Task, dev: NetDevice) -> bytes:
    return (struct.pack(f"{_order(task)}H", dev.type) + dev.address).ljust(AF_LOCAL_SIZE, b"\0")


def _get_map(task: Task, dev: NetDevice) -> bytes:
    return bytes(task.abi.layout("ifmap").size)


GETTERS: dict[int, Getter] = {
    sockios.SIOCGIFFLAGS: _get_flags,
    sockios.SIOCGIFMETRIC: lambda task, dev: _int(task, 0),
    sockios.SIOCGIFMTU: lambda task, dev: _int(task, dev.mtu),
    sockios.SIOCGIFHWADDR: _get_hardware,
    sockios.SIOCGIFINDEX: lambda task, dev: _int(task, dev.ifindex),
    sockios.SIOCGIFTXQLEN: lambda task, dev: _int(task, dev.tx_queue_len),
    sockios.SIOCGIFMAP: _get_map,
}


def _set_flags(task: Task, dev: NetDevice, raw: bytes) -> None:
    (flags,) = struct.unpack(f"{_order(task)}H", raw[:2])
    dev.change_flags(flags | dev.flags & ~0xFFFF)


def _set_hardware(task: Task, dev: NetDevice, raw: bytes) -> None:
    (kind,) = struct.unpack(f"{_order(task)}H", raw[:2])
    if kind != dev.type:
        raise EINVAL("an address of another kind")
    if dev.type != 1:
        raise EOPNOTSUPP("the address cannot be set")
    if raw[2] & 1:
        raise EINVAL("a group's address") if any(raw[2:8]) else EFAULT
    dev.set_address(raw[2 : 2 + ETH_ALEN])


def _set_metric(task: Task, dev: NetDevice, raw: bytes) -> None:
    raise EOPNOTSUPP("there are no metrics")


def _set_name(task: Task, dev: NetDevice, raw: bytes) -> None:
    dev.stack.rename(dev, raw[: IFNAMSIZ - 1].partition(b"\0")[0])


def _set_queue_length(task: Task, dev: NetDevice, raw: bytes) -> None:
    length = _read_int(task, raw)
    if length < 0:
        raise EINVAL("negative length")
    dev.tx_queue_len = length


def _port(add: bool) -> Setter:
    def change(task: Task, dev: NetDevice, raw: bytes) -> None:
        if not isinstance(dev, Bridge):
            raise EOPNOTSUPP("no bridge")
        port = dev.stack.devices.get(_read_int(task, raw))
        if port is None or (not add and port.master is not dev):
            raise EINVAL("no such port")
        if add:
            dev.add_port(port)
        else:
            dev.remove_port(port)

    return change


SETTERS: dict[int, Setter] = {
    sockios.SIOCSIFFLAGS: _set_flags,
    sockios.SIOCSIFMETRIC: _set_metric,
    sockios.SIOCSIFMTU: lambda task, dev, raw: dev.set_mtu(_read_int(task, raw)),
    sockios.SIOCSIFHWADDR: _set_hardware,
    sockios.SIOCSIFNAME: _set_name,
    sockios.SIOCSIFTXQLEN: _set_queue_length,
    sockios.SIOCBRADDIF: _port(True),
    sockios.SIOCBRDELIF: _port(False),
}
