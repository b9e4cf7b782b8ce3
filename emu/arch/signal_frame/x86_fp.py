"""x86's floating point state in a signal frame: FXSAVE's image, and FSAVE's before it on i386.

No model here has XSAVE switched on, so that Linux would save the state with FXSAVE. See
arch/x86/kernel/fpu/signal.c and regset.c.
"""

from __future__ import annotations

import struct

from emu.arch.signal_frame.base import BadFrame, Reader

FXSAVE_SIZE = 512
FXSAVE_ALIGNMENT = 64
FSAVE_SIZE = 112
MINIMUM_STACK = 1440
"""With 64-bit kernels' largest frame, i386's old one: see init_sigframe_size."""
MAGIC1 = 0x46505853
X86_FXSR_MAGIC = 0
FEATURES_FP_SSE = 3
MXCSR_MASK = 0xFFFF

_SOFTWARE_BYTES = 464
_SOFTWARE = struct.Struct("<IIQI28x")
_HEADER = struct.Struct("<HHBxH8x8xII")
_MXCSR_OFFSET, _ST_OFFSET = 24, 32
_ENVIRONMENT = struct.Struct("<7I")
_UPPER_ONES = 0xFFFF0000
_EMPTY, _SPECIAL, _ZERO, _VALID = 3, 2, 1, 0

# FXSAVE of a processor as a program first finds it: fpu__clear_user_states.
INITIAL = _HEADER.pack(0x37F, 0, 0, 0, 0x1F80, MXCSR_MASK).ljust(FXSAVE_SIZE, b"\0")


def saved(fp: bytes, above: int) -> bytes:
    """The image that goes into a frame, its software bytes filled in; `above` is what precedes
    it in the frame, which belongs to the whole.
    """
    software = _SOFTWARE.pack(MAGIC1, FXSAVE_SIZE + 4 + above, FEATURES_FP_SSE, FXSAVE_SIZE)
    return fp[:_SOFTWARE_BYTES] + software


def loaded(read: Reader, address: int) -> bytes:
    """The image at an address, as FXRSTOR takes it. BadFrame for a reserved bit of MXCSR."""
    image = read(address, FXSAVE_SIZE)
    if int.from_bytes(image[_MXCSR_OFFSET : _MXCSR_OFFSET + 4], "little") & ~MXCSR_MASK:
        raise BadFrame("reserved bits of MXCSR")
    return image


def legacy(fp: bytes, code_segment: int, data_segment: int) -> bytes:
    """The FSAVE part of an i386 frame: see convert_from_fxsr."""
    control, status, tags, opcode, *_ = _HEADER.unpack_from(fp)
    environment = _ENVIRONMENT.pack(
        control | _UPPER_ONES, status | _UPPER_ONES, _full_tags(fp, status, tags),
        0, code_segment | opcode << 16, 0, data_segment | _UPPER_ONES,
    )  # fmt: skip
    registers = b"".join(_register(fp, number) for number in range(8))
    return environment + registers + struct.pack("<HH", status, X86_FXSR_MAGIC)


def merged(image: bytes, old: bytes) -> bytes:
    """FXSAVE's image with the x87 part that the FSAVE part before it says: convert_to_fxsr."""
    control, status, tags, _, code, *_ = _ENVIRONMENT.unpack_from(old)
    mxcsr = int.from_bytes(image[_MXCSR_OFFSET : _MXCSR_OFFSET + 4], "little") & MXCSR_MASK
    header = _HEADER.pack(
        control & 0xFFFF, status & 0xFFFF, _short_tags(tags), code >> 16 & 0x7FF, mxcsr, MXCSR_MASK
    )
    registers = b"".join(
        old[_ENVIRONMENT.size + 10 * n : _ENVIRONMENT.size + 10 * n + 10].ljust(16, b"\0")
        for n in range(8)
    )
    return header + registers + image[_ST_OFFSET + 128 :]


def _register(fp: bytes, number: int) -> bytes:
    """ST(number): 80 bits."""
    return fp[_ST_OFFSET + 16 * number : _ST_OFFSET + 16 * number + 10]


def _full_tags(fp: bytes, status: int, tags: int) -> int:
    """Two bits for each register, computed from what is in it: twd_fxsr_to_i387."""
    top = status >> 11 & 7
    result = _UPPER_ONES
    for number in range(8):
        tag = _EMPTY
        if tags >> number & 1:
            tag = _kind(_register(fp, number - top & 7))
        result |= tag << 2 * number
    return result


def _kind(register: bytes) -> int:
    significand = int.from_bytes(register[:8], "little")
    exponent = int.from_bytes(register[8:], "little") & 0x7FFF
    if exponent == 0x7FFF:
        return _SPECIAL
    if exponent == 0:
        return _SPECIAL if significand else _ZERO
    return _VALID if significand >> 63 else _SPECIAL


def _short_tags(tags: int) -> int:
    """One bit for each register that is not empty: twd_i387_to_fxsr."""
    return sum(1 << n for n in range(8) if tags >> 2 * n & 3 != _EMPTY)
