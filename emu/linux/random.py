"""Random numbers, repeatable where the machine's are. See include/linux/random.h."""

from __future__ import annotations

from typing import Any

from emu.kernel.module.ambient import this_kernel
from emu.kernel.module.buffers import CharBuffer


def get_random_bytes(buf: Any, length: int) -> None:
    """Fill a buffer."""
    data = this_kernel().random.randbytes(length)
    if isinstance(buf, CharBuffer):
        buf.store(data)
    else:
        buf[:length] = data


def get_random_u8() -> int:
    """8 bits."""
    return this_kernel().random.getrandbits(8)


def get_random_u32() -> int:
    """32 bits."""
    return this_kernel().random.getrandbits(32)


get_random_int = get_random_u32


def get_random_u64() -> int:
    """64 bits."""
    return this_kernel().random.getrandbits(64)


def get_random_u32_below(ceil: int) -> int:
    """A number below another."""
    return this_kernel().random.randrange(ceil)
