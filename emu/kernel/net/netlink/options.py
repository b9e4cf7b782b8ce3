"""Options of the level SOL_NETLINK. See netlink(7)."""

from __future__ import annotations

import struct
from typing import TYPE_CHECKING

from emu.kernel.errno import EINVAL, ENOPROTOOPT, EPERM
from emu.kernel.uapi.capability import CAP_NET_ADMIN, CAP_NET_BROADCAST
from emu.kernel.uapi.netlink import (
    NETLINK_ADD_MEMBERSHIP,
    NETLINK_BROADCAST_ERROR,
    NETLINK_CAP_ACK,
    NETLINK_DROP_MEMBERSHIP,
    NETLINK_EXT_ACK,
    NETLINK_GET_STRICT_CHK,
    NETLINK_LIST_MEMBERSHIPS,
    NETLINK_LISTEN_ALL_NSID,
    NETLINK_NO_ENOBUFS,
    NETLINK_PKTINFO,
)

if TYPE_CHECKING:
    from emu.kernel.net.netlink.socket import NetlinkSocket
    from emu.kernel.net.sockopt import OptionValue
    from emu.kernel.task import Task

ON_OR_OFF = (
    NETLINK_PKTINFO, NETLINK_BROADCAST_ERROR, NETLINK_NO_ENOBUFS, NETLINK_LISTEN_ALL_NSID,
    NETLINK_CAP_ACK, NETLINK_EXT_ACK, NETLINK_GET_STRICT_CHK,
)  # fmt: skip
INT = 4


def set_option(socket: NetlinkSocket, task: Task, optname: int, value: OptionValue) -> None:
    """Set an option, join or leave a group. ENOPROTOOPT, EINVAL, EPERM."""
    number = value.integer() & 0xFFFFFFFF if value.length >= INT else 0
    if optname in (NETLINK_ADD_MEMBERSHIP, NETLINK_DROP_MEMBERSHIP):
        _change_membership(socket, task, number, optname == NETLINK_ADD_MEMBERSHIP)
    elif optname in ON_OR_OFF:
        if optname == NETLINK_LISTEN_ALL_NSID and not task.cred.capable(CAP_NET_BROADCAST):
            raise EPERM("this needs CAP_NET_BROADCAST")
        if number:
            socket.options.add(optname)
        else:
            socket.options.discard(optname)
        if optname == NETLINK_NO_ENOBUFS and number:
            socket.congested = False
    else:
        raise ENOPROTOOPT(f"no netlink option {optname}")


def _change_membership(socket: NetlinkSocket, task: Task, group: int, join: bool) -> None:
    side = socket.side
    if not side.nonroot_receive and not task.cred.capable(CAP_NET_ADMIN):
        raise EPERM("only root joins groups of this protocol")
    if not 0 < group <= side.groups:
        raise EINVAL("no such group")
    if not join:
        socket.groups.discard(group)
        return
    if side.bind is not None:
        side.bind(socket, group)
    socket.groups.add(group)


def get_option(socket: NetlinkSocket, task: Task, optname: int, length: int) -> bytes:
    """The value of an option. ENOPROTOOPT, EINVAL."""
    order = task.abi.isa.byte_order
    if optname == NETLINK_LIST_MEMBERSHIPS:
        words = [0] * -(-socket.side.groups // 32)
        for group in socket.groups:
            words[(group - 1) // 32] |= 1 << (group - 1) % 32
        return struct.pack(f"{order}{len(words)}I", *words)
    if optname not in ON_OR_OFF:
        raise ENOPROTOOPT(f"no netlink option {optname}")
    if length < INT:
        raise EINVAL("shorter than an int")
    return struct.pack(f"{order}i", optname in socket.options)
