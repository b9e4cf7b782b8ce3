"""Signal frames of x86-64 and x32. See arch/x86/kernel/signal_64.c."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

from emu.arch.signal_frame import x86_fp
from emu.arch.signal_frame.base import (
    BadFrame,
    Delivery,
    Fields,
    Frame,
    Reader,
    Restored,
)
from emu.arch.user_state import UserState

if TYPE_CHECKING:
    from emu.arch.abi import Abi

UC_SIGCONTEXT_SS = 2
UC_STRICT_RESTORE_SS = 4
# CF PF AF ZF SF TF DF OF RF AC: what a frame decides of EFLAGS.
FIX_EFLAGS = 0x50DD5
CLEARED_FLAGS = 0x400 | 0x10000 | 0x100
"""DF, RF and TF, which a handler begins without."""

_REGISTERS = (
    "rax", "rcx", "rdx", "rbx", "rsp", "rbp", "rsi", "rdi",
    "r8", "r9", "r10", "r11", "r12", "r13", "r14", "r15",
)  # fmt: skip
_RAX, _RDX, _RSP, _RSI, _RDI = 0, 2, 4, 6, 7
_USER_CS, _USER_DS = 0x33, 0x2B


class X86_64Frames:
    """The one frame there is: rt_sigframe, with FXSAVE's image above it."""

    red_zone = 128
    always_has_info = False
    overflow: Literal["frame", "size", ""] = "frame"
    minimum_stack = x86_fp.MINIMUM_STACK

    def __init__(self, abi: Abi) -> None:
        layout = abi.layout("rt_sigframe")
        self._layout = layout
        self._clears_rax = abi.name == "x86-64"
        self._altstack_first = abi.name == "x86-64"
        self._info = layout.find("info").offset
        self._context = layout.find("uc").offset
        machine = "uc.uc_mcontext."
        stack = "uc.uc_stack."
        self._mask = layout.find("uc.uc_sigmask")
        self._saved = (
            *(machine + name for name in _REGISTERS),
            *(machine + name for name in ("rip", "eflags", "cs", "ss", "fpstate")),
            *(stack + name for name in ("ss_sp", "ss_flags", "ss_size")),
        )  # fmt: skip
        only_written = (
            *(machine + name for name in ("trapno", "err", "oldmask", "cr2")),
            "uc.uc_flags", "pretcode",
        )  # fmt: skip
        self._pack = Fields(layout, *self._saved, *only_written).pack
        self._unpack = Fields(layout, *self._saved, "uc.uc_flags").unpack

    def size(self, siginfo: bool) -> int:
        """See `FrameCodec`."""
        return self._layout.size

    def build(self, state: UserState, sp: int, delivery: Delivery) -> Frame:
        """See `FrameCodec`. BadFrame without a restorer: these ABIs have no other way back."""
        if delivery.return_address is None:
            raise BadFrame("no restorer")
        fpstate = sp - x86_fp.FXSAVE_SIZE & -x86_fp.FXSAVE_ALIGNMENT
        address = (fpstate - self._layout.size & -16) - 8
        fault, special = delivery.fault, state.special
        frame = bytearray(self._pack(
            *state.general, state.pc, state.flags, special["cs"], special["ss"],
            fpstate & self._pointer_mask, *delivery.altstack, fault.trap, fault.error,
            int.from_bytes(delivery.mask[:8], "little"), fault.address,
            UC_SIGCONTEXT_SS | UC_STRICT_RESTORE_SS, delivery.return_address,
        ))  # fmt: skip
        frame[self._mask.offset : self._mask.offset + 8] = delivery.mask
        end = self._info
        if delivery.siginfo:
            frame[self._info :] = delivery.info
            end = len(frame)
        pieces = [
            (fpstate, x86_fp.saved(state.fp, 0)),
            (address, bytes(frame[:end])),
        ]
        general = state.general
        general[_RDI] = delivery.signal
        general[_RSI] = address + self._info
        general[_RDX] = address + self._context
        if self._clears_rax:
            general[_RAX] = 0
        general[_RSP] = address
        state.pc = delivery.handler
        state.flags &= ~CLEARED_FLAGS
        state.special["cs"], state.special["ss"] = _USER_CS, _USER_DS
        state.fp = x86_fp.INITIAL
        return Frame(address, pieces)

    @property
    def _pointer_mask(self) -> int:
        return (1 << 8 * self._layout.find("uc.uc_link").size) - 1

    def parse(self, read: Reader, state: UserState, rt: bool) -> Restored:
        """See `FrameCodec`. Segments are not restored: user code here is always 64-bit code."""
        address = state.general[_RSP] - 8
        raw = read(address, self._info)
        values = self._unpack(raw.ljust(self._layout.size, b"\0"))
        pc, flags, _, _, fpstate, sp, stack_flags, stack_size, _ = values[16:]
        fp = x86_fp.loaded(read, fpstate) if fpstate else x86_fp.INITIAL
        state.general[:] = values[:16]
        state.pc = pc
        state.flags = state.flags & ~FIX_EFLAGS | flags & FIX_EFLAGS
        state.fp = fp
        mask = raw[self._mask.offset : self._mask.offset + 8]
        return Restored(mask, (sp, stack_flags, stack_size), self._altstack_first)
