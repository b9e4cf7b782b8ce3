"""The tables that depmod(8) would make of the offered modules, in text and as index files."""

from __future__ import annotations

import struct
from collections.abc import Iterable
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from emu.kernel.module.loader import ModuleLoader, Offer

MAGIC, VERSION = 0xB007F457, 2 << 16 | 1
NODE_VALUES, NODE_CHILDREN = 0x40000000, 0x20000000
HEADER = struct.Struct(">III")

Pairs = list[tuple[str, str]]
"""Keys and values of an index."""


def tables(loader: ModuleLoader) -> dict[str, bytes]:
    """The files of /lib/modules/RELEASE beside the modules, by name."""
    offers = list(loader.offers.values())
    paths = {o.name: [path_of(n) for n in needed(loader, o)] for o in offers}
    lines = {o.name: f"{path_of(o)}: {' '.join(paths[o.name])}".rstrip() for o in offers}
    aliases = [(v, o.name) for o in offers for k, v in o.summary.fields if k == "alias"]
    symbols = [(f"symbol:{name}", o.name) for o in offers for name in o.summary.exports]
    return {
        "modules.dep": text(lines.values()),
        "modules.dep.bin": index(list(lines.items())),
        "modules.alias": text(f"alias {alias} {name}" for alias, name in aliases),
        "modules.alias.bin": index(aliases),
        "modules.symbols": text(f"alias {symbol} {name}" for symbol, name in symbols),
        "modules.symbols.bin": index(symbols),
        "modules.order": text(map(path_of, offers)),
        "modules.builtin": b"",
        "modules.builtin.bin": index([]),
        "modules.builtin.alias.bin": index([]),
        "modules.softdep": b"",
        "modules.devname": b"",
    }


def path_of(offer: Offer) -> str:
    """A module's file, from /lib/modules/RELEASE on."""
    return f"extra/{offer.name}.ko"


def needed(loader: ModuleLoader, offer: Offer) -> list[Offer]:
    """All modules that one needs, directly or not, those first that need the others."""
    found: list[Offer] = []
    pending = loader.needed_by(offer)
    while pending:
        first = pending.pop(0)
        if first in found:
            found.remove(first)
        found.append(first)
        pending += loader.needed_by(first)
        if len(pending) > len(loader.offers) ** 2:  # they need each other: no order is right
            break
    return found


def text(lines: Iterable[str]) -> bytes:
    """Lines."""
    return "".join(f"{line}\n" for line in lines).encode()


class Node:
    """A letter of the keys: what comes behind it, and the values of the key that ends here."""

    def __init__(self) -> None:
        self.children: dict[int, Node] = {}
        self.values: list[bytes] = []


def index(pairs: Pairs) -> bytes:
    """An index file: a tree of the keys' letters. See libkmod/libkmod-index.c for the layout."""
    root = Node()
    for key, value in pairs:
        node = root
        for letter in key.encode():
            node = node.children.setdefault(letter, Node())
        node.values.append(value.encode())
    out = bytearray(HEADER.size)
    HEADER.pack_into(out, 0, MAGIC, VERSION, add_node(out, root))
    return bytes(out)


def add_node(out: bytearray, node: Node) -> int:
    """Write a node behind all that it leads to: its offset, with flags for what it has."""
    places = {letter: add_node(out, child) for letter, child in node.children.items()}
    offset = len(out)
    if places:
        first, last = min(places), max(places)
        out += bytes((first, last))
        for letter in range(first, last + 1):
            out += struct.pack(">I", places.get(letter, 0))
        offset |= NODE_CHILDREN
    if node.values:
        out += struct.pack(">I", len(node.values))
        for value in node.values:
            out += struct.pack(">I", 0) + value + b"\0"
        offset |= NODE_VALUES
    if not places and not node.values:
        out += bytes(1)  # an index without a key: an offset that is not the file's end
    return offset
