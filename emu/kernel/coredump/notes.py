"""The notes of a core dump: threads' registers, the process, its signal, its files.

See fill_note_info in fs/binfmt_elf.c, and linux/elfcore.h for the structures.
"""

from __future__ import annotations

import struct
from typing import TYPE_CHECKING

from emu.arch.cpu import PAGE_SIZE
from emu.arch.regset import make_view
from emu.kernel.errno import EFAULT
from emu.kernel.ptrace.registers import read_registers
from emu.kernel.signal.numbers import signal_numbers
from emu.kernel.signal.siginfo import pack_siginfo
from emu.kernel.vfs.path import file_name

if TYPE_CHECKING:
    from emu.kernel.mm.vma import Vma
    from emu.kernel.signal.pending import SigInfo
    from emu.kernel.task import Task

CORE = b"CORE"
COMMAND_BYTES, ARGUMENTS_BYTES = 16, 80
SHORT_IDS = ("i386", "x32", "arm-eabi", "arm-oabi")
"""The ABIs whose __kernel_uid_t has 16 bits."""


def all_notes(task: Task, info: SigInfo, others: list[Task], files: list[Vma]) -> bytes:
    """The notes of a dying process: its own thread first, then what is the process's."""
    constants = task.image_abi.constants
    notes = Notes(task.image_abi.isa.byte_order)
    sets = thread_notes(task, info)
    notes.add(*sets[0])
    notes.add(CORE, constants["NT_PRPSINFO"], prpsinfo(task))
    notes.add(CORE, constants["NT_SIGINFO"], pack_siginfo(task.image_abi, info))
    notes.add(CORE, constants["NT_AUXV"], task.mm.saved_auxv)
    if files:
        notes.add(CORE, constants["NT_FILE"], file_note(task, files))
    for note in sets[1:]:
        notes.add(*note)
    for thread in others:
        for note in thread_notes(thread, info):
            notes.add(*note)
    return bytes(notes.data)


class Notes:
    """Notes in the order in which they are added."""

    def __init__(self, order: str) -> None:
        self._order = order
        self.data = bytearray()

    def add(self, name: bytes, kind: int, contents: bytes) -> None:
        """One more."""
        name += b"\0"
        self.data += struct.pack(f"{self._order}3I", len(name), len(contents), kind)
        for part in (name, contents):
            self.data += part + bytes(-len(part) % 4)


def thread_notes(task: Task, info: SigInfo) -> list[tuple[bytes, int, bytes]]:
    """NT_PRSTATUS and the other sets of registers of one thread."""
    abi = task.image_abi
    view, registers = make_view(abi), read_registers(task)
    prstatus_type = abi.constants["NT_PRSTATUS"]
    general = view.notes[prstatus_type]
    status = prstatus(task, info, general.get(registers), abi.isa.word_bits // 8)
    others = [(name, kind, view.notes[kind].get(registers)) for kind, name in view.core]
    return [(CORE, prstatus_type, status), *others]


def prstatus(task: Task, info: SigInfo, registers: bytes, register_bytes: int) -> bytes:
    """struct elf_prstatus. System time is not told apart from the rest."""
    abi = task.image_abi
    order, word = abi.isa.byte_order, "IQ"[abi.word_bytes == 8]
    numbers, signals = signal_numbers(abi), task.signals
    mask = (1 << abi.word_bits) - 1
    signal = numbers.encode(info.signal)
    code = info.code if isinstance(info.code, int) else abi.constants[info.code]
    times = [0] * 8
    times[0], times[1] = divmod(task.cpu_time_ns // 1000, 1_000_000)
    head = struct.pack(
        f"{order}iiih2x2{word}4i8{word}", signal, code, info.errno, signal,
        numbers.encode_set(signals.private.signals) & mask,
        numbers.encode_set(signals.blocked) & mask,
        task.pid, task.ppid, task.pgid, task.sid, *(value & mask for value in times),
    )  # fmt: skip
    head += bytes(-len(head) % register_bytes)
    whole = head + registers + struct.pack(f"{order}i", 1)  # pr_fpvalid
    return whole + bytes(-len(whole) % max(register_bytes, abi.word_bytes))


def prpsinfo(task: Task) -> bytes:
    """struct elf_prpsinfo: what ps(1) would show."""
    abi = task.image_abi
    order, word = abi.isa.byte_order, "IQ"[abi.word_bytes == 8]
    ids, limit = ("HH", 0xFFFF) if abi.name in SHORT_IDS else ("II", 0xFFFFFFFF)
    head = struct.pack(f"{order}bcbb", 0, b"R", 0, task.scheduling.nice)
    head += bytes(-len(head) % abi.word_bytes)
    return head + struct.pack(
        f"{order}{word}{ids}4i{COMMAND_BYTES}s{ARGUMENTS_BYTES}s", 0,
        min(task.cred.uid, limit), min(task.cred.gid, limit),
        task.tgid, task.ppid, task.pgid, task.sid, task.comm[: COMMAND_BYTES - 1],
        arguments(task),
    )  # fmt: skip


def arguments(task: Task) -> bytes:
    """The command line as one text."""
    mm = task.mm
    count = min(mm.arg_end - mm.arg_start, ARGUMENTS_BYTES - 1)
    try:
        return mm.read(mm.arg_start, count).replace(b"\0", b" ")
    except EFAULT:
        return b""


def file_note(task: Task, files: list[Vma]) -> bytes:
    """NT_FILE: which file is mapped where."""
    abi = task.image_abi
    code = f"{abi.isa.byte_order}{{}}{'IQ'[abi.word_bytes == 8]}"
    words = [len(files), PAGE_SIZE]
    names = b""
    for vma in files:
        words += [vma.start, vma.end, vma.pgoff]
        assert vma.file is not None
        names += file_name(vma.file.path, task.fs.root) + b"\0"
    return struct.pack(code.format(len(words)), *words) + names


def mapped_files(task: Task) -> list[Vma]:
    """The areas that show files."""
    return [vma for vma in task.mm.vmas if vma.file is not None]
