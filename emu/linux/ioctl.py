"""Numbers of commands for ioctl(2), as the calling program's ABI has them. See asm/ioctl.h."""

from __future__ import annotations

from typing import Any

from emu.arch.ioctl import NUMBER_BITS, TYPE_SHIFT, ioctl_encoding
from emu.kernel.module.guard import awaited
from emu.linux.layout import CType, caller_abi


class IoctlNumber:
    """A command, which is a number only for a caller: equal to what that caller passes."""

    def __init__(self, direction: str, type: str | int, nr: int, what: Any = None) -> None:
        self.direction = direction
        self.type = ord(type) if isinstance(type, str) else type
        self.nr = nr
        self.what = what

    def __int__(self) -> int:
        abi = caller_abi()
        encoding = ioctl_encoding(abi)
        direction = sum(getattr(encoding, name) for name in self.direction.split())
        size = 0
        if isinstance(self.what, CType):
            size = self.what.size_in(abi)
        elif isinstance(self.what, int):
            size = self.what
        return encoding.encode(direction, self.type, self.nr, size)

    __index__ = __int__

    def __eq__(self, other: object) -> bool:
        if isinstance(other, IoctlNumber):
            return self is other
        return int(self) == other

    def __hash__(self) -> int:
        return hash((self.type, self.nr))

    def __repr__(self) -> str:
        return f"<ioctl {chr(self.type)!r} {self.nr}>"


def _IO(type: str | int, nr: int) -> IoctlNumber:
    """A command that passes nothing, or a plain number."""
    return IoctlNumber("none", type, nr)


def _IOR(type: str | int, nr: int, what: Any) -> IoctlNumber:
    """A command by which the program reads something of a type."""
    return IoctlNumber("read", type, nr, what)


def _IOW(type: str | int, nr: int, what: Any) -> IoctlNumber:
    """A command by which the program writes something of a type."""
    return IoctlNumber("write", type, nr, what)


def _IOWR(type: str | int, nr: int, what: Any) -> IoctlNumber:
    """A command by which the program writes something and reads it back."""
    return IoctlNumber("read write", type, nr, what)


def _IOC_NR(cmd: int) -> int:
    """The number in a command."""
    return int(cmd) & (1 << NUMBER_BITS) - 1


def _IOC_TYPE(cmd: int) -> int:
    """The type letter in a command."""
    return int(cmd) >> TYPE_SHIFT & 0xFF


def _IOC_SIZE(cmd: int) -> int:
    """The size in a command."""
    return ioctl_encoding(caller_abi()).size(int(cmd))


def _IOC_DIR(cmd: int) -> int:
    """The direction in a command."""
    return ioctl_encoding(caller_abi()).direction(int(cmd))


class ioctls:
    """The short form of an ioctl: a function for each command, with typed arguments.

    ``@knob_ioctl(KNOB_SET)`` marks a function that is given the open file and the value copied in
    from the caller, if the command writes one; what it returns is copied out if the command reads.
    Everything else is ENOTTY. The object itself is to be given to file_operations.
    """

    def __init__(self) -> None:
        self.handlers: dict[IoctlNumber, Any] = {}
        self.__name__ = "ioctl"

    def __call__(self, *arguments: Any) -> Any:
        """Mark a function as a command's, or answer a call."""
        if len(arguments) == 1:
            return lambda function: self.handlers.setdefault(arguments[0], function)
        return self._dispatch(*arguments)

    async def _dispatch(self, file: Any, cmd: int, arg: Any) -> Any:
        from emu.linux.errno import EFAULT, ENOTTY

        number = next((known for known in self.handlers if known == cmd), None)
        if number is None:
            return -ENOTTY
        function = self.handlers[number]
        kind: Any = number.what
        given = [file]
        if "write" in number.direction:
            try:
                given.append(kind.unpack_in(caller_abi(), arg.load(kind.size_in(caller_abi()))))
            except EFAULT:
                return -EFAULT
        elif number.direction == "none":
            given.append(int(arg))
        result = await awaited(function(*given[: _wanted(function, len(given))]))
        if "read" not in number.direction or _is_error(result):
            return result
        arg.store(kind.pack_in(caller_abi(), given[-1] if result is None else result))
        return 0


def _wanted(function: Any, given: int) -> int:
    from emu.kernel.module.show import positional

    return min(given, positional(function))


def _is_error(result: Any) -> bool:
    from emu.kernel.errno_base import ErrnoValue

    return isinstance(result, ErrnoValue)


__all__ = [
    "_IO",
    "_IOC_DIR",
    "_IOC_NR",
    "_IOC_SIZE",
    "_IOC_TYPE",
    "_IOR",
    "_IOW",
    "_IOWR",
    "IoctlNumber",
    "ioctls",
]  # fmt: skip
