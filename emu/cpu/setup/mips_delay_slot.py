"""What a translation that was left halfway leaves behind, and makes the next one crash.

While it translates a MIPS instruction the engine keeps a temporary of the current block in a field
of its translator, for stops to respect delay slots. A fetch from an address that is no multiple of
four leaves the translator in the middle, and the field with a temporary that the next block does
not have; the beginning of every block uses it. So the field is cleared when a run has ended.
"""

from __future__ import annotations

import re
from ctypes import c_uint64

from emu.cpu.library import Library
from emu.cpu.library_code import TARGETS, Function
from emu.cpu.registers import cell_at

# In uc_engine: the address of the translator's state.
_TRANSLATOR_OFFSET = 0x300
# check_exit_request begins with uc = translator->uc, and later reads the field; its first byte may
# be changed, see `emu.cpu.whole_blocks`.
_OWNER = re.compile(rb".\x8b\xb7(.{4})\x80\xbe", re.DOTALL)
_FIELD = re.compile(rb"\x48\x8b\x8d(.{4})", re.DOTALL)
_SEARCHED = 96


def delay_slot_field(library: Library, handle: int, isa: str) -> c_uint64 | None:
    """The field to clear, found in the library's code; None if that is not as expected."""
    code = Function(library, f"check_exit_request_{TARGETS[isa]}", _SEARCHED).code
    owner, field = _OWNER.match(code), _FIELD.search(code)
    translator = cell_at(handle + _TRANSLATOR_OFFSET)
    if owner is None or field is None or translator is None:
        return None
    back = cell_at(translator.value + int.from_bytes(owner[1], "little"))
    if back is None or back.value != handle:
        return None
    return cell_at(translator.value + int.from_bytes(field[1], "little"))
