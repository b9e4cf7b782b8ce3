"""Device numbers: the kernel's own dev_t and the encodings that user space sees. See kdev_t.h."""

from __future__ import annotations

MINOR_BITS = 20
MINOR_MASK = (1 << MINOR_BITS) - 1

UNNAMED_MAJOR = 0
MEM_MAJOR = 1
TTY_MAJOR = 4
TTYAUX_MAJOR = 5
UNIX98_PTY_SLAVE_MAJOR = 136
HVC_MAJOR = 229


def MKDEV(major: int, minor: int) -> int:
    """A device number."""
    return major << MINOR_BITS | minor


def MAJOR(dev: int) -> int:
    """The driver's number."""
    return dev >> MINOR_BITS


def MINOR(dev: int) -> int:
    """The device's number with its driver."""
    return dev & MINOR_MASK


def new_encode_dev(dev: int) -> int:
    """The 32-bit form of stat and mknod."""
    major, minor = dev >> MINOR_BITS, dev & MINOR_MASK
    return (minor & 0xFF) | major << 8 | (minor & ~0xFF) << 12


def new_decode_dev(encoded: int) -> int:
    """The device number of the 32-bit form."""
    return MKDEV((encoded & 0xFFF00) >> 8, (encoded & 0xFF) | (encoded >> 12 & 0xFFF00))


def old_encode_dev(dev: int) -> int:
    """The 16-bit form of the oldest stat; see `old_valid_dev`."""
    return (dev >> MINOR_BITS & 0xFF) << 8 | dev & 0xFF


def old_valid_dev(dev: int) -> bool:
    """Whether the 16-bit form can tell it."""
    return dev >> MINOR_BITS < 256 and dev & MINOR_MASK < 256
