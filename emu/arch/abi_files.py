"""Reading `abi_tables/`: where the files are, and their formats, as fast as start-up wants."""

from __future__ import annotations

import json
import os.path
from collections.abc import Iterator
from typing import Any


def tables_directory() -> str:
    """The folder of tables: inside the installed package, or at the top of a source tree.

    `FileNotFoundError` if neither exists.
    """
    package = os.path.dirname(os.path.dirname(__file__))
    for place in (package, os.path.dirname(package)):
        candidate = os.path.join(place, "abi_tables")
        if os.path.isdir(candidate):
            return candidate
    raise FileNotFoundError(f"no abi_tables folder in {package} or beside it")


def read_text(path: str) -> str:
    """A table's text; empty for a file that a table may leave out."""
    try:
        with open(path, encoding="utf-8") as file:
            return file.read()
    except FileNotFoundError:
        return ""


def read_numbers(path: str) -> dict[str, int]:
    """A ``name<TAB>number`` file. Names have no blanks, so splitting at blanks will do."""
    words = iter(read_text(path).split())
    return dict(zip(words, map(int, words), strict=False))


def read_rows(path: str) -> Iterator[list[str]]:
    """The columns of each line of a TSV file."""
    return (line.split("\t") for line in read_text(path).splitlines())


class JsonLines:
    """A JSON object with one member per line, of which only the asked for are parsed."""

    def __init__(self, path: str) -> None:
        self._text = read_text(path)

    def find(self, name: str) -> Any:
        """The member called *name*, or None."""
        key = f'\n"{name}": '
        start = self._text.find(key)
        if start < 0:
            return None
        start += len(key)
        return json.loads(self._text[start : self._text.index("\n", start)].rstrip(","))

    def names(self) -> list[str]:
        """All members' names, in the file's order."""
        lines = self._text.splitlines()[1:-1]
        return [line[1 : line.index('"', 1)] for line in lines]


def read_description(path: str) -> dict[str, Any]:
    """An abi.toml: the part of TOML those files use, without the cost of importing tomllib.

    Tables, strings, integers, one-line arrays; comments on lines of their own.
    """
    whole: dict[str, Any] = {}
    section = whole
    for line in read_text(path).splitlines():
        if not line or line.startswith("#"):
            continue
        if line.startswith("["):
            section = whole[line.strip("[]")] = {}
        else:
            key, _, value = line.partition(" = ")
            section[key] = read_value(value)
    return whole


def read_value(text: str) -> Any:
    """One TOML value of those kinds."""
    if text.startswith(('"', '["')):
        return json.loads(text)
    if text.startswith("["):
        return [int(item, 0) for item in text[1:-1].split(",")]
    return int(text, 0)
