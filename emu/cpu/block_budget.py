"""A run that ends after a number of blocks: pre-emption that is the same every time.

A tick comes when the host's clock says so; a count of translated blocks does not depend on it.
It costs a call for each block, so it is there only for machines that ask for it.
"""

from __future__ import annotations

import ctypes
from ctypes import CFUNCTYPE, c_uint32, c_uint64, c_void_p

from emu.cpu import native
from emu.cpu.library import HOOK_BLOCK, Library, address_of

_BlockCallback = CFUNCTYPE(None, c_void_p, c_uint64, c_uint32, c_void_p)
_COUNT_MASK = (1 << 64) - 1


class BlockBudget:
    """Counts the blocks of one engine's run down and stops it at the last."""

    def __init__(self, library: Library, handle: int, blocks: int) -> None:
        self.allowed = blocks
        """How many blocks a run may have, from the next one on."""
        self.blocks = blocks
        stop = address_of(library.stop)
        if native.available():
            blob = native.block_blob(stop)
            self._keep: object = blob
            self._left = blob.data
            library.hook(handle, HOOK_BLOCK, blob.address, blob.data_address)
        else:
            self._left = (c_uint64 * 2)()

            def count(_uc: int, _address: int, _size: int, _data: int) -> None:
                self._left[0] = self._left[0] - 1 & _COUNT_MASK
                if not self._left[0]:
                    library.stop(handle)

            self._keep = callback = _BlockCallback(count)
            library.hook(handle, HOOK_BLOCK, ctypes.cast(callback, c_void_p).value or 0)

    def refill(self) -> None:
        """Allow the next run its blocks."""
        self.blocks = self._left[0] = self.allowed

    @property
    def used(self) -> int:
        """How many blocks ran since `refill`: a few more than allowed where none could end it."""
        return self.blocks - self._left[0] & _COUNT_MASK

    @property
    def exhausted(self) -> bool:
        """Whether the run has had all of them."""
        return self.used >= self.blocks
