"""Reads an assembler source: includes, constants and strings are resolved here.

The assemblers differ too much in these, so they see only instructions, macros and labels:

- ``.include "file"`` is replaced by that file, looked up beside the file that includes it;
- ``NAME = value`` replaces the word NAME everywhere;
- ``name: .ascii "text"`` puts text before the code and makes `name` its address and
  `name_length` its size; ``{abi}`` in the text is the name of the ABI;
- `scratch_last` is the last byte of 64 writable ones, which exist when the name is used.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

from samples.programs.abis import Abi

SCRATCH_ADDRESS = 0x500000
SCRATCH_SIZE = 64

INCLUDE = re.compile(r'\s*\.include\s+"(.+)"$')
CONSTANT = re.compile(r"([A-Za-z_]\w*)\s*=\s*(.+)$")
STRING = re.compile(r'([A-Za-z_]\w*):\s*\.ascii\s+"(.*)"$')
WORD = re.compile(r"[A-Za-z_]\w*")

COMMENT_MARKS = {"arm": "@", "arm64": "//"}


@dataclass(frozen=True, slots=True)
class Source:
    """What is left for an assembler, and what surrounds its output in the program."""

    instructions: str
    data: bytes
    needs_scratch: bool


def read_source(path: Path, abi: Abi, data_address: int) -> Source:
    """Resolve a source file for an ABI whose strings begin at `data_address`.

    `ValueError` for a name that is defined twice.
    """
    names = {"scratch_last": hex(SCRATCH_ADDRESS + SCRATCH_SIZE - 1)}
    data = bytearray()
    kept: list[str] = []

    def define(name: str, value: str) -> None:
        if name in names:
            raise ValueError(f"{path.name}: {name} is defined twice")
        names[name] = value

    for line in _lines(path, COMMENT_MARKS.get(abi.syntax, "#")):
        if string := STRING.match(line):
            text = string[2].replace("{abi}", abi.name).encode().decode("unicode_escape").encode()
            define(string[1], hex(data_address + len(data)))
            define(f"{string[1]}_length", str(len(text)))
            data += text
        elif constant := CONSTANT.match(line):
            define(constant[1], constant[2])
        else:
            kept.append(line)

    text = "\n".join(kept) + "\n"
    resolved = WORD.sub(lambda word: names.get(word[0], word[0]), text)
    return Source(resolved, bytes(data), "scratch_last" in text)


def _lines(path: Path, comment_mark: str) -> list[str]:
    """The lines of a file and of what it includes, without comments and empty lines."""
    lines: list[str] = []
    for raw in path.read_text().splitlines():
        line = raw if STRING.match(raw) else raw.split(comment_mark)[0].rstrip()
        if include := INCLUDE.match(line):
            lines += _lines(path.parent / include[1], comment_mark)
        elif line:
            lines.append(line)
    return lines
