"""Argument kinds of the socket calls: types with their flags, and options of a level."""

from __future__ import annotations

from typing import Annotated

from emu.kernel.args import Arg, Binding, FlagsArg, FlagTranslation, PointerArg
from emu.kernel.net.msghdr import UNTRANSLATED_LEVEL
from emu.kernel.uapi.socket import (
    ADDRESS_FAMILY,
    MSG_FLAGS,
    SOCK_TYPE_MASK,
    SOCKET_FLAGS,
    SOCKET_LEVEL,
    SOCKET_OPTION,
    SOCKET_TYPE,
    SOL_SOCKET,
)
from emu.record import record


class _Types:
    """A socket type and its flags in the kernel's values. An unknown type stays as it is."""

    def __init__(self, flags: FlagTranslation | None, types: FlagTranslation | None) -> None:
        self._flags = flags
        self._types = types

    def __call__(self, value: int) -> int:
        if self._flags is not None:
            value = self._flags(value)
        if self._types is None:
            return value
        type = value & SOCK_TYPE_MASK
        known = self._types(type)
        return value & ~SOCK_TYPE_MASK | (type if known > SOCK_TYPE_MASK else known)


@record
class SocketTypeArg(Arg):
    """A socket type with SOCK_NONBLOCK and SOCK_CLOEXEC."""

    bits: int = 32

    def decode(self, raw: str, binding: Binding) -> str:
        """The type and flags, with UNKNOWN_FLAG for a flag that there is not."""
        value = Arg.decode(self, raw, binding)
        flags, types = binding.flags(SOCKET_FLAGS), binding.flags(SOCKET_TYPE)
        if flags is None and types is None:
            return value
        return f"{binding.inject(_Types(flags, types))}({value})"


class _Levels:
    """SOL_SOCKET for the caller's number of it; whatever else has its number is another level."""

    def __init__(self, translation: FlagTranslation) -> None:
        self._translation = translation

    def __call__(self, value: int) -> int:
        known = self._translation(value)
        if known == SOL_SOCKET:
            return known
        return UNTRANSLATED_LEVEL if value == SOL_SOCKET else value


@record
class LevelArg(Arg):
    """The level of a socket option."""

    bits: int = 32
    signed: bool = True

    def decode(self, raw: str, binding: Binding) -> str:
        """The level, in which only SOL_SOCKET differs between ABIs."""
        value = Arg.decode(self, raw, binding)
        translation = binding.flags(SOCKET_LEVEL)
        return value if translation is None else f"{binding.inject(_Levels(translation))}({value})"


class OptionName:
    """A socket option: the number as it came, and what it is as a SOL_SOCKET option."""

    __slots__ = ("_translation", "value")

    def __init__(self, value: int, translation: FlagTranslation | None) -> None:
        self.value = value
        self._translation = translation

    def at(self, level: int) -> int:
        """The number at a level."""
        if level != SOL_SOCKET or self._translation is None:
            return self.value
        return self._translation(self.value)


@record
class OptionNameArg(Arg):
    """The name of a socket option: an `OptionName`. `value` is the parameter with its value."""

    bits: int = 32
    signed: bool = True

    def decode(self, raw: str, binding: Binding) -> str:
        """An `OptionName`."""
        translation = binding.inject(binding.flags(SOCKET_OPTION))
        return f"{binding.inject(OptionName)}({Arg.decode(self, raw, binding)}, {translation})"


@record
class SockaddrArg(PointerArg):
    """A pointer to a struct sockaddr; `length` names its size, or the pointer to it if `out`."""

    length: str = "addrlen"


@record
class MsghdrArg(PointerArg):
    """A pointer to a struct msghdr, or to several struct mmsghdr, `length` naming their count."""


@record
class OptionValueArg(PointerArg):
    """A pointer to the value of a socket option; the call's level and name say what it is."""

    length: str = "optlen"


Family = Annotated[int, FlagsArg(signed=True, family=ADDRESS_FAMILY)]
SocketType = Annotated[int, SocketTypeArg()]
MsgFlags = Annotated[int, FlagsArg(family=MSG_FLAGS)]
Level = Annotated[int, LevelArg()]
Optname = Annotated[OptionName, OptionNameArg()]
InSockaddr = Annotated[int, SockaddrArg()]
OutSockaddr = Annotated[int, SockaddrArg(out=True)]
InMsghdr = Annotated[int, MsghdrArg()]
OutMsghdr = Annotated[int, MsghdrArg(out=True)]
InMmsghdr = Annotated[int, MsghdrArg(length="vlen")]
OutMmsghdr = Annotated[int, MsghdrArg(length="vlen", out=True)]
InOption = Annotated[int, OptionValueArg()]
OutOption = Annotated[int, OptionValueArg(out=True)]
