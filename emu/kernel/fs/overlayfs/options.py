"""What is said when an overlay is mounted. See overlayfs.rst."""

from __future__ import annotations

import re

from emu.kernel.errno import EINVAL
from emu.record import record

AS_IT_IS = {
    b"redirect_dir": (b"off", b"nofollow"),
    b"index": (b"off",),
    b"nfs_export": (b"off",),
    b"metacopy": (b"off",),
    b"verity": (b"off",),
    b"xino": (b"off", b"auto", b"on"),
    b"uuid": (b"off", b"null", b"auto", b"on"),
}
"""Options with values that say what is done here anyway."""

MAX_LAYERS = 500


@record(frozen=False)
class OverlayOptions:
    """Names as they were given. `user_xattr` puts the overlay's marks among the user's."""

    lower: list[bytes]
    upper: bytes | None = None
    work: bytes | None = None
    user_xattr: bool = False
    volatile: bool = False


def parse_options(text: bytes) -> OverlayOptions:
    """The options in a text with commas. EINVAL for what is not known."""
    found = OverlayOptions([])
    for option in split_unescaped(text, b","):
        key, equals, value = option.partition(b"=")
        match key:
            case b"":
                continue
            case b"lowerdir":
                found.lower = [unescaped(part) for part in split_unescaped(value, b":")]
            case b"lowerdir+":
                found.lower.append(value)
            case b"upperdir":
                found.upper = unescaped(value)
            case b"workdir":
                found.work = unescaped(value)
            case b"userxattr" if not equals:
                found.user_xattr = True
            case b"volatile" if not equals:
                found.volatile = True
            case b"default_permissions" if not equals:
                continue
            case _ if value in AS_IT_IS.get(key, ()):
                continue
            case _:
                raise EINVAL(f"overlay: unknown option {option.decode(errors='replace')}")
    return found


def check_layers(options: OverlayOptions) -> None:
    """EINVAL unless there are layers enough for something to be merged, and not too many."""
    lower = options.lower
    if not lower or b"" in lower or len(lower) > MAX_LAYERS:
        raise EINVAL("overlay: no lower directory, an empty one, or too many")
    if options.upper is None and len(lower) < 2:
        raise EINVAL("overlay: two lower directories at least, or an upper one")
    if options.upper is not None and not options.work:
        raise EINVAL("overlay: an upper directory needs a work directory")


def split_unescaped(text: bytes, separator: bytes) -> list[bytes]:
    """The parts between separators that no backslash stands before."""
    return re.split(rb"(?<!\\)" + re.escape(separator), text)


def unescaped(text: bytes) -> bytes:
    """A name without its backslashes."""
    return re.sub(rb"\\(.)", rb"\1", text)
