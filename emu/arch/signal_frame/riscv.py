"""Signal frames of RISC-V, both widths. See arch/riscv/kernel/signal.c."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

from emu.arch.signal_frame.base import BadFrame, Delivery, Fields, Frame, Reader, Restored
from emu.arch.user_state import UserState

if TYPE_CHECKING:
    from emu.arch.abi import Abi

_RA, _SP, _A0, _A1, _A2 = 1, 2, 10, 11, 12
_FP_SIZE = 260


class RiscVFrames:
    """rt_sigframe, whose sc_fpregs are those of the D extension."""

    red_zone = 0
    always_has_info = True
    overflow: Literal["frame", "size", ""] = "size"

    def __init__(self, abi: Abi) -> None:
        layout = self._layout = abi.layout("rt_sigframe")
        machine = "uc.uc_mcontext."
        registers = ("pc", *abi.isa.registers[1:])
        self._fields = Fields(
            layout,
            *(f"{machine}sc_regs.{name}" for name in registers),
            *("uc.uc_stack." + name for name in ("ss_sp", "ss_flags", "ss_size")),
            f"{machine}sc_extdesc.reserved",
            f"{machine}sc_extdesc.hdr.magic",
            f"{machine}sc_extdesc.hdr.size",
        )
        self.minimum_stack = self.size(True)
        self._context = layout.find("uc").offset
        self._mask = layout.find("uc.uc_sigmask").offset
        self._fp = layout.find(f"{machine}sc_fpregs").offset

    def size(self, siginfo: bool) -> int:
        """See `FrameCodec`."""
        return self._layout.size + 15 & -16

    def build(self, state: UserState, sp: int, delivery: Delivery) -> Frame:
        """See `FrameCodec`. A handler always gets the signal's information."""
        address = sp - self.size(True) & -16
        frame = bytearray(
            self._fields.pack(state.pc, *state.general[1:], *delivery.altstack, 0, 0, 0)
        )
        frame[: len(delivery.info)] = delivery.info
        frame[self._mask : self._mask + 8] = delivery.mask
        frame[self._fp : self._fp + _FP_SIZE] = state.fp
        if delivery.return_address is None:
            raise BadFrame("no trampoline")
        general = state.general
        general[_RA], general[_SP] = delivery.return_address, address
        general[_A0], general[_A1], general[_A2] = (
            delivery.signal, address, address + self._context,
        )  # fmt: skip
        state.pc = delivery.handler
        return Frame(address, [(address, bytes(frame))])

    def parse(self, read: Reader, state: UserState, rt: bool) -> Restored:
        """See `FrameCodec`."""
        raw = read(state.general[_SP], self._layout.size)
        values = self._fields.unpack(raw)
        if any(values[35:]):
            raise BadFrame("no end of the extensions' records")
        state.pc = values[0]
        state.general[:] = [0, *values[1:32]]
        state.fp = raw[self._fp : self._fp + _FP_SIZE]
        mask = raw[self._mask : self._mask + 8]
        return Restored(mask, (values[32], values[33], values[34]))
