"""``-k``: the guest's stack at a call, by function.

Frames are left as the ELF files tell it: .eh_frame, .debug_frame, or ARM's .ARM.exidx. Where they
say nothing, the frame pointer leads on, if the instruction set has a common form of frames; else
the trace ends there.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING
from weakref import WeakKeyDictionary

from emu.kernel.errno import KernelError
from emu.kernel.vfs.path import file_name
from emu.kernel.vfs.read_write import kernel_read

if TYPE_CHECKING:
    from emu.kernel.mm.vma import Vma
    from emu.kernel.task import Task
    from emu.kernel.vfs.inode import Inode
    from emu.trace.unwind.image import Image

FRAMES_SHOWN = 64
VDSO = b"[vdso]"
LARGEST_IMAGE = 64 << 20
"""Files beyond this are not parsed."""
# ISA -> the frame pointer by DWARF's number, and where from it the caller's one and the return
# address are, in words.
FRAME_POINTERS = {
    "x86-64": (6, 0, 1), "i386": (5, 0, 1), "arm64": (29, 0, 1), "riscv64": (8, -2, -1),
    "riscv32": (8, -2, -1),
}  # fmt: skip
# Where a function that calls nothing has its return address, and nobody says so.
LINK_REGISTERS = {"arm64": 30, "arm": 14, "riscv64": 1, "riscv32": 1}
MIPS_LINK_REGISTER = 31


class Backtraces:
    """The stacks of a trace; the ELF files that it met are parsed once."""

    def __init__(self) -> None:
        self._images: WeakKeyDictionary[Inode, Image] = WeakKeyDictionary()
        self._vdsos: dict[str, Image] = {}

    def text(self, task: Task) -> str:
        """The lines under a call."""
        addresses = [task.cpu.pc, *self._callers(task)]
        lines = [f" > {self._place(task, address)}\n" for address in addresses]
        if len(lines) == 1:
            lines.append(" > (nothing tells who called it)\n")
        return "".join(lines)

    def _callers(self, task: Task) -> Iterator[int]:
        """Return addresses, innermost first, while the frames are plausible."""
        from emu.trace.unwind.dwarf import numbered, stack_pointer

        isa = task.cpu.isa
        mask = isa.word_mask
        registers = numbered(isa.name, [word & mask for word in task.cpu.user_state().general])
        address, stack = task.cpu.pc, stack_pointer(isa.name)
        for depth in range(FRAMES_SHOWN):
            found = self._caller(task, address, registers, innermost=not depth)
            if found is None:
                return
            below = registers.get(stack, 0)
            address, registers = found[0] & mask, found[1]
            if isa.name == "arm":
                address &= ~1
            if not address or task.mm.vmas.at(address) is None or registers[stack] < below:
                return
            yield address

    def _caller(
        self, task: Task, address: int, registers: dict[int, int], *, innermost: bool
    ) -> tuple[int, dict[int, int]] | None:
        from emu.trace.unwind import dwarf, ehabi

        isa = task.cpu.isa.name
        image, there = self._image_at(task, address - 1)
        read_word = task.mm.read_u32 if task.cpu.isa.word_bits == 32 else task.mm.read_u64
        if image is not None:
            found = None
            if (frame := image.frame_at(there)) is not None:
                found = dwarf.caller_of(frame, there, registers, isa, read_word)
            elif image.is_arm and (entry := image.exception_entry_at(there)) is not None:
                found = ehabi.caller_of(entry, registers, read_word)
            if found is not None:
                return found
        found = self._by_frame_pointer(task, registers)
        if found is None and innermost:
            link = LINK_REGISTERS.get(isa, MIPS_LINK_REGISTER if isa.startswith("mips") else -1)
            return (registers[link], registers) if link in registers else None
        return found

    def _by_frame_pointer(
        self, task: Task, registers: dict[int, int]
    ) -> tuple[int, dict[int, int]] | None:
        from emu.trace.unwind.dwarf import stack_pointer

        isa = task.cpu.isa
        if isa.name not in FRAME_POINTERS:
            return None
        number, to_frame, to_return = FRAME_POINTERS[isa.name]
        word = isa.word_bits // 8
        read_word = task.mm.read_u64 if word == 8 else task.mm.read_u32
        frame = registers.get(number, 0)
        stack = stack_pointer(isa.name)
        if frame < registers.get(stack, 0) or frame % word:
            return None
        try:
            caller = read_word(frame + to_frame * word)
            returns = read_word(frame + to_return * word)
        except KernelError:
            return None
        above = frame + (max(to_return, to_frame) + 1) * word
        return returns, {**registers, number: caller, stack: above}

    def _place(self, task: Task, address: int) -> str:
        """``/bin/sh(main+0x12) [0x1234]``: a file, the function, and the offset in the file."""
        vma = task.mm.vmas.at(address)
        if vma is None:
            return f"unexpected_backtracing_error [{address:#x}]"
        offset = address - vma.start + (vma.pgoff << 12)
        name = vma.name.decode(errors="replace") or "anonymous memory"
        if vma.file is not None:
            name = file_name(vma.file.path, task.fs.root).decode(errors="replace")
        image, there = self._image_at(task, address - 1)
        function = image.function_at(there) if image is not None else None
        where = f"{function[0]}+{function[1] + 1:#x}" if function else ""
        return f"{name}({where}) [{offset:#x}]"

    def _image_at(self, task: Task, address: int) -> tuple[Image | None, int]:
        """The ELF file that an address is mapped from, and the address by its linker."""
        vma = task.mm.vmas.at(address)
        image = None if vma is None else self._image_of(task, vma)
        if vma is None or image is None:
            return None, 0
        there = image.address_of(address - vma.start + (vma.pgoff << 12))
        return (None, 0) if there is None else (image, there)

    def _image_of(self, task: Task, vma: Vma) -> Image | None:
        from emu.trace.unwind.image import Image

        if vma.file is None:
            if vma.name != VDSO:
                return None
            abi = task.image_abi.name
            if abi not in self._vdsos:
                self._vdsos[abi] = Image(task.mm.read(vma.start, vma.end - vma.start))
            return self._vdsos[abi]
        inode = vma.file.inode
        image = self._images.get(inode)
        if image is None:
            try:
                raw = kernel_read(vma.file, inode.size) if inode.size <= LARGEST_IMAGE else b""
            except KernelError:
                raw = b""
            image = self._images[inode] = Image(raw)
        return image
