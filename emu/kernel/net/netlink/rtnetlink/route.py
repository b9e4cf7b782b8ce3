"""Routes: RTM_NEWROUTE and its kin. See fib_frontend.c, fib_semantics.c, ip6_route."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from emu.kernel.errno import EAFNOSUPPORT, EINVAL, ENETDOWN, ENETUNREACH, ENODEV, ESRCH
from emu.kernel.net.inet.address import prefix_of
from emu.kernel.net.inet.fib import Route
from emu.kernel.net.inet.output import find_path
from emu.kernel.net.netlink.attributes import Kind, Nla, NlAttr, Policy, split
from emu.kernel.net.netlink.message import Attribute, NlMsg, Packed, nested_noflag, u8, u32
from emu.kernel.uapi import rtnetlink_messages as rtnl
from emu.kernel.uapi.netlink import NLM_F_APPEND, NLM_F_CREATE, NLM_F_EXCL, NLM_F_REPLACE
from emu.kernel.uapi.rtnetlink import (
    RT_SCOPE_LINK,
    RT_SCOPE_NOWHERE,
    RT_TABLE_LOCAL,
    RT_TABLE_MAIN,
    RT_TABLE_UNSPEC,
    RTN_BLACKHOLE,
    RTN_LOCAL,
    RTN_PROHIBIT,
    RTN_UNICAST,
    RTN_UNREACHABLE,
)
from emu.kernel.uapi.socket import AF_INET, AF_INET6, AF_UNSPEC

if TYPE_CHECKING:
    from emu.kernel.net.device import NetDevice
    from emu.kernel.net.netlink.request import Request
    from emu.kernel.net.stack import Stack

RTMSG = "BBBBBBBBI"
RTMSG_SIZE = 12
FAMILY_OF = {4: AF_INET, 16: AF_INET6}
SIZE_OF = {family: size for size, family in FAMILY_OF.items()}
WITHOUT_DEVICE = (RTN_BLACKHOLE, RTN_UNREACHABLE, RTN_PROHIBIT)
IP6_USER_METRIC = 1024

POLICY: Policy = {
    rtnl.RTA_DST: Nla(Kind.BINARY, 16),
    rtnl.RTA_SRC: Nla(Kind.BINARY, 16),
    rtnl.RTA_IIF: Nla(Kind.U32),
    rtnl.RTA_OIF: Nla(Kind.U32),
    rtnl.RTA_GATEWAY: Nla(Kind.BINARY, 16),
    rtnl.RTA_PRIORITY: Nla(Kind.U32),
    rtnl.RTA_PREFSRC: Nla(Kind.BINARY, 16),
    rtnl.RTA_METRICS: Nla(Kind.NESTED),
    rtnl.RTA_TABLE: Nla(Kind.U32),
}


def describe(route: Route, type: int = rtnl.RTM_NEWROUTE) -> NlMsg:
    """The message about a route: see fib_dump_info and rt6_fill_node."""
    size = len(route.prefix)
    header = Packed(
        RTMSG,
        (
            FAMILY_OF[size], route.length, 0, route.tos, route.table & 0xFF, route.protocol,
            route.scope, route.type, 0,
        ),
    )  # fmt: skip
    about = [u32(rtnl.RTA_TABLE, route.table)]
    if route.length:
        about.append(Attribute(rtnl.RTA_DST, route.prefix))
    if route.metric or size == 16:
        about.append(u32(rtnl.RTA_PRIORITY, route.metric))
    if route.mtu:
        about.append(nested_noflag(rtnl.RTA_METRICS, [u32(rtnl.RTAX_MTU, route.mtu)]))
    if route.source is not None:
        about.append(Attribute(rtnl.RTA_PREFSRC, route.source))
    if route.gateway is not None:
        about.append(Attribute(rtnl.RTA_GATEWAY, route.gateway))
    if route.dev is not None:
        about.append(u32(rtnl.RTA_OIF, route.dev.ifindex))
    if size == 16:
        about.append(Attribute(rtnl.RTA_CACHEINFO, bytes(32)))
        about.append(u8(rtnl.RTA_PREF, 0))
    return NlMsg(type, header=header, attributes=about)


def dump_routes(request: Request) -> None:
    """All routes; with strict checking those of one table, type, protocol or device."""
    stack = request.socket.net.stack
    family = request.payload[0]
    table = protocol = kind = oif = 0
    if request.is_strict:
        family, _, _, _, table, protocol, _, kind, _ = request.fixed(RTMSG)
        attributes = request.attributes(RTMSG_SIZE, rtnl.RTA_MAX, POLICY)
        table = _number(attributes, rtnl.RTA_TABLE, table)
        oif = _number(attributes, rtnl.RTA_OIF, 0)

    def wanted(route: Route) -> bool:
        return (
            table in (0, route.table)
            and protocol in (0, route.protocol)
            and kind in (0, route.type)
            and (not oif or (route.dev is not None and route.dev.ifindex == oif))
        )

    def all_routes() -> Iterator[NlMsg]:
        for size, one in FAMILY_OF.items():
            if family not in (AF_UNSPEC, one):
                continue
            for _, routes in sorted(stack.fib(size).tables.items()):
                yield from (describe(route) for route in routes.routes() if wanted(route))

    request.dump(all_routes(), lambda: stack.generation)


def _number(attributes: dict[int, NlAttr], type: int, default: int) -> int:
    found = attributes.get(type)
    return default if found is None else found.u32


def _address(attributes: dict[int, NlAttr], type: int, size: int) -> bytes | None:
    """An address of a family. EINVAL if it has another size."""
    found = attributes.get(type)
    if found is None:
        return None
    if len(found.data) != size:
        raise EINVAL("an address of another size")
    return found.data


def _read(request: Request) -> tuple[Stack, Route, dict[int, NlAttr]]:
    """The route that a request describes. EAFNOSUPPORT, EINVAL, ENODEV."""
    stack = request.socket.net.stack
    family, length, _, tos, table, protocol, scope, kind, _ = request.fixed(RTMSG)
    attributes = request.attributes(RTMSG_SIZE, rtnl.RTA_MAX, POLICY)
    size = SIZE_OF.get(family)
    if size is None:
        raise EAFNOSUPPORT("no routes of this family")
    if length > size * 8:
        raise request.refuse(EINVAL, "Invalid prefix length")
    destination = _address(attributes, rtnl.RTA_DST, size) or bytes(size)
    prefix = prefix_of(destination, length)
    if size == 4 and prefix != destination:
        raise request.refuse(EINVAL, "Invalid prefix for given prefix length")
    oif = _number(attributes, rtnl.RTA_OIF, 0)
    dev: NetDevice | None = None
    if oif:
        dev = stack.devices.get(oif)
        if dev is None:
            raise request.refuse(ENODEV, "Device for nexthop does not exist")
    route = Route(
        prefix, length, dev,
        gateway=_address(attributes, rtnl.RTA_GATEWAY, size),
        source=_address(attributes, rtnl.RTA_PREFSRC, size),
        metric=_number(attributes, rtnl.RTA_PRIORITY, 0),
        table=_number(attributes, rtnl.RTA_TABLE, table) or RT_TABLE_MAIN,
        type=kind or RTN_UNICAST, scope=scope, protocol=protocol, tos=tos,
    )  # fmt: skip
    return stack, route, attributes


def new_route(request: Request) -> None:
    """Add or replace a route. EEXIST, ENETUNREACH, ENETDOWN."""
    stack, route, attributes = _read(request)
    size = len(route.prefix)
    if rtnl.RTA_MULTIPATH in attributes:
        raise request.refuse(EINVAL, "routes of several ways are not supported")
    if size == 16 and not route.metric:
        route.metric = IP6_USER_METRIC
    route.mtu = _mtu(attributes)
    if route.type in WITHOUT_DEVICE:
        route.dev = None if size == 4 else stack.loopback
    else:
        _find_device(request, stack, route)
    replace = bool(request.flags & NLM_F_REPLACE)
    if replace and not request.flags & NLM_F_CREATE:
        table = stack.fib(size).tables.get(route.table)
        if table is None or not table.at(route.prefix, route.length):
            raise ESRCH("no route to replace")
    append = bool(request.flags & NLM_F_APPEND) and not request.flags & NLM_F_EXCL
    stack.fib(size).add(route, replace=replace, append=append)


def _find_device(request: Request, stack: Stack, route: Route) -> None:
    """Through which device the gateway is reached: see fib_check_nh."""
    if route.gateway is None:
        if route.dev is None:
            raise request.refuse(ENODEV, "Nexthop has no device or gateway")
        if not route.dev.is_up:
            raise request.refuse(ENETDOWN, "Device for nexthop is not up")
        return
    if route.scope >= RT_SCOPE_LINK and len(route.prefix) == 4:
        raise request.refuse(EINVAL, "Nexthop has invalid scope")
    way = stack.fib(len(route.prefix)).lookup(
        route.gateway, route.dev.ifindex if route.dev is not None else 0
    )
    if way is None or way.dev is None or way.gateway is not None:
        raise request.refuse(ENETUNREACH, "Nexthop has invalid gateway")
    if way.type == RTN_LOCAL and not route.gateway == bytes(len(route.gateway)):
        raise request.refuse(EINVAL, "Nexthop has invalid gateway")
    route.dev = route.dev or way.dev


def _mtu(attributes: dict[int, NlAttr]) -> int:
    metrics = attributes.get(rtnl.RTA_METRICS)
    if metrics is None:
        return 0
    for metric in split(metrics.inside)[0]:
        if metric.type == rtnl.RTAX_MTU:
            return metric.u32
    return 0


def delete_route(request: Request) -> None:
    """Remove the first route that is as described. ESRCH."""
    stack, wanted, attributes = _read(request)
    _, _, _, _, _, protocol, scope, kind, _ = request.fixed(RTMSG)

    def matches(route: Route) -> bool:
        return (
            (route.prefix, route.length) == (wanted.prefix, wanted.length)
            and (rtnl.RTA_PRIORITY not in attributes or route.metric == wanted.metric)
            and (wanted.dev is None or route.dev is wanted.dev)
            and (wanted.gateway is None or route.gateway == wanted.gateway)
            and (wanted.source is None or route.source == wanted.source)
            and kind in (0, route.type)
            and protocol in (0, route.protocol)
            and (scope == RT_SCOPE_NOWHERE or len(route.prefix) == 16 or scope == route.scope)
        )

    stack.fib(len(wanted.prefix)).remove(matches, wanted.table)


def get_route(request: Request) -> None:
    """How packets to an address go. ENETUNREACH."""
    stack = request.socket.net.stack
    family, *_ = request.fixed(RTMSG)
    attributes = request.attributes(RTMSG_SIZE, rtnl.RTA_MAX, POLICY)
    size = SIZE_OF.get(family)
    if size is None:
        raise EAFNOSUPPORT("no routes of this family")
    destination = _address(attributes, rtnl.RTA_DST, size) or bytes(size)
    oif = _number(attributes, rtnl.RTA_OIF, 0)
    path = find_path(stack, destination, _address(attributes, rtnl.RTA_SRC, size), oif)
    table = RT_TABLE_LOCAL if path.type == RTN_LOCAL else RT_TABLE_MAIN
    header = Packed(
        RTMSG, (family, size * 8, 0, 0, table, RT_TABLE_UNSPEC, 0, path.type, rtnl.RTM_F_CLONED)
    )
    about = [u32(rtnl.RTA_TABLE, table), Attribute(rtnl.RTA_DST, destination)]
    if path.next_hop != destination and path.type == RTN_UNICAST:
        about.append(Attribute(rtnl.RTA_GATEWAY, path.next_hop))
    about.append(u32(rtnl.RTA_OIF, path.dev.ifindex))
    about.append(Attribute(rtnl.RTA_PREFSRC, path.source))
    about.append(u32(rtnl.RTA_UID, request.task.cred.uid))
    about.append(Attribute(rtnl.RTA_CACHEINFO, bytes(32)))
    request.answer(NlMsg(rtnl.RTM_NEWROUTE, header=header, attributes=about))
