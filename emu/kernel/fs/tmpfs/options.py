"""What may be said of a tmpfs when it is mounted or mounted anew. See tmpfs(5)."""

from __future__ import annotations

from emu.arch.cpu import PAGE_SIZE
from emu.kernel.errno import EINVAL
from emu.record import record

SUFFIXES = {suffix: 10 * (i + 1) for i, suffix in enumerate((b"k", b"m", b"g", b"t", b"p", b"e"))}
IGNORED = (b"inode32", b"inode64", b"noswap")
"""What makes no difference here."""


@record(frozen=False)
class TmpfsOptions:
    """Options as given; None is what was not given, and a limit of 0 is none."""

    max_pages: int | None = None
    max_inodes: int | None = None
    mode: int | None = None
    uid: int | None = None
    gid: int | None = None


def parse_options(text: bytes, ram_size: int) -> TmpfsOptions:
    """The options in a text with commas. EINVAL for what tmpfs does not take."""
    found = TmpfsOptions()
    for option in text.split(b","):
        key, equals, value = option.partition(b"=")
        match key:
            case b"":
                continue
            case b"size":
                found.max_pages = -(-_bytes(value, ram_size) // PAGE_SIZE)
            case b"nr_blocks":
                found.max_pages = _memparse(value)
            case b"nr_inodes":
                found.max_inodes = _memparse(value)
            case b"mode":
                found.mode = _number(value, 8) & 0o7777
            case b"uid":
                found.uid = _id(value)
            case b"gid":
                found.gid = _id(value)
            case b"huge" if value in (b"never", b"deny"):
                continue
            case _ if key in IGNORED and not equals:
                continue
            case _:
                raise EINVAL(f"tmpfs: unknown option {key.decode(errors='replace')}")
    return found


def _bytes(text: bytes, ram_size: int) -> int:
    if text.endswith(b"%"):
        return ram_size * _number(text[:-1], 10) // 100
    return _memparse(text)


def _memparse(text: bytes) -> int:
    """A number with a suffix, decimal or 0x: see memparse. EINVAL for anything behind it."""
    shift = SUFFIXES.get(text[-1:].lower(), 0)
    if shift and len(text) == 1:
        return 0
    if text[:2].lower() == b"0x":
        shift = 0 if text[-1:].lower() == b"e" else shift
        digits, base = text[2 : -1 if shift else None], 16
    else:
        digits, base = text[: -1 if shift else None], 10
    value = _number(digits, base) << shift
    if value >> 63:
        raise EINVAL("tmpfs: a size beyond all")
    return value


def _id(text: bytes) -> int:
    number = _number(text, 10)
    if number >= 0xFFFFFFFF:
        raise EINVAL("tmpfs: not an id")
    return number


def _number(text: bytes, base: int) -> int:
    if not text.isalnum() or len(text) > 20:
        raise EINVAL("tmpfs: not a number")
    try:
        return int(text, base)
    except ValueError:
        raise EINVAL("tmpfs: not a number") from None
