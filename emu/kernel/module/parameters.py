"""Module parameters: typed variables set at load time or by /sys/module. See kernel/params.c."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, Protocol

from emu.kernel.errno import EINVAL, ENOENT, ENOSPC
from emu.kernel.fs.sysfs.attribute import Attribute
from emu.kernel.module.cells import BoolCell, Cell, TextCell
from emu.kernel.module.guard import call, checked, later
from emu.kernel.module.parse import kstrtobool, kstrtoint
from emu.record import record

if TYPE_CHECKING:
    from emu.kernel.fs.single import Text
    from emu.kernel.fs.sysfs.kobject import Kobject
    from emu.kernel.module.module import Module
    from emu.kernel.vfs.file_operations import Result

CHARP_MAX = 1024


class Kind(Protocol):
    """A parameter type: how a text becomes the cell's value, and back."""

    def set(self, cell: Any, text: str | None) -> None:
        """Take a text; None is a name without a value. EINVAL, ERANGE, ENOSPC."""

    def get(self, cell: Any) -> str:
        """The value as sysfs shows it."""


@record
class NumberKind:
    """An integer type of C."""

    bits: int
    signed: bool
    format: str = "%d"

    def cell(self, value: int | None) -> Cell:
        """A variable of the type."""
        return cell_type(self.bits, self.signed)(value or 0)

    def set(self, cell: Any, text: str | None) -> None:
        """A number in the base that its prefix tells."""
        least = -(1 << self.bits - 1) if self.signed else 0
        most = (1 << self.bits - self.signed) - 1
        cell.value = kstrtoint(given(text), 0, least, most)

    def get(self, cell: Any) -> str:
        """The number."""
        return str(self.format % cell.value)


class BoolKind:
    """``bool``; `invert` is ``invbool``."""

    def __init__(self, *, invert: bool = False) -> None:
        self._invert = invert

    def cell(self, value: object) -> BoolCell:
        """A variable of the type."""
        return BoolCell(value)

    def set(self, cell: Any, text: str | None) -> None:
        """A truth value; a name alone is true."""
        cell.value = (text is None or kstrtobool(given(text))) != self._invert

    def get(self, cell: Any) -> str:
        """``Y`` or ``N``."""
        return "Y" if bool(cell) != self._invert else "N"


class CharpKind:
    """``charp``: any text."""

    def cell(self, value: str | None) -> TextCell:
        """A variable of the type."""
        return TextCell(value)

    def set(self, cell: Any, text: str | None) -> None:
        """The text."""
        if text is None:
            raise EINVAL("it wants a value")
        if len(text) > CHARP_MAX:
            raise ENOSPC("the text is too long")
        cell.value = text

    def get(self, cell: Any) -> str:
        """The text."""
        return str(cell)


KINDS: dict[str, NumberKind | BoolKind | CharpKind] = {
    "byte": NumberKind(8, False), "short": NumberKind(16, True), "ushort": NumberKind(16, False),
    "int": NumberKind(32, True), "uint": NumberKind(32, False), "long": NumberKind(64, True),
    "ulong": NumberKind(64, False), "ullong": NumberKind(64, False),
    "hexint": NumberKind(32, False, "%#08x"), "bool": BoolKind(), "invbool": BoolKind(invert=True),
    "charp": CharpKind(),
}  # fmt: skip


class ArrayCell:
    """A parameter of several values: `value` is the list of them, `count` how many were given."""

    def __init__(self, kind: NumberKind | BoolKind | CharpKind, values: list[Any]) -> None:
        self.kind = kind
        self.cells: list[Any] = [kind.cell(value) for value in values]
        self.maximum = len(values)

    @property
    def value(self) -> list[Any]:
        """The values."""
        return [cell.value for cell in self.cells]

    @property
    def count(self) -> int:
        """How many there are."""
        return len(self.cells)

    def __getitem__(self, index: int) -> Any:
        return self.cells[index].value

    def __len__(self) -> int:
        return len(self.cells)


class ArrayKind:
    """Several values with commas between them, no more than there were at first."""

    def __init__(self, kind: NumberKind | BoolKind | CharpKind) -> None:
        self._kind = kind

    def set(self, cell: Any, text: str | None) -> None:
        """The values."""
        if text is None:
            raise EINVAL("it wants values")
        parts = text.removesuffix("\n").split(",")
        if len(parts) > cell.maximum:
            raise EINVAL(f"can only take {cell.maximum} arguments")
        cells: list[Any] = [self._kind.cell(None) for _ in parts]
        for one, part in zip(cells, parts, strict=True):
            self._kind.set(one, part)
        cell.cells = cells

    def get(self, cell: Any) -> str:
        """The values."""
        return ",".join(self._kind.get(one) for one in cell.cells)


class Parameter:
    """One parameter of a module: `cell` is the variable."""

    def __init__(self, module: Module, name: str, cell: Any, kind: Kind, perm: int) -> None:
        self.module = module
        self.name = name
        self.cell = cell
        self.kind = kind
        self.perm = perm

    def set(self, text: str | None) -> Result:
        """Take a text."""
        self.kind.set(self.cell, text)
        return 0

    def get(self) -> Text:
        """The line that sysfs shows."""
        return (self.kind.get(self.cell) + "\n").encode(errors="surrogateescape")


class CallbackParameter(Parameter):
    """A parameter with operations of the module's own: module_param_cb."""

    def __init__(
        self,
        module: Module,
        name: str,
        perm: int,
        set: Callable[..., Any] | None,
        get: Callable[..., Any] | None,
        argument: Any,
    ) -> None:
        super().__init__(module, name, argument, KINDS["charp"], perm)
        self._set, self._get = set, get

    def set(self, text: str | None) -> Result:
        """Have the module take it. ENOENT if it takes none."""
        if self._set is None:
            raise ENOENT("it cannot be set")
        return later(call(self.module, self._set, text, self), checked)

    def get(self) -> Text:
        """What the module shows: it fills a buffer, or answers a text."""
        from emu.kernel.module.show import shown_by

        if self._get is None:
            raise ENOENT("it cannot be shown")
        return shown_by(self.module, self._get, lambda buffer: (buffer, self))


class ParameterAttribute(Attribute):
    """The file of a parameter in /sys/module/NAME/parameters."""

    def __init__(self, parameter: Parameter) -> None:
        super().__init__(parameter.name, parameter.perm)
        self._parameter = parameter
        self.readable = bool(parameter.perm & 0o444)
        self.writable = bool(parameter.perm & 0o222)

    def show(self, kobj: Kobject) -> Text:
        """The value."""
        return self._parameter.get()

    def store(self, kobj: Kobject, data: bytes) -> Result:
        """Another value."""
        text = data.partition(b"\0")[0].decode(errors="surrogateescape")
        return later(self._parameter.set(text), lambda _: len(data))


def cell_type(bits: int, signed: bool) -> type[Cell]:
    """The type of a variable."""
    return type(f"{'s' if signed else 'u'}{bits}", (Cell,), {"bits": bits, "signed": signed})


def given(text: str | None) -> str:
    """A value to be parsed. EINVAL if there is none."""
    if text is None:
        raise EINVAL("it wants a value")
    return text


def split_arguments(line: str) -> list[tuple[str, str | None]]:
    """Names and values of a line of arguments, quotes taken off: see next_arg."""
    found: list[tuple[str, str | None]] = []
    word, quoted, any_quote = "", False, False
    for letter in line + " ":
        if letter == '"':
            quoted, any_quote = not quoted, True
        elif letter.isspace() and not quoted:
            if word or any_quote:
                name, equals, value = word.partition("=")
                found.append((name.replace("-", "_"), value if equals else None))
            word, any_quote = "", False
        else:
            word += letter
    return found
