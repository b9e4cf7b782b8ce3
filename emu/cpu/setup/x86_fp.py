"""The x87 and SSE registers of the engine as FXSAVE's 512 bytes."""

from __future__ import annotations

import struct

from emu.cpu.register_batch import RegisterBatch, numbered

_FPSW, _FP0, _XMM0, _FPCW, _FPTAG, _MXCSR = 31, 82, 122, 246, 247, 249
_CONTROL = struct.Struct("<HHHI")
_IMAGE_HEADER = struct.Struct("<HHBx18xII")
_IMAGE_SIZE = 512
_MXCSR_MASK = 0xFFFF
_REGISTER_BYTES = 10
_EMPTY = 3
# The stack's registers as they are, and as the image has them.
_PHYSICAL, _STACK = struct.Struct("10s" * 8), struct.Struct("10s6x" * 8)
_TAGS = [sum(_EMPTY << 2 * n for n in range(8) if not used >> n & 1) for used in range(256)]
"""FSTENV's tags of FXSAVE's, as far as they tell empty registers from others."""


def _in_use(tags: int) -> int:
    if tags == _TAGS[0]:
        return 0
    return sum(1 << n for n in range(8) if tags >> 2 * n & 3 != _EMPTY)


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
    in_use = _in_use(tags)
    header = _IMAGE_HEADER.pack(control, status, in_use, mxcsr, _MXCSR_MASK)
    rest = _CONTROL.size + 8 * _REGISTER_BYTES
    physical = _PHYSICAL.unpack_from(raw, _CONTROL.size)
    top = status >> 11 & 7
    stack = _STACK.pack(*physical[top:], *physical[:top])
    return (header + stack + raw[rest:]).ljust(_IMAGE_SIZE, b"\0")


def fxrstor(batch: RegisterBatch, image: bytes) -> None:
    """Make an image the state, as FXRSTOR does."""
    control, status, in_use, mxcsr, _ = _IMAGE_HEADER.unpack_from(image)
    tags = _TAGS[in_use]
    top = status >> 11 & 7
    start = _IMAGE_HEADER.size
    stack = _STACK.unpack_from(image, start)
    physical = _PHYSICAL.pack(*stack[8 - top :], *stack[: 8 - top])
    vectors = image[start + 128 :][: batch.size - _CONTROL.size - 8 * _REGISTER_BYTES]
    control_part = _CONTROL.pack(control, status, tags, mxcsr & _MXCSR_MASK)
    batch.write(control_part + physical + vectors)
