"""The x86-64 vsyscall page, which programs from before the vDSO call at fixed addresses.

Linux emulates three calls behind a page that can only be run; here the page really makes them.
See arch/x86/entry/vsyscall.
"""

from __future__ import annotations

import functools
import struct

from emu.arch.cpu import PAGE_SIZE

VSYSCALL_ADDRESS = 0xFFFFFFFFFF600000

# gettimeofday, time, getcpu: each has 1024 bytes.
_NUMBERS = (96, 201, 309)
_SLOT = 1024


@functools.cache
def vsyscall_page() -> bytes:
    """The page: ``mov rax, number; syscall; ret`` at each entry, traps elsewhere."""
    page = bytearray(b"\xcc" * PAGE_SIZE)
    for i, number in enumerate(_NUMBERS):
        code = struct.pack("<3sI", b"\x48\xc7\xc0", number) + b"\x0f\x05\xc3"
        page[i * _SLOT : i * _SLOT + len(code)] = code
    return bytes(page)
