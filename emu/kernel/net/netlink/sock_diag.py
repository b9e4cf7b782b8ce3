"""NETLINK_SOCK_DIAG: which sockets there are, for ss(8). See sock_diag(7)."""

from __future__ import annotations

import importlib
from collections.abc import Iterator
from typing import TYPE_CHECKING, Protocol

from emu.kernel.errno import EINVAL, ENOENT
from emu.kernel.net.netlink.family import KernelSide
from emu.kernel.net.netlink.message import NlMsg
from emu.kernel.uapi.socket import AF_INET, AF_INET6, AF_MAX, AF_NETLINK, AF_UNIX

if TYPE_CHECKING:
    from emu.kernel.net.netlink.family import NetlinkFamily
    from emu.kernel.net.netlink.request import Request

SOCK_DIAG_BY_FAMILY = 20

HANDLERS = {
    AF_UNIX: "emu.kernel.net.netlink.unix_diag",
    AF_NETLINK: "emu.kernel.net.netlink.netlink_diag",
    AF_INET: "emu.kernel.net.netlink.inet_diag",
    AF_INET6: "emu.kernel.net.netlink.inet_diag",
}
"""The module of each family: a `Diag`."""


class Diag(Protocol):
    """What a family's module has."""

    def dump(self, request: Request) -> Iterator[NlMsg]:
        """A message for each socket that the request asks for. EINVAL."""

    def one(self, request: Request) -> NlMsg:
        """The message of one socket. ENOENT."""


def kernel_side(family: NetlinkFamily) -> KernelSide:
    """The protocol for a machine."""
    return KernelSide(receive=_receive, groups=6, nonroot_receive=True)


def _receive(request: Request) -> None:
    if request.type != SOCK_DIAG_BY_FAMILY:
        raise EINVAL("no such request")
    wanted, _ = request.fixed("BB")
    if wanted >= AF_MAX:
        raise EINVAL("no such family")
    if wanted not in HANDLERS:
        raise ENOENT("nobody tells of this family")
    handler: Diag = importlib.import_module(HANDLERS[wanted])
    if request.is_dump:
        request.dump(handler.dump(request))
    request.answer(handler.one(request))
