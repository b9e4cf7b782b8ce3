"""What a model answers when it is read, written, or given a command."""

from __future__ import annotations

import os
from collections.abc import Callable
from typing import Any, Protocol

from emu.kernel.errno import EINVAL, ENOTTY, KernelError
from emu.kernel.module.guard import error_class
from emu.record import record


class BadModel(Exception):
    """The file of models says something that cannot be; tells what and where."""


class Reader(Protocol):
    """Makes the text of one opening of a file."""

    def __call__(self) -> bytes:
        """The text. Any errno."""


Writer = Callable[[bytes], None]
"""Takes what is written. Any errno."""


class Store:
    """What was written last, for who reads it."""

    def __init__(self, text: bytes) -> None:
        self.text = text

    def read(self) -> bytes:
        """It."""
        return self.text

    def write(self, data: bytes) -> None:
        """Something else."""
        self.text = data


def reader(spec: Any, where: str, store: Store, folder: str) -> Reader:
    """What ``read`` says: a text, or a table of one behaviour."""
    if isinstance(spec, str):
        return lambda: as_bytes(spec, where)
    match spec:
        case {"const": value}:
            data = as_bytes(value, where)
            return lambda: data
        case {"sequence": [*items]} if items:
            return Sequence([as_bytes(item, where) for item in items], spec.get("repeat", False))
        case {"file": str(name)}:
            return host_file(os.path.join(folder, name), where)
        case {"counter": int(start)}:
            return Counter(start, int(spec.get("step", 1)), str(spec.get("format", "%d\n")))
        case {"store": value}:
            store.text = as_bytes(value, where)
            return store.read
        case {"error": str(name)}:
            error = error_named(name, where)
            return lambda: fail(error)
    raise BadModel(f"{where}: read is const, sequence, file, counter, store or error, not {spec!r}")


def writer(spec: Any, where: str, store: Store) -> Writer:
    """What ``write`` says."""
    match spec:
        case "discard":
            return lambda data: None
        case "store":
            return store.write
        case {"error": str(name)}:
            error = error_named(name, where)
            return lambda data: fail(error)
        case {"accept": [*items]} if items:
            accepted = [as_bytes(item, where).strip() for item in items]
            return lambda data: accept(store, accepted, data)
    raise BadModel(f"{where}: write is discard, store, accept or error, not {spec!r}")


class Sequence:
    """One text after the other, one for each opening; the last stays unless it repeats."""

    def __init__(self, items: list[bytes], repeat: bool) -> None:
        self._items, self._repeat, self._next = items, repeat, 0

    def __call__(self) -> bytes:
        """The next text."""
        item = self._items[self._next]
        self._next += 1
        if self._next == len(self._items):
            self._next = 0 if self._repeat else self._next - 1
        return item


class Counter:
    """A number that goes on with each opening."""

    def __init__(self, start: int, step: int, format: str) -> None:
        self._value, self._step, self._format = start, step, format

    def __call__(self) -> bytes:
        """The number, and on."""
        from emu.kernel.module.format import c_format

        text = c_format(self._format, (self._value,))
        self._value += self._step
        return text.encode()


@record
class Command:
    """A row of an ioctl table: which command, what it answers, and what it copies out."""

    number: int | None
    result: int
    error: type[KernelError] | None
    out: bytes

    def answer(self) -> int:
        """The result. The errno, if it has one."""
        if self.error is not None:
            raise self.error
        return self.result


def command(spec: dict[str, Any], where: str) -> Command:
    """A row: ``cmd`` is a number or ``*`` for any."""
    known = {"cmd", "result", "error", "out"}
    if set(spec) - known or "cmd" not in spec:
        raise BadModel(f"{where}: an ioctl has cmd, and result, error or out, not {spec!r}")
    number = spec["cmd"]
    if isinstance(number, str) and number != "*":
        try:
            number = int(number, 0)
        except ValueError:
            raise BadModel(f"{where}: {number!r} is no ioctl number") from None
    error = spec.get("error")
    return Command(
        None if number == "*" else number,
        int(spec.get("result", 0)),
        error_named(error, where) if error else None,
        as_bytes(spec.get("out", ""), where),
    )


def find_command(table: list[Command], number: int) -> Command:
    """The row of a command; a wildcard serves what no other row does. ENOTTY."""
    for row in table:
        if row.number == number:
            return row
    for row in table:
        if row.number is None:
            return row
    raise ENOTTY


def as_bytes(value: Any, where: str) -> bytes:
    """A text, or ``{hex = "00 ff"}`` for bytes."""
    if isinstance(value, str):
        return value.encode()
    if isinstance(value, dict) and set(value) == {"hex"}:
        try:
            return bytes.fromhex(value["hex"])
        except (TypeError, ValueError):
            raise BadModel(f"{where}: {value['hex']!r} is not hexadecimal") from None
    raise BadModel(f"{where}: {value!r} is no text")


def host_file(path: str, where: str) -> Reader:
    """A file of the host, read anew with each opening."""
    if not os.path.isfile(path):
        raise BadModel(f"{where}: {path} is not there")

    def read() -> bytes:
        with open(path, "rb") as file:
            return file.read()

    return read


def error_named(name: str, where: str) -> type[KernelError]:
    """The error of a name."""
    from emu.kernel.errno_base import generic_numbers

    number = generic_numbers().get(name)
    if number is None:
        raise BadModel(f"{where}: {name!r} is no errno")
    return error_class(number)


def accept(store: Store, accepted: list[bytes], data: bytes) -> None:
    """Store one of several texts. EINVAL for any other."""
    if data.strip() not in accepted:
        raise EINVAL("not one of the accepted texts")
    store.text = data


def fail(error: type[KernelError]) -> Any:
    """Raise."""
    raise error
