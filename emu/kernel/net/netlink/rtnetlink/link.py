"""Links: RTM_NEWLINK and its kin. See net/core/rtnetlink.c."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from emu.kernel.errno import EINVAL, ENODEV
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
    return link_info(request, attributes)[0]


def link_info(request: Request, attributes: dict[int, NlAttr]) -> tuple[bytes, NlAttr | None]:
    """The kind that IFLA_LINKINFO names, and the attribute with what only it knows."""
    info = attributes.get(rtnl.IFLA_LINKINFO)
    if info is None:
        return b"", None
    inside = parse(info.inside, rtnl.IFLA_INFO_MAX, INFO_POLICY, request.extack)
    kind = inside.get(rtnl.IFLA_INFO_KIND)
    return kind.text if kind is not None else b"", inside.get(rtnl.IFLA_INFO_DATA)


def find_device(stack: Stack, ifindex: int, attributes: dict[int, NlAttr]) -> NetDevice | None:
    """The device that a request is about, by its index or else its name, if there is one."""
    if ifindex > 0:
        return stack.devices.get(ifindex)
    name = attributes.get(rtnl.IFLA_IFNAME) or attributes.get(rtnl.IFLA_ALT_IFNAME)
    if name is None:
        return None
    return next((dev for dev in stack.devices.values() if dev.name == name.text), None)


def get_link(request: Request) -> None:
    """One link. ENODEV."""
    _, _, ifindex, _, _ = request.fixed(IFINFOMSG)
    attributes = request.attributes(IFINFOMSG_SIZE, rtnl.IFLA_MAX, POLICY)
    named = rtnl.IFLA_IFNAME in attributes or rtnl.IFLA_ALT_IFNAME in attributes
    if ifindex <= 0 and not named:
        raise request.refuse(EINVAL, "Either ifindex, ifname or alt_ifname must be specified")
    dev = find_device(request.socket.net.stack, ifindex, attributes)
    if dev is None:
        raise ENODEV("no such device")
    request.answer(describe(dev))
