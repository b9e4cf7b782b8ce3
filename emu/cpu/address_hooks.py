"""Functions that are called before the instruction at an address is executed.

The engine puts a call into what it translates from that address, and nowhere else: the rest of the
code is no slower.
"""

from __future__ import annotations

from collections.abc import Callable
from ctypes import CFUNCTYPE, c_uint32, c_uint64, c_void_p
from typing import TYPE_CHECKING

from emu.cpu.library import HOOK_CODE, address_of

if TYPE_CHECKING:
    from emu.cpu.engine import Engine

_CodeCallback = CFUNCTYPE(None, c_void_p, c_uint64, c_uint32, c_void_p)


def hook_address(engine: Engine, address: int, action: Callable[[], None]) -> None:
    """Call a function before each execution of the instruction at an address, from now on."""

    def callback(_uc: int, _address: int, _size: int, _data: int) -> None:
        try:
            action()
        except BaseException as error:
            engine.abandon(error)

    kept = _CodeCallback(callback)
    engine.keep.append(kept)
    engine.library.hook(engine.handle, HOOK_CODE, address_of(kept), begin=address, end=address)
    for frame in list(engine.code_frames):  # it may have been translated without the call
        engine.discard_code(frame)
