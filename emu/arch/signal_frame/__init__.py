"""Signal frames: what each ABI's kernel puts on the user's stack around a handler's call.

Pure codecs over the tables' layouts: registers and signal in, bytes out, and back.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, cast

from emu.arch.signal_frame.base import BadFrame, Delivery, FaultRecord, Frame, FrameCodec, Restored

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

# Module and class of each ABI's codec: only those of programs that run are imported.
_CODECS = {
    "x86-64": ("x86_64", "X86_64Frames"),
    "x32": ("x86_64", "X86_64Frames"),
    "i386": ("x86_32", "I386Frames"),
    "arm64": ("arm64", "Arm64Frames"),
    "arm-eabi": ("arm", "ArmFrames"),
    "arm-oabi": ("arm", "ArmFrames"),
    "riscv64": ("riscv", "RiscVFrames"),
    "riscv32": ("riscv", "RiscVFrames"),
    "mips-o32": ("mips", "MipsFrames"),
    "mips-n32": ("mips", "MipsFrames"),
    "mips-n64": ("mips", "MipsFrames"),
}


def make_codec(abi: Abi) -> FrameCodec:
    """The codec for an ABI's frames."""
    module, name = _CODECS[abi.name]
    return cast(FrameCodec, getattr(import_module(f"{__name__}.{module}"), name)(abi))
