"""What ss(8) is told of netlink sockets. See net/netlink/diag.c."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from emu.kernel.errno import EOPNOTSUPP
from emu.kernel.net.netlink.message import Attribute, NlMsg, Packed
from emu.kernel.net.netlink.sock_diag import SOCK_DIAG_BY_FAMILY
from emu.kernel.net.netlink.socket import NetlinkSocket
from emu.kernel.net.sockfs import inode_number
from emu.kernel.uapi.socket import AF_NETLINK, SOCKET_TYPE

if TYPE_CHECKING:
    from emu.kernel.net.netlink.request import Request

NDIAG_PROTO_ALL = 255
NDIAG_SHOW_GROUPS = 2
NETLINK_DIAG_GROUPS = 1
CONNECTED, UNCONNECTED = 1, 0


def dump(request: Request) -> Iterator[NlMsg]:
    """All sockets of the protocol that is asked for."""
    _, protocol, _, _, show = request.fixed("BBHII")
    for side_protocol, side in sorted(request.socket.netlink.protocols.items()):
        if protocol in (NDIAG_PROTO_ALL, side_protocol):
            for socket in list(side.sockets.values()):
                yield _describe(request, socket, show)


def one(request: Request) -> NlMsg:
    """Single sockets are not told of."""
    raise EOPNOTSUPP("only dumps")


def _describe(request: Request, socket: NetlinkSocket, show: int) -> NlMsg:
    type_name = next(name for name, value in SOCKET_TYPE.values if value == socket.type)
    to = socket.destination
    header = Packed(
        "BBBBIIIIII",
        (
            AF_NETLINK, request.abi.constants[type_name], socket.protocol,
            CONNECTED if to.portid or to.groups else UNCONNECTED, socket.portid, to.portid,
            to.groups, inode_number(socket), socket.cookie & 0xFFFFFFFF, socket.cookie >> 32,
        ),
    )  # fmt: skip
    message = NlMsg(SOCK_DIAG_BY_FAMILY, header=header)
    if show & NDIAG_SHOW_GROUPS and socket.groups:
        words = [0] * -(-socket.side.groups // 32)
        for group in socket.groups:
            words[(group - 1) // 32] |= 1 << (group - 1) % 32
        message.attributes.append(
            Attribute(NETLINK_DIAG_GROUPS, Packed(f"{len(words)}I", tuple(words)))
        )
    return message
