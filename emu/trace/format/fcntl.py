"""fcntl(2) and ioctl(2): each command has its own argument."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from emu.kernel.errno import KernelError
from emu.kernel.uapi.fcntl import OPEN_FLAGS
from emu.kernel.uapi.stat import SEALS
from emu.trace.format.descriptors import numbered
from emu.trace.format.flags import flags
from emu.trace.format.numbers import FD_FLAGS, set_of
from emu.trace.format.structs import struct
from emu.trace.format.text import hexadecimal, pointer, quoted, signed

if TYPE_CHECKING:
    from emu.trace.format.call import Call

WITHOUT_ARGUMENT = (
    "F_GETFD", "F_GETFL", "F_GETOWN", "F_GETSIG", "F_GETLEASE", "F_GETPIPE_SZ", "F_GET_SEALS",
)  # fmt: skip
DECIMAL = ("F_DUPFD", "F_DUPFD_CLOEXEC", "F_SETOWN", "F_SETPIPE_SZ")
LOCKS = ("F_GETLK", "F_SETLK", "F_SETLKW")
LOCKS64 = ("F_GETLK64", "F_SETLK64", "F_SETLKW64", "F_OFD_GETLK", "F_OFD_SETLK", "F_OFD_SETLKW")
FILLED = ("F_GETLK", "F_GETLK64", "F_OFD_GETLK")

# ioctl command -> the struct it fills or reads.
IOCTL_STRUCTS = {
    "TCGETS": ("termios", True), "TCSETS": ("termios", False), "TCSETSW": ("termios", False),
    "TCSETSF": ("termios", False), "TIOCGWINSZ": ("winsize", True),
    "TIOCSWINSZ": ("winsize", False), "TCGETS2": ("termios2", True),
    "TCSETS2": ("termios2", False), "TCSETSW2": ("termios2", False),
    "TCSETSF2": ("termios2", False), "TCGETA": ("termio", True), "TCSETA": ("termio", False),
    "TCSETAW": ("termio", False), "TCSETAF": ("termio", False),
    "TIOCGLCKTRMIOS": ("termios", True), "TIOCSLCKTRMIOS": ("termios", False),
}  # fmt: skip
IOCTL_NUMBERS = {
    "FIONREAD": True, "TIOCGPGRP": True, "TIOCSPGRP": False, "TIOCGSID": True, "TIOCGPTN": True,
    "TIOCSPTLCK": False, "TIOCGPTLCK": True, "TIOCPKT": False, "TIOCGPKT": True, "TIOCOUTQ": True,
    "TIOCGEXCL": True, "TIOCGDEV": True, "TIOCGETD": True, "TIOCSETD": False, "FIONBIO": False,
    "TIOCGSOFTCAR": True, "TIOCSSOFTCAR": False, "TFD_IOC_SET_TICKS": False,
}  # fmt: skip
"""ioctl command -> whether the kernel fills its number."""

SOUND = {
    0x5402: "SNDCTL_TMR_START", 0x5403: "SNDCTL_TMR_STOP", 0x5404: "SNDCTL_TMR_CONTINUE",
}  # fmt: skip
"""Commands of sound timers that most ABIs' terminals have the same numbers for."""

IOCTL_WITHOUT = (
    "FIOCLEX", "FIONCLEX", "TIOCEXCL", "TIOCNXCL", "TIOCNOTTY", "TIOCVHANGUP", "TIOCSBRK",
    "TIOCCBRK",
)  # fmt: skip
IOCTL_DECIMAL = ("TCSBRK", "TCSBRKP", "TIOCSCTTY")
IOCTL_NAMES = {
    "TCFLSH": ("TCIFLUSH", "TCOFLUSH", "TCIOFLUSH"),
    "TCXONC": ("TCOOFF", "TCOON", "TCIOFF", "TCION"),
}


def command(call: Call) -> str:
    """The command's name, by the caller's numbers; empty for one that has none."""
    arg: Any = call.parameters[1].arg
    family = getattr(arg, "family", None)
    mask = 0xFFFFFFFF
    for name, generic in family.values if family else ():
        if constant(call, name, generic) & mask == call.value(1) & mask:
            return str(name)
    return ""


def constant(call: Call, name: str, generic: int) -> int:
    """A number of the caller's ABI."""
    return call.abi.constants.get(name, generic)


def fcntl_shown(call: Call) -> int:
    """How many arguments the command has."""
    return 2 if command(call) in WITHOUT_ARGUMENT else 3


def fcntl_is_out(call: Call) -> bool:
    """Whether the command fills its argument."""
    return command(call) in FILLED


def fcntl_argument(call: Call, index: int) -> str:
    """What follows the command."""
    name, value = command(call), call.value(index)
    if name == "F_SETFD":
        return set_of(FD_FLAGS, value & 0xFFFFFFFF)
    if name == "F_SETFL":
        return flags(call.abi, OPEN_FLAGS, value & 0xFFFFFFFF)
    if name == "F_ADD_SEALS":
        return flags(call.abi, SEALS, value & 0xFFFFFFFF)
    if name in DECIMAL:
        return str(signed(value, 32))
    if name in LOCKS or name in LOCKS64:
        if call.failed and name in FILLED:
            return pointer(value)
        wide = name in LOCKS64 and call.abi.has_layout("flock64")
        text = struct(call, call.abi.layout("flock64" if wide else "flock"), value)
        return with_pid(call, text, value, wide) if name in FILLED else text
    return hexadecimal(value)


def with_pid(call: Call, text: str, address: int, wide: bool) -> str:
    """A lock that was found says whose it is."""
    layout = call.abi.layout("flock64" if wide else "flock")
    try:
        pid = layout.unpack(call.mm.read(address, layout.size))["l_pid"]
    except KernelError:
        return text
    return f"{text.removesuffix('}')}, l_pid={pid}}}"


def fcntl_result(call: Call, value: int) -> str:
    """Flags by name after the number."""
    name = command(call)
    if name in ("F_DUPFD", "F_DUPFD_CLOEXEC"):
        return numbered(call, value)
    if name == "F_GETFL":
        return f"{hexadecimal(value)} (flags {flags(call.abi, OPEN_FLAGS, value)})"
    if name == "F_GET_SEALS" and value:
        return f"{hexadecimal(value)} (seals {flags(call.abi, SEALS, value)})"
    if name == "F_GETFD" and value:
        return f"{hexadecimal(value)} (flags {set_of(FD_FLAGS, value)})"
    return str(value)


def ioctl_command(call: Call, index: int) -> str:
    """The command's name, or the fields of its number."""
    name = command(call)
    if name:
        other = SOUND.get(call.value(1))
        return f"{other} or {name}" if other else name
    constants, value = call.abi.constants, call.value(1) & 0xFFFFFFFF
    size_bits = constants.get("_IOC_SIZEBITS", 14)
    direction, size = value >> (16 + size_bits), value >> 16 & ((1 << size_bits) - 1)
    names = [
        word
        for word, generic in (("_IOC_READ", 2), ("_IOC_WRITE", 1))
        if direction & constants.get(word, generic)
    ]
    shown = "|".join(names) or "_IOC_NONE"
    kind, number = value >> 8 & 0xFF, value & 0xFF
    return f"_IOC({shown}, {hexadecimal(kind)}, {hexadecimal(number)}, {hexadecimal(size)})"


def ioctl_shown(call: Call) -> int:
    """How many arguments the command has."""
    return 2 if command(call) in IOCTL_WITHOUT else 3


def ioctl_is_out(call: Call) -> bool:
    """Whether the command fills its argument."""
    name = command(call)
    return IOCTL_NUMBERS.get(name, False) or IOCTL_STRUCTS.get(name, ("", False))[1]


def ioctl_argument(call: Call, index: int) -> str:
    """What follows the command."""
    name, value = command(call), call.value(index)
    if name in IOCTL_DECIMAL:
        return str(signed(value, 32))
    if name in IOCTL_NAMES and value < len(IOCTL_NAMES[name]):
        return IOCTL_NAMES[name][value]
    if not value or (call.failed and ioctl_is_out(call)):
        return (
            pointer(value) if name in IOCTL_STRUCTS or name in IOCTL_NUMBERS else hexadecimal(value)
        )
    if name in IOCTL_STRUCTS:
        return struct(call, call.abi.layout(IOCTL_STRUCTS[name][0]), value)
    if name in IOCTL_NUMBERS:
        try:
            return f"[{signed(call.mm.read_u32(value), 32)}]"
        except KernelError:
            return pointer(value)
    if name == "TIOCSTI":
        try:
            return quoted(call.mm.read(value, 1))
        except KernelError:
            return pointer(value)
    return hexadecimal(value)
