"""What ss(8) is told of AF_UNIX sockets. See net/unix/diag.c."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from emu.kernel.errno import EINVAL, ENOENT
from emu.kernel.net.netlink.message import Attribute, NlMsg, Packed, u8, u32
from emu.kernel.net.netlink.sock_diag import SOCK_DIAG_BY_FAMILY
from emu.kernel.net.sockfs import inode_number
from emu.kernel.net.unix.family import UnixFamily
from emu.kernel.net.unix.socket import CLOSED, ESTABLISHED, LISTEN, UnixSocket
from emu.kernel.uapi.socket import AF_UNIX, SOCKET_TYPE

if TYPE_CHECKING:
    from emu.kernel.net.netlink.request import Request

REQUEST = "BBHIIIII"
UINT_MAX = 0xFFFFFFFF
UDIAG_SHOW_NAME = 0x01
UDIAG_SHOW_VFS = 0x02
UDIAG_SHOW_PEER = 0x04
UDIAG_SHOW_ICONS = 0x08
UDIAG_SHOW_RQLEN = 0x10
UDIAG_SHOW_UID = 0x40
UNIX_DIAG_NAME = 0
UNIX_DIAG_VFS = 1
UNIX_DIAG_PEER = 2
UNIX_DIAG_ICONS = 3
UNIX_DIAG_RQLEN = 4
UNIX_DIAG_SHUTDOWN = 6
UNIX_DIAG_UID = 7
STATES = {ESTABLISHED: 1, CLOSED: 7, LISTEN: 10}
"""As TCP's are numbered."""


def dump(request: Request) -> Iterator[NlMsg]:
    """All sockets in one of the states that are asked for."""
    _, _, _, states, _, show, *_ = request.fixed(REQUEST)
    family = request.socket.net.in_use(AF_UNIX)
    sockets = list(family.sockets) if isinstance(family, UnixFamily) else []
    return (
        _describe(request, socket, show) for socket in sockets if states >> STATES[socket.state] & 1
    )


def one(request: Request) -> NlMsg:
    """The socket of an inode number. ENOENT."""
    _, _, _, _, ino, show, *words = request.fixed(REQUEST)
    cookie = tuple(words)
    if not ino:
        raise EINVAL("no inode number")
    socket = request.socket.net.sockfs.sockets.get(ino)
    if not isinstance(socket, UnixSocket):
        raise ENOENT("no such socket")
    if cookie not in ((UINT_MAX, UINT_MAX), (socket.cookie & UINT_MAX, socket.cookie >> 32)):
        raise ENOENT("another socket has this number now")
    return _describe(request, socket, show)


def _describe(request: Request, socket: UnixSocket, show: int) -> NlMsg:
    type_name = next(name for name, value in SOCKET_TYPE.values if value == socket.type)
    header = Packed(
        "BBBBIII",
        (
            AF_UNIX, request.abi.constants[type_name], STATES[socket.state], 0,
            inode_number(socket), socket.cookie & UINT_MAX, socket.cookie >> 32,
        ),
    )  # fmt: skip
    return NlMsg(SOCK_DIAG_BY_FAMILY, header=header, attributes=_attributes(socket, show))


def _attributes(socket: UnixSocket, show: int) -> list[Attribute]:
    found: list[Attribute] = []
    if show & UDIAG_SHOW_NAME and socket.address.raw:
        found.append(Attribute(UNIX_DIAG_NAME, socket.address.raw))
    if show & UDIAG_SHOW_VFS and socket.inode is not None:
        place = (socket.inode.ino & UINT_MAX, socket.inode.sb.dev & UINT_MAX)
        found.append(Attribute(UNIX_DIAG_VFS, Packed("II", place)))
    if show & UDIAG_SHOW_PEER and socket.other is not None and not socket.other.dead:
        found.append(u32(UNIX_DIAG_PEER, inode_number(socket.other)))
    if show & UDIAG_SHOW_ICONS and socket.state == LISTEN:
        waiting = tuple(inode_number(e.other) for e in socket.embryos if e.other is not None)
        found.append(Attribute(UNIX_DIAG_ICONS, Packed(f"{len(waiting)}I", waiting)))
    if show & UDIAG_SHOW_RQLEN:
        if socket.state == LISTEN:
            lengths = (len(socket.embryos), socket.backlog)
        else:
            lengths = (socket.unread(), socket.wmem_alloc)
        found.append(Attribute(UNIX_DIAG_RQLEN, Packed("II", lengths)))
    if show & UDIAG_SHOW_UID and socket.file is not None:
        found.append(u32(UNIX_DIAG_UID, socket.file.inode.uid))
    found.append(u8(UNIX_DIAG_SHUTDOWN, socket.shutdown_mask))
    return found
