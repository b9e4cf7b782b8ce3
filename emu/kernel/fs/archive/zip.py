"""zip archives, read by Python's own reader. Unix modes are kept where the archive has them."""

from __future__ import annotations

import calendar
import os
import stat
import struct
import zipfile
from functools import partial
from typing import IO

from emu.kernel.fs.archive.node import ArchiveNode, ArchiveTree, BadArchive, show

UNIX = 3
LOCAL_HEADER = struct.Struct("<4s5H3L2H")
ENCRYPTED = 1
UNIX_TIME, UNIX_IDS = 0x5455, 0x7875
LONGEST_LINK = 4095


def index_zip(file: IO[bytes], dev: int) -> ArchiveTree:
    """The tree of a zip archive. `BadArchive`."""
    tree = ArchiveTree(file, dev)
    try:
        archive = zipfile.ZipFile(file)
        for member in archive.infolist():
            _add(tree, archive, member)
    except (zipfile.BadZipFile, NotImplementedError, ValueError, EOFError, struct.error) as error:
        raise BadArchive(f"not a whole zip archive: {error}") from None
    return tree


def _add(tree: ArchiveTree, archive: zipfile.ZipFile, member: zipfile.ZipInfo) -> None:
    # Names are UTF-8 if a flag says so, else the old DOS code page.
    name = member.filename.encode("utf-8", "surrogateescape")
    mode = member.external_attr >> 16 if member.create_system == UNIX else 0
    if not stat.S_IFMT(mode):
        mode |= stat.S_IFDIR | 0o755 if member.is_dir() else stat.S_IFREG | 0o644
    uid, gid, mtime_s = _extra(member)
    node = ArchiveNode(tree, mode & 0o177777, uid=uid, gid=gid)
    node.st_mtime_ns = mtime_s * 10**9
    if member.flag_bits & ENCRYPTED:
        raise BadArchive(f"{show(name)} is encrypted")
    if stat.S_ISLNK(mode):
        if not 0 < member.file_size <= LONGEST_LINK:
            raise BadArchive(f"{show(name)} is a link to nowhere, or too long a one")
        node.target = archive.read(member)
        node.st_size = len(node.target)
    elif stat.S_ISREG(mode):
        if member.compress_type == zipfile.ZIP_STORED:
            node.stored_at(_start_of(tree, member), member.file_size)
        else:
            node.extracted_by(partial(_extract, archive, member), member.file_size)
    tree.add(name, node)


def _extract(archive: zipfile.ZipFile, member: zipfile.ZipInfo) -> IO[bytes]:
    try:
        return archive.open(member)
    except (zipfile.BadZipFile, NotImplementedError) as error:
        raise BadArchive(str(error)) from None


def _start_of(tree: ArchiveTree, member: zipfile.ZipInfo) -> int:
    """Where a member's contents begin: behind its local header, whose lengths may be others."""
    header = os.pread(tree.fd, LOCAL_HEADER.size, member.header_offset)
    fields = LOCAL_HEADER.unpack(header)
    return member.header_offset + LOCAL_HEADER.size + int(fields[-2]) + int(fields[-1])


def _extra(member: zipfile.ZipInfo) -> tuple[int, int, int]:
    """Owner, group and time; the archive's local time is taken for UTC."""
    uid = gid = 0
    try:
        mtime_s = calendar.timegm((*member.date_time, 0, 0, 0))
    except (ValueError, OverflowError):
        mtime_s = 0
    extra = member.extra
    while len(extra) >= 4:
        kind, size = struct.unpack_from("<HH", extra)
        field, extra = extra[4 : 4 + size], extra[4 + size :]
        if kind == UNIX_TIME and len(field) >= 5 and field[0] & 1:
            mtime_s = struct.unpack_from("<i", field, 1)[0]
        elif kind == UNIX_IDS and field[:1] == b"\x01":
            width = field[1] if len(field) > 1 else 0
            uid = int.from_bytes(field[2 : 2 + width], "little") & 0xFFFFFFFF
            rest = field[2 + width :]
            gid = int.from_bytes(rest[1 : 1 + rest[0]], "little") & 0xFFFFFFFF if rest else 0
    return uid, gid, mtime_s
