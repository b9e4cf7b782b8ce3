"""Buffers of messages: what netlink's functions pass to and take from modules. See skbuff.h."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from emu.kernel.net.netlink.message import NLMSG_HDRLEN, Attribute, NlMsg
from emu.kernel.net.netlink.request import Request

if TYPE_CHECKING:
    from emu.kernel.cred import Credentials
    from emu.kernel.net.netlink.socket import NetlinkSocket
    from emu.kernel.task import Task


class nlmsghdr:
    """One message of a buffer. `data` is its fixed part, a bytearray in one that is made."""

    def __init__(
        self, type: int, flags: int, seq: int, portid: int, data: bytes | bytearray
    ) -> None:
        self.nlmsg_type = type
        self.nlmsg_flags = flags
        self.nlmsg_seq = seq
        self.nlmsg_pid = portid
        self.data = data
        self.header: Any = None
        """A fixed part that depends on the receiver: genetlink's."""
        self.attributes: list[Attribute] = []
        self.open: list[list[Attribute]] = [self.attributes]
        """The lists that attributes go to: the innermost nest last."""

    @classmethod
    def of_request(cls, request: Request) -> nlmsghdr:
        """A message that was received."""
        portid = request.socket.portid
        return cls(request.type, request.flags, request.seq, portid, request.payload)

    @property
    def nlmsg_len(self) -> int:
        """How long it is with its header, as far as that is known before it is told."""
        return NLMSG_HDRLEN + len(self.data)

    def message(self) -> NlMsg:
        """As the kernel delivers it."""
        made = NlMsg(self.nlmsg_type, self.nlmsg_flags, self.nlmsg_seq, self.nlmsg_pid)
        made.header = self.header if self.header is not None else bytes(self.data)
        made.attributes = self.attributes
        return made


class sk_buff:
    """Messages on their way: made by a module, or received (`data` is then all of it)."""

    def __init__(self) -> None:
        self.messages: list[nlmsghdr] = []
        self.data = b""
        self.portid = 0
        self.dst_group = 0
        self.socket: NetlinkSocket | None = None
        self.task: Task | None = None

    @classmethod
    def received(cls, data: bytes, socket: NetlinkSocket, task: Task) -> sk_buff:
        """What a program sent."""
        skb = cls()
        skb.data, skb.portid, skb.socket, skb.task = data, socket.portid, socket, task
        return skb

    @property
    def len(self) -> int:
        """How many bytes were received, or are put."""
        return len(self.data) or sum(message.nlmsg_len for message in self.messages)

    @property
    def creds(self) -> Credentials | None:
        """Who sent it."""
        return self.task.cred if self.task is not None else None

    def add(self, portid: int, seq: int, type: int, payload: int, flags: int) -> nlmsghdr:
        """One more message."""
        message = nlmsghdr(type, flags, seq, portid, bytearray(payload))
        self.messages.append(message)
        return message

    def first(self) -> nlmsghdr:
        """The first message; an empty one if what was received is too short to have one."""
        if self.messages:
            return self.messages[0]
        if self.socket is None or self.task is None or len(self.data) < NLMSG_HDRLEN:
            return nlmsghdr(0, 0, 0, self.portid, b"")
        return nlmsghdr.of_request(Request(self.socket, self.task, self.data))

    def current(self) -> nlmsghdr:
        """The message that attributes are put into."""
        return self.messages[-1]

    def encoded(self) -> list[NlMsg]:
        """As the kernel delivers them."""
        return [message.message() for message in self.messages]


def kfree_skb(skb: sk_buff) -> None:
    """Give up a buffer."""


consume_skb = dev_kfree_skb = kfree_skb
