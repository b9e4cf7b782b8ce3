"""Calls inside calls: socketcall(2), ipc(2) and their like carry another call's arguments.

The inner entry point's handler decodes its words as it would its registers.
"""

from __future__ import annotations

from collections.abc import Awaitable
from typing import TYPE_CHECKING

from emu.kernel.binding import Binder
from emu.kernel.errno import ENOSYS
from emu.record import replace

if TYPE_CHECKING:
    from emu.arch.abi import Abi
    from emu.kernel.binding import Decoder
    from emu.kernel.kernel import Kernel
    from emu.kernel.task import Task

MAX_WORDS = 8


class InnerCalls:
    """Decoders that read a list of words instead of registers, by ABI and entry point."""

    def __init__(self, kernel: Kernel) -> None:
        self._kernel = kernel
        self._words = [0] * MAX_WORDS
        self._binders: dict[str, Binder] = {}
        self._decoders: dict[tuple[str, str], Decoder] = {}

    def call(self, task: Task, entry: str, *words: int) -> int | Awaitable[int]:
        """Run an entry point's handler on these words. ENOSYS if nobody answers it."""
        decoder = self._decoder(task.abi, entry)
        self._words[:] = [*words, *[0] * (MAX_WORDS - len(words))]
        return decoder(task)

    def _decoder(self, abi: Abi, entry: str) -> Decoder:
        key = (repr(abi), entry)
        if key not in self._decoders:
            syscall = self._kernel.handler(abi, entry)
            if syscall is None:
                raise ENOSYS(f"{entry} is not implemented")
            self._decoders[key] = self._binder(abi).decoder(syscall)
        return self._decoders[key]

    def _binder(self, abi: Abi) -> Binder:
        if repr(abi) not in self._binders:
            places = tuple(range(MAX_WORDS))
            convention = replace(abi.convention, arguments=places, stack_count=0)
            self._binders[repr(abi)] = Binder(abi, self._words, wide=True, convention=convention)
        return self._binders[repr(abi)]
