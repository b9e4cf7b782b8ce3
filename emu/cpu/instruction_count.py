"""A count of the guest's instructions, for those who compare programs.

It costs a call for each instruction, so it is there only for machines that ask for it.
"""

from __future__ import annotations

from ctypes import CFUNCTYPE, c_uint32, c_uint64, c_void_p, cast

from emu.cpu import native
from emu.cpu.library import HOOK_CODE, Library

_CodeCallback = CFUNCTYPE(None, c_void_p, c_uint64, c_uint32, c_void_p)


class InstructionCount:
    """Counts what one engine executes, from now on; before anything was translated.

    `kept` are the addresses of two words, such as registers, whose values before the last
    instruction `kept` then has; on hosts without machine code of ours it stays empty.
    """

    def __init__(self, library: Library, handle: int, kept: tuple[int, int] | None = None) -> None:
        self._keeps = kept is not None and native.available()
        if native.available():
            blob = native.count_and_keep_blob(*kept) if kept else native.count_blob()
            self._keep: object = blob
            self._count = blob.data
            library.hook(handle, HOOK_CODE, blob.address, blob.data_address)
        else:
            self._count = (c_uint64 * 5)()

            def count(_uc: int, _address: int, _size: int, _data: int) -> None:
                self._count[0] += 1

            self._keep = callback = _CodeCallback(count)
            library.hook(handle, HOOK_CODE, cast(callback, c_void_p).value or 0)

    @property
    def value(self) -> int:
        """How many there were."""
        return int(self._count[0])

    @property
    def kept(self) -> tuple[int, ...]:
        """The two words as they were before the last instruction."""
        return (int(self._count[3]), int(self._count[4])) if self._keeps else ()
