"""The x87 and SSE registers of the engine as FXSAVE's 512 bytes."""

from __future__ import annotations

import struct
from collections.abc import Sequence

from emu.cpu.register_batch import RegisterBatch, numbered

_FPSW, _FP0, _XMM0, _FPCW, _FPTAG, _MXCSR = 31, 82, 122, 246, 247, 249
_CONTROL = struct.Struct("<HHHI")
_IMAGE_HEADER = struct.Struct("<HHBx18xII")
_IMAGE_SIZE = 512
_MXCSR_MASK = 0xFFFF
_REGISTER_BYTES = 10
_EMPTY = 3


def fxsave_registers(xmm_count: int) -> list[tuple[int, int]]:
    """What the image is made of, for `RegisterBatch`."""
    return [
        (_FPCW, 2), (_FPSW, 2), (_FPTAG, 2), (_MXCSR, 4),
        *numbered(_FP0, 8, _REGISTER_BYTES), *numbered(_XMM0, xmm_count, 16),
    ]  # fmt: skip


def fxsave(batch: RegisterBatch) -> bytes:
    """The state as FXSAVE stores it. The last instruction's addresses are not known: 0."""
    raw = batch.read()
    control, status, tags, mxcsr = _CONTROL.unpack_from(raw)
    in_use = sum(1 << n for n in range(8) if tags >> 2 * n & 3 != _EMPTY)
    header = _IMAGE_HEADER.pack(control, status, in_use, mxcsr, _MXCSR_MASK)
    rest = _CONTROL.size + 8 * _REGISTER_BYTES
    physical = _split(raw[_CONTROL.size : rest], _REGISTER_BYTES)
    top = status >> 11 & 7
    stack = b"".join(physical[n + top & 7].ljust(16, b"\0") for n in range(8))
    return (header + stack + raw[rest:]).ljust(_IMAGE_SIZE, b"\0")


def fxrstor(batch: RegisterBatch, image: bytes) -> None:
    """Make an image the state, as FXRSTOR does."""
    control, status, in_use, mxcsr, _ = _IMAGE_HEADER.unpack_from(image)
    tags = sum(_EMPTY << 2 * n for n in range(8) if not in_use >> n & 1)
    top = status >> 11 & 7
    start = _IMAGE_HEADER.size
    stack = _split(image[start : start + 128], 16)
    physical = b"".join(stack[n - top & 7][:_REGISTER_BYTES] for n in range(8))
    vectors = image[start + 128 :][: batch.size - _CONTROL.size - 8 * _REGISTER_BYTES]
    control_part = _CONTROL.pack(control, status, tags, mxcsr & _MXCSR_MASK)
    batch.write(control_part + physical + vectors)


def _split(raw: bytes, size: int) -> Sequence[bytes]:
    return [raw[start : start + size] for start in range(0, len(raw), size)]
