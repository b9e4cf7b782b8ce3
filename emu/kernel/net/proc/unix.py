"""/proc/net/unix: the AF_UNIX sockets. See unix_seq_show in net/unix/af_unix.c."""

from __future__ import annotations

from typing import TYPE_CHECKING

from emu.kernel.net.sockfs import inode_number
from emu.kernel.net.unix.family import UnixFamily
from emu.kernel.net.unix.socket import ESTABLISHED, LISTEN, UnixSocket
from emu.kernel.uapi.socket import AF_UNIX

if TYPE_CHECKING:
    from emu.kernel.kernel import Kernel

HEADER = b"Num       RefCount Protocol Flags    Type St Inode Path\n"
SO_ACCEPTCON = 1 << 16
UNCONNECTED, CONNECTING, CONNECTED, DISCONNECTING = 1, 2, 3, 4


def show_unix(kernel: Kernel) -> bytes:
    """A line for each socket; addresses are hidden, as from everybody but root."""
    family = kernel.net.in_use(AF_UNIX)
    sockets = list(family.sockets) if isinstance(family, UnixFamily) else []
    return HEADER + b"".join(map(_line, sockets))


def _line(socket: UnixSocket) -> bytes:
    users = (socket.file.count if socket.file is not None else 0) + 1
    listens = SO_ACCEPTCON if socket.state == LISTEN else 0
    line = b"%016x: %08X %08X %08X %04X %02X %5d" % (
        0, users, 0, listens, socket.type, _state(socket), inode_number(socket),
    )  # fmt: skip
    name = socket.address
    if name.raw:
        line += b" " + (name.raw.replace(b"\0", b"@") if name.is_abstract else name.path)
    return line + b"\n"


def _state(socket: UnixSocket) -> int:
    connected = socket.state == ESTABLISHED
    if socket.file is not None:
        return CONNECTED if connected else UNCONNECTED
    return CONNECTING if connected else DISCONNECTING
