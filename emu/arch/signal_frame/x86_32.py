"""Signal frames of i386. See arch/x86/kernel/signal_32.c."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

from emu.arch.signal_frame import x86_fp
from emu.arch.signal_frame.base import Delivery, Fields, Frame, Reader, Restored
from emu.arch.signal_frame.x86_64 import CLEARED_FLAGS, FIX_EFLAGS
from emu.arch.user_state import UserState

if TYPE_CHECKING:
    from emu.arch.abi import Abi

_REGISTERS = ("eax", "ecx", "edx", "ebx", "esp", "ebp", "esi", "edi")
_SEGMENTS = ("cs", "ss", "ds", "es", "fs", "gs")
_EAX, _ECX, _EDX, _ESP = 0, 1, 2, 4
# pop eax; mov eax, __NR_sigreturn; int 0x80 and mov eax, __NR_rt_sigreturn; int 0x80.
# Nobody runs them; debuggers know frames by them.
_RETCODE = bytes.fromhex("58b877000000cd80")
_RT_RETCODE = bytes.fromhex("b8ad000000cd8000")
_WORD = 0xFFFFFFFF
_MASK_BYTES = 8


class I386Frames:
    """sigframe and rt_sigframe, with FSAVE's and FXSAVE's images above them."""

    red_zone = 0
    always_has_info = False
    overflow: Literal["frame", "size", ""] = "frame"
    minimum_stack = x86_fp.MINIMUM_STACK

    def __init__(self, abi: Abi) -> None:
        self._old, self._rt = abi.layout("sigframe"), abi.layout("rt_sigframe")
        old_context = [
            "sc." + name
            for name in (
                *_REGISTERS, "eip", "eflags", *_SEGMENTS, "fpstate", "oldmask",
                "trapno", "err", "cr2", "esp_at_signal",
            )
        ]  # fmt: skip
        rt_context = ["uc.uc_mcontext" + name[2:] for name in old_context]
        stack = [f"uc.uc_stack.{name}" for name in ("ss_sp", "ss_flags", "ss_size")]
        self._old_fields = Fields(
            self._old, *old_context, "extramask", "sig", "pretcode", "retcode"
        )
        self._rt_fields = Fields(
            self._rt, *rt_context, *stack, "sig", "pinfo", "puc", "pretcode", "retcode"
        )
        self._info = self._rt.find("info").offset
        self._uc = self._rt.find("uc").offset
        self._mask = self._rt.find("uc.uc_sigmask").offset

    def size(self, siginfo: bool) -> int:
        """See `FrameCodec`."""
        return self._rt.size if siginfo else self._old.size

    def build(self, state: UserState, sp: int, delivery: Delivery) -> Frame:
        """See `FrameCodec`."""
        fxsave = sp - x86_fp.FXSAVE_SIZE & -x86_fp.FXSAVE_ALIGNMENT
        fpstate = fxsave - x86_fp.FSAVE_SIZE
        address = ((fpstate - self.size(delivery.siginfo) + 4) & -16) - 4
        special, fault, mask = state.special, delivery.fault, delivery.mask
        context = (
            *(value & _WORD for value in state.general), state.pc & _WORD, state.flags,
            *(special[name] for name in _SEGMENTS), fpstate & _WORD,
            int.from_bytes(mask[:4], "little"), fault.trap, fault.error, fault.address & _WORD,
            state.general[_ESP] & _WORD,
        )  # fmt: skip
        frame = (
            self._rt_frame(context, address, delivery)
            if delivery.siginfo
            else self._old_frame(context, delivery)
        )
        # The old frame's room for a state of its own is never written.
        pieces = [
            (fpstate, x86_fp.legacy(state.fp, special["cs"], special["ds"])),
            (fxsave, x86_fp.saved(state.fp, x86_fp.FSAVE_SIZE)),
            *((address + offset, part) for offset, part in frame),
        ]
        general = state.general
        general[_EAX] = delivery.signal
        general[_EDX] = address + self._info & _WORD if delivery.siginfo else 0
        general[_ECX] = address + self._uc & _WORD if delivery.siginfo else 0
        general[_ESP] = address & _WORD
        state.pc = delivery.handler
        state.flags &= ~CLEARED_FLAGS
        state.special["ds"] = state.special["es"] = special["ss"]
        state.fp = x86_fp.INITIAL
        return Frame(address, pieces)

    def _old_frame(self, context: tuple[int, ...], delivery: Delivery) -> list[tuple[int, bytes]]:
        above = int.from_bytes(delivery.mask[4:8], "little")
        whole = self._old_fields.pack(
            *context, [above], delivery.signal, delivery.return_address or 0, _RETCODE
        )
        room = self._old.find("fpstate_unused")
        end = room.offset + room.size
        return [(0, whole[: room.offset]), (end, whole[end:])]

    def _rt_frame(
        self, context: tuple[int, ...], address: int, delivery: Delivery
    ) -> list[tuple[int, bytes]]:
        frame = bytearray(self._rt_fields.pack(
            *context, *delivery.altstack, delivery.signal, address + self._info & _WORD,
            address + self._uc & _WORD, delivery.return_address or 0, _RT_RETCODE,
        ))  # fmt: skip
        frame[self._info : self._info + len(delivery.info)] = delivery.info
        frame[self._mask : self._mask + _MASK_BYTES] = delivery.mask
        return [(0, bytes(frame))]

    def parse(self, read: Reader, state: UserState, rt: bool) -> Restored:
        """See `FrameCodec`."""
        esp = state.general[_ESP]
        # The handler's return has taken the return address; sigreturn's code also the number.
        address = esp - (4 if rt else 8) & _WORD
        altstack = None
        if rt:
            raw = read(address, self._rt.size)
            values = self._rt_fields.unpack(raw)
            altstack = (values[22], values[23], values[24])
            mask = raw[self._mask : self._mask + _MASK_BYTES]
        else:
            values = self._old_fields.unpack(read(address, self._old.size))
            mask = b"".join(word.to_bytes(4, "little") for word in (values[17], *values[22]))
        pc, flags, fpstate = values[8], values[9], values[16]
        fp = x86_fp.INITIAL
        if fpstate:
            old = read(fpstate, x86_fp.FSAVE_SIZE)
            image = read(fpstate + x86_fp.FSAVE_SIZE, x86_fp.FXSAVE_SIZE)
            fp = x86_fp.merged(image, old)
        state.general[:] = values[:8]
        state.pc = pc
        state.flags = state.flags & ~FIX_EFLAGS | flags & FIX_EFLAGS
        state.special.update(zip(_SEGMENTS, values[10:16], strict=True))
        state.fp = fp
        return Restored(mask, altstack)
