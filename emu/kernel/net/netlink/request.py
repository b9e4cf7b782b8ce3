"""Requests to the kernel: one buffer may hold several, each answered by itself.

See netlink_rcv_skb and netlink_ack in net/netlink/af_netlink.c.
"""

from __future__ import annotations

import struct
from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING

from emu.kernel.errno import EINVAL, EPERM, KernelError
from emu.kernel.net.netlink.attributes import (
    VALIDATE_DEPRECATED_STRICT,
    VALIDATE_LIBERAL,
    ExtAck,
    Inside,
    NlAttr,
    Policy,
    parse,
)
from emu.kernel.net.netlink.message import (
    NLMSG_HDRLEN,
    Attribute,
    ErrorNumber,
    NlMsg,
    align,
    string,
    u32,
)
from emu.kernel.uapi.capability import CAP_NET_ADMIN
from emu.kernel.uapi.netlink import (
    NETLINK_CAP_ACK,
    NETLINK_EXT_ACK,
    NETLINK_GET_STRICT_CHK,
    NLM_F_ACK,
    NLM_F_ACK_TLVS,
    NLM_F_CAPPED,
    NLM_F_DUMP,
    NLM_F_REQUEST,
    NLMSG_ERROR,
    NLMSG_MIN_TYPE,
    NLMSGERR_ATTR_COOKIE,
    NLMSGERR_ATTR_MISS_NEST,
    NLMSGERR_ATTR_MISS_TYPE,
    NLMSGERR_ATTR_MSG,
    NLMSGERR_ATTR_OFFS,
)

if TYPE_CHECKING:
    from emu.kernel.net.netlink.socket import NetlinkSocket
    from emu.kernel.task import Task


class DumpStarted(Exception):
    """The request is answered by a dump, whose end is its acknowledgement."""


class Request:
    """One message to the kernel. `payload` is what comes after struct nlmsghdr."""

    __slots__ = (
        "abi", "extack", "flags", "order", "payload", "raw", "seq", "socket", "task", "type"
    )  # fmt: skip

    def __init__(self, socket: NetlinkSocket, task: Task, raw: bytes) -> None:
        self.socket = socket
        self.task = task
        self.abi = task.abi
        self.order = task.abi.isa.byte_order
        self.raw = raw
        _, self.type, self.flags, self.seq, _ = struct.unpack_from(f"{self.order}IHHII", raw)
        self.payload = raw[NLMSG_HDRLEN:]
        self.extack = ExtAck()

    @property
    def is_strict(self) -> bool:
        """Whether the program asked for strict checking."""
        return NETLINK_GET_STRICT_CHK in self.socket.options

    @property
    def is_dump(self) -> bool:
        """Whether everything is asked for."""
        return bool(self.flags & NLM_F_DUMP)

    def need_admin(self) -> None:
        """EPERM without CAP_NET_ADMIN; see netlink_capable."""
        if not self.task.cred.capable(CAP_NET_ADMIN):
            raise EPERM("this needs CAP_NET_ADMIN")

    def fixed(self, format: str) -> tuple[int, ...]:
        """The numbers of the fixed part. EINVAL if the message is shorter."""
        size = struct.calcsize("=" + format)
        if len(self.payload) < size:
            self.extack.say("Invalid header length")
            raise EINVAL("the message is shorter than its header")
        return struct.unpack(self.order + format, self.payload[:size])

    def attributes(
        self, header: int, maxtype: int, policy: Policy | None, validate: int | None = None
    ) -> dict[int, NlAttr]:
        """The attributes after a fixed part of so many bytes. EINVAL, ERANGE.

        By default checked as the older protocols do: strictly only if the program asks for it.
        """
        if len(self.payload) < header:
            self.extack.say("Invalid header length")
            raise EINVAL("the message is shorter than its header")
        if validate is None:
            validate = VALIDATE_DEPRECATED_STRICT if self.is_strict else VALIDATE_LIBERAL
        start = align(header)
        inside = Inside(self.payload[start:], NLMSG_HDRLEN + start, self.order)
        return parse(inside, maxtype, policy, self.extack, validate)

    def refuse(
        self, error: type[KernelError], message: str, attribute: NlAttr | None = None
    ) -> KernelError:
        """An error with a text for the program: ``raise request.refuse(EINVAL, "...")``."""
        self.extack.say(message, attribute)
        return error(message)

    def answer(self, message: NlMsg) -> None:
        """Send a message to who asked."""
        message.seq, message.portid = self.seq, self.socket.portid
        self.socket.deliver(message.encode(self.abi), 0, 0)

    def dump(self, messages: Iterable[NlMsg], generation: Callable[[], int] | None = None) -> None:
        """Answer with many messages, in parts as the program reads them. EBUSY."""
        from emu.kernel.net.netlink.dump import Dump

        Dump(self, iter(messages), generation).start()
        raise DumpStarted


def receive_messages(
    socket: NetlinkSocket, task: Task, data: bytes, handle: Callable[[Request], None]
) -> None:
    """Handle the messages of a buffer, and acknowledge those that want it or fail."""
    order = task.abi.isa.byte_order
    while len(data) >= NLMSG_HDRLEN:
        (length,) = struct.unpack_from(f"{order}I", data)
        if not NLMSG_HDRLEN <= length <= len(data):
            return
        request = Request(socket, task, data[:length])
        error: type[KernelError] | None = None
        try:
            if request.flags & NLM_F_REQUEST and request.type >= NLMSG_MIN_TYPE:
                handle(request)
        except KernelError as raised:
            error = type(raised)
        except DumpStarted:
            data = data[align(length) :]
            continue
        if error is not None or request.flags & NLM_F_ACK:
            acknowledge(request, error)
        data = data[align(length) :]


def acknowledge(request: Request, error: type[KernelError] | None) -> None:
    """Tell the program how its request ended."""
    socket, raw = request.socket, request.raw
    header = ErrorNumber(error).encode(request.abi)
    flags = 0
    if error is not None and NETLINK_CAP_ACK not in socket.options:
        header += raw
    else:
        flags |= NLM_F_CAPPED
        header += raw[:NLMSG_HDRLEN]
    attributes = _explanation(request, error) if NETLINK_EXT_ACK in socket.options else []
    if attributes:
        flags |= NLM_F_ACK_TLVS
    answer = NlMsg(NLMSG_ERROR, flags, header=header, attributes=attributes)
    if not socket.has_room:
        socket.overrun()
        return
    request.answer(answer)


def _explanation(request: Request, error: type[KernelError] | None) -> list[Attribute]:
    extack = request.extack
    found: list[Attribute] = []
    if extack.message is not None:
        found.append(string(NLMSGERR_ATTR_MSG, extack.message))
    if error is None:
        if extack.cookie:
            found.append(Attribute(NLMSGERR_ATTR_COOKIE, extack.cookie))
        return found
    if extack.offset is not None:
        found.append(u32(NLMSGERR_ATTR_OFFS, extack.offset))
    if extack.miss_type is not None:
        found.append(u32(NLMSGERR_ATTR_MISS_TYPE, extack.miss_type))
    if extack.miss_nest is not None:
        found.append(u32(NLMSGERR_ATTR_MISS_NEST, extack.miss_nest))
    return found
