"""Rules: which tables are asked for a route. Those that every machine has. See fib_rules.c."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from emu.kernel.net.netlink.message import NlMsg, Packed, u8, u32
from emu.kernel.uapi import rtnetlink_messages as rtnl
from emu.kernel.uapi.rtnetlink import RT_TABLE_LOCAL, RT_TABLE_MAIN, RTPROT_KERNEL
from emu.kernel.uapi.socket import AF_INET, AF_INET6, AF_UNSPEC

if TYPE_CHECKING:
    from emu.kernel.net.netlink.request import Request

RT_TABLE_DEFAULT = 253
NO_PREFIX_LENGTH = 0xFFFFFFFF
RULES = {
    AF_INET: ((0, RT_TABLE_LOCAL), (32766, RT_TABLE_MAIN), (32767, RT_TABLE_DEFAULT)),
    AF_INET6: ((0, RT_TABLE_LOCAL), (32766, RT_TABLE_MAIN)),
}
"""Priority and table of each rule."""


def dump_rules(request: Request) -> None:
    """All rules of a family, or of all."""
    family = request.payload[0]

    def all_rules() -> Iterator[NlMsg]:
        for one, rules in RULES.items():
            if family in (AF_UNSPEC, one):
                yield from (_describe(one, priority, table) for priority, table in rules)

    request.dump(all_rules())


def _describe(family: int, priority: int, table: int) -> NlMsg:
    header = Packed("BBBBBBBBI", (family, 0, 0, 0, table, 0, 0, rtnl.FR_ACT_TO_TBL, 0))
    about = [
        u32(rtnl.FRA_TABLE, table),
        u32(rtnl.FRA_SUPPRESS_PREFIXLEN, NO_PREFIX_LENGTH),
        u8(rtnl.FRA_PROTOCOL, RTPROT_KERNEL),
    ]
    if priority:
        about.append(u32(rtnl.FRA_PRIORITY, priority))
    return NlMsg(rtnl.RTM_NEWRULE, header=header, attributes=about)
