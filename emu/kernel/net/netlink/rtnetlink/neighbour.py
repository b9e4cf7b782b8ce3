"""Neighbours: RTM_NEWNEIGH and its kin. See net/core/neighbour.c."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from emu.kernel.errno import EAFNOSUPPORT, EEXIST, EINVAL, ENODEV, ENOENT
from emu.kernel.net.netlink.attributes import Kind, Nla, NlAttr, Policy
from emu.kernel.net.netlink.message import Attribute, NlMsg, Packed, u32
from emu.kernel.uapi import rtnetlink_messages as rtnl
from emu.kernel.uapi.netlink import NLM_F_CREATE, NLM_F_EXCL, NLM_F_REPLACE
from emu.kernel.uapi.rtnetlink import NUD_PERMANENT, NUD_VALID, RTN_UNICAST
from emu.kernel.uapi.socket import AF_INET, AF_INET6, AF_UNSPEC

if TYPE_CHECKING:
    from emu.kernel.net.device import NetDevice
    from emu.kernel.net.inet.neighbour import Neighbour, NeighbourTable
    from emu.kernel.net.netlink.request import Request

NDMSG = "BxxxiHBB"
NDMSG_SIZE = 12
FAMILY_OF = {4: AF_INET, 16: AF_INET6}
SIZE_OF = {family: size for size, family in FAMILY_OF.items()}

POLICY: Policy = {
    rtnl.NDA_DST: Nla(Kind.BINARY, 32),
    rtnl.NDA_LLADDR: Nla(Kind.BINARY, 32),
    rtnl.NDA_CACHEINFO: Nla(Kind.UNSPEC, 16),
    rtnl.NDA_PROBES: Nla(Kind.U32),
    rtnl.NDA_IFINDEX: Nla(Kind.U32),
    rtnl.NDA_MASTER: Nla(Kind.U32),
}


def describe(entry: Neighbour, type: int = rtnl.RTM_NEWNEIGH) -> NlMsg:
    """The message about a neighbour: see neigh_fill_info."""
    family = FAMILY_OF[len(entry.address)]
    header = Packed(NDMSG, (family, entry.dev.ifindex, entry.state, 0, RTN_UNICAST))
    about = [Attribute(rtnl.NDA_DST, entry.address)]
    if entry.state & NUD_VALID:
        about.append(Attribute(rtnl.NDA_LLADDR, entry.hardware))
    about.append(u32(rtnl.NDA_PROBES, entry.probes))
    about.append(Attribute(rtnl.NDA_CACHEINFO, bytes(16)))
    return NlMsg(type, header=header, attributes=about)


def dump_neighbours(request: Request) -> None:
    """All neighbours of a family, or of all; of one device if it is named."""
    stack = request.socket.net.stack
    family, ifindex = request.payload[0], 0
    if len(request.payload) >= NDMSG_SIZE:
        attributes = request.attributes(NDMSG_SIZE, rtnl.NDA_MAX, POLICY)
        named = attributes.get(rtnl.NDA_IFINDEX)
        ifindex = named.u32 if named is not None else 0

    def all_neighbours() -> Iterator[NlMsg]:
        for size, one in FAMILY_OF.items():
            if family in (AF_UNSPEC, one):
                for entry in list(stack.neighbours[size].entries.values()):
                    if ifindex in (0, entry.dev.ifindex):
                        yield describe(entry)

    request.dump(all_neighbours(), lambda: stack.generation)


def _asked(request: Request) -> tuple[NeighbourTable, NetDevice, bytes, int, dict[int, NlAttr]]:
    """The table, the device, the address, the state, and attributes. EINVAL, ENODEV."""
    stack = request.socket.net.stack
    family, ifindex, state, _, _ = request.fixed(NDMSG)
    attributes = request.attributes(NDMSG_SIZE, rtnl.NDA_MAX, POLICY)
    address = attributes.get(rtnl.NDA_DST)
    if address is None:
        raise request.refuse(EINVAL, "Network address not specified")
    if not ifindex:
        raise request.refuse(EINVAL, "Invalid device index")
    dev = stack.devices.get(ifindex)
    if dev is None:
        raise ENODEV("no such device")
    size = SIZE_OF.get(family)
    if size is None:
        raise EAFNOSUPPORT("no neighbours of this family")
    if len(address.data) < size:
        raise request.refuse(EINVAL, "Invalid network address")
    return stack.neighbours[size], dev, address.data[:size], state, attributes


def new_neighbour(request: Request) -> None:
    """Add or change a neighbour. EEXIST, ENOENT."""
    table, dev, address, state, attributes = _asked(request)
    hardware = attributes.get(rtnl.NDA_LLADDR)
    if hardware is not None and len(hardware.data) < len(dev.address):
        raise request.refuse(EINVAL, "Invalid link address")
    entry = table.entries.get((address, dev.ifindex))
    if entry is None and not request.flags & NLM_F_CREATE:
        raise ENOENT("no such neighbour")
    if entry is not None and request.flags & NLM_F_EXCL:
        raise EEXIST("there is such a neighbour")
    if entry is not None and not request.flags & NLM_F_REPLACE and hardware is None:
        return
    if hardware is None:
        raise EINVAL("no hardware address")
    table.add(address, dev, hardware.data[: len(dev.address)], state or NUD_PERMANENT)


def _find(request: Request) -> tuple[NeighbourTable, Neighbour]:
    table, dev, address, _, _ = _asked(request)
    entry = table.entries.get((address, dev.ifindex))
    if entry is None:
        raise ENOENT("no such neighbour")
    return table, entry


def delete_neighbour(request: Request) -> None:
    """Forget a neighbour. ENOENT."""
    table, entry = _find(request)
    table.remove(entry)


def get_neighbour(request: Request) -> None:
    """One neighbour. ENOENT."""
    _, entry = _find(request)
    request.answer(describe(entry))
