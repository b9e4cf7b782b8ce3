"""tar archives, read by Python's own reader: ustar, GNU, pax with extended attributes."""

from __future__ import annotations

import os
import stat
import tarfile
from decimal import Decimal, InvalidOperation
from functools import partial
from typing import IO

from emu.kernel.fs.archive.node import ArchiveNode, ArchiveTree, BadArchive, show

TYPES = {
    tarfile.DIRTYPE: stat.S_IFDIR,
    tarfile.SYMTYPE: stat.S_IFLNK,
    tarfile.CHRTYPE: stat.S_IFCHR,
    tarfile.BLKTYPE: stat.S_IFBLK,
    tarfile.FIFOTYPE: stat.S_IFIFO,
}
XATTR = "SCHILY.xattr."
LARGEST_ID = (1 << 32) - 2


def index_tar(file: IO[bytes], dev: int) -> ArchiveTree:
    """The tree of a tar archive. `BadArchive`."""
    tree = ArchiveTree(file, dev)
    try:
        # The reader seeks from header to header; contents are read past it.
        archive = tarfile.TarFile(fileobj=file, encoding="utf-8", errors="surrogateescape")
        while (member := archive.next()) is not None:
            vars(archive)["members"].clear()
            _add(tree, archive, member)
    except (tarfile.TarError, ValueError, EOFError, RecursionError) as error:
        raise BadArchive(f"not a whole tar archive: {error}") from None
    if not os.pread(tree.fd, tarfile.BLOCKSIZE, archive.offset):
        raise BadArchive("the end is missing: it is cut off")
    return tree


def _add(tree: ArchiveTree, archive: tarfile.TarFile, member: tarfile.TarInfo) -> None:
    name = encode(member.name)
    if member.islnk():
        tree.link(name, encode(member.linkname))
        return
    kind = TYPES.get(member.type, stat.S_IFREG)
    node = ArchiveNode(
        tree,
        kind | (0o777 if kind == stat.S_IFLNK else member.mode & 0o7777),
        uid=_id(member.uid),
        gid=_id(member.gid),
    )
    node.st_mtime_ns = _time_ns(member)
    node.xattr = _xattrs(member)
    if kind == stat.S_IFLNK:
        node.target = encode(member.linkname)
        node.st_size = len(node.target)
        if not 0 < node.st_size < 4096:
            raise BadArchive(f"{show(name)} is a link to nowhere, or too long a one")
    elif kind in (stat.S_IFCHR, stat.S_IFBLK):
        node.st_rdev = os.makedev(member.devmajor & 0xFFF, member.devminor & 0xFFFFF)
    elif kind == stat.S_IFREG and member.issparse():
        node.extracted_by(partial(_extract, archive, member), member.size)
    elif kind == stat.S_IFREG:
        node.stored_at(member.offset_data, member.size)
    tree.add(name, node)


def _extract(archive: tarfile.TarFile, member: tarfile.TarInfo) -> IO[bytes]:
    found = archive.extractfile(member)
    assert found is not None, "only regular files are extracted"
    return found


def _time_ns(member: tarfile.TarInfo) -> int:
    said = member.pax_headers.get("mtime", member.mtime)
    try:
        nanoseconds = int(Decimal(said) * 10**9)
    except (InvalidOperation, ValueError, OverflowError):
        return 0
    return nanoseconds if abs(nanoseconds) < 1 << 62 else 0


def _xattrs(member: tarfile.TarInfo) -> dict[bytes, bytes] | None:
    found = {
        encode(key[len(XATTR) :]): encode(value)
        for key, value in member.pax_headers.items()
        if key.startswith(XATTR)
    }
    return found or None


def _id(number: int) -> int:
    return number if 0 <= number <= LARGEST_ID else 65534


def encode(name: str) -> bytes:
    """A text of the reader's as the bytes that are in the archive."""
    return name.encode("utf-8", "surrogateescape")
