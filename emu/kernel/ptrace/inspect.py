"""ptrace(2)'s requests about a tracee's memory and registers.

Each is ``request(task, tracee, address, data)`` of the tracer's call, and answers its result.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from emu.arch.regset import BadRegister, Regset, View, make_view
from emu.arch.regset.base import signed32
from emu.kernel.errno import EINVAL, EIO, ENODEV
from emu.kernel.mm.force import read_forced, write_forced
from emu.kernel.ptrace.registers import read_tracee, write_tracee
from emu.kernel.tls import DESC_FLAGS

if TYPE_CHECKING:
    from emu.kernel.ptrace.tracee import Tracee
    from emu.kernel.task import Task

Request = Callable[["Task", "Tracee", int, int], int]


def peek(task: Task, tracee: Tracee, address: int, data: int) -> int:
    """PTRACE_PEEKTEXT, PTRACE_PEEKDATA: store a word of the tracee's memory."""
    size = task.abi.word_bytes
    word = read_forced(tracee.task.mm, address, size)
    if len(word) < size:
        raise EIO(f"{address:#x}")
    task.mm.write(data, word)
    return 0


def poke(task: Task, tracee: Tracee, address: int, data: int) -> int:
    """PTRACE_POKETEXT, PTRACE_POKEDATA: set a word of the tracee's memory."""
    abi = task.abi
    order = abi.byte_order
    word = (data & (1 << abi.word_bits) - 1).to_bytes(abi.word_bytes, order)
    if write_forced(tracee.task.mm, address, word) < len(word):
        raise EIO(f"{address:#x}")
    return 0


def peek_user(task: Task, tracee: Tracee, address: int, data: int) -> int:
    """PTRACE_PEEKUSR: store a word of struct user."""
    area = own_view(task, tracee).user
    if area is None:
        raise EIO("no struct user")
    try:
        word = area.peek(read_tracee(tracee), signed(task, address))
    except BadRegister as error:
        raise EIO(str(error)) from None
    task.mm.write_word(data, word)
    return 0


def poke_user(task: Task, tracee: Tracee, address: int, data: int) -> int:
    """PTRACE_POKEUSR: set a word of struct user."""
    area = own_view(task, tracee).user
    if area is None:
        raise EIO("no struct user")
    registers = read_tracee(tracee)
    try:
        area.poke(registers, signed(task, address), data)
    except BadRegister as error:
        raise EIO(str(error)) from None
    write_tracee(tracee, registers)
    return 0


def get_set(kind: str) -> Request:
    """PTRACE_GETREGS and its like: store a whole set."""

    def get(task: Task, tracee: Tracee, address: int, data: int) -> int:
        regset = _set_of(task, tracee, kind)
        task.mm.write(data, regset.get(read_tracee(tracee)))
        return 0

    return get


def set_set(kind: str) -> Request:
    """PTRACE_SETREGS and its like: take a whole set."""

    def put(task: Task, tracee: Tracee, address: int, data: int) -> int:
        regset = _set_of(task, tracee, kind)
        _give(tracee, regset, task.mm.read(data, regset.size))
        return 0

    return put


def get_regset(task: Task, tracee: Tracee, address: int, data: int) -> int:
    """PTRACE_GETREGSET: fill an iovec with the set of a note's type, and tell how much it took."""
    base, length, regset = _regset_and_buffer(task, tracee, address, data)
    image = regset.get(read_tracee(tracee))[:length]
    task.mm.write(base, image)
    task.mm.write_word(data + task.abi.word_bytes, len(image))
    return 0


def set_regset(task: Task, tracee: Tracee, address: int, data: int) -> int:
    """PTRACE_SETREGSET: take as much of a set as the iovec has."""
    base, length, regset = _regset_and_buffer(task, tracee, address, data)
    given = task.mm.read(base, length)
    _give(tracee, regset, given + regset.get(read_tracee(tracee))[len(given) :])
    task.mm.write_word(data + task.abi.word_bytes, len(given))
    return 0


def get_thread_area(task: Task, tracee: Tracee, address: int, data: int) -> int:
    """PTRACE_GET_THREAD_AREA: the thread pointer (ARM, MIPS) or a struct user_desc (x86)."""
    registers = read_tracee(tracee)
    if not task.abi.isa.name.startswith(("x86", "i386")):
        task.mm.write_word(data, registers.thread_pointer)
        return 0
    descriptor = registers.descriptors.get(address)
    if descriptor is None:
        raise EINVAL("no such descriptor")
    base, limit, flags = descriptor
    values = {name: flags >> shift & (3 if name == "contents" else 1) for name, shift in DESC_FLAGS}
    layout = task.abi.layout("user_desc")
    task.mm.write(data, layout.pack(entry_number=address, base_addr=base, limit=limit, **values))
    return 0


def arch_prctl(task: Task, tracee: Tracee, address: int, data: int) -> int:
    """PTRACE_ARCH_PRCTL: as arch_prctl(2) in the tracee; its arguments are the other way round."""
    constants = task.abi.constants
    registers = read_tracee(tracee)
    fields = {"FS": "thread_pointer", "GS": "gs_base"}
    for segment, field in fields.items():
        if data == constants[f"ARCH_GET_{segment}"]:
            task.mm.write_u64(address, getattr(registers, field))
            return 0
        if data == constants[f"ARCH_SET_{segment}"]:
            setattr(registers, field, address)
            write_tracee(tracee, registers)
            return 0
    raise EINVAL("no such command")


def set_syscall(task: Task, tracee: Tracee, address: int, data: int) -> int:
    """ARM's PTRACE_SET_SYSCALL: the number of the call that the tracee is about to make."""
    tracee.call.number = signed32(data)
    return 0


def own_view(task: Task, tracee: Tracee) -> View:
    """The tracer's own idea of registers. EIO if the tracee is of another family."""
    mine, theirs = task.abi, tracee.task.image_abi
    x86 = ("x86-64", "x32", "i386")
    both_x86 = mine.name in x86 and theirs.name in x86
    if mine.elf_machine != theirs.elf_machine and not both_x86:
        raise EIO("a tracee of another instruction set")
    return make_view(mine)


def signed(task: Task, word: int) -> int:
    """A word of the caller's as a signed number."""
    sign = 1 << task.abi.word_bits - 1
    return (word & 2 * sign - 1 ^ sign) - sign


def _set_of(task: Task, tracee: Tracee, kind: str) -> Regset:
    regset = own_view(task, tracee).requests.get(kind)
    if regset is None:
        raise EIO("no such set of registers")
    return regset


def _regset_and_buffer(
    task: Task, tracee: Tracee, note: int, iovec: int
) -> tuple[int, int, Regset]:
    """Where the caller has room, how much, and the set. EFAULT, EINVAL, ENODEV."""
    mm, word = task.mm, task.abi.word_bytes
    base, length = mm.read_word(iovec), mm.read_word(iovec + word)
    view = make_view(tracee.task.image_abi)
    regset = view.notes.get(note)
    if regset is None:
        constants = task.abi.constants
        if note == constants["NT_X86_XSTATE"] and view.single_step and view.user is not None:
            raise ENODEV("the processor has no XSAVE")
        raise EINVAL("no such set of registers")
    granule = tracee.task.image_abi.isa.word_bits // 8
    if length % (4 if regset.size % granule else granule):
        raise EINVAL("not a whole number of registers")
    return base, min(length, regset.size), regset


def _give(tracee: Tracee, regset: Regset, data: bytes) -> None:
    registers = read_tracee(tracee)
    try:
        regset.set(registers, data)
    except BadRegister as error:
        raise EINVAL(str(error)) from None
    write_tracee(tracee, registers)
