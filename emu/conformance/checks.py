"""Writing checks: system calls and what must come of them, for one target."""

from __future__ import annotations

from collections.abc import Sequence

from emu.arch.layout import Layout
from emu.conformance.program import Runner, load_runner
from emu.conformance.table import Blob, Op, Table, Value, Variable
from emu.conformance.target import Target
from emu.record import record

SCRATCH_BYTES = 65536
INITIAL_STACK = Variable(0)
_FIRST_VARIABLE, _VARIABLES = 2, 256
_STACK_PLACE, _FLAGS_PLACE = 40, 80  # of a setting: a stack word, the flags
_AT_FDCWD = -100
_ALIGNMENT = 64


class Missing(Exception):
    """The ABI has no such call, constant or struct: the check is not for it."""


@record
class Wide:
    """A 64-bit argument, one register or two as the ABI has it."""

    value: int


Argument = Value | Wide


class Checks:
    """The checks of a target, in the order they run."""

    def __init__(self, target: Target, token: str = "0") -> None:
        self.target = target
        self.token = token
        """Part of the names of files, so that two runs do not meet."""
        self.abi = target.abi
        self.runner: Runner = load_runner(target.runner)
        self.table = Table(self.abi.big_endian)
        self.names: list[str] = []
        self.numbers = {row.name: nr for nr, row in self.abi.syscalls.items()}
        self._variables, self._scratch = _FIRST_VARIABLE, 0
        self._suite = ""

    # Names

    def suite(self, name: str) -> None:
        """Begin a suite: its name comes before those of its checks."""
        self._suite = name

    def check(self, name: str) -> None:
        """Begin a check."""
        self.names.append(f"{self._suite}: {name}")
        self.table.add(Op.CHECK, self.text(self.names[-1]))

    def has(self, *calls: str) -> bool:
        """Whether the ABI's table has these calls."""
        try:
            return all(self.name(call) for call in calls)
        except Missing:
            return False

    def name(self, call: str) -> str:
        """A call's name, or that of the form in which a newer ABI has it. `Missing`."""
        for name in (call, f"{call}64", f"{call}_time64"):
            if name in self.numbers:
                return name
        raise Missing(f"{self.abi.name} has no {call}")

    def number(self, call: str) -> int:
        """A call's number, by `name`. `Missing`."""
        return self.numbers[self.name(call)]

    def time_width(self, call: str) -> int:
        """How many bytes a second has in a call's structs: its entry point says."""
        entry, name = self.entry(call), self.name(call)
        if "32" in entry.rpartition("_")[2]:
            return 4
        if name.endswith("64"):
            return 8
        is_wide = self.abi.convention.word_bits == 64 and not entry.startswith("compat_")
        return 8 if is_wide else 4

    def entry(self, call: str) -> str:
        """The kernel's entry point behind a call. `Missing`."""
        return self.abi.syscalls[self.number(call)].entry

    def constant(self, names: str) -> int:
        """The value of flags joined by ``|``. `Missing`."""
        value = 0
        for name in names.split("|"):
            known = self.abi.constants if name in self.abi.constants else self.abi.devices
            if name not in known:
                raise Missing(f"{self.abi.name} has no {name}")
            value |= known[name]
        return value

    def errno(self, name: str) -> int:
        """An errno's number, negative as a result. `Missing`."""
        if name not in self.abi.errno:
            raise Missing(f"{self.abi.name} has no {name}")
        return -self.abi.errno[name]

    def layout(self, name: str) -> Layout:
        """A struct's layout. `Missing`."""
        if not self.abi.has_layout(name):
            raise Missing(f"{self.abi.name} has no struct {name}")
        return self.abi.layout(name)

    # Memory

    def text(self, text: str | bytes) -> Blob:
        """The address of a string."""
        return self.table.blob((text.encode() if isinstance(text, str) else text) + b"\0")

    def data(self, data: bytes) -> Blob:
        """The address of bytes that nobody changes."""
        return self.table.blob(data)

    def words(self, *values: int, size: int = 0) -> bytes:
        """Numbers as the ABI's longs, or as wide as said."""
        width = size or self.abi.word_bytes
        order = self.abi.byte_order
        mask = (1 << 8 * width) - 1
        return b"".join((v & mask).to_bytes(width, order) for v in values)

    @property
    def sigset_size(self) -> int:
        """The size of a set of signals in bytes."""
        return 16 if self.abi.name.startswith("mips") else 8

    def sigset(self, *signals: str) -> bytes:
        """A set of signals, as an array of longs."""
        bits = sum(1 << self.abi.signals[name] - 1 for name in signals)
        width = self.abi.word_bits
        return self.words(*(bits >> n for n in range(0, 8 * self.sigset_size, width)))

    def space(self, size: int, fill: int = 0) -> int:
        """The address of bytes to write to; what was given long ago is given again."""
        if self._scratch + size > SCRATCH_BYTES:
            self._scratch = 0
        address = self.runner.scratch + self._scratch
        self._scratch += -(-size // _ALIGNMENT) * _ALIGNMENT
        self.table.add(Op.CLEAR, address, size, fill)
        return address

    def copy(self, data: bytes) -> int:
        """The address of bytes that may be changed."""
        address = self.space(len(data))
        self.table.add(Op.COPY, address, *self.table.operand(self.data(data)), len(data))
        return address

    def write(self, address: int, data: bytes) -> None:
        """Copy bytes to memory."""
        self.table.add(Op.COPY, address, *self.table.operand(self.data(data)), len(data))

    def store(self, address: int, size: int, value: Value) -> None:
        """Write a number to memory."""
        self.table.add(Op.STORE, address, size, *self.table.operand(value))

    # Calls

    def call(self, name: str, *arguments: Argument, flags: int | None = None) -> None:
        """Trap with a call of this name. `Missing`."""
        self.trap(self.number(name), *arguments, flags=flags)

    def trap(
        self,
        number: int,
        *arguments: Argument,
        number_register: int | None = None,
        flags: int | None = None,
        way: int | None = None,
    ) -> None:
        """Trap with a number; `number_register` is set to something else, if given."""
        convention = self.abi.convention
        settings: list[tuple[int, Value]] = []
        told = number if number_register is None else number_register
        if self.abi.name != "arm-oabi":
            settings.append((convention.number, told))
        widths = [64 if isinstance(a, Wide) else 0 for a in arguments]
        for argument, place in zip(arguments, convention.locate(widths), strict=True):
            value = argument.value if isinstance(argument, Wide) else argument
            if place.high is None:
                settings.append((self._place(place.low), value))
                continue
            assert isinstance(value, int)
            settings.append((self._place(place.low), value & 0xFFFFFFFF))
            settings.append((self._place(place.high), value >> 32 & 0xFFFFFFFF))
        if flags is not None:
            settings.append((_FLAGS_PLACE, flags))
        words = [w for place, value in settings for w in (place, *self.table.operand(value))]
        used = self.target.way if way is None else way
        self.table.add(Op.TRAP, used, number, len(settings), *words)

    def _place(self, slot: object) -> int:
        number = getattr(slot, "number", None)
        if number is not None:
            return int(number)
        offset: int = slot.offset  # type: ignore[attr-defined]
        return _STACK_PLACE + offset // (self.abi.convention.word_bits // 8)

    # What must come of them

    def result(self, value: Value) -> None:
        """The call answered this."""
        self.table.add(Op.RESULT_IS, *self.table.operand(value))

    def succeeds(self) -> None:
        """The call answered 0."""
        self.result(0)

    def error(self, name: str) -> None:
        """The call failed with this errno."""
        self.result(self.errno(name))

    def result_in(self, lowest: int, highest: int) -> None:
        """The call answered a number between these, both included."""
        self.table.add(Op.RESULT_IN, lowest, highest)

    def saved(self) -> Variable:
        """What the call answered, for later."""
        variable = self._variable()
        self.table.add(Op.RESULT_TO, variable.index)
        return variable

    def keeps(self, registers: Sequence[int]) -> None:
        """These registers have the values from before the trap."""
        self.table.add(Op.KEEPS, sum(1 << register for register in registers))

    def register(self, register: int, value: Value, mask: int = (1 << 64) - 1) -> None:
        """A register has this value after the trap."""
        self.table.add(Op.REGISTER_IS, register, mask, *self.table.operand(value))

    def keeps_fp(self, count: int) -> None:
        """So many bytes of the floating point registers are as before."""
        self.table.add(Op.FP_KEEPS, count)

    def flags(self, value: int, mask: int) -> None:
        """The flags under a mask are these."""
        self.table.add(Op.FLAGS_ARE, mask, *self.table.operand(value))

    def memory(self, address: int, expected: bytes) -> None:
        """The bytes at an address are these."""
        self.table.add(Op.MEMORY_IS, address, len(expected), self.data(expected))

    def field(self, at: int, layout: Layout, name: str, value: Value) -> None:
        """A field of a struct in memory has this value."""
        offset, size, signed = field_place(layout, name)
        mask = (1 << 64) - 1 if signed or size == 8 else (1 << 8 * size) - 1
        self.table.add(Op.FIELD_IS, at + offset, size, signed, mask, *self.table.operand(value))

    def field_in(self, at: int, layout: Layout, name: str, lowest: int, highest: int) -> None:
        """A field of a struct in memory is between these, both included."""
        offset, size, signed = field_place(layout, name)
        self.table.add(Op.FIELD_IN, at + offset, size, signed, lowest, highest)

    def word(self, at: int, size: int, value: Value, signed: bool = False) -> None:
        """A number in memory is this."""
        mask = (1 << 64) - 1 if signed or size == 8 else (1 << 8 * size) - 1
        self.table.add(Op.FIELD_IS, at, size, signed, mask, *self.table.operand(value))

    def number_in(self, at: int, size: int, lowest: int, highest: int) -> None:
        """A number in memory is between these, both included."""
        self.table.add(Op.FIELD_IN, at, size, 0, lowest, highest)

    def read_field(self, at: int, layout: Layout, name: str) -> Variable:
        """A field's value, for later."""
        offset, size, signed = field_place(layout, name)
        return self.read(at + offset, size, signed)

    def read(self, at: int, size: int, signed: bool = False) -> Variable:
        """A number in memory, for later."""
        variable = self._variable()
        self.table.add(Op.FIELD_TO, at, size, signed, variable.index)
        return variable

    def fetch(self, to: int, source: Value, length: int) -> None:
        """Copy memory from an address that is known only when it runs."""
        self.table.add(Op.COPY, to, *self.table.operand(source), length)

    def value(self, got: Value, expected: Value, mask: int = (1 << 64) - 1) -> None:
        """Two values are the same under a mask."""
        self.table.add(Op.VALUE_IS, *self.table.operand(got), mask, *self.table.operand(expected))

    def auxiliary(self, name: str) -> Variable:
        """The value of an entry of the auxiliary vector, which must be there."""
        number, width = self.constant(name), self.abi.word_bytes
        at = self.space(2 * width)
        self.table.add(Op.AUXILIARY, at, number)
        self.word(at, width, number)
        return self.read(at + width, width)

    # Control

    def skip_if(self, errno: str, why: str) -> None:
        """End the check here, as skipped, if the call failed so."""
        self.table.add(Op.SKIP_IF, *self.table.operand(self.errno(errno)), self.text(why))

    def child(self) -> _Child:
        """What only the child of the fork just made does; it must end with exit."""
        return _Child(self)

    def touch(self, address: int) -> None:
        """Read a byte."""
        self.table.add(Op.TOUCH, address)

    def descriptor(self) -> Variable:
        """A new descriptor, which the call before must have answered."""
        self.result_in(0, 1 << 20)
        return self.saved()

    def open(self, path: str, flags: str = "O_RDWR", mode: int = 0o600) -> Variable:
        """Open a file."""
        value = self.constant(flags)
        self.call("openat", _AT_FDCWD, self.text(path), value, mode)
        return self.descriptor()

    def _variable(self) -> Variable:
        if self._variables == _VARIABLES:
            self._variables = _FIRST_VARIABLE
        self._variables += 1
        return Variable(self._variables - 1)


class _Child:
    """Counts the words that a parent skips."""

    def __init__(self, checks: Checks) -> None:
        self._words = checks.table.words

    def __enter__(self) -> None:
        self._words += [int(Op.UNLESS_ZERO), 0]
        self._start = len(self._words)

    def __exit__(self, *_: object) -> None:
        self._words[self._start - 1] = len(self._words) - self._start


def field_place(layout: Layout, name: str) -> tuple[int, int, bool]:
    """Offset, size and signedness of a scalar field, nested ones by dotted names."""
    offset = 0
    first, _, rest = name.partition(".")
    if first not in layout.fields:
        raise Missing(f"struct {layout.name} has no {first}")
    field = layout.fields[first]
    offset = field.offset
    if rest:
        assert field.nested is not None
        inner, size, signed = field_place(field.nested, rest)
        return offset + inner, size, signed
    return offset, field.element_size, field.type.startswith("i")
