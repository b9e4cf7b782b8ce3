"""System call numbers and entry points, from the kernel's own .tbl files."""

from __future__ import annotations

from pathlib import Path
from typing import NamedTuple

from abi_tables.generator.targets import Target

NOT_IMPLEMENTED = "sys_ni_syscall"

# The calls arm_syscall() answers itself (arch/arm/kernel/traps.c); they are in no table.
ARM_PRIVATE_BASE = 0x0F0000
ARM_PRIVATE = {
    1: "breakpoint",
    2: "cacheflush",
    3: "usr26",
    4: "usr32",
    5: "set_tls",
    6: "get_tls",
}


class Row(NamedTuple):
    """One line of a system call table."""

    number: int
    name: str
    entry: str


def read_table(source: Path, target: Target) -> list[Row]:
    """The rows of this ABI, by number.

    The third column is the native entry; a further compat column belongs to another kernel.
    A row without an entry, or with "-", has a number but no system call behind it.
    """
    rows = []
    for line in (source / target.table).read_text().splitlines():
        columns = line.partition("#")[0].split()
        if not columns or (target.tags and columns[1] not in target.tags):
            continue
        entry = columns[3] if len(columns) > 3 and columns[3] != "-" else NOT_IMPLEMENTED
        rows.append(Row(int(columns[0]) + target.base, columns[2], entry))
    if target.headers == "arm":
        for offset, name in ARM_PRIVATE.items():
            number = target.base + ARM_PRIVATE_BASE + offset
            rows.append(Row(number, name, f"sys_arm_{name}"))
    return sorted(rows)
