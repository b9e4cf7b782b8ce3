"""Signal frames of arm64. See arch/arm64/kernel/signal.c."""

from __future__ import annotations

import struct
from typing import TYPE_CHECKING, Literal

from emu.arch.signal_frame.base import BadFrame, Delivery, Fields, Frame, Reader, Restored
from emu.arch.user_state import UserState

if TYPE_CHECKING:
    from emu.arch.abi import Abi

FPSIMD_MAGIC, ESR_MAGIC = 0x46508001, 0x45535201
CONDITION_FLAGS = 0xF0000000
_MODE32 = 0x10
_DAIF = 0x3C0
_FP, _LR, _SP = 29, 30, 31
_RECORD = struct.Struct("<II")
_FRAME_RECORD_SIZE = 16
_VECTORS = 512


class Arm64Frames:
    """rt_sigframe: a list of records for what registers there are, and a frame record above."""

    red_zone = 0
    always_has_info = False
    overflow: Literal["frame", "size", ""] = ""

    def __init__(self, abi: Abi) -> None:
        layout = self._layout = abi.layout("rt_sigframe")
        machine = "uc.uc_mcontext."
        self._fields = Fields(
            layout,
            *(machine + name for name in ("regs", "sp", "pc", "pstate", "fault_address")),
            *("uc.uc_stack." + name for name in ("ss_sp", "ss_flags", "ss_size")),
        )
        self._context = layout.find("uc").offset
        self._mask = layout.find("uc.uc_sigmask").offset
        self._machine = layout.find("uc.uc_mcontext").offset
        self._records = layout.find("uc.uc_mcontext.__reserved").offset
        self._records_size = layout.find("uc.uc_mcontext.__reserved").size
        self._fpsimd = abi.layout("fpsimd_context")
        self._esr = abi.layout("esr_context")
        self.minimum_stack = self.size(True) + _FRAME_RECORD_SIZE + 16

    def size(self, siginfo: bool) -> int:
        """See `FrameCodec`."""
        return self._layout.size + 15 & -16

    def build(self, state: UserState, sp: int, delivery: Delivery) -> Frame:
        """See `FrameCodec`."""
        record = sp - _FRAME_RECORD_SIZE & -16
        address = record - self.size(delivery.siginfo)
        general, fault = state.general, delivery.fault
        whole = self._fields.pack(
            general[:_SP], general[_SP], state.pc, state.flags, fault.address, *delivery.altstack
        )
        head = bytearray(whole[: self._records])
        head[self._mask : self._mask + 8] = delivery.mask
        records = _RECORD.pack(FPSIMD_MAGIC, self._fpsimd.size)
        records += state.fp[_VECTORS:] + state.fp[:_VECTORS]
        if fault.error:
            records += self._esr.pack(head={"magic": ESR_MAGIC, "size": self._esr.size})[:8]
            records += struct.pack("<Q", fault.error)
        records += _RECORD.pack(0, 0)
        start = self._context
        if delivery.siginfo:
            start = 0
            head[: len(delivery.info)] = delivery.info
        if delivery.return_address is None:
            raise BadFrame("no trampoline")
        pieces = [
            (record, struct.pack("<QQ", general[_FP], general[_LR])),
            (address + start, bytes(head[start:])),
            (address + self._records, records),
        ]
        general[0] = delivery.signal
        if delivery.siginfo:
            general[1], general[2] = address, address + self._context
        general[_SP], general[_FP], general[_LR] = address, record, delivery.return_address
        state.pc = delivery.handler
        return Frame(address, pieces)

    def parse(self, read: Reader, state: UserState, rt: bool) -> Restored:
        """See `FrameCodec`."""
        address = state.general[_SP]
        if address & 15:
            raise BadFrame("not aligned", address)
        raw = read(address, self._layout.size)
        registers, sp, pc, pstate, _, *altstack = self._fields.unpack(raw)
        if pstate & (_MODE32 | _DAIF | 0xF):
            raise BadFrame("not a user's PSTATE", address)
        records = raw[self._records : self._records + self._records_size]
        fpsimd = self._find_fpsimd(records, address)
        state.general[:] = [*registers, sp]
        state.pc, state.flags = pc, pstate
        body = fpsimd[_RECORD.size :]
        state.fp = body[8:] + body[:8]
        mask = raw[self._mask : self._mask + 8]
        return Restored(mask, (altstack[0], altstack[1], altstack[2]))

    def _find_fpsimd(self, records: bytes, address: int) -> bytes:
        """The one record there must be, as parse_user_sigframe() looks for it."""
        offset, found = 0, b""
        while True:
            if len(records) - offset < _RECORD.size or offset & 15:
                break
            magic, size = _RECORD.unpack_from(records, offset)
            if len(records) - offset < size:
                break
            if magic == 0:
                if size or not found:
                    break
                return found
            if size < _RECORD.size:
                break
            if magic == FPSIMD_MAGIC and not found and size == self._fpsimd.size:
                found = records[offset : offset + size]
            elif magic != ESR_MAGIC:
                break
            offset += size
        raise BadFrame("the records make no sense", address)
