"""Links: RTM_NEWLINK and its kin. See net/core/rtnetlink.c."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from emu.kernel.errno import EEXIST, EINVAL, ENODEV, EOPNOTSUPP
from emu.kernel.net.netlink.attributes import Kind, Nla, NlAttr, Policy, parse
from emu.kernel.net.netlink.message import (
    Attribute,
    NlMsg,
    Packed,
    nested_noflag,
    string,
    u8,
    u32,
)
from emu.kernel.uapi import rtnetlink_messages as rtnl
from emu.kernel.uapi.net_device import IFF_LOOPBACK, IFNAMSIZ
from emu.kernel.uapi.netlink import NLM_F_CREATE, NLM_F_EXCL, NLM_F_REPLACE

if TYPE_CHECKING:
    from emu.kernel.net.device import NetDevice
    from emu.kernel.net.netlink.request import Request
    from emu.kernel.net.stack import Stack

IFINFOMSG = "BxHiII"
IFINFOMSG_SIZE = 16
AF_UNSPEC = 0
ADDRESS_MAX = 32
ALIAS_MAX = 255
ALL_FLAGS = 0xFFFFFFFF

POLICY: Policy = {
    rtnl.IFLA_IFNAME: Nla(Kind.STRING, IFNAMSIZ - 1),
    rtnl.IFLA_ADDRESS: Nla(Kind.BINARY, ADDRESS_MAX),
    rtnl.IFLA_BROADCAST: Nla(Kind.BINARY, ADDRESS_MAX),
    rtnl.IFLA_MTU: Nla(Kind.U32),
    rtnl.IFLA_LINK: Nla(Kind.U32),
    rtnl.IFLA_MASTER: Nla(Kind.U32),
    rtnl.IFLA_TXQLEN: Nla(Kind.U32),
    rtnl.IFLA_OPERSTATE: Nla(Kind.U8),
    rtnl.IFLA_LINKMODE: Nla(Kind.U8),
    rtnl.IFLA_LINKINFO: Nla(Kind.NESTED),
    rtnl.IFLA_IFALIAS: Nla(Kind.STRING, ALIAS_MAX),
    rtnl.IFLA_EXT_MASK: Nla(Kind.U32),
    rtnl.IFLA_GROUP: Nla(Kind.U32),
    rtnl.IFLA_PROMISCUITY: Nla(Kind.U32),
    rtnl.IFLA_ALT_IFNAME: Nla(Kind.STRING, 127),
}
INFO_POLICY: Policy = {
    rtnl.IFLA_INFO_KIND: Nla(Kind.STRING),
    rtnl.IFLA_INFO_DATA: Nla(Kind.NESTED),
}
VETH_POLICY: Policy = {rtnl.VETH_INFO_PEER: Nla(Kind.UNSPEC, IFINFOMSG_SIZE)}


def describe(dev: NetDevice, type: int = rtnl.RTM_NEWLINK, change: int = 0) -> NlMsg:
    """The message about a device: see rtnl_fill_ifinfo."""
    header = Packed(IFINFOMSG, (AF_UNSPEC, dev.type, dev.ifindex, dev.visible_flags, change))
    about = [
        string(rtnl.IFLA_IFNAME, dev.name),
        u32(rtnl.IFLA_TXQLEN, dev.tx_queue_len),
        u8(rtnl.IFLA_OPERSTATE, _operstate(dev)),
        u8(rtnl.IFLA_LINKMODE, 0),
        u32(rtnl.IFLA_MTU, dev.mtu),
        u32(rtnl.IFLA_MIN_MTU, 0 if dev.flags & IFF_LOOPBACK else dev.min_mtu),
        u32(rtnl.IFLA_MAX_MTU, 0 if dev.flags & IFF_LOOPBACK else dev.max_mtu),
        u32(rtnl.IFLA_GROUP, 0),
        u32(rtnl.IFLA_PROMISCUITY, dev.promiscuity),
        u32(rtnl.IFLA_ALLMULTI, dev.allmulti),
        u32(rtnl.IFLA_NUM_TX_QUEUES, 1),
        u32(rtnl.IFLA_NUM_RX_QUEUES, 1),
        u8(rtnl.IFLA_CARRIER, dev.has_carrier),
        string(rtnl.IFLA_QDISC, b"noqueue" if dev.is_up else b"noop"),
        u32(rtnl.IFLA_CARRIER_CHANGES, 0),
    ]
    if dev.lower is not None:
        about.append(u32(rtnl.IFLA_LINK, dev.lower.ifindex))
    if dev.master is not None:
        about.append(u32(rtnl.IFLA_MASTER, dev.master.ifindex))
    if dev.alias:
        about.append(string(rtnl.IFLA_IFALIAS, dev.alias))
    about.append(Attribute(rtnl.IFLA_ADDRESS, dev.address))
    about.append(Attribute(rtnl.IFLA_BROADCAST, dev.broadcast))
    about += _statistics(dev)
    info = [string(rtnl.IFLA_INFO_KIND, dev.kind)] if dev.kind else []
    if dev.master is not None:
        info.append(string(rtnl.IFLA_INFO_SLAVE_KIND, dev.master.kind))
    if info:
        about.append(nested_noflag(rtnl.IFLA_LINKINFO, info))
    return NlMsg(type, header=header, attributes=about)


def _operstate(dev: NetDevice) -> int:
    if not dev.is_up:
        return rtnl.IF_OPER_DOWN
    if not dev.has_carrier:
        return rtnl.IF_OPER_DOWN if dev.lower is None else rtnl.IF_OPER_LOWERLAYERDOWN
    return rtnl.IF_OPER_UP if dev.kind in (b"veth", b"bridge") else rtnl.IF_OPER_UNKNOWN


def _statistics(dev: NetDevice) -> list[Attribute]:
    count = dev.statistics
    numbers = [getattr(count, name) for name in count.names()] + [0] * 25
    return [
        Attribute(rtnl.IFLA_STATS64, Packed("25Q", tuple(numbers[:25]))),
        Attribute(rtnl.IFLA_STATS, Packed("24I", tuple(n & 0xFFFFFFFF for n in numbers[:24]))),
    ]


def dump_links(request: Request) -> None:
    """All links, or those of a kind or a master."""
    stack = request.socket.net.stack
    attributes: dict[int, NlAttr] = {}
    if len(request.payload) >= IFINFOMSG_SIZE:
        attributes = request.attributes(IFINFOMSG_SIZE, rtnl.IFLA_MAX, POLICY)
        if request.is_strict:
            _check_strict_dump(request, attributes)
    elif request.is_strict:
        raise request.refuse(EINVAL, "Invalid header for link dump")
    master, kind = attributes.get(rtnl.IFLA_MASTER), _kind(request, attributes)

    def wanted(dev: NetDevice) -> bool:
        if master is not None and (dev.master is None or dev.master.ifindex != master.u32):
            return False
        return not kind or dev.kind == kind

    def all_links() -> Iterator[NlMsg]:
        for _, dev in sorted(stack.devices.items()):
            if wanted(dev):
                yield describe(dev)

    request.dump(all_links(), lambda: stack.generation)


def _check_strict_dump(request: Request, attributes: dict[int, NlAttr]) -> None:
    _, _, ifindex, flags, change = request.fixed(IFINFOMSG)
    if flags or change:
        raise request.refuse(EINVAL, "Invalid values in header for link dump request")
    if ifindex:
        raise request.refuse(EINVAL, "Filter by device index not supported for link dumps")
    known = (rtnl.IFLA_EXT_MASK, rtnl.IFLA_MASTER, rtnl.IFLA_LINKINFO)
    for type in attributes:
        if type not in known:
            raise request.refuse(EINVAL, "Unsupported attribute in link dump request")


def _kind(request: Request, attributes: dict[int, NlAttr]) -> bytes:
    return _info(request, attributes)[0]


def _info(request: Request, attributes: dict[int, NlAttr]) -> tuple[bytes, NlAttr | None]:
    """The kind that IFLA_LINKINFO names, and the attribute with what only it knows."""
    info = attributes.get(rtnl.IFLA_LINKINFO)
    if info is None:
        return b"", None
    inside = parse(info.inside, rtnl.IFLA_INFO_MAX, INFO_POLICY, request.extack)
    kind = inside.get(rtnl.IFLA_INFO_KIND)
    return kind.text if kind is not None else b"", inside.get(rtnl.IFLA_INFO_DATA)


def _device(
    request: Request, stack: Stack, ifindex: int, attributes: dict[int, NlAttr]
) -> NetDevice | None:
    """The device that a request is about, by its index or its name. EINVAL if it says neither."""
    name = attributes.get(rtnl.IFLA_IFNAME) or attributes.get(rtnl.IFLA_ALT_IFNAME)
    if ifindex > 0:
        return stack.devices.get(ifindex)
    if name is None:
        if ifindex < 0 or not attributes:
            return None
        return None
    return next((dev for dev in stack.devices.values() if dev.name == name.text), None)


def get_link(request: Request) -> None:
    """One link. ENODEV."""
    _, _, ifindex, _, _ = request.fixed(IFINFOMSG)
    attributes = request.attributes(IFINFOMSG_SIZE, rtnl.IFLA_MAX, POLICY)
    named = rtnl.IFLA_IFNAME in attributes or rtnl.IFLA_ALT_IFNAME in attributes
    if ifindex <= 0 and not named:
        raise request.refuse(EINVAL, "Either ifindex, ifname or alt_ifname must be specified")
    dev = _device(request, request.socket.net.stack, ifindex, attributes)
    if dev is None:
        raise ENODEV("no such device")
    request.answer(describe(dev))


def new_link(request: Request) -> None:
    """Change a link, or with NLM_F_CREATE make one. EEXIST, ENODEV, EOPNOTSUPP."""
    stack = request.socket.net.stack
    _, _, ifindex, flags, change = request.fixed(IFINFOMSG)
    attributes = request.attributes(IFINFOMSG_SIZE, rtnl.IFLA_MAX, POLICY)
    if ifindex < 0:
        raise request.refuse(EINVAL, "ifindex can't be negative")
    kind, data = _info(request, attributes)
    dev = _device(request, stack, ifindex, attributes)
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
    from emu.kernel.net.netlink.attributes import Inside

    peer_attributes: dict[int, NlAttr] = {}
    peer = None
    if data is not None:
        peer = parse(data.inside, 1, VETH_POLICY, request.extack).get(rtnl.VETH_INFO_PEER)
    if peer is not None:
        if len(peer.data) < IFINFOMSG_SIZE:
            raise EINVAL("the peer has no header")
        inside = Inside(peer.data[IFINFOMSG_SIZE:], peer.offset + 4 + IFINFOMSG_SIZE, peer.order)
        peer_attributes = parse(inside, rtnl.IFLA_MAX, POLICY, request.extack)
    peer_name = peer_attributes.get(rtnl.IFLA_IFNAME)
    one, other = create_pair(stack, name, peer_name.text if peer_name is not None else b"veth%d")
    if peer is not None:
        _change(request, other, peer_attributes, 0, 0, created=True)
    return one


def set_link(request: Request) -> None:
    """Change a link. ENODEV, EINVAL."""
    _, _, ifindex, flags, change = request.fixed(IFINFOMSG)
    attributes = request.attributes(IFINFOMSG_SIZE, rtnl.IFLA_MAX, POLICY)
    if ifindex <= 0 and rtnl.IFLA_IFNAME not in attributes:
        raise EINVAL("neither an index nor a name")
    dev = _device(request, request.socket.net.stack, ifindex, attributes)
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
    dev = _device(request, stack, ifindex, attributes)
    if dev is None:
        raise ENODEV("no such device")
    if not dev.kind:
        raise EOPNOTSUPP("it cannot be taken away")
    stack.unregister(dev)
