"""Pieces of data on their way between sockets, and who pays for them. See struct sk_buff."""

from __future__ import annotations

from collections import deque
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from emu.kernel.net.socket import Socket

SKB_OVERHEAD = 576
"""What a buffer costs beside its bytes: sizeof(struct sk_buff) and of struct skb_shared_info."""


class SkBuff:
    """Bytes that wait to be received.

    `data` from `offset` on is left. `sender` has been charged `truesize` bytes of its send
    buffer until `free`; `receiver` as much of its receive buffer. `address` is where it came
    from, in the family's terms; `control` what the family keeps with it (AF_UNIX: the credentials
    and files). `stamp_ns` is when it arrived, if somebody wants to know.
    """

    __slots__ = (
        "address", "control", "data", "flags", "offset", "receiver", "sender", "stamp_ns",
        "truesize",
    )  # fmt: skip

    def __init__(self, data: bytes, address: Any = None, control: Any = None) -> None:
        self.data = data
        self.offset = 0
        self.truesize = len(data) + SKB_OVERHEAD
        self.address = address
        self.control = control
        self.flags = 0
        self.stamp_ns = 0
        self.sender: Socket | None = None
        self.receiver: Socket | None = None

    def __len__(self) -> int:
        return len(self.data) - self.offset

    def charge_sender(self, sender: Socket) -> None:
        """Let the sender's send buffer hold it until it is freed: see skb_set_owner_w."""
        self.sender = sender
        sender.wmem_alloc += self.truesize

    def charge_receiver(self, receiver: Socket) -> None:
        """Let the receiver's receive buffer hold it until it is freed: see skb_set_owner_r."""
        self.receiver = receiver
        receiver.rmem_alloc += self.truesize

    def free(self) -> None:
        """It was received or thrown away: nobody pays any more, and who waits for room is told."""
        receiver, sender = self.receiver, self.sender
        if receiver is not None:
            self.receiver = None
            receiver.rmem_alloc -= self.truesize
        if sender is not None:
            self.sender = None
            sender.wmem_alloc -= self.truesize
            sender.write_space()


SkBuffQueue = deque[SkBuff]
"""What a socket has received and nobody has read, in order."""
