"""The page of helpers that Linux maps at the top of every ARM process.

See Documentation/arch/arm/kernel_user_helpers.rst, which fixes addresses, registers and flags.
"""

from __future__ import annotations

import struct

from emu.arch.cpu import PAGE_SIZE

VECTORS_ADDRESS = 0xFFFF0000
_VERSION = 5

_DMB_ISH = 0xF57FF05B
_BX_LR = 0xE12FFF1E

_MEMORY_BARRIER = (_DMB_ISH, _BX_LR)

# r0 = old, r1 = new, r2 -> word; r0 = 0 and C set if stored. Eight words, for 0xfe0 follows.
_CMPXCHG = (
    _DMB_ISH,
    0xE1923F9F,  # again: ldrex r3, [r2]
    0xE0533000,  # subs r3, r3, r0
    0x01823F91,  # strexeq r3, r1, [r2]
    0x03330001,  # teqeq r3, #1
    0x0AFFFFFA,  # beq again
    0xE2730000,  # rsbs r0, r3, #0
    0xEAFFFFEF,  # b memory_barrier
)

# r0 -> old, r1 -> new, r2 -> doubleword; r0 = 0 and C set if stored.
_CMPXCHG64 = (
    0xE92D00F0,  # push {r4-r7}
    0xE1C040D0,  # ldrd r4, r5, [r0]
    0xE1C160D0,  # ldrd r6, r7, [r1]
    _DMB_ISH,
    0xE1B20F9F,  # again: ldrexd r0, r1, [r2]
    0xE0303004,  # eors r3, r0, r4
    0x00313005,  # eorseq r3, r1, r5
    0x01A23F96,  # strexdeq r3, r6, r7, [r2]
    0x03330001,  # teqeq r3, #1
    0x0AFFFFF9,  # beq again
    _DMB_ISH,
    0xE2730000,  # rsbs r0, r3, #0
    0xE8BD00F0,  # pop {r4-r7}
    _BX_LR,
)

_GET_TLS = (0xEE1D0F70, _BX_LR)  # mrc p15, 0, r0, c13, c0, 3

_HELPERS = {
    0xF60: _CMPXCHG64,
    0xFA0: _MEMORY_BARRIER,
    0xFC0: _CMPXCHG,
    0xFE0: _GET_TLS,
    0xFFC: (_VERSION,),
}


def vector_page() -> bytes:
    """The page's content; what no helper fills is undefined instructions."""
    page = bytearray(b"\xff\xde\xfd\xe7" * (PAGE_SIZE // 4))
    for offset, words in _HELPERS.items():
        struct.pack_into(f"<{len(words)}I", page, offset, *words)
    return bytes(page)
