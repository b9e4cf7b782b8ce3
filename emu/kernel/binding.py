"""Binds handlers to an ABI: one small compiled decoder per table row.

A decoder reads just the registers that its handler's signature names, converts each as the
caller's ABI demands, and calls the handler. All that can be decided before the call is decided
here, once.
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from emu.arch.convention import Convention, Location, RegisterSlot, Slot, StackSlot
from emu.kernel.args import UNKNOWN_FLAG, FlagFamily, FlagTranslation
from emu.kernel.errno import EFAULT
from emu.kernel.syscall import Parameter, Syscall

if TYPE_CHECKING:
    from collections.abc import Awaitable

    from emu.arch.abi import Abi
    from emu.arch.cpu import RegisterFile
    from emu.arch.layout import Layout
    from emu.kernel.mm.address_space import AddressSpace
    from emu.kernel.task import Task

    Decoder = Callable[[Task], int | Awaitable[int]]
    RawDecoder = Callable[[Task], tuple[int, ...]]

STACK_ARGUMENTS_END = 32
"""MIPS o32: from the stack pointer to the end of the eighth argument."""


class Binder:
    """Compiles decoders for one ABI over one CPU's registers.

    `wide` says that the register file's slots are wider than the convention's words, so that
    every word read must be cut to size.
    """

    def __init__(
        self,
        abi: Abi,
        registers: RegisterFile,
        wide: bool,
        convention: Convention | None = None,
    ) -> None:
        self.abi = abi
        self.convention = convention or abi.convention
        self.registers = registers
        self.wide = wide
        self.views = RegisterViews(registers) if isinstance(registers, memoryview) else None
        self._translations: dict[str, FlagTranslation | None] = {}

    def decoder(self, syscall: Syscall) -> Decoder:
        """``decoder(task)`` decodes the registers, calls the handler, and answers its result."""
        row = _Row(self, syscall)
        arguments = [p.arg.decode(raw, row) for p, raw in row.arguments]
        called = f"{row.inject(syscall.handler)}({', '.join(['task', *arguments])})"
        lines = [f"task.abi = {row.inject(self.abi)}"]
        if self.convention.stack_count:
            # Checked whether or not the call has arguments there: see handle_sys in
            # arch/mips/kernel/scall32-o32.S.
            pointer = f"regs[{self.convention.stack_pointer}]"
            first = (1 << row.word_bits - 1) - STACK_ARGUMENTS_END
            last = (1 << row.word_bits) - STACK_ARGUMENTS_END
            bad = f"{pointer} >= {first:#x} and {pointer} < {last:#x}"
            lines.append(f"if {bad}: raise {row.inject(EFAULT)}")
        if any("mm." in a or "(mm," in a for a in arguments):
            lines.append("mm = task.mm")
        decoder: Decoder = row.compile([*lines, f"return {called}"])
        return decoder

    def raw_decoder(self, syscall: Syscall) -> RawDecoder:
        """``raw(task)`` is the tuple of the arguments' undecoded words, for the trace."""
        row = _Row(self, syscall)
        words = [
            f"{raw} & {(1 << (p.arg.bits or row.word_bits)) - 1:#x}, " for p, raw in row.arguments
        ]
        raw: RawDecoder = row.compile(["mm = task.mm", f"return ({''.join(words)})"])
        return raw

    def raw_words(self, count: int) -> RawDecoder:
        """``raw(task)`` for a call without a handler: its first `count` words."""
        row = _Row(self, None)
        mask = (1 << row.word_bits) - 1
        places = list(self.convention.locate([0] * count))
        words = [f"{row.source(place)} & {mask:#x}, " for place in places]
        raw: RawDecoder = row.compile(["mm = task.mm", f"return ({''.join(words)})"])
        return raw

    def translation(self, family: FlagFamily) -> FlagTranslation | None:
        """How this ABI's numbers of a family become the kernel's; None if they are the same."""
        if family.name not in self._translations:
            self._translations[family.name] = flag_translation(family, self.abi.constants)
        return self._translations[family.name]


class RegisterViews:
    """A register file that is memory, as signed and unsigned numbers of 32 and 64 bits.

    To read a register as it is wanted costs nothing; to cut and to sign a word would.
    """

    def __init__(self, registers: memoryview[int]) -> None:
        memory = registers.cast("B")
        self._slot_bits = 8 * registers.itemsize
        self._views = {
            (32, False): memory.cast("I"), (32, True): memory.cast("i"),
            (64, False): memory.cast("Q"), (64, True): memory.cast("q"),
        }  # fmt: skip

    def word(self, row: _Row, number: int, width: int, signed: bool) -> str | None:
        """The expression for a register's low bits; None for a width that no view has."""
        view = self._views.get((width, signed))
        if view is None or width > self._slot_bits:
            return None
        index = number * (self._slot_bits // width)
        if width < self._slot_bits and sys.byteorder == "big":
            index += 1
        return f"{row.inject(view)}[{index}]"

    def pair(self, row: _Row, low: int, high: int, signed: bool) -> str:
        """The expression for two registers of 32 bits that hold a number of 64."""
        if self._slot_bits == 32 and low % 2 == 0 and high == low + 1 and sys.byteorder == "little":
            return f"{row.inject(self._views[64, signed])}[{low // 2}]"
        return f"({self.word(row, low, 32, False)} | {self.word(row, high, 32, signed)} << 32)"


class _Row:
    """The decoder being written: its argument sources and the objects it refers to."""

    def __init__(self, binder: Binder, syscall: Syscall | None) -> None:
        self.binder = binder
        self.word_bits = binder.convention.word_bits
        self._clean = not binder.wide
        self._places: dict[str, Location] = {}
        self._layouts = syscall.layouts if syscall else {}
        self._objects: dict[str, object] = {"regs": binder.registers}
        self.arguments: list[tuple[Parameter, str]] = []
        if syscall:
            parameters = syscall.parameters()
            places = binder.convention.locate(p.arg.bits for p in parameters)
            self.arguments = [
                (p, self.source(place)) for p, place in zip(parameters, places, strict=True)
            ]

    def source(self, place: Location) -> str:
        """The expression for the raw word, or joined pair of words, at a place."""
        if place.high is None:
            raw = self._slot(place.low)
        elif (offset := stack_pair_offset(place)) is not None:
            big_endian = self.binder.convention.big_endian
            raw = f"{self.inject(stack_pair)}(mm, {self._stack_pointer} + {offset}, {big_endian})"
        else:
            low, high = self._slot(place.low), self._slot(place.high)
            raw = f"({low} & 0xffffffff | ({high} & 0xffffffff) << 32)"
        self._places[raw] = place
        return raw

    def word(self, raw: str, width: int, signed: bool) -> str:
        """See `Binding.word`: by a view of the registers' memory, else by arithmetic."""
        seen = self._seen(self._places[raw], width, signed)
        if seen is not None:
            return seen
        if signed and stack_pair_offset(self._places[raw]) is not None:
            return raw
        whole = width == self.word_bits and self._clean
        value = raw if whole else f"({raw} & {(1 << width) - 1:#x})"
        if not signed:
            return value
        sign = 1 << (width - 1)
        return f"(({value} ^ {sign:#x}) - {sign:#x})"

    def _seen(self, place: Location, width: int, signed: bool) -> str | None:
        views = self.binder.views
        if views is None or not isinstance(place.low, RegisterSlot):
            return None
        if place.high is None:
            return views.word(self, place.low.number, width, signed)
        if not isinstance(place.high, RegisterSlot):
            return None
        return views.pair(self, place.low.number, place.high.number, signed)

    def _slot(self, slot: Slot) -> str:
        if isinstance(slot, RegisterSlot):
            return f"regs[{slot.number}]"
        return f"{self.inject(stack_word)}(mm, {self._stack_pointer}, {slot.offset})"

    @property
    def _stack_pointer(self) -> str:
        return f"regs[{self.binder.convention.stack_pointer}]"

    def inject(self, value: object) -> str:
        for name, known in self._objects.items():
            if known is value:
                return name
        name = f"o{len(self._objects)}"
        self._objects[name] = value
        return name

    def layout(self, name: str) -> Layout:
        return self.binder.abi.layout(self._layouts.get(name, name))

    def flags(self, family: FlagFamily) -> FlagTranslation | None:
        return self.binder.translation(family)

    def compile(self, lines: list[str]) -> Any:
        source = "def decoder(task):\n" + "".join(f"    {line}\n" for line in lines)
        namespace = dict(self._objects)
        exec(compile(source, f"<{self.binder.abi.name} decoder>", "exec"), namespace)
        return namespace["decoder"]


def stack_word(mm: AddressSpace, pointer: int, offset: int) -> int:
    """An argument on the user's stack; 0 where nothing is mapped.

    See load_a4 in arch/mips/kernel/scall32-o32.S.
    """
    try:
        return mm.read_u32(pointer + offset)
    except EFAULT:
        return 0


def stack_pair_offset(place: Location) -> int | None:
    """Where the two words of an argument begin, one behind the other; None if not on the stack."""
    if isinstance(place.low, StackSlot) and isinstance(place.high, StackSlot):
        return min(place.low.offset, place.high.offset)
    return None


def stack_pair(mm: AddressSpace, address: int, big_endian: bool) -> int:
    """A 64-bit argument on the user's stack, signed; a word of it that is not mapped is 0."""
    try:
        return mm.read_s64(address)
    except EFAULT:
        first, second = stack_word(mm, address, 0), stack_word(mm, address, 4)
        word = first << 32 | second if big_endian else second << 32 | first
        return word - (word >> 63 << 64)


def flag_translation(family: FlagFamily, constants: dict[str, int]) -> FlagTranslation | None:
    """The function from an ABI's numbers to the kernel's own, or None if they are equal.

    Names that the ABI does not define cannot be given by its callers and are left out.
    """
    own = {constants[name]: value for name, value in family.values if name in constants}
    if all(theirs == ours for theirs, ours in own.items()):
        return None
    if family.is_number:
        return _NumberTranslation(own)
    return _FlagTranslation(own, family.mask)


class _NumberTranslation(dict[int, int]):
    """One of several numbers; a stranger becomes `UNKNOWN_FLAG`."""

    def __call__(self, value: int, /) -> int:
        return self.get(value, UNKNOWN_FLAG)


class _FlagTranslation(dict[int, int]):
    """A set of bits, remembered by the whole word as it came."""

    _REMEMBERED = 4096  # a guest may try every word there is

    def __init__(self, own: dict[int, int], mask: int) -> None:
        super().__init__()
        self._mask = mask
        # Names of several bits (O_SYNC) come first, so that their parts do not shadow them.
        self._own = sorted(
            ((t, o) for t, o in own.items() if t and not (t & mask)),
            key=lambda pair: -pair[0].bit_count(),
        )

    def __call__(self, value: int, /) -> int:
        known = self.get(value)
        if known is None:
            known = self._translate(value)
            if len(self) < self._REMEMBERED:
                self[value] = known
        return known

    def _translate(self, value: int) -> int:
        result, rest = value & self._mask, value & ~self._mask
        for theirs, ours in self._own:
            if rest & theirs == theirs:
                result |= ours
                rest &= ~theirs
        return result | UNKNOWN_FLAG if rest else result
