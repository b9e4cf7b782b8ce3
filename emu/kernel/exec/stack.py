"""A new program's stack: strings, vectors and the auxiliary vector, as Linux lays them out.

From the top down: a word of zero, the file's name, the environment's strings, the arguments'
strings, the platform's name, random bytes; then the vectors, down to argc at the stack pointer.
See create_elf_tables in fs/binfmt_elf.c and copy_strings in fs/exec.c.
"""

from __future__ import annotations

import struct
from collections.abc import Sequence
from typing import TYPE_CHECKING

from emu.arch.cpu import PAGE_MASK
from emu.kernel.errno import E2BIG, EFAULT, ENOMEM
from emu.kernel.exec import auxv as at
from emu.kernel.mm.fault import expand_stack
from emu.kernel.mm.layout import page_align
from emu.kernel.mm.mapping import mmap_region
from emu.kernel.mm.vma import VM_EXEC, VM_GROWSDOWN, VM_MAYANY, VM_READ, VM_WRITE
from emu.record import record

if TYPE_CHECKING:
    from emu.kernel.mm.address_space import AddressSpace

ARG_MAX = 131072
MAX_ARG_STRLEN = 131072
STACK_LIMIT = 8 << 20
STACK_EXPAND = 131072
POINTER_SIZE = 8  # the kernel's own, whatever the program's is
RANDOM_BYTES = 16


@record
class Arguments:
    """What execve(2) hands over. `filename` becomes AT_EXECFN."""

    filename: bytes
    argv: Sequence[bytes]
    envp: Sequence[bytes]

    @property
    def strings(self) -> bytes:
        """All strings, in the order of their addresses."""
        return b"\0".join((*self.argv, *self.envp, self.filename)) + b"\0"

    def check(self, stack_limit: int) -> None:
        """E2BIG if there is too much for the stack: see bprm_stack_limits."""
        if any(len(string) >= MAX_ARG_STRLEN for string in (*self.argv, *self.envp)):
            raise E2BIG("a string is longer than MAX_ARG_STRLEN")
        pointers = (max(len(self.argv), 1) + len(self.envp)) * POINTER_SIZE
        if pointers + len(self.strings) > argument_limit(stack_limit):
            raise E2BIG("more than a quarter of the stack")


def argument_limit(stack_limit: int) -> int:
    """How many bytes strings and pointers may take for a stack limit."""
    return max(min(STACK_LIMIT // 4 * 3, stack_limit // 4), ARG_MAX)


def setup_arg_pages(mm: AddressSpace, arguments: Arguments, executable: bool) -> int:
    """Make the stack and put the strings on it: the address of the first. ENOMEM, EFAULT."""
    top = page_align(mm.abi.memory.stack_top)
    strings = arguments.strings
    start = top - POINTER_SIZE - len(strings)
    flags = VM_READ | VM_WRITE | VM_MAYANY | VM_GROWSDOWN | mm.default_flags
    base = start & PAGE_MASK
    if base < mm.min_address:
        raise ENOMEM("no room for the arguments")
    mmap_region(mm, None, base, top - base, flags | (VM_EXEC if executable else 0), 0)
    mm.write(start, strings)
    vma = mm.vmas.at(base)
    assert vma is not None
    size = min(mm.limit("RLIMIT_STACK") & PAGE_MASK, top - base + STACK_EXPAND)
    if top - size < base and not expand_stack(mm, vma, top - size):
        raise EFAULT("the stack cannot grow")
    mm.arg_start = start
    return start


def create_elf_tables(
    mm: AddressSpace,
    arguments: Arguments,
    auxv: Sequence[tuple[int, int]],
    platform: bytes | None,
    random: bytes,
) -> int:
    """Put everything below the strings: the stack pointer a program starts with. EFAULT.

    `auxv` lacks the entries that point into the stack; they are added here, in Linux's order.
    """
    word = mm.word_bytes
    place = mm.arg_start & -16
    below = b""
    if platform is not None:
        place -= len(platform) + 1
        below = platform + b"\0"
    u_platform = place
    place -= RANDOM_BYTES
    below = random + below
    pairs = _complete(auxv, mm, arguments, place, u_platform if platform is not None else 0)
    argv, envp = _pointers(mm, arguments)
    words = [len(argv), *argv, 0, *envp, 0]
    for pair in pairs:
        words += pair
    code = mm.abi.isa.byte_order + str(len(words)) + ("Q" if word == 8 else "I")
    mask = (1 << 8 * word) - 1
    vectors = struct.pack(code, *(value & mask for value in words))
    sp = (place - len(vectors)) & -16
    mm.saved_auxv = vectors[-len(pairs) * 2 * word :]
    mm.write(sp, vectors)
    mm.write(place, below)
    mm.start_stack = sp
    return sp


def _complete(
    auxv: Sequence[tuple[int, int]],
    mm: AddressSpace,
    arguments: Arguments,
    u_random: int,
    u_platform: int,
) -> list[tuple[int, int]]:
    """The auxiliary vector with its pointers and its end."""
    file_name = mm.arg_start + len(arguments.strings) - len(arguments.filename) - 1
    pairs = []
    for key, value in auxv:
        pairs.append((key, u_random if key == at.AT_RANDOM else value))
    pairs.append((at.AT_EXECFN, file_name))
    if u_platform:
        pairs.append((at.AT_PLATFORM, u_platform))
    pairs.append((at.AT_NULL, 0))
    return pairs


def _pointers(mm: AddressSpace, arguments: Arguments) -> tuple[list[int], list[int]]:
    """The addresses of the arguments' and the environment's strings."""
    address = mm.arg_start
    argv, envp = [], []
    for string in arguments.argv:
        argv.append(address)
        address += len(string) + 1
    mm.arg_end = mm.env_start = address
    for string in arguments.envp:
        envp.append(address)
        address += len(string) + 1
    mm.env_end = address
    return argv, envp
