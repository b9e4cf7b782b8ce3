"""Callbacks in machine code, for what happens too often, or too deep in the engine, for Python.

Only for x86-64 hosts with the System V calling convention; `available` says so, and every user
has a Python form for the others. The bytes are the text beside them, assembled.
"""

from __future__ import annotations

import ctypes
import mmap
import os
import sys
from ctypes import c_char, c_uint64
from functools import cache
from threading import Lock

# bool stop_interrupt(uc, int exception): true keeps the pc, and reports an invalid instruction.
# Keeps the exception's number and the processor's flags word, of which only the bits of the mask
# stay. Answers true for everything but `syscall` (17) and what is none (-1, 0x10000 up).
#   mov r8, DATA ; mov [r8], esi ; cmp esi, 0x10000 ; jae no ; mov r9, [r8+8] ; mov ecx, [r9]
#   mov [r8+4], ecx ; and ecx, [r8+16] ; mov [r9], ecx ; xor eax, eax ; cmp esi, 17 ; setne al
#   ret ; no: xor eax, eax ; ret
_STOP_INTERRUPT_HEAD = bytes.fromhex("49b8")
_STOP_INTERRUPT_TAIL = bytes.fromhex(
    "41893081fe00000100731b4d8b4808418b09418948044123481041890931c083fe110f95c0c331c0c3"
)

# void syscall(uc, data): what SYSCALL itself does to rcx, r11 and rip, then the Python callback
# with rip after the instruction; the engine adds the instruction's length once more afterwards.
#   push rbx ; mov rbx, rsi ; mov rdx, [rbx] ; mov qword [rdx], 0 ; mov esi, 25 ; call [rbx+8]
#   mov rax, [rbx+16] ; mov rcx, [rax] ; add rcx, 2 ; mov [rax], rcx ; mov rdx, [rbx+24]
#   mov [rdx], rcx ; call [rbx+32] ; mov rax, [rbx+16] ; sub qword [rax], 2 ; pop rbx ; ret
_SYSCALL = bytes.fromhex(
    "534889f3488b1348c70200000000be19000000ff5308488b4310488b084883c102488908488b5318"
    "48890aff5320488b4310488328025bc3"
)

# bool fill(uc, va, kind, entry, data): entry from the page table entry that Python answers for
# (va, access); data accesses leave only the mask's bits of the processor's flags word.
#   push rbx ; push rbp ; sub rsp, 8 ; mov rbx, rcx ; mov rbp, r8 ; mov rdi, rsi
#   lea ecx, [rdx-16] ; mov esi, 1 ; shl esi, cl ; mov [rsp], esi ; call [rbp]
#   cmp dword [rsp], 4 ; je done ; mov rdx, [rbp+8] ; mov ecx, [rbp+16] ; and [rdx], ecx
#   done: mov edx, eax ; and edx, 7 ; and rax, -4096 ; mov [rbx], rax ; mov [rbx+8], edx
#   xor eax, eax ; test edx, edx ; setne al ; add rsp, 8 ; pop rbp ; pop rbx ; ret
_TLB_FILL = bytes.fromhex(
    "53554883ec084889cb4c89c54889f78d4af0be01000000d3e6893424ff5500833c24047409488b55"
    "088b4d10210a89c283e207482500f0ffff48890389530831c085d20f95c04883c4085d5bc3"
)

# void interrupt(uc, int exception, data): the trap goes to a callback without arguments.
#   cmp esi, [rdx] ; jne other ; jmp [rdx+8] ; other: jmp [rdx+16]
_INTERRUPT = bytes.fromhex("3b327503ff6208ff6210")

# void abort(): for a thread in the list of `emu.cpu.abort_guard`, stop its engine and leave.
#   mov rax, fs:[0] ; mov rdx, HEAD ; next: mov rdx, [rdx] ; test rdx, rdx ; je none
#   cmp [rdx+8], rax ; jne next ; push rbx ; mov rbx, rdx ; mov byte [rbx+16], 1 ; mov rdi, [rbx+24]
#   call [rbx+32] ; mov rdi, [rbx+40] ; call [rbx+48] ; none: mov rax, ABORT ; jmp rax
_ABORT = (
    bytes.fromhex("64488b04250000000048ba"),
    bytes.fromhex("488b124885d2741c4839420875f2534889d3c6431001488b7b18ff5320488b7b28ff533048b8"),
    bytes.fromhex("ffe0"),
)

# int print(...): for a thread in that list, print nothing.
#   mov r11, fs:[0] ; mov r10, HEAD ; next: mov r10, [r10] ; test r10, r10 ; je none
#   cmp [r10+8], r11 ; jne next ; xor eax, eax ; ret ; none: mov r11, PRINT ; jmp r11
_PRINT = (
    bytes.fromhex("644c8b1c250000000049ba"),
    bytes.fromhex("4d8b124d85d274094d395a0875f231c0c349bb"),
    bytes.fromhex("41ffe3"),
)

# void block(uc, address, size, data): counts down, and stops the engine at 0.
#   dec qword [rcx] ; jz stop ; ret ; stop: jmp [rcx+8]
_BLOCK = bytes.fromhex("48ff097401c3ff6108")

# void instruction(uc, address, size, data): counts up.
#   inc qword [rcx] ; ret
_COUNT = bytes.fromhex("48ff01c3")

# The same, keeping the values of two words as they are before the instruction.
#   inc qword [rcx] ; mov rax, [rcx+8] ; mov rdx, [rax] ; mov [rcx+24], rdx ; mov rax, [rcx+16]
#   mov rdx, [rax] ; mov [rcx+32], rdx ; ret
_COUNT_AND_KEEP = bytes.fromhex("48ff01488b4108488b1048895118488b4110488b1048895120c3")

_RETURN = bytes.fromhex("c3")


@cache
def available() -> bool:
    """Whether this host runs these blobs."""
    if sys.platform == "win32" or os.uname().machine not in ("x86_64", "amd64"):
        return False
    try:
        _code_pages().mark()
    except (OSError, ValueError):
        return False
    return True


class _CodePages:
    """One executable page for the whole process, filled from the start."""

    def __init__(self) -> None:
        rights = mmap.PROT_READ | mmap.PROT_WRITE | mmap.PROT_EXEC
        self._pages: list[mmap.mmap] = []
        self._rights = rights
        self._used = mmap.PAGESIZE
        self._lock = Lock()

    def mark(self) -> None:
        """Make sure a page can be had at all."""
        self.place(_RETURN)

    def place(self, code: bytes) -> int:
        """The address of a copy of `code` that can be called."""
        with self._lock:
            if self._used + len(code) > mmap.PAGESIZE:
                self._pages.append(mmap.mmap(-1, mmap.PAGESIZE, prot=self._rights))
                self._used = 0
            page, start = self._pages[-1], self._used
            page[start : start + len(code)] = code
            self._used += len(code) + 15 & ~15
        return ctypes.addressof(c_char.from_buffer(page)) + start


@cache
def _code_pages() -> _CodePages:
    return _CodePages()


@cache
def do_nothing() -> int:
    """The address of a callback that returns at once."""
    return _code_pages().place(_RETURN)


@cache
def _syscall_code() -> int:
    return _code_pages().place(_SYSCALL)


@cache
def _interrupt_code() -> int:
    return _code_pages().place(_INTERRUPT)


@cache
def _block_code() -> int:
    return _code_pages().place(_BLOCK)


@cache
def _count_code() -> int:
    return _code_pages().place(_COUNT)


@cache
def _count_and_keep_code() -> int:
    return _code_pages().place(_COUNT_AND_KEEP)


@cache
def _fill_code() -> int:
    return _code_pages().place(_TLB_FILL)


def abort_code(guards: int, abort: int) -> int:
    """The address of an abort() that spares threads in the list of `emu.cpu.abort_guard`."""
    return _with_addresses(_ABORT, guards, abort)


def print_code(guards: int, function: int) -> int:
    """The address of a printing function that prints nothing for the same threads."""
    return _with_addresses(_PRINT, guards, function)


def _with_addresses(parts: tuple[bytes, bytes, bytes], first: int, second: int) -> int:
    pointers = [address.to_bytes(8, "little") for address in (first, second)]
    return _code_pages().place(parts[0] + pointers[0] + parts[1] + pointers[1] + parts[2])


class Blob:
    """Machine code and the data block it works on; keep it as long as the engine may call it."""

    def __init__(self, address: int, *data: int) -> None:
        self.address = address
        self.data = (c_uint64 * len(data))(*data)
        self.data_address = ctypes.addressof(self.data)


def syscall_blob(
    r11_address: int, reg_read: int, rip_address: int, rcx_address: int, callback: int
) -> Blob:
    """A callback for the x86-64 `syscall` instruction around a Python one without arguments."""
    return Blob(_syscall_code(), r11_address, reg_read, rip_address, rcx_address, callback)


def interrupt_blob(number: int, trap: int, others: int) -> Blob:
    """A callback for exceptions: one number to `trap`, which takes no arguments; else `others`."""
    return Blob(_interrupt_code(), number, trap, others)


def block_blob(stop: int) -> Blob:
    """A callback for blocks that counts its first word down and calls `stop` at 0."""
    return Blob(_block_code(), 0, stop)


def count_blob() -> Blob:
    """A callback for instructions that counts its first word up."""
    return Blob(_count_code(), 0)


def count_and_keep_blob(first_address: int, second_address: int) -> Blob:
    """The same, keeping two words in its fourth and fifth as they are before each instruction."""
    return Blob(_count_and_keep_code(), 0, first_address, second_address, 0, 0)


def fill_blob(callback: int, flags_address: int = 0, keep_mask: int = 0xFFFFFFFF) -> Blob:
    """A TLB fill callback around a Python ``(va, access) -> pte``.

    `flags_address` is a 32-bit word that is masked after each data access, 0 for none.
    """
    blob = Blob(_fill_code(), callback, flags_address, keep_mask, 0)
    if not flags_address:
        blob.data[1] = blob.data_address + 24
    return blob


class StopInterruptBlob(Blob):
    """A stop_interrupt function that remembers the last exception."""

    def __init__(self, flags_address: int, keep_mask: int) -> None:
        super().__init__(0, 0, flags_address, keep_mask)
        pointer = self.data_address.to_bytes(8, "little")
        code = _STOP_INTERRUPT_HEAD + pointer + _STOP_INTERRUPT_TAIL
        self.address = _code_pages().place(code)

    @property
    def last(self) -> tuple[int, int]:
        """The last exception's number, and the flags word as it was then."""
        both = self.data[0]
        return both & 0xFFFFFFFF, both >> 32
