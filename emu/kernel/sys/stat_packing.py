"""Filling the stat structs: for each layout one function, compiled from its fields.

See cp_old_stat, cp_new_stat and cp_new_stat64 in fs/stat.c.
"""

from __future__ import annotations

import struct
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from emu.kernel.errno import EOVERFLOW
from emu.kernel.vfs.dev import new_encode_dev, old_encode_dev, old_valid_dev

if TYPE_CHECKING:
    from emu.arch.layout import Field, Layout
    from emu.kernel.vfs.inode import Inode

MOST_DEVS = 1024
OVERFLOW_ID = 65534
"""What a 16-bit field tells of a larger user or group id."""

VALUES = {
    "st_dev": "devs[i.sb.dev]",
    "st_ino": "i.ino",
    "__st_ino": "i.ino",
    "st_mode": "i.mode",
    "st_nlink": "i.nlink",
    "st_uid": "i.uid",
    "st_gid": "i.gid",
    "st_rdev": "i.rdev and devs[i.rdev]",
    "st_size": "i.size",
    "st_blksize": "i.blksize",
    "st_blocks": "i.blocks",
    "st_atime": "i.atime_ns // NS",
    "st_atime_nsec": "i.atime_ns % NS",
    "st_mtime": "i.mtime_ns // NS",
    "st_mtime_nsec": "i.mtime_ns % NS",
    "st_ctime": "i.ctime_ns // NS",
    "st_ctime_nsec": "i.ctime_ns % NS",
}
MUST_FIT = ("st_ino", "st_nlink", "st_size")
"""EOVERFLOW if these do not fit; the others are cut as an assignment in C cuts them."""


def stat_packer(layout: Layout) -> Callable[[Inode], bytes]:
    """``pack(inode)`` makes the bytes of a stat struct. EOVERFLOW."""
    fields = sorted((f for n, f in layout.fields.items() if n in VALUES), key=lambda f: f.offset)
    names: dict[str, Any] = {
        "put": layout.packer(*(field.name for field in fields)),
        "devs": _EncodedDevs(_encoder(layout)),
        "fit": _fit_size,
        "NS": 10**9,
    }

    def compiled(source: Callable[[Field], str]) -> Callable[[Inode], bytes]:
        pack: Callable[[Inode], bytes] = eval(
            f"lambda i: put({', '.join(map(source, fields))})", names
        )
        return pack

    pack_as_it_is = compiled(_source)
    pack_what_is_left = compiled(lambda field: _cut(_source(field), field))

    def pack(inode: Inode) -> bytes:
        try:
            return pack_as_it_is(inode)
        except struct.error:
            pass  # a number does not fit its field, which is rare
        try:
            return pack_what_is_left(inode)
        except struct.error:
            raise EOVERFLOW(f"a number is too large for struct {layout.name}") from None

    return pack


class _EncodedDevs(dict[int, int]):
    """Device numbers as a struct tells them, each encoded once: a machine has few. EOVERFLOW."""

    def __init__(self, encode: Callable[[int], int]) -> None:
        super().__init__()
        self._encode = encode

    def __missing__(self, dev: int) -> int:
        encoded = self._encode(dev)
        if len(self) < MOST_DEVS:
            self[dev] = encoded
        return encoded


def _source(field: Field) -> str:
    value, bits = VALUES[field.name], field.size * 8
    if field.name == "st_size" and bits == 32:
        return f"fit({value})"
    if field.name in ("st_uid", "st_gid") and bits == 16:
        return f"({value} if {value} <= 0xffff else {OVERFLOW_ID})"
    return value


def _cut(value: str, field: Field) -> str:
    """A value cut to the bits of its field, unless it is one that must fit."""
    bits = field.size * 8
    if field.name in MUST_FIT:
        return value
    mask, sign = (1 << bits) - 1, 1 << bits - 1
    if not field.type.startswith("i"):
        return f"(({value}) & {mask:#x})"
    return value if bits == 64 else f"((({value}) + {sign:#x} & {mask:#x}) - {sign:#x})"


def _fit_size(size: int) -> int:
    # A native 32-bit kernel allows no more than off_t holds, whatever the field's type.
    if size > 0x7FFFFFFF:
        raise EOVERFLOW("the file is too large for a 32-bit size")
    return size


def _encoder(layout: Layout) -> Callable[[int], int]:
    if layout.name == "__old_kernel_stat":
        return old_encode_dev
    if layout.fields["st_dev"].size >= 4:
        return new_encode_dev

    def encode(dev: int) -> int:
        if not old_valid_dev(dev):
            raise EOVERFLOW("the device number does not fit")
        return new_encode_dev(dev)

    return encode
