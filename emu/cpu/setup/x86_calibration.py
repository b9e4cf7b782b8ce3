"""Finding out where this build of the engine keeps an exception in flight."""

from __future__ import annotations

import struct
from typing import TYPE_CHECKING

from emu.arch.cpu import PTE_EXEC, PTE_READ
from emu.cpu import library as lib
from emu.cpu.hardware import STUB_ADDRESS
from emu.cpu.tlb import no_pages

if TYPE_CHECKING:
    from emu.cpu.setup.x86 import X86

_HLT = b"\xf4"
_GENERAL_PROTECTION = 13
_NONE, _IN_FLIGHT = struct.pack("=i", -1), struct.pack("=i", _GENERAL_PROTECTION)


def exception_in_flight(cpu: X86) -> int:
    """The state's offset of the one word that a #GP in user state turns from -1 to 13."""
    before = cpu.save()
    after = _after_halt(cpu)
    cpu.restore(before)
    places = [
        offset
        for offset in range(0, len(before) - 3, 4)
        if before[offset : offset + 4] == _NONE and after[offset : offset + 4] == _IN_FLIGHT
    ]
    if len(places) != 1:
        raise lib.EngineError("this engine build keeps exceptions where nobody expects them")
    return places[0]


def _after_halt(cpu: X86) -> bytes:
    def leave(_uc: int, _number: int, _data: int) -> None:
        cpu.library.stop(cpu.handle)

    callback = lib.InterruptCallback(leave)
    hook = cpu.hook(lib.HOOK_INTR, lib.address_of(callback))
    page = STUB_ADDRESS >> 12
    cpu.private[:1] = _HLT
    cpu.use({page: cpu.private_frame | PTE_READ | PTE_EXEC}, no_pages)
    cpu.library.start(cpu.handle, STUB_ADDRESS, 0, 0, 0)
    cpu.library.hook_del(cpu.handle, hook)
    return cpu.save()
