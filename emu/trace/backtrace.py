"""``-k``: the guest's stack at a call, as far as frame pointers lead.

Code that is compiled without frame pointers, as most libraries are, and ARM's and MIPS's, whose
frames have no common form, show the place of the call alone, and say so. There is no unwinding by
debugging information.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator
from typing import TYPE_CHECKING

from emu.kernel.errno import KernelError
from emu.kernel.vfs.path import file_name

if TYPE_CHECKING:
    from emu.kernel.task import Task

FRAMES_SHOWN = 64
# ISA -> the frame pointer, and where from it the caller's one and the return address are, in words.
FRAME_POINTERS = {
    "x86-64": ("rbp", 0, 1), "i386": ("ebp", 0, 1), "arm64": ("x29", 0, 1),
    "riscv64": ("s0", -2, -1), "riscv32": ("s0", -2, -1),
}  # fmt: skip


def backtrace(task: Task) -> str:
    """The lines under a call."""
    lines = [f" > {place(task, task.cpu.pc)}\n"]
    lines += [f" > {place(task, address)}\n" for address in callers(task)]
    if len(lines) == 1:
        lines.append(" > (no frame pointer leads further)\n")
    return "".join(lines)


def callers(task: Task) -> Iterator[int]:
    """Return addresses, innermost first, while the frames are plausible."""
    isa = task.cpu.isa
    if isa.name not in FRAME_POINTERS:
        return
    register, to_frame, to_return = FRAME_POINTERS[isa.name]
    word = isa.word_bits // 8
    code = isa.byte_order + ("Q" if word == 8 else "I")
    frame = task.cpu.registers[isa.number(register)] & isa.word_mask
    below = task.cpu.registers[task.image_abi.convention.stack_pointer] & isa.word_mask
    for _ in range(FRAMES_SHOWN):
        if frame <= below or frame % word:
            return
        try:
            (caller,) = struct.unpack(code, task.mm.read(frame + to_frame * word, word))
            (address,) = struct.unpack(code, task.mm.read(frame + to_return * word, word))
        except KernelError:
            return
        if not address or task.mm.vmas.find(address) is None:
            return
        yield address
        below, frame = frame, caller


def place(task: Task, address: int) -> str:
    """``/bin/sh() [0x1234]``: a file and the offset in it."""
    vma = task.mm.vmas.find(address)
    if vma is None:
        return f"unexpected_backtracing_error [{address:#x}]"
    if vma.file is None:
        return f"{vma.name.decode() or 'anonymous memory'}() [{address - vma.start:#x}]"
    offset = address - vma.start + (vma.pgoff << 12)
    name = file_name(vma.file.path, task.fs.root).decode(errors="replace")
    return f"{name}() [{offset:#x}]"
