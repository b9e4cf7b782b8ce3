"""Typed system call arguments: how each kind leaves the registers and reaches a handler.

A handler's annotations are the only declaration. `emu.kernel.binding` turns them into one decoder
per handler and ABI; the trace (`emu.trace`) and the documentation read the same annotations.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any, Protocol

from emu.record import field, record

if TYPE_CHECKING:
    from emu.arch.layout import Layout
    from emu.kernel.mm.address_space import AddressSpace

PATH_MAX = 4096


class Binding(Protocol):
    """What an argument kind may ask while its decoder is written."""

    word_bits: int
    """The width of the registers that carry arguments, in bits."""

    def word(self, raw: str, width: int, signed: bool) -> str:
        """The expression for `width` bits of the raw register `raw`."""

    def inject(self, value: object) -> str:
        """Make a Python object reachable from the decoder; answers its name there."""

    def layout(self, name: str) -> Layout:
        """The caller's layout of a struct, after the entry point's own substitutions."""

    def flags(self, family: FlagFamily) -> FlagTranslation | None:
        """How the caller's numbers become the kernel's; None when they are the same."""


@record
class Arg:
    """One argument kind. `bits` is the C type's width; 0 means a machine word."""

    bits: int = 0
    signed: bool = False

    def decode(self, raw: str, binding: Binding) -> str:
        """The Python expression that makes the handler's value of the raw register `raw`."""
        return binding.word(raw, self.bits or binding.word_bits, self.signed)


@record
class FdArg(Arg):
    """A file descriptor: unsigned in C, and kept so that -1 is out of every table."""

    bits: int = 32
    signed: bool = True


@record
class PointerArg(Arg):
    """A user address that the handler reads or writes through ``task.mm``.

    `length` names the argument that holds the byte count, `out` says the kernel writes there:
    both are for the trace.
    """

    length: str = ""
    out: bool = False


@record
class IovecArg(Arg):
    """A user array of iovec; `length` names its count, `out` says the kernel fills the buffers."""

    length: str = "vlen"
    out: bool = False


@record
class PathArg(Arg):
    """A NUL-terminated user string, read when the call enters: bytes (None if `optional`)."""

    optional: bool = False
    limit: int = PATH_MAX

    def decode(self, raw: str, binding: Binding) -> str:
        """See `Arg.decode`."""
        address = Arg.decode(self, raw, binding)
        read = f"mm.read_string({address}, {self.limit})"
        return f"({read} if {address} else None)" if self.optional else read


@record
class FlagFamily:
    """A set of flag names with the kernel's own values; see `emu.kernel.uapi`.

    `mask` covers bits that form a number within the set, equal on every ABI (O_ACCMODE).
    With `is_number` the whole word is one number (a whence, a command).
    """

    name: str
    values: tuple[tuple[str, int], ...] = field(repr=False)
    mask: int = 0
    is_number: bool = False


class FlagTranslation(Protocol):
    """Turns an ABI's flag bits into the kernel's; unknown bits end up in `UNKNOWN_FLAG`."""

    def __call__(self, value: int, /) -> int:
        """The kernel's own bits of the caller's word."""


UNKNOWN_FLAG = 1 << 62
"""Set in translated flags when the caller gave a bit that its ABI does not define."""


@record
class FlagsArg(Arg):
    """A word of flags, handed over in the kernel's own values."""

    bits: int = 32
    family: FlagFamily = FlagFamily("none", ())

    def decode(self, raw: str, binding: Binding) -> str:
        """See `Arg.decode`."""
        value = Arg.decode(self, raw, binding)
        translation = binding.flags(self.family)
        return value if translation is None else f"{binding.inject(translation)}({value})"


class UserStruct:
    """A struct of the caller's layout at a user address; false when the pointer is NULL."""

    __slots__ = ("address", "layout", "mm")

    def __init__(self, mm: AddressSpace, address: int, layout: Layout) -> None:
        self.mm = mm
        self.address = address
        self.layout = layout

    def __bool__(self) -> bool:
        return self.address != 0

    def write(self, **values: Any) -> None:
        """Fill the user's struct. EFAULT; OverflowError if a value does not fit its field."""
        self.mm.write(self.address, self.layout.pack(**values))

    def write_bytes(self, packed: bytes) -> None:
        """Fill the user's struct with bytes made by ``layout.packer``. EFAULT."""
        self.mm.write(self.address, packed)

    def read(self) -> dict[str, Any]:
        """The struct's fields as they are now. EFAULT."""
        return self.layout.unpack(self.mm.read(self.address, self.layout.size))


@record
class StructArg(Arg):
    """A pointer to a struct, as a `UserStruct` of the caller's layout.

    `out` says that the kernel fills it (the trace then shows it after the call). Copying is the
    handler's: it calls ``read`` or ``write`` where Linux copies, so that errors come in order.
    """

    layout: str = ""
    out: bool = False

    def decode(self, raw: str, binding: Binding) -> str:
        """See `Arg.decode`."""
        address = Arg.decode(self, raw, binding)
        layout = binding.inject(binding.layout(self.layout))
        return f"{binding.inject(UserStruct)}(mm, {address}, {layout})"


# The plain C types. `Long` is the kernel's long: as wide as the argument registers.
Int = Annotated[int, Arg(32, signed=True)]
UInt = Annotated[int, Arg(32)]
Long = Annotated[int, Arg(0, signed=True)]
ULong = Annotated[int, Arg(0)]
S64 = Annotated[int, Arg(64, signed=True)]
U64 = Annotated[int, Arg(64)]
Loff = S64
UInt16 = Annotated[int, Arg(16)]
Mode = UInt16
Size = ULong
Fd = Annotated[int, FdArg()]
Pid = Int
Pointer = Annotated[int, PointerArg()]
Path = Annotated[bytes, PathArg()]
OptionalPath = Annotated[bytes | None, PathArg(optional=True)]
InBuffer = Annotated[int, PointerArg(length="count")]
OutBuffer = Annotated[int, PointerArg(length="count", out=True)]
