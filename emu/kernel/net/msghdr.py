"""What sendmsg(2) and recvmsg(2) pass: data, names, control messages. See cmsg(3).

Control messages have the caller's layout and alignment: words of the compat ABIs are of 4 bytes.
Levels are the kernel's own: MIPS has another SOL_SOCKET.
"""

from __future__ import annotations

import struct
from typing import TYPE_CHECKING, NamedTuple

from emu.kernel.errno import EFAULT, EINVAL
from emu.kernel.uapi.socket import MSG_CTRUNC, SOL_SOCKET

if TYPE_CHECKING:
    from emu.arch.abi import Abi
    from emu.kernel.net.address import Address, SockAddr
    from emu.kernel.task import Task
    from emu.kernel.uaccess import Buffer

INT_SIZE = 4
CMSG_ALIGN = {32: 4, 64: 8}
COMPAT_ABIS = ("x32", "mips-n32")
"""Those with 32-bit pointers that only 64-bit kernels have."""

UNTRANSLATED_LEVEL = -1
"""What stands for a level that has the generic number of SOL_SOCKET and is not it: on MIPS."""


class Cmsg(NamedTuple):
    """One control message."""

    level: int
    type: int
    data: bytes


class MsgHdr:
    """One message. A protocol consumes `buffer` when it sends and fills it when it receives.

    To send: `name` is where to, or None; `control` are the control messages.
    To receive: the protocol sets `address` if it knows who sent it, adds MSG_TRUNC and the like to
    `flags`, and gives control messages to `put_cmsg` if there is `wants_control`.
    """

    __slots__ = (
        "_control_at", "_control_left", "abi", "address", "buffer", "control", "flags", "name",
        "order", "task",
    )  # fmt: skip

    def __init__(
        self,
        task: Task,
        buffer: Buffer,
        name: SockAddr | None = None,
        control: tuple[Cmsg, ...] = (),
    ) -> None:
        self.task = task
        self.abi = task.abi
        self.order = task.abi.isa.byte_order
        self.buffer = buffer
        self.name = name
        self.control = control
        self.address: Address | None = None
        self.flags = 0
        self._control_at = 0
        self._control_left = 0

    def set_control_room(self, address: int, size: int) -> None:
        """Let control messages go to user memory."""
        self._control_at = address
        self._control_left = size if address else 0

    @property
    def wants_control(self) -> bool:
        """Whether there is any room for control messages."""
        return bool(self._control_at)

    @property
    def control_end(self) -> int:
        """The address behind the last control message."""
        return self._control_at

    def room_for(self, item_size: int) -> int:
        """How many items one more control message can hold, 0 at least."""
        header = cmsg_header_size(self.abi)
        return max(0, self._control_left - header) // item_size

    def put_cmsg(self, level: int, type: int, data: bytes) -> None:
        """Store a control message; what there is no room for is cut off, and MSG_CTRUNC says so.

        One at a bad address is not stored, and nobody is told: see put_cmsg.
        """
        header = cmsg_header_size(self.abi)
        if not self._control_at or self._control_left < header:
            self.flags |= MSG_CTRUNC
            return
        length = header + len(data)
        if self._control_left < length:
            self.flags |= MSG_CTRUNC
            length = self._control_left
        if level == SOL_SOCKET:
            level = self.abi.constants["SOL_SOCKET"]
        head = struct.pack(_header_code(self.abi), length, level, type)
        try:
            self.task.mm.write(self._control_at, head + data[: length - header])
        except EFAULT:
            return
        space = min(_align(self.abi, header) + _align(self.abi, len(data)), self._control_left)
        self._control_at += space
        self._control_left -= space


def parse_cmsgs(abi: Abi, raw: bytes) -> tuple[Cmsg, ...]:
    """The control messages of a caller. EINVAL for one that is too short or too long.

    To a 64-bit kernel's 32-bit caller, bytes that are left over are EINVAL too: see
    cmsghdr_from_user_compat_to_kern.
    """
    header, code = cmsg_header_size(abi), _header_code(abi)
    own_level = abi.constants["SOL_SOCKET"]
    found: list[Cmsg] = []
    place = 0
    while place + header <= len(raw):
        length, level, type = struct.unpack_from(code, raw, place)
        if length < header or length > len(raw) - place:
            raise EINVAL("a control message of a bad length")
        if level == own_level:
            level = SOL_SOCKET
        elif level == SOL_SOCKET:
            level = UNTRANSLATED_LEVEL
        found.append(Cmsg(level, type, raw[place + header : place + length]))
        place += _align(abi, length)
    if place < len(raw) and abi.name in COMPAT_ABIS:
        raise EINVAL("bytes behind the last control message")
    return tuple(found)


def cmsg_header_size(abi: Abi) -> int:
    """The size of a struct cmsghdr: 12 bytes, or 16."""
    return CMSG_ALIGN[abi.word_bits] + 2 * INT_SIZE


def _header_code(abi: Abi) -> str:
    return f"{abi.isa.byte_order}{'Q' if abi.word_bits == 64 else 'I'}ii"


def _align(abi: Abi, size: int) -> int:
    word = CMSG_ALIGN[abi.word_bits]
    return size + word - 1 & -word
