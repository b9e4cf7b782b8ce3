"""From one target to the files of its folder, as text."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from abi_tables.generator.dwarf import DebugInfo
from abi_tables.generator.probe import Compiler, read_constants
from abi_tables.generator.syscall_table import Row, read_table
from abi_tables.generator.targets import Target

# System call numbers have a table of their own; the limits are the compiler's stdint.h.
UNWANTED = re.compile(
    r"__NR|__ARCH_WANT|U?INT(PTR|MAX|_FAST|_LEAST)?\d*_M|(SIZE|PTRDIFF|WCHAR|SIG_ATOMIC|WINT)_M"
)
SIGNAL = re.compile(r"SIG[A-Z]+[0-9]*")
NOT_SIGNALS = {"SIGSTKSZ", "SIGRTMIN", "SIGRTMAX"}


@dataclass(slots=True)
class Tables:
    """Everything read for one target in one byte order."""

    constants: dict[str, int]
    devices: dict[str, int]
    errnos: dict[str, int]
    signals: dict[str, int]
    layouts: dict[str, Any]
    unreadable: dict[str, str]
    syscalls: list[Row] = field(default_factory=list)


def read_target(compiler: Compiler, source: Path) -> Tables:
    """Compile the probes of one target and collect what they say."""
    macros, unreadable = read_constants(compiler)
    core = DebugInfo(compiler.debug_information("core", compiler.core_prelude))
    full = DebugInfo(compiler.debug_information("full", compiler.prelude))
    core_names = set(compiler.preprocess(compiler.core_prelude)) | core.enumerators.keys()
    every = {**full.enumerators, **macros}
    every = {name: value for name, value in every.items() if not UNWANTED.match(name)}
    constants = {name: value for name, value in every.items() if name in core_names}
    return Tables(
        constants=constants,
        devices={name: value for name, value in every.items() if name not in core_names},
        errnos=errno_numbers(compiler, constants),
        signals=signal_numbers(constants),
        layouts=full.layouts,
        unreadable=unreadable,
        syscalls=read_table(source, compiler.target),
    )


def errno_numbers(compiler: Compiler, constants: dict[str, int]) -> dict[str, int]:
    """The macros of asm/errno.h and the kernel-internal ones of include/linux/errno.h."""
    exported = set(compiler.preprocess("#include <asm/errno.h>\n"))
    borrowed = (compiler.work / "borrowed.h").read_text()
    internal = set(re.findall(r"^#define (E[A-Z0-9_]+) \d+", borrowed, re.MULTILINE))
    return {name: constants[name] for name in exported | internal if name.startswith("E")}


def signal_numbers(constants: dict[str, int]) -> dict[str, int]:
    """The signals with names of their own; real-time signals are counted from SIGRTMIN."""
    names = (name for name in constants if SIGNAL.fullmatch(name) and name not in NOT_SIGNALS)
    return {name: constants[name] for name in names}


def pairs_text(values: dict[str, int]) -> str:
    """``name<TAB>value`` lines by name, values in decimal."""
    return "".join(f"{name}\t{values[name]}\n" for name in sorted(values))


def read_numbers_text(text: str) -> dict[str, int]:
    """The reverse of `pairs_text`."""
    rows = (line.split("\t") for line in text.splitlines())
    return {name: int(value) for name, value in rows}


def layouts_text(layouts: dict[str, Any]) -> str:
    """A JSON object with one layout per line, by name."""
    lines = [
        f"{json.dumps(name)}: {json.dumps(layouts[name], separators=(', ', ': '))}"
        for name in sorted(layouts)
    ]
    return "{\n" + ",\n".join(lines) + "\n}\n"


def different(base: dict[str, Any], other: dict[str, Any]) -> dict[str, Any]:
    """The entries of *other* that *base* lacks or has otherwise."""
    return {name: value for name, value in other.items() if base.get(name) != value}


def agreed(every: list[dict[str, int]]) -> dict[str, int]:
    """What all ABIs have with one value."""
    first, *others = every
    return {
        name: value
        for name, value in first.items()
        if all(other.get(name) == value for other in others)
    }


def target_files(
    target: Target, default: Tables, other: Tables | None, common: dict[str, int]
) -> dict[str, str]:
    """The text of every generated file of one ABI's folder, by file name.

    MIPS runs in both byte orders: the ``-le`` files hold what little-endian changes.
    Of the devices' constants only those are listed that are not *common* to all ABIs.
    """
    rows = (f"{row.number}\t{row.name}\t{row.entry}\n" for row in default.syscalls)
    files = {
        "syscalls.tsv": "".join(rows),
        "constants.tsv": pairs_text(default.constants),
        "devices.tsv": pairs_text(different(common, default.devices)),
        "errno.tsv": pairs_text(default.errnos),
        "signals.tsv": pairs_text(default.signals),
        "layouts.json": layouts_text(default.layouts),
    }
    if other is not None:
        files["constants-le.tsv"] = pairs_text(different(default.constants, other.constants))
        files["devices-le.tsv"] = pairs_text(different(default.devices, other.devices))
        files["layouts-le.json"] = layouts_text(different(default.layouts, other.layouts))
    return {f"{target.name}/{name}": text for name, text in files.items() if text}
