"""What the register sets of all ABIs share."""

from __future__ import annotations

import struct
from collections.abc import Callable, Mapping, Sequence
from typing import Protocol

from emu.arch.isa import Isa
from emu.arch.user_state import UserState
from emu.record import field, record

NO_SYSCALL = -1


class BadRegister(Exception):
    """There is no such register, or none that takes this value."""


@record(frozen=False)
class ThreadRegisters:
    """One thread's registers, with what the kernel keeps beside them.

    `syscall` is the number of the call that it is in (orig_rax), -1 for none, and `argument` the
    first argument as the call was made (ORIG_r0). `bounds` are where the program's text begins,
    its data begins and its text ends. `descriptors` are i386's thread-local ones: entry, base,
    limit, flags.
    """

    state: UserState
    syscall: int = NO_SYSCALL
    argument: int = 0
    thread_pointer: int = 0
    gs_base: int = 0
    bounds: tuple[int, int, int] = (0, 0, 0)
    descriptors: Mapping[int, tuple[int, int, int]] = field(default_factory=dict)


class Regset(Protocol):
    """Some registers together, in a format of the kernel's."""

    size: int

    def get(self, registers: ThreadRegisters) -> bytes:
        """The set's bytes."""

    def set(self, registers: ThreadRegisters, data: bytes) -> None:
        """Take the registers' values from all of the set's bytes. `BadRegister`."""


class UserArea(Protocol):
    """struct user, which PTRACE_PEEKUSR and PTRACE_POKEUSR read and write by words."""

    def peek(self, registers: ThreadRegisters, address: int) -> int:
        """A word. `BadRegister`."""

    def poke(self, registers: ThreadRegisters, address: int, value: int) -> None:
        """Set a word. `BadRegister`."""


@record
class View:
    """An ABI's register sets.

    `notes` are by the type of their note (NT_PRSTATUS), in the order of a core dump, `requests`
    by the end of the ptrace requests that get and set them (REGS, FPREGS). `core` lists the types
    that a core dump has beside NT_PRSTATUS, with the note's name.
    """

    notes: Mapping[int, Regset]
    requests: Mapping[str, Regset] = field(default_factory=dict)
    user: UserArea | None = None
    core: Sequence[tuple[int, bytes]] = ()
    single_step: bool = False


class Words:
    """Registers one after the other, each in a word of the same size.

    A name is one of `isa`'s registers, ``pc``, ``flags``, a special register, one of the fields
    of `ThreadRegisters`, or empty for a word that is always 0. The thread may be one of a
    narrower ISA of the same family.
    """

    def __init__(self, isa: Isa, names: Sequence[str], bits: int | None = None) -> None:
        self._general = {name: number for number, name in enumerate(isa.registers)}
        self._names = names
        self._bits = bits or isa.word_bits
        self._mask = (1 << self._bits) - 1
        self._sign = 1 << isa.word_bits - 1 if self._bits > isa.word_bits else 0
        self._struct = struct.Struct(f"{isa.byte_order}{len(names)}{'IQ'[self._bits == 64]}")
        self.size = self._struct.size
        self.word = struct.Struct(isa.byte_order + "IQ"[self._bits == 64])

    def get(self, registers: ThreadRegisters) -> bytes:
        """See `Regset`."""
        sign, mask = self._sign, self._mask
        values = [self._read(registers, name) for name in self._names]
        if sign:  # a narrow processor's registers in wide words
            values = [(value & 2 * sign - 1 ^ sign) - sign for value in values]
        return self._struct.pack(*(value & mask for value in values))

    def set(self, registers: ThreadRegisters, data: bytes) -> None:
        """See `Regset`."""
        for name, value in zip(self._names, self._struct.unpack(data), strict=True):
            self._write(registers, name, value)

    def _read(self, registers: ThreadRegisters, name: str) -> int:
        state = registers.state
        number = self._general.get(name)
        if number is not None:
            return state.general[number] if number < len(state.general) else 0
        if name in _FIELDS:
            return int(getattr(registers, name))
        if name in ("pc", "flags"):
            return int(getattr(state, name))
        return state.special.get(name, 0)

    def _write(self, registers: ThreadRegisters, name: str, value: int) -> None:
        state = registers.state
        number = self._general.get(name)
        if number is not None:
            if number < len(state.general):
                state.general[number] = value
        elif name == "syscall":
            registers.syscall = signed32(value)
        elif name in _FIELDS:
            setattr(registers, name, value)
        elif name in ("pc", "flags"):
            setattr(state, name, value)
        elif name in state.special:
            state.special[name] = value


_FIELDS = ("syscall", "argument", "thread_pointer", "gs_base")


class StructUser:
    """struct user: the general registers, and zeros behind them."""

    def __init__(self, general: Words, size: int) -> None:
        self._general, self._size = general, size
        self._word = general.word

    def peek(self, registers: ThreadRegisters, address: int) -> int:
        """See `UserArea`."""
        self._check(address)
        if address >= self._general.size:
            return 0
        value: int = self._word.unpack_from(self._general.get(registers), address)[0]
        return value

    def poke(self, registers: ThreadRegisters, address: int, value: int) -> None:
        """See `UserArea`. What is no register takes any value and forgets it."""
        self._check(address)
        if address < self._general.size:
            data = bytearray(self._general.get(registers))
            self._word.pack_into(data, address, value & (1 << 8 * self._word.size) - 1)
            self._general.set(registers, bytes(data))

    def _check(self, address: int) -> None:
        if address % self._word.size or not 0 <= address < self._size:
            raise BadRegister("outside of struct user")


class FpImage:
    """The floating point state as `UserState` has it, up to `used` bytes, and zeros behind."""

    def __init__(self, size: int, used: int) -> None:
        self.size = size
        self._used = used

    def get(self, registers: ThreadRegisters) -> bytes:
        """See `Regset`."""
        return registers.state.fp[: self._used].ljust(self.size, b"\0")

    def set(self, registers: ThreadRegisters, data: bytes) -> None:
        """See `Regset`."""
        fp = registers.state.fp
        registers.state.fp = data[: min(self._used, len(fp))] + fp[self._used :]


class OneWord:
    """A set of one field of `ThreadRegisters`."""

    def __init__(self, order: str, name: str, code: str) -> None:
        self._struct, self._name = struct.Struct(order + code), name
        self.size = self._struct.size

    def get(self, registers: ThreadRegisters) -> bytes:
        """See `Regset`."""
        value: int = getattr(registers, self._name)
        return self._struct.pack(value)

    def set(self, registers: ThreadRegisters, data: bytes) -> None:
        """See `Regset`."""
        setattr(registers, self._name, self._struct.unpack(data)[0])


class Converted:
    """The floating point state in another format, by a pair of functions."""

    def __init__(
        self,
        size: int,
        get: Callable[[ThreadRegisters], bytes],
        put: Callable[[ThreadRegisters, bytes], bytes],
    ) -> None:
        self.size = size
        self._get, self._put = get, put

    def get(self, registers: ThreadRegisters) -> bytes:
        """See `Regset`."""
        return self._get(registers)

    def set(self, registers: ThreadRegisters, data: bytes) -> None:
        """See `Regset`."""
        registers.state.fp = self._put(registers, data)


def signed32(value: int) -> int:
    """The int in the low half of a word."""
    return (value & 0xFFFFFFFF ^ 0x80000000) - 0x80000000
