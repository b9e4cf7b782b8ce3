"""What an ARM model can do, as Linux tells user code; see arch/arm/include/uapi/asm/hwcap.h."""

from __future__ import annotations

# vmrs r0, mvfr0 and vmrs r0, mvfr1
MVFR0, MVFR1 = 0xEEF70A10, 0xEEF60A10

_HALF, _THUMB, _FAST_MULT, _VFP, _EDSP = 1 << 1, 1 << 2, 1 << 4, 1 << 6, 1 << 7
_NEON, _VFPV3, _TLS, _VFPV4 = 1 << 12, 1 << 13, 1 << 15, 1 << 16
_IDIVA, _IDIVT, _VFPD32, _LPAE = 1 << 17, 1 << 18, 1 << 19, 1 << 20
_ALWAYS = _HALF | _THUMB | _FAST_MULT | _EDSP | _TLS
_HWCAP2_AES, _HWCAP2_PMULL, _HWCAP2_SHA1, _HWCAP2_SHA2, _HWCAP2_CRC32 = 1, 2, 4, 8, 16


def hwcaps(mvfr0: int, mvfr1: int, isar0: int, isar5: int, mmfr0: int) -> tuple[int, int]:
    """AT_HWCAP and AT_HWCAP2 of an ARMv7 or later processor with these ID registers."""
    hwcap = _ALWAYS | _VFP | _VFPV3
    if mvfr0 & 0xF == 2:
        hwcap |= _VFPD32
    if mvfr1 >> 8 & 0xFFF == 0x111:
        hwcap |= _NEON
    if mvfr1 >> 28 == 1:
        hwcap |= _VFPV4
    divide = isar0 >> 24 & 0xF
    hwcap |= (_IDIVT if divide >= 1 else 0) | (_IDIVA if divide >= 2 else 0)
    if mmfr0 & 0xF >= 5:
        hwcap |= _LPAE
    aes = isar5 >> 4 & 0xF
    hwcap2 = (_HWCAP2_AES if aes >= 1 else 0) | (_HWCAP2_PMULL if aes >= 2 else 0)
    for shift, capability in ((8, _HWCAP2_SHA1), (12, _HWCAP2_SHA2), (16, _HWCAP2_CRC32)):
        if isar5 >> shift & 0xF:
            hwcap2 |= capability
    return hwcap, hwcap2
