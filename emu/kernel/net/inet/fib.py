"""Routes: the longest prefix that holds an address wins. See fib_trie.c, ip6_fib.c."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING

from emu.kernel.errno import EEXIST, ESRCH
from emu.kernel.net.inet.address import last_of, prefix_of
from emu.kernel.uapi.rtnetlink import (
    RT_SCOPE_UNIVERSE,
    RT_TABLE_LOCAL,
    RT_TABLE_MAIN,
    RTN_LOCAL,
    RTN_UNICAST,
    RTPROT_BOOT,
)
from emu.record import record

if TYPE_CHECKING:
    from emu.kernel.net.device import NetDevice
    from emu.kernel.net.inet.interface import InterfaceAddress


@record(frozen=False, eq=False)
class Route:
    """Where packets to a prefix go. `gateway` is None for what is reached directly.

    `from_address` is the interface address it came with and goes with.
    """

    prefix: bytes
    length: int
    dev: NetDevice | None
    gateway: bytes | None = None
    source: bytes | None = None
    metric: int = 0
    table: int = RT_TABLE_MAIN
    type: int = RTN_UNICAST
    scope: int = RT_SCOPE_UNIVERSE
    protocol: int = RTPROT_BOOT
    mtu: int = 0
    tos: int = 0
    from_address: InterfaceAddress | None = None

    @property
    def key(self) -> tuple[bytes, int, int, int]:
        """What makes two routes the same for `ip route add`."""
        return self.prefix, self.length, self.metric, self.tos


class FibTable:
    """One table: for each prefix length the routes by prefix, the best metric first."""

    def __init__(self) -> None:
        self._by_length: dict[int, dict[bytes, list[Route]]] = {}
        self._lengths: list[int] = []

    def routes(self) -> Iterator[Route]:
        """All of them, as Linux goes through its trees: see fib_trie_get_next, fib6_walk."""
        prefixes = [(p, n) for n, by_prefix in self._by_length.items() for p in by_prefix]
        for prefix, length in sorted(prefixes, key=_place_in_tree):
            yield from self._by_length[length][prefix]

    def find(self, destination: bytes, oif: int = 0) -> Route | None:
        """The best route to an address whose device can be used; through `oif` if it is given."""
        for length in self._lengths:
            for route in self._by_length[length].get(prefix_of(destination, length), ()):
                if route.dev is not None and not route.dev.is_up and route.type != RTN_LOCAL:
                    continue
                if not oif or (route.dev is not None and route.dev.ifindex == oif):
                    return route
        return None

    def at(self, prefix: bytes, length: int) -> list[Route]:
        """The routes of exactly this prefix."""
        return self._by_length.get(length, {}).get(prefix, [])

    def add(self, route: Route) -> None:
        """Put a route in."""
        by_prefix = self._by_length.setdefault(route.length, {})
        routes = by_prefix.setdefault(route.prefix, [])
        routes.append(route)
        routes.sort(key=lambda r: r.metric)
        self._lengths = sorted(self._by_length, reverse=True)

    def remove(self, route: Route) -> None:
        """Take a route out."""
        by_prefix = self._by_length[route.length]
        routes = by_prefix[route.prefix]
        routes.remove(route)
        if not routes:
            del by_prefix[route.prefix]
        if not by_prefix:
            del self._by_length[route.length]
            self._lengths.remove(route.length)


def _place_in_tree(key: tuple[bytes, int]) -> tuple[bytes, int]:
    """IPv4 by prefix, a longer one first; IPv6 what is inside before what is around it."""
    prefix, length = key
    return (prefix if len(prefix) == 4 else last_of(prefix, length)), -length


class Fib:
    """The tables of one family. `changed(route, added)` is told of every change."""

    def __init__(self, changed: Callable[[Route, bool], None]) -> None:
        self.tables: dict[int, FibTable] = {RT_TABLE_LOCAL: FibTable(), RT_TABLE_MAIN: FibTable()}
        self._changed = changed

    def lookup(self, destination: bytes, oif: int = 0) -> Route | None:
        """The local table first, then main."""
        return self.tables[RT_TABLE_LOCAL].find(destination, oif) or self.tables[
            RT_TABLE_MAIN
        ].find(destination, oif)

    def add(self, route: Route, *, replace: bool = False, append: bool = False) -> None:
        """Add a route. EEXIST if there is one of the same key, unless it is to be replaced."""
        table = self.tables.setdefault(route.table, FibTable())
        same = [r for r in table.at(route.prefix, route.length) if r.key == route.key]
        if same and not append:
            if len(route.prefix) == 16 and all(r.dev is not route.dev for r in same):
                same = []  # one more next hop
            elif not replace:
                raise EEXIST("there is such a route")
            for old in same:
                table.remove(old)
        table.add(route)
        self._changed(route, True)

    def remove(self, wanted: Callable[[Route], bool], table: int = RT_TABLE_MAIN) -> None:
        """Remove the first route that is wanted. ESRCH."""
        for route in self.tables.get(table, FibTable()).routes():
            if wanted(route):
                self.tables[table].remove(route)
                self._changed(route, False)
                return
        raise ESRCH("no such route")

    def discard(self, unwanted: Callable[[Route], bool]) -> None:
        """Remove all routes that are not wanted any more."""
        for table in self.tables.values():
            for route in [route for route in table.routes() if unwanted(route)]:
                table.remove(route)
                self._changed(route, False)
