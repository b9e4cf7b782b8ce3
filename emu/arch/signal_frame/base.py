"""What the codecs of signal frames share."""

from __future__ import annotations

import struct
from collections.abc import Callable
from typing import Any, Literal, Protocol

from emu.arch.layout import Layout
from emu.arch.user_state import UserState
from emu.record import record

Reader = Callable[[int, int], bytes]
"""``read(address, count)``: user memory."""


class BadFrame(Exception):
    """A frame that no sigreturn(2) accepts; `address` is where, if the signal is to tell it."""

    def __init__(self, reason: str, address: int | None = None) -> None:
        super().__init__(reason)
        self.address = address


@record
class FaultRecord:
    """The thread's last exception, as its processor numbers it: trap_nr, error_code, cr2."""

    trap: int = 0
    error: int = 0
    address: int = 0


@record
class Delivery:
    """What is to be told to a handler.

    `signal`, `info` and `mask` are as the ABI has them; `info` is empty where nobody reads it.
    `siginfo` is SA_SIGINFO. `return_address` is where the handler returns to, None for code in the
    frame. `altstack` is the sigaltstack to restore: sp, flags, size.
    """

    signal: int
    handler: int
    siginfo: bool
    info: bytes
    mask: bytes
    return_address: int | None
    altstack: tuple[int, int, int]
    fault: FaultRecord


@record
class Frame:
    """A frame to write: the new stack pointer, and the bytes by address."""

    address: int
    pieces: list[tuple[int, bytes]]


@record
class Restored:
    """What a frame says beside the registers.

    `altstack` is None in the frames of old. `altstack_first` tells that the interrupted stack
    pointer does not count yet when it is set. `trap` is a signal that restoring itself causes.
    """

    mask: bytes
    altstack: tuple[int, int, int] | None
    altstack_first: bool = False
    trap: str = ""


class FrameCodec(Protocol):
    """One ABI's frames."""

    red_zone: int
    """How much below the stack pointer is the program's own."""

    overflow: Literal["frame", "size", ""]
    """What must still lie on the alternate stack: the frame, or one of its size right below the
    stack pointer if that does; or nothing is checked."""

    always_has_info: bool
    """Whether handlers get siginfo_t that did not ask for it with SA_SIGINFO."""

    minimum_stack: int
    """AT_MINSIGSTKSZ: the most that a frame can take, 0 where the kernel does not tell."""

    def size(self, siginfo: bool) -> int:
        """The size of a frame, without what is above it."""

    def build(self, state: UserState, sp: int, delivery: Delivery) -> Frame:
        """Make the frame below `sp`, and change the state to that in which the handler begins."""

    def parse(self, read: Reader, state: UserState, rt: bool) -> Restored:
        """Read the frame that the stack pointer shows, and change the state to what it saved.

        `rt` tells rt_sigreturn(2) from sigreturn(2). `BadFrame`, and what `read` raises.
        """


class Fields:
    """Some fields of a layout, packed and unpacked together; the rest is zero, or left alone."""

    def __init__(self, layout: Layout, *names: str) -> None:
        found = [(*layout.field(name), position) for position, name in enumerate(names)]
        text, end = "", 0
        self._counts: list[int] = [0] * len(names)
        self._order: list[int] = []
        for offset, code, position in sorted(found):
            text += f"{offset - end}x{code[1:]}"
            end = offset + struct.calcsize(code)
            count = layout.find(names[position]).count
            self._counts[position] = 0 if count is None or code.endswith("s") else count
            self._order.append(position)
        self._struct = struct.Struct(f"{layout.byte_order}{text}{layout.size - end}x")

    def pack(self, *values: Any) -> bytes:
        """The whole struct; an array's value is a sequence."""
        flat: list[Any] = []
        for position in self._order:
            if self._counts[position]:
                flat.extend(values[position])
            else:
                flat.append(values[position])
        return self._struct.pack(*flat)

    def unpack(self, raw: bytes) -> list[Any]:
        """The values, in the order of the names."""
        flat = self._struct.unpack_from(raw)
        values: list[Any] = [None] * len(self._order)
        at = 0
        for position in self._order:
            count = self._counts[position]
            values[position] = flat[at : at + count] if count else flat[at]
            at += count or 1
        return values
