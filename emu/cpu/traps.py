"""From the engine's callbacks to handlers. No exception may pass the engine: each is kept."""

from __future__ import annotations

from collections.abc import Callable
from ctypes import CFUNCTYPE
from typing import Any

from emu.arch.cpu import TrapHandler
from emu.cpu.library import InterruptCallback, InvalidCallback

PlainCallback = CFUNCTYPE(None)

Abandon = Callable[[BaseException], None]
"""Leave the guest and raise the exception out of `run`."""


def interrupt_callback(
    handlers: dict[int, TrapHandler], exception: Callable[[int], None], abandon: Abandon
) -> Any:
    """The callback for exceptions: a handler by number, otherwise `exception`."""

    def interrupt(_uc: int, number: int, _data: int) -> None:
        try:
            handler = handlers.get(number)
            if handler is None:
                exception(number)
            else:
                handler()
        except BaseException as error:
            abandon(error)

    return InterruptCallback(interrupt)


def invalid_callback(invalid: Callable[[], bool], abandon: Abandon) -> Any:
    """The callback for instructions the engine does not know; `invalid` answers True to go on."""

    def invalid_instruction(_uc: int, _data: int) -> bool:
        try:
            return invalid()
        except BaseException as error:
            abandon(error)
            return False

    return InvalidCallback(invalid_instruction)


def trap_callback(handler: TrapHandler) -> Any:
    """The callback for a trap instruction, in which there is nothing between engine and gate."""
    return PlainCallback(handler)


def plain_callback(handler: Callable[[], None], abandon: Abandon) -> Any:
    """A callback whose arguments nobody needs, for a function that may raise."""

    def guarded() -> None:
        try:
            handler()
        except BaseException as error:
            abandon(error)

    return PlainCallback(guarded)
