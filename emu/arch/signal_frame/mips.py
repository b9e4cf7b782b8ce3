"""Signal frames of MIPS: o32, n32 and n64, both byte orders. See arch/mips/kernel/signal.c."""

from __future__ import annotations

import struct
from typing import TYPE_CHECKING, Literal

from emu.arch.signal_frame.base import BadFrame, Delivery, Fields, Frame, Reader, Restored
from emu.arch.user_state import UserState

if TYPE_CHECKING:
    from emu.arch.abi import Abi
    from emu.arch.layout import Layout

USED_FP, USED_FR1, USED_EXTCONTEXT = 1, 2, 16
# FCSR: an exception's cause that its enable bit lets through, and the one that has none.
_UNIMPLEMENTED, _ENABLES = 0x20000, 0xF80
_A0, _A1, _A2, _T9, _SP, _RA = 4, 5, 6, 25, 29, 31
_DOUBLES = 256
_END = 0x78454E44


class MipsFrames:
    """rt_sigframe, and o32's sigframe for handlers without SA_SIGINFO.

    Registers are 64 bits in either, and a 32-bit processor's are sign-extended.
    """

    red_zone = 32
    """Room for the trampoline of the kernel's FPU emulator."""
    overflow: Literal["frame", "size", ""] = "size"
    minimum_stack = 0

    def __init__(self, abi: Abi) -> None:
        self._rt = _Frame(abi.layout("rt_sigframe"), "rs_uc.uc_mcontext.", "rs_uc.uc_sigmask", True)
        self._old = (
            _Frame(abi.layout("sigframe"), "sf_sc.", "sf_mask", False)
            if abi.name == "mips-o32"
            else self._rt
        )
        self.always_has_info = self._old is self._rt
        self._order = abi.isa.byte_order
        self._narrow = abi.isa.word_bits == 32
        self._used = USED_FP if self._narrow else USED_FP | USED_FR1
        self._align = -8 if abi.name == "mips-o32" else -16

    def size(self, siginfo: bool) -> int:
        """See `FrameCodec`."""
        return (self._rt if siginfo else self._old).layout.size

    def build(self, state: UserState, sp: int, delivery: Delivery) -> Frame:
        """See `FrameCodec`."""
        kind = self._rt if delivery.siginfo else self._old
        address = sp - kind.layout.size & self._align
        wide = self._sign_extended
        doubles = struct.unpack_from(f"{self._order}32Q", state.fp)
        (fcsr,) = struct.unpack_from(f"{self._order}I", state.fp, _DOUBLES)
        registers = [0, *(wide(value) for value in state.general[1:])]
        values: list[object] = [
            registers, doubles, wide(state.special["hi"]), wide(state.special["lo"]),
            wide(state.pc), fcsr, self._used,
        ]  # fmt: skip
        if kind.rt:
            values += delivery.altstack
        frame = bytearray(kind.fields.pack(*values))
        frame[kind.mask : kind.mask + len(delivery.mask)] = delivery.mask
        if kind.rt:
            frame[kind.info : kind.info + len(delivery.info)] = delivery.info
        if delivery.return_address is None:
            raise BadFrame("no trampoline")
        general = state.general
        general[_A0] = delivery.signal
        general[_A1] = address + kind.info if kind.rt else 0
        general[_A2] = address + kind.context
        general[_SP], general[_RA] = address, delivery.return_address
        state.pc = general[_T9] = delivery.handler
        # What precedes belongs to the handler, as the room for its arguments.
        return Frame(address, [(address + kind.first, bytes(frame[kind.first :]))])

    def parse(self, read: Reader, state: UserState, rt: bool) -> Restored:
        """See `FrameCodec`."""
        kind = self._rt if rt else self._old
        raw = read(state.general[_SP], kind.layout.size)
        registers, doubles, high, low, pc, fcsr, used, *altstack = kind.fields.unpack(raw)
        if used & USED_EXTCONTEXT:
            after = read(state.general[_SP] + kind.layout.size, 4)
            if int.from_bytes(after, "big" if self._order == ">" else "little") != _END:
                raise BadFrame("unknown additional state")
        mask = (1 << (32 if self._narrow else 64)) - 1
        state.general[:] = [0, *(value & mask for value in registers[1:])]
        state.pc = pc & mask
        state.special["hi"], state.special["lo"] = high & mask, low & mask
        trap = ""
        if used & USED_FP:
            pending = fcsr & (_UNIMPLEMENTED | (fcsr & _ENABLES) << 5)
            if pending:
                fcsr &= ~pending
                trap = "SIGFPE"
            state.fp = struct.pack(f"{self._order}32QI", *doubles, fcsr)
        return Restored(
            raw[kind.mask : kind.mask + 16],
            (altstack[0], altstack[1], altstack[2]) if kind.rt else None,
            trap=trap,
        )

    def _sign_extended(self, value: int) -> int:
        if self._narrow and value >> 31 & 1:
            return value & 0xFFFFFFFF | 0xFFFFFFFF00000000
        return value


class _Frame:
    """One of the two structs."""

    def __init__(self, layout: Layout, context: str, mask: str, rt: bool) -> None:
        self.layout = layout
        self.rt = rt
        stack = ["rs_uc.uc_stack." + name for name in ("ss_sp", "ss_flags", "ss_size")]
        names = [
            context + name
            for name in (
                "sc_regs", "sc_fpregs", "sc_mdhi", "sc_mdlo", "sc_pc", "sc_fpc_csr",
                "sc_used_math",
            )
        ]  # fmt: skip
        self.fields = Fields(layout, *names, *(stack if rt else ()))
        self.mask = layout.find(mask).offset
        self.info = layout.find("rs_info").offset if rt else 0
        self.context = layout.find("rs_uc" if rt else "sf_sc").offset
        self.first = layout.find("rs_info" if rt else "sf_sc").offset
