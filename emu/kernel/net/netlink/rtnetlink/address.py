"""Addresses of links: RTM_NEWADDR and its kin. See devinet.c, addrconf.c."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from emu.kernel.errno import EADDRNOTAVAIL, EAFNOSUPPORT, EEXIST, EINVAL, ENODEV
from emu.kernel.net.inet.interface import InterfaceAddress, add_address, remove_address
from emu.kernel.net.netlink.attributes import Kind, Nla, NlAttr, Policy
from emu.kernel.net.netlink.message import Attribute, NlMsg, Packed, string, u32
from emu.kernel.uapi import rtnetlink_messages as rtnl
from emu.kernel.uapi.net_device import IFNAMSIZ
from emu.kernel.uapi.netlink import NLM_F_EXCL, NLM_F_REPLACE
from emu.kernel.uapi.rtnetlink import IFA_F_PERMANENT, IFA_F_SECONDARY
from emu.kernel.uapi.socket import AF_INET, AF_INET6, AF_UNSPEC

if TYPE_CHECKING:
    from emu.kernel.net.device import NetDevice
    from emu.kernel.net.netlink.request import Request

IFADDRMSG = "BBBBI"
IFADDRMSG_SIZE = 8
FOR_EVER = 0xFFFFFFFF
FAMILY_OF = {4: AF_INET, 16: AF_INET6}
SIZE_OF = {family: size for size, family in FAMILY_OF.items()}

POLICY: Policy = {
    rtnl.IFA_ADDRESS: Nla(Kind.BINARY, 16),
    rtnl.IFA_LOCAL: Nla(Kind.BINARY, 16),
    rtnl.IFA_LABEL: Nla(Kind.STRING, IFNAMSIZ - 1),
    rtnl.IFA_BROADCAST: Nla(Kind.BINARY, 16),
    rtnl.IFA_CACHEINFO: Nla(Kind.UNSPEC, 16),
    rtnl.IFA_FLAGS: Nla(Kind.U32),
}


def describe(dev: NetDevice, address: InterfaceAddress, type: int = rtnl.RTM_NEWADDR) -> NlMsg:
    """The message about an address: see inet_fill_ifaddr and inet6_fill_ifaddr."""
    size = len(address.local)
    family = FAMILY_OF[size]
    header = Packed(
        IFADDRMSG,
        (family, address.prefix_length, address.flags & 0xFF, address.scope, dev.ifindex),
    )
    about = [Attribute(rtnl.IFA_ADDRESS, address.peer or address.local)]
    if size == 4 or address.peer:
        about.append(Attribute(rtnl.IFA_LOCAL, address.local))
    if size == 4:
        if address.broadcast is not None and any(address.broadcast):
            about.append(Attribute(rtnl.IFA_BROADCAST, address.broadcast))
        about.append(string(rtnl.IFA_LABEL, address.label or dev.name))
    about.append(u32(rtnl.IFA_FLAGS, address.flags))
    about.append(Attribute(rtnl.IFA_CACHEINFO, Packed("4I", (FOR_EVER, FOR_EVER, 0, 0))))
    return NlMsg(type, header=header, attributes=about)


def dump_addresses(request: Request) -> None:
    """All addresses of a family, or of all."""
    stack = request.socket.net.stack
    family, ifindex = request.payload[0], 0
    if request.is_strict:
        family, prefix, flags, scope, ifindex = request.fixed(IFADDRMSG)
        if prefix or flags or scope:
            raise request.refuse(EINVAL, "ipv4: Invalid values in header for address dump request")
        if ifindex and ifindex not in stack.devices:
            raise ENODEV("no such device")

    def all_addresses() -> Iterator[NlMsg]:
        for size, one in FAMILY_OF.items():
            if family not in (AF_UNSPEC, one):
                continue
            for _, dev in sorted(stack.devices.items()):
                if ifindex in (0, dev.ifindex):
                    yield from (describe(dev, a) for a in dev.addresses if len(a.local) == size)

    request.dump(all_addresses(), lambda: stack.generation)


def _asked(request: Request) -> tuple[int, int, int, int, NetDevice, dict[int, NlAttr]]:
    """Size, prefix length, flags, scope, the device, and attributes. EAFNOSUPPORT, ENODEV."""
    family, prefix_length, flags, scope, ifindex = request.fixed(IFADDRMSG)
    attributes = request.attributes(IFADDRMSG_SIZE, rtnl.IFA_MAX, POLICY)
    size = SIZE_OF.get(family)
    if size is None:
        raise EAFNOSUPPORT("no addresses of this family")
    if prefix_length > size * 8:
        raise request.refuse(EINVAL, "ipv4: Invalid prefix length")
    dev = request.socket.net.stack.devices.get(ifindex)
    if dev is None:
        raise request.refuse(ENODEV, "ipv4: Device not found")
    return size, prefix_length, flags, scope, dev, attributes


def _local(request: Request, size: int, attributes: dict[int, NlAttr]) -> tuple[bytes, bytes]:
    """The address itself, and the peer's or the same."""
    local = attributes.get(rtnl.IFA_LOCAL)
    peer = attributes.get(rtnl.IFA_ADDRESS)
    if local is None and (peer is None or size == 4):
        raise request.refuse(EINVAL, "ipv4: Local address is not supplied")
    own = (local or peer).data if (local or peer) is not None else b""  # type: ignore[union-attr]
    other = peer.data if peer is not None else own
    if len(own) != size or len(other) != size:
        raise EINVAL("an address of another size")
    return own, other


def new_address(request: Request) -> None:
    """Give a link an address. EEXIST."""
    size, prefix_length, flags, scope, dev, attributes = _asked(request)
    local, peer = _local(request, size, attributes)
    broadcast = attributes.get(rtnl.IFA_BROADCAST)
    label = attributes.get(rtnl.IFA_LABEL)
    more = attributes.get(rtnl.IFA_FLAGS)
    made = InterfaceAddress(
        local,
        prefix_length,
        peer if peer != local else b"",
        broadcast.data if broadcast is not None and len(broadcast.data) == size else None,
        label.text if label is not None else b"",
        scope,
        (more.u32 if more is not None else flags) & ~IFA_F_SECONDARY | IFA_F_PERMANENT,
    )
    for old in dev.addresses:
        if old.local == local and (size == 16 or old.prefix_length == prefix_length):
            if request.flags & NLM_F_EXCL or not request.flags & NLM_F_REPLACE:
                raise request.refuse(EEXIST, "ipv4: Address already assigned")
            remove_address(dev, old)
            break
    add_address(dev, made)


def delete_address(request: Request) -> None:
    """Take an address from a link. EADDRNOTAVAIL."""
    size, prefix_length, _, _, dev, attributes = _asked(request)
    local, peer = attributes.get(rtnl.IFA_LOCAL), attributes.get(rtnl.IFA_ADDRESS)
    if size == 16 and local is None and peer is None:
        raise EINVAL("no address")
    for address in list(dev.addresses):
        if len(address.local) != size:
            continue
        if local is not None and address.local != local.data:
            continue
        other = address.peer or address.local
        if peer is not None and (address.prefix_length, other) != (prefix_length, peer.data):
            continue
        remove_address(dev, address)
        return
    raise request.refuse(EADDRNOTAVAIL, "ipv4: Address not found")
