"""Tells the groups of NETLINK_ROUTE what changes: ``ip monitor``. See rtmsg_ifinfo."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from emu.kernel.errno import ESRCH
from emu.kernel.net.netlink.rtnetlink import address, link, neighbour, route
from emu.kernel.uapi import rtnetlink_messages as rtnl
from emu.kernel.uapi.netlink import NETLINK_ROUTE

if TYPE_CHECKING:
    from emu.kernel.net.netlink.family import NetlinkFamily
    from emu.kernel.net.netlink.message import NlMsg
    from emu.kernel.net.stack import Stack

ADDRESS_GROUPS = {4: rtnl.RTNLGRP_IPV4_IFADDR, 16: rtnl.RTNLGRP_IPV6_IFADDR}
ROUTE_GROUPS = {4: rtnl.RTNLGRP_IPV4_ROUTE, 16: rtnl.RTNLGRP_IPV6_ROUTE}
ALL_FLAGS = 0xFFFFFFFF


class Notifier:
    """A listener of the network stack's events."""

    def __init__(self, family: NetlinkFamily, stack: Stack) -> None:
        self._family = family
        self._stack = stack

    def changed(self, event: str, about: Any) -> None:
        """See `emu.kernel.net.stack.Listener`."""
        match event:
            case "device":
                dev, what = about
                if self._heard(rtnl.RTNLGRP_LINK):
                    gone = what == "gone"
                    type = rtnl.RTM_DELLINK if gone else rtnl.RTM_NEWLINK
                    change = ALL_FLAGS if what in ("new", "gone") else int(what in ("up", "down"))
                    self._tell(rtnl.RTNLGRP_LINK, link.describe(dev, type, change))
            case "address":
                dev, changed, added = about
                group = ADDRESS_GROUPS[len(changed.local)]
                if self._heard(group):
                    type = rtnl.RTM_NEWADDR if added else rtnl.RTM_DELADDR
                    self._tell(group, address.describe(dev, changed, type))
            case "route":
                changed, added = about
                group = ROUTE_GROUPS[len(changed.prefix)]
                if self._heard(group):
                    type = rtnl.RTM_NEWROUTE if added else rtnl.RTM_DELROUTE
                    self._tell(group, route.describe(changed, type))
            case "neighbour":
                entry, added = about
                if self._heard(rtnl.RTNLGRP_NEIGH):
                    type = rtnl.RTM_NEWNEIGH if added else rtnl.RTM_DELNEIGH
                    self._tell(rtnl.RTNLGRP_NEIGH, neighbour.describe(entry, type))

    def _heard(self, group: int) -> bool:
        return self._family.has_listeners(NETLINK_ROUTE, group)

    def _tell(self, group: int, message: NlMsg) -> None:
        try:
            self._family.multicast(NETLINK_ROUTE, group, message)
        except ESRCH:
            return
