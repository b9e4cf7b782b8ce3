"""Argument kinds of the file calls, and flags on their way back to the caller."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

from emu.kernel.args import (
    UNKNOWN_FLAG,
    Arg,
    Binding,
    FlagFamily,
    FlagsArg,
    FlagTranslation,
    IovecArg,
    PathArg,
    PointerArg,
    StructArg,
    UserStruct,
)
from emu.kernel.errno import EOVERFLOW
from emu.kernel.uapi.fcntl import AT_FLAGS, FCNTL_COMMAND, OPEN_FLAGS
from emu.kernel.uapi.fs import RWF_FLAGS
from emu.kernel.uapi.ioctl import IOCTL_COMMAND
from emu.record import record

if TYPE_CHECKING:
    from collections.abc import Callable

    from emu.arch.abi import Abi
    from emu.kernel.mm.address_space import AddressSpace
    from emu.kernel.vfs.inode import Inode


class StatBuffer:
    """The caller's struct for a stat call, and who fills it."""

    __slots__ = ("address", "mm", "pack")

    def __init__(self, mm: AddressSpace, address: int, pack: Callable[[Inode], bytes]) -> None:
        self.mm = mm
        self.address = address
        self.pack = pack

    def write(self, inode: Inode) -> None:
        """Describe an inode. EFAULT; EOVERFLOW if a number does not fit."""
        inode.refresh()
        pack = self.pack
        self.mm.write(self.address, pack(inode))


@record
class StatArg(StructArg):
    """A pointer to one of the stat structs, as a `StatBuffer`."""

    out: bool = True

    def decode(self, raw: str, binding: Binding) -> str:
        """A `StatBuffer`."""
        from emu.kernel.sys.stat_packing import stat_packer

        address = Arg.decode(self, raw, binding)
        pack = binding.inject(stat_packer(binding.layout(self.layout)))
        return f"{binding.inject(StatBuffer)}(mm, {address}, {pack})"


class Translated:
    """A word that is flags of a family in some uses: as it came, and in the kernel's values."""

    __slots__ = ("_translation", "value")

    def __init__(self, value: int, translation: FlagTranslation | None) -> None:
        self.value = value
        self._translation = translation

    @property
    def flags(self) -> int:
        """In the kernel's own values; bits the ABI does not have are left out."""
        if self._translation is None:
            return self.value
        return self._translation(self.value & 0xFFFFFFFF) & ~UNKNOWN_FLAG


@record
class TranslatedArg(Arg):
    """A word that the handler may want as flags: a `Translated`."""

    family: FlagFamily = OPEN_FLAGS

    def decode(self, raw: str, binding: Binding) -> str:
        """A `Translated`."""
        translation = binding.inject(binding.flags(self.family))
        return f"{binding.inject(Translated)}({Arg.decode(self, raw, binding)}, {translation})"


class UserOpenHow(UserStruct):
    """A struct open_how, whose flags are the caller's own: see `flags`."""

    __slots__ = ("translation",)

    def __init__(self, struct: UserStruct, translation: FlagTranslation | None) -> None:
        super().__init__(struct.mm, struct.address, struct.layout)
        self.translation = translation

    def flags(self, value: int) -> int:
        """Open flags in the kernel's own values, with UNKNOWN_FLAG for what the ABI lacks."""
        if value >> 32:
            return UNKNOWN_FLAG
        return value if self.translation is None else self.translation(value)


@record
class OpenHowArg(StructArg):
    """A pointer to a struct open_how."""

    layout: str = "open_how"

    def decode(self, raw: str, binding: Binding) -> str:
        """A `UserOpenHow`."""
        struct = StructArg.decode(self, raw, binding)
        translation = binding.inject(binding.flags(OPEN_FLAGS))
        return f"{binding.inject(UserOpenHow)}({struct}, {translation})"


@record
class IoctlArg(FlagsArg):
    """An ioctl command: the generic number of one known by name, else UNKNOWN_FLAG and its own.

    So a driver can compare a stranger with the number it has computed for the caller's ABI.
    """

    family: FlagFamily = IOCTL_COMMAND

    def decode(self, raw: str, binding: Binding) -> str:
        """The command."""
        value = Arg.decode(self, raw, binding)
        translation = binding.flags(self.family)
        known = {number for _, number in self.family.values}
        return f"{binding.inject(_Commands(known, translation))}({value})"


class _Commands:
    def __init__(self, known: set[int], translation: FlagTranslation | None) -> None:
        self._known = known
        self._translation = translation

    def __call__(self, value: int) -> int:
        if self._translation is None:
            return value if value in self._known else value | UNKNOWN_FLAG
        command = self._translation(value)
        return value | UNKNOWN_FLAG if command == UNKNOWN_FLAG else command


OpenFlags = Annotated[int, FlagsArg(family=OPEN_FLAGS)]
AtFlags = Annotated[int, FlagsArg(family=AT_FLAGS)]
RwFlags = Annotated[int, FlagsArg(family=RWF_FLAGS)]
FcntlCommand = Annotated[int, FlagsArg(family=FCNTL_COMMAND)]
OpenFlagsOrOther = Annotated[Translated, TranslatedArg(family=OPEN_FLAGS)]
IoctlCommand = Annotated[int, IoctlArg()]
OpenHowPointer = Annotated[UserOpenHow, OpenHowArg()]
Iovec = Annotated[int, IovecArg()]
OutIovec = Annotated[int, IovecArg(out=True)]
Name = Annotated[bytes, PathArg()]
OutPath = Annotated[int, PointerArg(length="size", out=True)]
OutStat = Annotated[StatBuffer, StatArg(layout="stat")]


def to_user(abi: Abi, family: FlagFamily, value: int) -> int:
    """Flags in the caller's own numbers; what its ABI does not have is left out."""
    result = value & family.mask
    constants = abi.constants
    for name, bit in family.values:
        if value & bit == bit:
            result |= constants.get(name, 0)
    return result


def checked(write: Callable[..., Any], **values: Any) -> None:
    """Fill a user struct: EOVERFLOW where a value does not fit."""
    try:
        write(**values)
    except OverflowError as error:
        raise EOVERFLOW(str(error)) from None
