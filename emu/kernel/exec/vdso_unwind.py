"""Unwind tables of the i386 vDSO: how to get out of __kernel_vsyscall from a signal handler.

Programs that are cancelled in a system call, and debuggers, find the caller with them. The return
code of handlers needs none: unwinders know its bytes. See arch/x86/entry/vdso/vdso32.
"""

from __future__ import annotations

import struct

# A CIE with augmentation "zR": addresses are relative, and signed words. CFA = esp + 4, where
# the return address (8) lies right below.
_CIE = bytes.fromhex("01 7a520001 7c 08 01 1b 0c0404 8801 0000")
# After each push the CFA is 4 farther, and the register is found there; after the landing's pops
# the other way round. Offsets are those of the code in `vdso`.
_INSTRUCTIONS = bytes.fromhex(
    "41 0e08 8102"  # push ecx
    "41 0e0c 8203"  # push edx
    "41 0e10 8504"  # push ebp
    "47 0e0c c5"  # pop ebp
    "41 0e08 c2"  # pop edx
    "41 0e04 c1"  # pop ecx
)
_RELATIVE, _COUNT, _TABLE = 0x1B, 0x03, 0x3B
HEADER_SIZE = 20


def unwind_tables(place: int, function: int, size: int) -> bytes:
    """.eh_frame_hdr and .eh_frame, to lie at `place`, for one function."""
    frame = place + HEADER_SIZE
    cie = struct.pack("<II", 4 + len(_CIE), 0) + _CIE
    fde_place = frame + len(cie)
    body = _INSTRUCTIONS + bytes((3 - len(_INSTRUCTIONS)) % 4)
    # Length, way back to the CIE, the function relative to this word, its size, no augmentation.
    fde = struct.pack(
        "<IIiIB", 13 + len(body), fde_place + 4 - frame, function - (fde_place + 8), size, 0
    )
    header = struct.pack(
        "<BBBBiIii", 1, _RELATIVE, _COUNT, _TABLE, frame - (place + 4), 1,
        function - place, fde_place - place,
    )  # fmt: skip
    return header + cie + fde + body + bytes(4)
