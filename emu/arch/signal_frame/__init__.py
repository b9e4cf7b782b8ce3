"""Signal frames: what each ABI's kernel puts on the user's stack around a handler's call.

Pure codecs over the tables' layouts: registers and signal in, bytes out, and back.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from emu.arch.signal_frame.arm import ArmFrames
from emu.arch.signal_frame.arm64 import Arm64Frames
from emu.arch.signal_frame.base import BadFrame, Delivery, FaultRecord, Frame, FrameCodec, Restored
from emu.arch.signal_frame.mips import MipsFrames
from emu.arch.signal_frame.riscv import RiscVFrames
from emu.arch.signal_frame.x86_32 import I386Frames
from emu.arch.signal_frame.x86_64 import X86_64Frames

if TYPE_CHECKING:
    from emu.arch.abi import Abi

__all__ = [
    "BadFrame",
    "Delivery",
    "FaultRecord",
    "Frame",
    "FrameCodec",
    "Restored",
    "make_codec",
]


def make_codec(abi: Abi) -> FrameCodec:
    """The codec for an ABI's frames."""
    match abi.name:
        case "x86-64" | "x32":
            return X86_64Frames(abi)
        case "i386":
            return I386Frames(abi)
        case "arm64":
            return Arm64Frames(abi)
        case "arm-eabi" | "arm-oabi":
            return ArmFrames(abi)
        case "riscv64" | "riscv32":
            return RiscVFrames(abi)
        case _:
            return MipsFrames(abi)
