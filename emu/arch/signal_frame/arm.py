"""Signal frames of ARM, for programs of either ABI. See arch/arm/kernel/signal.c."""

from __future__ import annotations

import struct
from typing import TYPE_CHECKING, Literal

from emu.arch.signal_frame.base import BadFrame, Delivery, Fields, Frame, Reader, Restored
from emu.arch.user_state import UserState

if TYPE_CHECKING:
    from emu.arch.abi import Abi

PSR_F, PSR_A, PSR_I, PSR_THUMB, PSR_IT, PSR_E = 0x40, 0x100, 0x80, 0x20, 0x0600FC00, 0x200
PSR_FLAGS = 0xFF000000
_MODE, _USER_MODE = 0x1F, 0x10
_FPEXC_ENABLE = 1 << 30
_FPSCR_VECTORS = 0x00370000
"""LEN and STRIDE: functions begin with scalar operations."""
_OLD_UC_FLAGS = 0x5AC3C35A
_SP, _LR, _PC = 13, 14, 15
_FP_SIZE, _FPSCR = 260, 256
_CONTEXT = tuple(f"arm_r{n}" for n in range(11)) + (
    "arm_fp", "arm_ip", "arm_sp", "arm_lr", "arm_pc",
)  # fmt: skip

RETURN_CODES = struct.pack(
    "<IIHHIIHH",
    0xE3A07077, 0xEF900077, 0x2777, 0xDF00,  # mov r7, #__NR_sigreturn; swi #0x900077; Thumb
    0xE3A070AD, 0xEF9000AD, 0x27AD, 0xDF00,  # the same with __NR_rt_sigreturn
)  # fmt: skip
"""sigreturn_codes: what the kernel's page of them and each frame has."""


def return_code_index(siginfo: bool, thumb: bool) -> int:
    """Where in `RETURN_CODES`, in words, a handler's way back is."""
    return (3 if siginfo else 0) + (2 if thumb else 0)


class ArmFrames:
    """sigframe and rt_sigframe, the former in the latter, with VFP state in uc_regspace."""

    red_zone = 0
    always_has_info = False
    overflow: Literal["frame", "size", ""] = ""
    minimum_stack = 0

    def __init__(self, abi: Abi) -> None:
        self._old, self._rt = abi.layout("sigframe"), abi.layout("rt_sigframe")
        vfp = abi.layout("vfp_sigframe")
        names = (
            *("uc.uc_mcontext." + name for name in _CONTEXT),
            *("uc.uc_mcontext." + name
              for name in ("arm_cpsr", "trap_no", "error_code", "fault_address", "oldmask")),
            *("uc.uc_stack." + name for name in ("ss_sp", "ss_flags", "ss_size")),
            "uc.uc_flags",
        )  # fmt: skip
        self._fields = Fields(self._old, *names)
        self._mask = self._old.find("uc.uc_sigmask").offset
        self._space = self._old.find("uc.uc_regspace").offset
        self._retcode = self._old.find("retcode").offset
        self._inner = self._rt.find("sig").offset
        self._vfp_size = vfp.size
        self._vfp_magic = abi.constants["VFP_MAGIC"]
        self._vfp_state = vfp.find("ufp").offset
        self._vfp_exceptions = vfp.find("ufp_exc").offset

    def size(self, siginfo: bool) -> int:
        """See `FrameCodec`."""
        return self._rt.size if siginfo else self._old.size

    def build(self, state: UserState, sp: int, delivery: Delivery) -> Frame:
        """See `FrameCodec`."""
        siginfo = delivery.siginfo
        address = sp - self.size(siginfo) & ~7
        inner = address + self._inner if siginfo else address
        thumb = delivery.handler & 1
        index = return_code_index(siginfo, bool(thumb))
        pieces = self._saved(state, inner, delivery)
        if delivery.return_address is None:
            raise BadFrame("no page of return codes")
        code = RETURN_CODES[4 * index : 4 * index + 8]
        pieces.append((inner + self._retcode, code))
        if siginfo:
            pieces.append((address, delivery.info))
        general = state.general
        general[0] = delivery.signal
        if siginfo:
            general[1], general[2] = address, inner
        general[_SP] = address
        general[_LR] = delivery.return_address
        state.pc = general[_PC] = delivery.handler & ~1
        flags = state.flags & ~(PSR_FLAGS | PSR_E | PSR_IT | PSR_THUMB)
        state.flags = flags | (PSR_THUMB if thumb else 0)
        fpscr = int.from_bytes(state.fp[_FPSCR:_FP_SIZE], "little") & ~_FPSCR_VECTORS
        state.fp = state.fp[:_FPSCR] + fpscr.to_bytes(4, "little")
        return Frame(address, pieces)

    def _saved(self, state: UserState, inner: int, delivery: Delivery) -> list[tuple[int, bytes]]:
        siginfo, fault = delivery.siginfo, delivery.fault
        context = bytearray(self._fields.pack(
            *state.general[:_PC], state.pc, state.flags, fault.trap, fault.error, fault.address,
            int.from_bytes(delivery.mask[:4], "little"),
            *(delivery.altstack if siginfo else (0, 0, 0)), 0 if siginfo else _OLD_UC_FLAGS,
        ))  # fmt: skip
        context[self._mask : self._mask + 8] = delivery.mask
        vfp = bytearray(self._vfp_size)
        struct.pack_into("<II", vfp, 0, self._vfp_magic, self._vfp_size)
        vfp[self._vfp_state : self._vfp_state + _FP_SIZE] = state.fp
        struct.pack_into("<I", vfp, self._vfp_exceptions, _FPEXC_ENABLE)
        end_magic = bytes(4)
        return [
            (inner, bytes(context[: self._mask + 8])),
            (inner + self._space, bytes(vfp) + end_magic),
        ]

    def parse(self, read: Reader, state: UserState, rt: bool) -> Restored:
        """See `FrameCodec`."""
        address = state.general[_SP]
        if address & 7:
            raise BadFrame("not aligned")
        inner = address + self._inner if rt else address
        raw = read(inner, self._retcode)
        values = self._fields.unpack(raw.ljust(self._old.size, b"\0"))
        flags = values[16] & ~(PSR_F | PSR_A)
        if flags & PSR_I or flags & _MODE != _USER_MODE:
            raise BadFrame("not a user's CPSR")
        vfp = raw[self._space : self._space + self._vfp_size]
        if struct.unpack_from("<II", vfp) != (self._vfp_magic, self._vfp_size):
            raise BadFrame("no VFP state")
        state.general[:] = values[:16]
        state.pc, state.flags = values[15], flags
        state.fp = vfp[self._vfp_state : self._vfp_state + _FP_SIZE]
        mask = raw[self._mask : self._mask + 8]
        altstack = (values[21], values[22], values[23]) if rt else None
        return Restored(mask, altstack)
