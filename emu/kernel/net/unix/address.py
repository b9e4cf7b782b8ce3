"""Names of AF_UNIX sockets: paths, abstract names, or none. See unix(7)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from emu.kernel.errno import EINVAL
from emu.kernel.uapi.socket import AF_UNIX
from emu.record import record

if TYPE_CHECKING:
    from emu.kernel.net.address import SockAddr

FAMILY_SIZE = 2
UNIX_PATH_MAX = 108
SOCKADDR_UN = FAMILY_SIZE + UNIX_PATH_MAX


@record
class UnixAddress:
    """A name. `raw` is sun_path as it is told: a path with its NUL, or NUL and an abstract name.

    Empty for a socket without a name.
    """

    raw: bytes = b""

    @property
    def is_abstract(self) -> bool:
        """Whether it is no path."""
        return self.raw[:1] == b"\0"

    @property
    def path(self) -> bytes:
        """The path, without its NUL."""
        return self.raw[:-1]

    def pack(self, order: str) -> bytes:
        """See `emu.kernel.net.address.Address`."""
        return AF_UNIX.to_bytes(2, "little" if order == "<" else "big") + self.raw


UNNAMED = UnixAddress()


def parse_address(address: SockAddr) -> UnixAddress:
    """The name that a caller means. EINVAL for another family, none, or one that is too long."""
    if not FAMILY_SIZE < len(address) <= SOCKADDR_UN or address.family != AF_UNIX:
        raise EINVAL("not a name of AF_UNIX")
    name = address.data
    if name[:1] == b"\0":
        return UnixAddress(name)
    return UnixAddress(name.partition(b"\0")[0] + b"\0")


def asks_for_autobind(address: SockAddr) -> bool:
    """Whether bind(2) shall choose a name: there is a family and no more."""
    return len(address) == FAMILY_SIZE and address.family == AF_UNIX
