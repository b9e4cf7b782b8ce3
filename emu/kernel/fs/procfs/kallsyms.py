"""/proc/kallsyms: the symbols of this kernel are the functions that answer system calls.

They have no addresses: they are not in the machine's memory.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from emu.kernel.kernel import Kernel


def show_kallsyms(kernel: Kernel) -> bytes:
    """Address, type, name."""
    names = sorted(kernel.entry_points())
    return "".join(f"{0:016x} T {name}\n" for name in names).encode()
