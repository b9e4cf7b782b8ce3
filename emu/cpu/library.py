"""The engine library by ctypes: the few calls and numbers of Unicorn 2 that this package uses.

The `unicorn` package is located but not imported: its constants alone take longer to load than
a small guest program takes to run, and its register access is fifty times too slow for a trap.
"""

from __future__ import annotations

import ctypes
import os
from collections.abc import Callable
from ctypes import (
    CDLL,
    CFUNCTYPE,
    POINTER,
    PyDLL,
    c_bool,
    c_char_p,
    c_int,
    c_size_t,
    c_uint,
    c_uint32,
    c_uint64,
    c_void_p,
)
from functools import cache
from importlib.util import find_spec
from threading import Lock
from typing import Any

ARCH_ARM, ARCH_ARM64, ARCH_MIPS, ARCH_X86, ARCH_RISCV = 1, 2, 3, 4, 8
MODE_ARM = 0
MODE_32, MODE_64 = 4, 8
MODE_BIG_ENDIAN = 1 << 30

HOOK_INTR = 1 << 0
HOOK_INSN = 1 << 1
HOOK_CODE = 1 << 2
HOOK_BLOCK = 1 << 3
HOOK_INSN_INVALID = 1 << 14
HOOK_TLB_FILL = 1 << 17

CTL_PAGE_SIZE = 1
CTL_USE_EXITS = 4
CTL_EXITS = 6
CTL_CPU_MODEL = 7
CTL_REMOVE_CACHE = 9
CTL_TLB_FLUSH = 11
CTL_TLB_TYPE = 12
CTL_TCG_BUFFER_SIZE = 13
TLB_VIRTUAL = 1
_CTL_WRITE = 1 << 30
_CTL_ARGUMENTS_SHIFT = 26

# The kinds of access a TLB fill is asked for.
MEM_READ, MEM_WRITE, MEM_FETCH = 16, 17, 18

InterruptCallback = CFUNCTYPE(None, c_void_p, c_uint32, c_void_p)
InstructionCallback = CFUNCTYPE(None, c_void_p, c_void_p)
InvalidCallback = CFUNCTYPE(c_bool, c_void_p, c_void_p)
CodeCallback = CFUNCTYPE(None, c_void_p, c_uint64, c_uint32, c_void_p)
FillCallback = CFUNCTYPE(c_bool, c_size_t, c_uint64, c_int, c_size_t, c_size_t)


class EngineError(RuntimeError):
    """The engine library is missing, or refused something that a guest cannot influence."""


class Library:
    """One loaded libunicorn, twice: `start` lets other threads run, everything else is short."""

    def __init__(self, path: str) -> None:
        self.path = path
        free, held = CDLL(path), PyDLL(path)
        self._held = held
        major, minor = c_uint(), c_uint()
        version = held.uc_version(ctypes.byref(major), ctypes.byref(minor))
        self.version = (major.value, minor.value, version >> 8 & 0xFF)
        if major.value != 2:
            raise EngineError(f"libunicorn 2 is needed, found {major.value}.{minor.value}")

        held.uc_strerror.restype = c_char_p
        held.uc_open.argtypes = [c_int, c_int, POINTER(c_void_p)]
        held.uc_hook_add.argtypes = [
            c_void_p, POINTER(c_size_t), c_int, c_void_p, c_void_p, c_uint64, c_uint64,
        ]  # fmt: skip
        self.start = self._function(free, "uc_emu_start", *[c_uint64] * 3, c_size_t)
        self.stop = self._function(held, "uc_emu_stop")
        self.close = self._function(held, "uc_close")
        self.reg_read = self._function(held, "uc_reg_read", c_int, c_void_p)
        self.reg_write = self._function(held, "uc_reg_write", c_int, c_void_p)
        batch = (POINTER(c_int), POINTER(c_void_p), c_int)
        self.reg_read_batch = self._function(held, "uc_reg_read_batch", *batch)
        self.reg_write_batch = self._function(held, "uc_reg_write_batch", *batch)
        self.mem_map_ptr = self._function(
            held, "uc_mem_map_ptr", c_uint64, c_uint64, c_uint32, c_void_p
        )
        self.hook_del = self._function(held, "uc_hook_del", c_size_t)
        self.context_alloc = self._function(held, "uc_context_alloc", POINTER(c_void_p))
        self.context_save = self._function(held, "uc_context_save", c_void_p)
        self.context_restore = self._function(held, "uc_context_restore", c_void_p)
        self.context_free = self._function(held, "uc_context_free")
        self.context_size = self._function(held, "uc_context_size")
        self.context_size.restype = c_size_t
        self._ctl = held.uc_ctl

    @staticmethod
    def _function(library: Any, name: str, *arguments: Any) -> Any:
        function = getattr(library, name)
        function.argtypes = [c_void_p, *arguments]
        return function

    def check(self, status: int, action: str) -> None:
        """Raise EngineError unless a call answered OK."""
        if status:
            reason = self._held.uc_strerror(status).decode()
            raise EngineError(f"cannot {action}: {reason} (error {status})")

    def open(self, arch: int, mode: int) -> int:
        """A new engine's handle."""
        handle = c_void_p()
        self.check(self._held.uc_open(arch, mode, ctypes.byref(handle)), "open an engine")
        assert handle.value is not None
        return handle.value

    def control(self, handle: int, kind: int, *arguments: Any) -> None:
        """Write one engine setting."""
        word = kind | len(arguments) << _CTL_ARGUMENTS_SHIFT | _CTL_WRITE
        status = self._ctl(c_void_p(handle), c_uint32(word), *arguments)
        self.check(status, f"set engine control {kind}")

    def symbol(self, name: str) -> int:
        """The address of a function that the library exports by accident; 0 if it does not."""
        try:
            return address_of(getattr(self._held, name))
        except AttributeError:
            return 0

    def tlb_flusher(self, handle: int) -> Callable[[], object]:
        """A function that empties this engine's TLB, with its arguments made once."""
        call, engine, word = self._ctl, c_void_p(handle), c_uint32(CTL_TLB_FLUSH | _CTL_WRITE)
        return lambda: call(engine, word)

    def hook(
        self, handle: int, kind: int, function: int, data: int = 0, *extra: int,
        begin: int = 1, end: int = 0,
    ) -> int:  # fmt: skip
        """Install a callback by address, for all instructions or those from `begin` to `end`."""
        number = c_size_t()
        status = self._held.uc_hook_add(
            handle, ctypes.byref(number), kind, function, data, begin, end,
            *[c_int(value) for value in extra],
        )  # fmt: skip
        self.check(status, f"add hook {kind:#x}")
        return number.value


def address_of(callback: Any) -> int:
    """The address of the machine code that stands for a ctypes callback."""
    address = ctypes.cast(callback, c_void_p).value
    assert address is not None
    return address


def load() -> Library:
    """The library of the installed `unicorn` package, or of LIBUNICORN_PATH; always the same."""
    with _loading:
        return _load()


_loading = Lock()


@cache
def _load() -> Library:
    return Library(_find())


def _find() -> str:
    folders = []
    if override := os.environ.get("LIBUNICORN_PATH"):
        folders.append(override)
    spec = find_spec("unicorn")
    if spec is not None:
        folders += [f"{place}/lib" for place in spec.submodule_search_locations or ()]
    for folder in folders:
        names = sorted(os.listdir(folder)) if os.path.isdir(folder) else []
        for start, end in (("libunicorn.so", ""), ("libunicorn", ".dylib"), ("unicorn", ".dll")):
            for name in names:
                if name.startswith(start) and name.endswith(end):
                    return f"{folder}/{name}"
    raise EngineError("libunicorn was not found: install the 'unicorn' package, version 2.1")
