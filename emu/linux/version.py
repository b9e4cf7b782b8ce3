"""Which Linux it is. See include/linux/version.h, which is generated."""

from __future__ import annotations

from emu.kernel.uts import Uts


def KERNEL_VERSION(a: int, b: int, c: int) -> int:
    """A version as a number that can be compared."""
    return a << 16 | b << 8 | min(c, 255)


UTS_RELEASE = Uts().release.decode()
LINUX_VERSION_MAJOR, LINUX_VERSION_PATCHLEVEL, LINUX_VERSION_SUBLEVEL = map(
    int, UTS_RELEASE.split("-")[0].split(".")
)
LINUX_VERSION_CODE = KERNEL_VERSION(
    LINUX_VERSION_MAJOR, LINUX_VERSION_PATCHLEVEL, LINUX_VERSION_SUBLEVEL
)
