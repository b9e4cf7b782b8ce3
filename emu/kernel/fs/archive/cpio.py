"""cpio archives in the "newc" format of an initramfs. See initramfs-buffer-format.

Several may follow each other, with zeroes between them. Names of one file share a device and an
inode number; its contents are with the last of them.
"""

from __future__ import annotations

import os
import stat
from collections.abc import Iterator
from typing import IO, NamedTuple

from emu.kernel.fs.archive.node import ArchiveNode, ArchiveTree, BadArchive, show

MAGICS = (b"070701", b"070702")
HEADER_SIZE = 110
FIELDS = 13
TRAILER = b"TRAILER!!!"
LONGEST_NAME = 4096


class Member(NamedTuple):
    """A header in the order of its fields, and what follows it."""

    ino: int
    mode: int
    uid: int
    gid: int
    nlink: int
    mtime: int
    size: int
    dev_major: int
    dev_minor: int
    rdev_major: int
    rdev_minor: int
    name: bytes
    offset: int


def index_cpio(file: IO[bytes], dev: int) -> ArchiveTree:
    """The tree of a cpio archive. `BadArchive`."""
    tree = ArchiveTree(file, dev)
    linked: dict[tuple[int, int, int], ArchiveNode] = {}
    for member in _members(tree):
        if member.name == TRAILER:
            linked.clear()
            continue
        several = member.nlink > 1 and stat.S_ISREG(member.mode)
        key = member.dev_major, member.dev_minor, member.ino
        known = linked.get(key) if several else None
        node = known or _node(tree, member)
        if known is None and several:
            linked[key] = node
        elif known is not None:
            known.st_nlink += 1
            if member.size:
                known.stored_at(member.offset, member.size)
        tree.add(member.name, node)
    return tree


def _node(tree: ArchiveTree, member: Member) -> ArchiveNode:
    node = ArchiveNode(tree, member.mode & 0o177777, uid=member.uid, gid=member.gid)
    node.st_mtime_ns = member.mtime * 10**9
    if stat.S_ISLNK(member.mode):
        if not 0 < member.size < LONGEST_NAME:
            raise BadArchive(f"{show(member.name)} is a link to nowhere, or too long a one")
        node.target = os.pread(tree.fd, member.size, member.offset)
        node.st_size = len(node.target)
    elif stat.S_ISREG(member.mode):
        node.stored_at(member.offset, member.size)
    elif stat.S_ISCHR(member.mode) or stat.S_ISBLK(member.mode):
        node.st_rdev = os.makedev(member.rdev_major & 0xFFF, member.rdev_minor & 0xFFFFF)
    return node


def _members(tree: ArchiveTree) -> Iterator[Member]:
    pos = 0
    ended = False
    while True:
        if ended:
            pos = _next_archive(tree, pos)
            if pos < 0:
                return
        header = os.pread(tree.fd, HEADER_SIZE, pos)
        if len(header) < HEADER_SIZE or header[:6] not in MAGICS:
            raise BadArchive("not a whole cpio archive: a header is missing")
        try:
            fields = [int(header[6 + 8 * i : 14 + 8 * i], 16) for i in range(FIELDS)]
        except ValueError:
            raise BadArchive("a cpio header that has no numbers") from None
        *numbers, name_size, _ = fields
        if not 1 < name_size <= LONGEST_NAME:
            raise BadArchive("a cpio member without a name")
        name = os.pread(tree.fd, name_size, pos + HEADER_SIZE)
        start = _aligned(pos + HEADER_SIZE + name_size)
        member = Member._make([*numbers, name.rstrip(b"\0"), start])
        yield member
        pos = _aligned(member.offset + member.size)
        ended = member.name == TRAILER


def _next_archive(tree: ArchiveTree, pos: int) -> int:
    """Where after zeroes another archive begins; -1 at the end."""
    while pos < tree.size:
        data = os.pread(tree.fd, 1 << 16, pos)
        rest = data.lstrip(b"\0")
        if rest:
            return pos + len(data) - len(rest)
        if not data:
            break
        pos += len(data)
    return -1


def _aligned(pos: int) -> int:
    return (pos + 3) & ~3
