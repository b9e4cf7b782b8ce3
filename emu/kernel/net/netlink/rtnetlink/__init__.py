"""NETLINK_ROUTE: links, addresses, routes, neighbours and rules, for ip(8). See rtnetlink(7)."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from emu.kernel.errno import EOPNOTSUPP
from emu.kernel.net.netlink.family import KernelSide
from emu.kernel.net.netlink.rtnetlink import (
    address,
    link,
    link_change,
    neighbour,
    route,
    rule,
)
from emu.kernel.net.netlink.rtnetlink.notify import Notifier
from emu.kernel.uapi import rtnetlink_messages as rtnl
from emu.kernel.uapi.rtnetlink_messages import RTM_BASE, RTM_MAX, RTNLGRP_MAX

if TYPE_CHECKING:
    from emu.kernel.net.netlink.family import NetlinkFamily
    from emu.kernel.net.netlink.request import Request

Handler = Callable[["Request"], None]

DO: dict[int, Handler] = {
    rtnl.RTM_NEWLINK: link_change.new_link,
    rtnl.RTM_DELLINK: link_change.delete_link,
    rtnl.RTM_GETLINK: link.get_link,
    rtnl.RTM_SETLINK: link_change.set_link,
    rtnl.RTM_NEWADDR: address.new_address,
    rtnl.RTM_DELADDR: address.delete_address,
    rtnl.RTM_NEWROUTE: route.new_route,
    rtnl.RTM_DELROUTE: route.delete_route,
    rtnl.RTM_GETROUTE: route.get_route,
    rtnl.RTM_NEWNEIGH: neighbour.new_neighbour,
    rtnl.RTM_DELNEIGH: neighbour.delete_neighbour,
    rtnl.RTM_GETNEIGH: neighbour.get_neighbour,
}
DUMP: dict[int, Handler] = {
    rtnl.RTM_GETLINK: link.dump_links,
    rtnl.RTM_GETADDR: address.dump_addresses,
    rtnl.RTM_GETROUTE: route.dump_routes,
    rtnl.RTM_GETNEIGH: neighbour.dump_neighbours,
    rtnl.RTM_GETRULE: rule.dump_rules,
}
KIND_GET = 2
"""The lowest bits of a type say whether it is new, del, get or set."""


def kernel_side(family: NetlinkFamily) -> KernelSide:
    """The protocol for a machine, which tells its groups of every change of the network."""
    stack = family.net.stack
    stack.listeners.append(Notifier(family, stack).changed)
    return KernelSide(receive=_receive, groups=RTNLGRP_MAX, nonroot_receive=True)


def _receive(request: Request) -> None:
    """See rtnetlink_rcv_msg."""
    if request.type > RTM_MAX:
        raise EOPNOTSUPP("no such request")
    if not request.payload:
        return
    kind = (request.type - RTM_BASE) % 4
    if kind != KIND_GET:
        request.need_admin()
    handlers = DUMP if kind == KIND_GET and request.is_dump else DO
    handler = handlers.get(request.type)
    if handler is None:
        raise EOPNOTSUPP("not supported")
    handler(request)
