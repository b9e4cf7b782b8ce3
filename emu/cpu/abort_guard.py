"""Outlives the engine's own assertions: what its translator gives up on is the guest's fault.

For some unallocated encodings (arm64's vector instructions above all) the translator does not
report an unknown instruction but calls abort(). That call is answered by a function of ours. If
the calling thread is in a run it stops that engine and leaves through the library's own way out of
a translation, as a page fault while fetching code does; otherwise the process ends as it should.
What the library prints on such an occasion is dropped, for the guest would choose it.

Only on x86-64 Linux hosts, and where the library is built as expected. Elsewhere such a guest ends
the process: see `AbortGuard.active`. A fault found this way is at the instruction itself where
`emu.cpu.block_limit` works, and otherwise at the first of its block, none of which was executed.
"""

from __future__ import annotations

import ctypes
from ctypes import c_uint64
from threading import Lock

from emu.cpu import native
from emu.cpu.imports import redirect
from emu.cpu.library import Library, address_of
from emu.cpu.library_code import TARGETS
from emu.cpu.registers import cpu_object

# A guard's words: the next guard, the running thread, whether the library gave up, the engine,
# uc_emu_stop, the CPU object, cpu_loop_exit.
_NEXT, _RUNNER, _GAVE_UP = range(3)
_Words = c_uint64 * 7

_PRINTING = ("printf", "fprintf", "puts", "putchar", "fputs", "fputc", "fwrite")


class AbortGuard:
    """The guard of one engine.

    Outside `enter` and `leave` it does nothing. A callback in Python must not make the library
    give up, for it would be left out of its middle; the library's calls check their arguments.
    """

    def __init__(self, library: Library, handle: int, isa: str) -> None:
        self.active = False
        """Whether an abort in a run of this engine is survived."""
        self._words = _Words()
        cpu = cpu_object(library, handle)
        loop_exit = library.symbol(f"cpu_loop_exit_{TARGETS[isa]}")
        if not (cpu and loop_exit and native.available()):
            return
        with _guards.lock:
            if _guards.install(library):
                stop = address_of(library.stop)
                self._words = _guards.add((handle, stop, cpu, loop_exit))
                self.active = True

    def enter(self, thread: int) -> None:
        """A run begins in this thread (`threading.get_ident`)."""
        self._words[_RUNNER] = thread

    def leave(self) -> None:
        """The run has ended."""
        self._words[_RUNNER] = 0

    def gave_up(self) -> bool:
        """Whether the library gave up since the last time this was asked."""
        if not self._words[_GAVE_UP]:
            return False
        self._words[_GAVE_UP] = 0
        return True

    def close(self) -> None:
        """The engine is no more."""
        if self.active:
            self.active = False
            _guards.release(self._words)
            self._words = _Words()


class _Guards:
    """The list that the machine code walks. It only grows: what is released is used again."""

    def __init__(self) -> None:
        self.lock = Lock()
        self._head = c_uint64()
        self._all: list[ctypes.Array[c_uint64]] = []
        self._free: list[ctypes.Array[c_uint64]] = []
        self._installed: dict[Library, bool] = {}

    def install(self, library: Library) -> bool:
        """Answer a library's abort(); once, and False if that cannot be done."""
        if library not in self._installed:
            head = ctypes.addressof(self._head)
            process = ctypes.CDLL(None)
            abort = native.abort_code(head, address_of(process.abort))
            self._installed[library] = redirect(library, "abort", abort)
            for name in _PRINTING:
                quiet = native.print_code(head, address_of(getattr(process, name)))
                redirect(library, name, quiet)
        return self._installed[library]

    def add(self, content: tuple[int, int, int, int]) -> ctypes.Array[c_uint64]:
        """Words of an engine, which nobody runs yet."""
        if self._free:
            words = self._free.pop()
            words[:] = [words[_NEXT], 0, 0, *content]
        else:
            words = _Words(self._head.value, 0, 0, *content)
            self._all.append(words)
            self._head.value = ctypes.addressof(words)
        return words

    def release(self, words: ctypes.Array[c_uint64]) -> None:
        """Nobody runs these any more."""
        words[_RUNNER] = 0
        self._free.append(words)


_guards = _Guards()
