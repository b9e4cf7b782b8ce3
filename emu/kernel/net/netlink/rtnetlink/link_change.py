"""Making, changing and removing links: RTM_NEWLINK, RTM_SETLINK, RTM_DELLINK. See rtnetlink.c."""

from __future__ import annotations

import struct
from typing import TYPE_CHECKING

from emu.kernel.errno import EEXIST, EINVAL, ENODEV, EOPNOTSUPP
from emu.kernel.net.netlink.attributes import Inside, Kind, Nla, NlAttr, Policy, parse
from emu.kernel.net.netlink.rtnetlink.link import (
    ALL_FLAGS,
    IFINFOMSG,
    IFINFOMSG_SIZE,
    POLICY,
    find_device,
    link_info,
)
from emu.kernel.uapi import rtnetlink_messages as rtnl
from emu.kernel.uapi.netlink import NLM_F_CREATE, NLM_F_EXCL, NLM_F_REPLACE

if TYPE_CHECKING:
    from emu.kernel.net.device import NetDevice
    from emu.kernel.net.netlink.request import Request
    from emu.kernel.net.stack import Stack

VETH_POLICY: Policy = {rtnl.VETH_INFO_PEER: Nla(Kind.UNSPEC, IFINFOMSG_SIZE)}


def new_link(request: Request) -> None:
    """Change a link, or with NLM_F_CREATE make one. EEXIST, ENODEV, EOPNOTSUPP."""
    stack = request.socket.net.stack
    _, _, ifindex, flags, change = request.fixed(IFINFOMSG)
    attributes = request.attributes(IFINFOMSG_SIZE, rtnl.IFLA_MAX, POLICY)
    if ifindex < 0:
        raise request.refuse(EINVAL, "ifindex can't be negative")
    kind, data = link_info(request, attributes)
    dev = find_device(stack, ifindex, attributes)
    if dev is not None:
        if request.flags & NLM_F_EXCL:
            raise EEXIST("there is such a link")
        if request.flags & NLM_F_REPLACE:
            raise EOPNOTSUPP("links are not replaced")
        _change(request, dev, attributes, flags, change)
        return
    if not request.flags & NLM_F_CREATE:
        raise ENODEV("no such device")
    if not kind:
        raise request.refuse(EOPNOTSUPP, "Unknown device type")
    dev = _create(request, stack, kind, data, attributes, ifindex)
    _change(request, dev, attributes, flags, change, created=True)


def _create(
    request: Request,
    stack: Stack,
    kind: bytes,
    data: NlAttr | None,
    attributes: dict[int, NlAttr],
    ifindex: int,
) -> NetDevice:
    name = attributes.get(rtnl.IFLA_IFNAME)
    wanted = name.text if name is not None else kind + b"%d"
    if kind == b"veth":
        return _create_veth(request, stack, wanted, data, ifindex)
    if kind == b"dummy":
        from emu.kernel.net.devices.dummy import Dummy

        made: NetDevice = Dummy(stack, wanted, stack.random_hardware())
    elif kind == b"bridge":
        from emu.kernel.net.devices.bridge import Bridge

        made = Bridge(stack, wanted, stack.random_hardware())
    else:
        raise request.refuse(EOPNOTSUPP, "Unknown device type")
    stack.register(made, ifindex)
    return made


def _create_veth(
    request: Request, stack: Stack, name: bytes, data: NlAttr | None, ifindex: int
) -> NetDevice:
    """Both ends; what is said of the other end is inside VETH_INFO_PEER."""
    from emu.kernel.net.devices.veth import create_pair

    peer_attributes: dict[int, NlAttr] = {}
    peer, peer_index = None, 0
    if data is not None:
        peer = parse(data.inside, 1, VETH_POLICY, request.extack).get(rtnl.VETH_INFO_PEER)
    if peer is not None:
        if len(peer.data) < IFINFOMSG_SIZE:
            raise EINVAL("the peer has no header")
        _, _, peer_index, _, _ = struct.unpack_from(peer.order + IFINFOMSG, peer.data)
        if peer_index < 0:
            raise request.refuse(EINVAL, "ifindex can't be negative")
        inside = Inside(peer.data[IFINFOMSG_SIZE:], peer.offset + 4 + IFINFOMSG_SIZE, peer.order)
        peer_attributes = parse(inside, rtnl.IFLA_MAX, POLICY, request.extack)
    peer_name = peer_attributes.get(rtnl.IFLA_IFNAME)
    second = peer_name.text if peer_name is not None else b"veth%d"
    one, other = create_pair(stack, name, second, ifindex, peer_index)
    if peer is not None:
        _change(request, other, peer_attributes, 0, 0, created=True)
    return one


def set_link(request: Request) -> None:
    """Change a link. ENODEV, EINVAL."""
    _, _, ifindex, flags, change = request.fixed(IFINFOMSG)
    attributes = request.attributes(IFINFOMSG_SIZE, rtnl.IFLA_MAX, POLICY)
    if ifindex <= 0 and rtnl.IFLA_IFNAME not in attributes:
        raise EINVAL("neither an index nor a name")
    dev = find_device(request.socket.net.stack, ifindex, attributes)
    if dev is None:
        raise ENODEV("no such device")
    _change(request, dev, attributes, flags, change)


def _change(
    request: Request,
    dev: NetDevice,
    attributes: dict[int, NlAttr],
    flags: int,
    change: int,
    *,
    created: bool = False,
) -> None:
    """What a request says of a device: see do_setlink."""
    stack = dev.stack
    address = attributes.get(rtnl.IFLA_ADDRESS)
    if address is not None:
        if len(address.data) < len(dev.address):
            raise EINVAL("the address is too short")
        dev.set_address(address.data[: len(dev.address)])
    name = attributes.get(rtnl.IFLA_IFNAME)
    if name is not None and not created and name.text != dev.name:
        stack.rename(dev, name.text)
    mtu = attributes.get(rtnl.IFLA_MTU)
    if mtu is not None and mtu.u32 != dev.mtu:
        _set_mtu(request, dev, mtu.u32)
    queue = attributes.get(rtnl.IFLA_TXQLEN)
    if queue is not None:
        dev.tx_queue_len = queue.u32
    alias = attributes.get(rtnl.IFLA_IFALIAS)
    if alias is not None:
        dev.alias = alias.text
    master = attributes.get(rtnl.IFLA_MASTER)
    if master is not None:
        _set_master(request, dev, master.u32)
    if flags or change:
        mask = change or ALL_FLAGS
        dev.change_flags(dev.flags & ~mask | flags & mask)


def _set_mtu(request: Request, dev: NetDevice, mtu: int) -> None:
    if mtu < dev.min_mtu:
        raise request.refuse(EINVAL, "mtu less than device minimum")
    if mtu > dev.max_mtu:
        raise request.refuse(EINVAL, "mtu greater than device maximum")
    dev.set_mtu(mtu)


def _set_master(request: Request, dev: NetDevice, ifindex: int) -> None:
    from emu.kernel.net.devices.bridge import Bridge

    if dev.master is not None:
        if dev.master.ifindex == ifindex:
            return
        assert isinstance(dev.master, Bridge)
        dev.master.remove_port(dev)
    if not ifindex:
        return
    master = dev.stack.devices.get(ifindex)
    if master is None:
        raise EINVAL("no such master")
    if not isinstance(master, Bridge):
        raise request.refuse(EOPNOTSUPP, "Device does not support enslaving")
    master.add_port(dev)


def delete_link(request: Request) -> None:
    """Take a link away. ENODEV; EOPNOTSUPP for the loopback."""
    stack = request.socket.net.stack
    _, _, ifindex, _, _ = request.fixed(IFINFOMSG)
    attributes = request.attributes(IFINFOMSG_SIZE, rtnl.IFLA_MAX, POLICY)
    if ifindex <= 0 and rtnl.IFLA_IFNAME not in attributes:
        raise EINVAL("neither an index nor a name")
    dev = find_device(stack, ifindex, attributes)
    if dev is None:
        raise ENODEV("no such device")
    if not dev.kind:
        raise EOPNOTSUPP("it cannot be taken away")
    stack.unregister(dev)
