"""/proc/net/unix: the sockets of AF_UNIX. See unix_seq_show in net/unix/af_unix.c."""

from __future__ import annotations

from typing import TYPE_CHECKING

from emu.kernel.net.unix.socket import ESTABLISHED, LISTEN, UnixSocket

if TYPE_CHECKING:
    from emu.kernel.kernel import Kernel

SO_ACCEPTCON = 1 << 16
SS_UNCONNECTED, SS_CONNECTED = 1, 3
REFERENCES = 2
"""Of a socket that one file has."""


def show_unix(kernel: Kernel) -> bytes:
    """A line for each; an abstract name begins with @."""
    lines = [b"Num       RefCount Protocol Flags    Type St Inode Path\n"]
    for ino, sock in kernel.net.sockfs.sockets.items():
        if not isinstance(sock, UnixSocket):
            continue
        flags = SO_ACCEPTCON if sock.state == LISTEN else 0
        state = SS_CONNECTED if sock.state == ESTABLISHED else SS_UNCONNECTED
        numbers = (0, REFERENCES, 0, flags, sock.type, state, ino)
        lines.append(b"%016x: %08X %08X %08X %04X %02X %5d" % numbers + _name(sock) + b"\n")
    return b"".join(lines)


def _name(sock: UnixSocket) -> bytes:
    address = sock.address
    if not address.raw:
        return b""
    return b" " + (address.raw.replace(b"\0", b"@") if address.is_abstract else address.path)
