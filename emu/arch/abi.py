"""One ABI: its calling convention, numbers, constants and struct layouts, read from its tables.

Everything is data in `abi_tables/<name>/`; the parts are read when first asked for.
"""

from __future__ import annotations

import functools
import os
from collections.abc import Callable
from typing import Any, Literal, NamedTuple

from emu.arch.abi_files import (
    JsonLines,
    read_description,
    read_numbers,
    read_rows,
    tables_directory,
)
from emu.arch.convention import Convention
from emu.arch.isa import ISAS, Isa
from emu.arch.layout import Layout, make_layout
from emu.arch.signal_frame import FrameCodec, make_codec
from emu.record import record


class Row(NamedTuple):
    """A line of a system call table: `entry` is the kernel function that answers it."""

    nr: int
    name: str
    entry: str


class Signature(NamedTuple):
    """An entry point's parameters as ``(C type, name)``; `abis` names whom this order is for.

    An empty `abis` stands for all that have no signature of their own.
    """

    entry: str
    parameters: tuple[tuple[str, str], ...]
    abis: tuple[str, ...]


@record
class MemoryMap:
    """Where an address space without randomisation puts things.

    `task_size` is the first address a program cannot have; `stack_top` the end of the stack;
    `mmap_base` the end of the area mmap fills downwards, for a stack limit up to 127 MiB;
    `pie_base` where a position independent program with an interpreter is loaded.
    """

    task_size: int
    stack_top: int
    mmap_base: int
    pie_base: int


class Abi:
    """The tables of one ABI in one byte order. Make it with `Abi.load`.

    `word_bits` is the size of C's long; `convention.word_bits` that of an argument register, which
    on x32 and n32 is wider. `sister` is the ABI that answers the
    numbers this one's table does not have (x32 beside x86-64, n64 behind n32), or None.
    `platform` is AT_PLATFORM where that is not the CPU's own. `clone_last` names the last
    argument of clone(2), before which is the other one of ``child_tid`` and ``tls``.
    """

    def __init__(self, name: str, byte_order: str | None) -> None:
        self._folder = f"{tables_directory()}/{name}"
        text = self._description = read_description(f"{self._folder}/abi.toml")
        self.name = name
        self.isas: tuple[str, ...] = tuple(text["isas"])
        self.isa = isa_of(name, self.isas, byte_order)
        self.big_endian = self.isa.big_endian
        self.byte_order: Literal["little", "big"] = "big" if self.big_endian else "little"
        self.word_bits: int = text["word_bits"]
        self.word_bytes = self.word_bits // 8
        self.ways: tuple[str, ...] = tuple(text["ways"])
        self.number_base: int = text["number_base"]
        self.elf_machine: int = text["elf"]["machine"]
        self.elf_class: int = text["elf"]["class"]
        self.uname_machine: str = text["uname_machine"][self.isas.index(self.isa.name)]
        self.platform: str | None = text.get("platform")
        self.clone_last: str = text.get("clone_last", "child_tid")
        self.convention = make_convention(text["convention"], self.isa)
        self.memory = MemoryMap(**text["memory"])
        self.sister: str | None = text.get("sister")
        self._made_layouts: dict[str, Layout] = {}

    def __repr__(self) -> str:
        return f"<Abi {self.name} {self.byte_order}-endian>"

    @functools.cached_property
    def frames(self) -> FrameCodec:
        """What the kernel puts on the stack around a signal handler."""
        return make_codec(self)

    @staticmethod
    def load(name: str, byte_order: str | None = None) -> Abi:
        """The ABI called *name*; *byte_order* is ``little``, ``big`` or None for its usual one.

        `KeyError` for an unknown ABI or one without that byte order.
        """
        if name not in abi_names():
            raise KeyError(f"unknown ABI {name}")
        return Abi(name, byte_order)

    @functools.cached_property
    def syscalls(self) -> dict[int, Row]:
        """The system call table, by number."""
        rows = read_rows(f"{self._folder}/syscalls.tsv")
        return {int(nr): Row(int(nr), name, entry) for nr, name, entry in rows}

    @functools.cached_property
    def constants(self) -> dict[str, int]:
        """Integer macros and enumerators of the kernel's headers, except the `devices`' own."""
        return self._numbers("constants")

    @functools.cached_property
    def devices(self) -> dict[str, int]:
        """The constants that only drivers and the rarer network families use."""
        return {**read_numbers(f"{tables_directory()}/devices.tsv"), **self._numbers("devices")}

    def constant(self, name: str) -> int:
        """A constant from either table. `KeyError` if the kernel's headers have none such."""
        value = self.constants.get(name)
        return self.devices[name] if value is None else value

    @functools.cached_property
    def errno(self) -> dict[str, int]:
        """Error names to this ABI's numbers, the kernel's internal ones (ERESTARTSYS) included."""
        return read_numbers(f"{self._folder}/errno.tsv")

    @functools.cached_property
    def errno_names(self) -> dict[int, str]:
        """Error numbers to names; of several names the one other names refer to (EAGAIN)."""
        return canonical_names(self.errno, {"EWOULDBLOCK", "EDEADLOCK", "ENOTSUP"})

    @functools.cached_property
    def signals(self) -> dict[str, int]:
        """Signal names to numbers, without the real-time ones."""
        return read_numbers(f"{self._folder}/signals.tsv")

    @functools.cached_property
    def signal_names(self) -> dict[int, str]:
        """Signal numbers to names; of several names the usual one (SIGABRT, not SIGIOT)."""
        return canonical_names(
            self.signals, {"SIGIOT", "SIGPOLL", "SIGCLD", "SIGUNUSED", "SIGLOST"}
        )

    def has_layout(self, name: str) -> bool:
        """Whether the kernel's headers have a struct or union *name* here."""
        return name in self._made_layouts or self._layout_record(name) is not None

    def layout(self, name: str) -> Layout:
        """The struct or union *name* as this ABI's system calls see it. `KeyError` if unknown."""
        made = self._made_layouts.get(name)
        if made is None:
            record = self._layout_record(name)
            if record is None:
                raise KeyError(f"{self.name} has no layout for {name}")
            pointer = f"u{self.word_bits}"
            made = make_layout(name, record, self.isa.byte_order, pointer, self.layout)
            self._made_layouts[name] = made
        return made

    def layout_names(self) -> list[str]:
        """All structs and unions, sorted."""
        names = {name for table in self._layout_tables for name in table.names()}
        return sorted(names)

    @staticmethod
    def canonical_entry(entry: str) -> str:
        """The entry point whose handler serves this one too; itself if it is nobody's alias."""
        return aliases().get(entry, entry)

    @functools.cached_property
    def _layout_tables(self) -> list[JsonLines]:
        return [JsonLines(path) for path in self._table_files("layouts", "json")]

    def _layout_record(self, name: str) -> Any:
        for table in self._layout_tables:
            record = table.find(name)
            if record is not None:
                return record
        return None

    def _numbers(self, table: str) -> dict[str, int]:
        numbers: dict[str, int] = {}
        for path in reversed(self._table_files(table, "tsv")):
            numbers |= read_numbers(path)
        return numbers

    def _table_files(self, table: str, suffix: str) -> list[str]:
        """A table's files; what differs in the ABI's second byte order comes first."""
        files = [f"{self._folder}/{table}.{suffix}"]
        if self.isa.name != self.isas[0]:
            files.insert(0, f"{self._folder}/{table}-le.{suffix}")
        return files


def isa_of(name: str, isas: tuple[str, ...], byte_order: str | None) -> Isa:
    """The instruction set that runs an ABI in a byte order. `KeyError` if none does."""
    if byte_order is None:
        return ISAS[isas[0]]
    for isa in isas:
        if ISAS[isa].big_endian == (byte_order == "big"):
            return ISAS[isa]
    raise KeyError(f"{name} is never {byte_order}-endian")


def make_convention(text: dict[str, Any], isa: Isa) -> Convention:
    """The convention an abi.toml describes, its registers numbered as in *isa*."""
    second = text.get("second_result")
    error = text["error"]
    return Convention(
        number=isa.number(text["number"]),
        arguments=tuple(isa.number(register) for register in text["arguments"]),
        result=isa.number(text["result"]),
        stack_pointer=isa.number(text["stack_pointer"]),
        word_bits=text["register_bits"],
        big_endian=isa.big_endian,
        pairs=text["pairs"],
        stack_offset=text.get("stack_offset", 0),
        stack_count=text.get("stack_count", 0),
        error_flag=None if error == "negative" else isa.number(error),
        second_result=None if second is None else isa.number(second),
        number_bits=text.get("number_bits", 32),
    )


def canonical_names(numbers: dict[str, int], secondary: set[str]) -> dict[int, str]:
    """Numbers to names, *secondary* ones only where a number has no other."""
    names = {number: name for name, number in numbers.items() if name in secondary}
    names.update((number, name) for name, number in numbers.items() if name not in secondary)
    return names


@functools.cache
def abi_names() -> tuple[str, ...]:
    """The names of all ABIs, sorted."""
    with os.scandir(tables_directory()) as entries:
        names = [e.name for e in entries if os.path.isfile(f"{e.path}/abi.toml")]
    return tuple(sorted(names))


@functools.cache
def aliases() -> dict[str, str]:
    """Entry points that are another one under a different name, as ``alias -> canonical``."""
    rows = read_rows(f"{tables_directory()}/aliases.tsv")
    return {alias: canonical for alias, canonical, *_ in rows}


def signatures() -> dict[str, list[Signature]]:
    """Every known entry point's parameters; the orders that only some ABIs have come first."""
    found: dict[str, list[Signature]] = {}
    for entry, parameters, *abis in read_rows(f"{tables_directory()}/signatures.tsv"):
        split = tuple(
            (text.rpartition(" ")[0], text.rpartition(" ")[2])
            for text in parameters.split(", ")
            if text
        )
        names = tuple(abis[0].split(",")) if abis else ()
        found.setdefault(entry, []).append(Signature(entry, split, names))
    for several in found.values():
        several.sort(key=lambda signature: not signature.abis)
    return found


def identify_elf(
    e_machine: int, elf_class: int, big_endian: bool, e_flags: int
) -> tuple[str, str] | None:
    """The (ABI, ISA) names that an ELF header asks for, or None if no ABI here is meant.

    *elf_class* is 32 or 64.
    """
    return _identifiers().get((e_machine, elf_class, big_endian), _nobody)(e_flags)


Identifier = Callable[[int], "tuple[str, str] | None"]


def _nobody(e_flags: int) -> None:
    return None


@functools.cache
def _identifiers() -> dict[tuple[int, int, bool], Identifier]:
    """(machine, class, byte order) -> what the flags decide."""
    rules: dict[tuple[int, int, bool], list[tuple[int, list[int], tuple[str, str]]]] = {}
    for name in abi_names():
        text = read_description(f"{tables_directory()}/{name}/abi.toml")
        elf = text["elf"]
        for isa in text["isas"]:
            key = (elf["machine"], elf["class"], ISAS[isa].big_endian)
            rule = (elf.get("flags_mask", 0), elf.get("flags_values", [0]), (name, isa))
            rules.setdefault(key, []).append(rule)

    def decide(choices: list[tuple[int, list[int], tuple[str, str]]]) -> Identifier:
        return lambda flags: next(
            (who for mask, values, who in choices if flags & mask in values), None
        )

    return {key: decide(choices) for key, choices in rules.items()}
