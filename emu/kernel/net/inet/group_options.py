"""Joining and leaving groups by options. See ip(7), ipv6(7)."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from emu.kernel.errno import (
    EADDRNOTAVAIL,
    EINVAL,
    ENODEV,
    EPROTO,
)
from emu.kernel.net.inet.address import is_any
from emu.kernel.net.inet.membership import join_group, leave_group, set_source
from emu.kernel.net.inet.option_values import (
    device_of_address,
    native_int,
)
from emu.kernel.uapi import in_
from emu.kernel.uapi.socket import SOCK_STREAM

if TYPE_CHECKING:
    from emu.kernel.net.inet.sock import InetSocket
    from emu.kernel.net.sockopt import OptionValue


def _set_multicast_if4(sock: InetSocket, value: OptionValue) -> None:
    if sock.type == SOCK_STREAM:
        raise EINVAL("no multicast")
    raw = value.raw(12)
    if len(raw) < 4:
        raise EINVAL("too short")
    address, ifindex = raw[:4], 0
    if len(raw) >= 12:
        address, ifindex = raw[4:8], native_int(sock, raw[8:12])
    elif len(raw) >= 8:
        address = raw[4:8]
    if not ifindex:
        if is_any(address):
            sock.ip.multicast_if, sock.ip.multicast_source = 0, b""
            return
        ifindex = device_of_address(sock, address)
    elif ifindex not in sock.stack.devices:
        raise EADDRNOTAVAIL("no such device")
    sock.ip.multicast_if = ifindex
    sock.ip.multicast_source = b"" if is_any(address) else address


def _membership4(join: bool) -> Callable[[InetSocket, OptionValue], None]:
    def change(sock: InetSocket, value: OptionValue) -> None:
        raw = value.raw(12)
        if len(raw) < 8:
            raise EINVAL("too short")
        group, address = raw[:4], raw[4:8]
        ifindex = native_int(sock, raw[8:12]) if len(raw) >= 12 else 0
        if not ifindex and not is_any(address):
            try:
                ifindex = device_of_address(sock, address)
            except EADDRNOTAVAIL:
                raise ENODEV if join else EADDRNOTAVAIL from None
        (join_group if join else leave_group)(sock, group, ifindex)

    return change


def _source4(join: bool) -> Callable[[InetSocket, OptionValue], None]:
    def change(sock: InetSocket, value: OptionValue) -> None:
        raw = value.raw(12)
        if len(raw) < 12:
            raise EINVAL("too short")
        group, address, source = raw[:4], raw[4:8], raw[8:12]
        ifindex = 0 if is_any(address) else device_of_address(sock, address)
        set_source(sock, group, ifindex, source, join)

    return change


def _membership6(join: bool) -> Callable[[InetSocket, OptionValue], None]:
    def change(sock: InetSocket, value: OptionValue) -> None:
        raw = value.raw(20)
        if len(raw) < 20:
            raise EINVAL("too short")
        if sock.type == SOCK_STREAM:
            raise EPROTO
        (join_group if join else leave_group)(sock, raw[:16], native_int(sock, raw[16:20]))

    return change


def _group(join: bool, size: int) -> Callable[[InetSocket, OptionValue], None]:
    """MCAST_JOIN_GROUP and its like: struct group_req, whose address is aligned as a pointer."""

    def change(sock: InetSocket, value: OptionValue) -> None:
        task = sock.stack.sched.current
        assert task is not None
        layout = task.abi.layout("group_req")
        raw = value.raw(layout.size)
        if len(raw) < layout.size:
            raise EINVAL("too short")
        start = layout.size - 128
        address = raw[start + 4 : start + 8] if size == 4 else raw[start + 8 : start + 24]
        (join_group if join else leave_group)(sock, address, native_int(sock, raw[:4]))

    return change


GROUPS4: dict[int, Callable[[InetSocket, OptionValue], None]] = {
    in_.IP_MULTICAST_IF: _set_multicast_if4,
    in_.IP_ADD_MEMBERSHIP: _membership4(True),
    in_.IP_DROP_MEMBERSHIP: _membership4(False),
    in_.IP_ADD_SOURCE_MEMBERSHIP: _source4(True),
    in_.IP_DROP_SOURCE_MEMBERSHIP: _source4(False),
    in_.MCAST_JOIN_GROUP: _group(True, 4),
    in_.MCAST_LEAVE_GROUP: _group(False, 4),
}
GROUPS6: dict[int, Callable[[InetSocket, OptionValue], None]] = {
    in_.IPV6_ADD_MEMBERSHIP: _membership6(True),
    in_.IPV6_DROP_MEMBERSHIP: _membership6(False),
    in_.MCAST_JOIN_GROUP: _group(True, 16),
    in_.MCAST_LEAVE_GROUP: _group(False, 16),
}
