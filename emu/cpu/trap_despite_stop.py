"""Lets a trap instruction reach its callback although a stop was asked for a moment before.

x86's helpers for `syscall` and `sysenter` walk the list of instruction callbacks and give up at the
first one that is of another instruction while a stop is pending: the trap would be skipped, and
the program would go on at a stale address. Each processor has its own trap first in that list,
where it is always found; for the others the look at the stop is left out of the walk.
"""

from __future__ import annotations

import re
from functools import cache

from emu.cpu.library import Library
from emu.cpu.library_code import Function

# cmp byte [rdi + stop_request], 0; jne out; and to the next callback: mov rbp, [rbp]; test rbp, rbp
_LOOK = re.compile(rb"\x80\xbf....\x00(\x75.|\x90\x90)\x48\x8b\x6d\x00\x48\x85\xed", re.DOTALL)
_NOTHING = b"\x90\x90"
_SEARCHED = 192


@cache
def keep_traps(library: Library) -> bool:
    """Mend both helpers for this process; False if that cannot be done."""
    return _mend(library, "helper_syscall_x86_64") and _mend(library, "helper_sysenter_x86_64")


def _mend(library: Library, name: str) -> bool:
    function = Function(library, name, _SEARCHED)
    look = _LOOK.search(function.code)
    return look is not None and function.rewrite([(look.start(1), _NOTHING)])
