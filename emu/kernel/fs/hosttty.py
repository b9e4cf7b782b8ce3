"""Terminal commands on the host's terminal, between its struct termios and the caller's ABI's.

Flags, control characters and speeds are matched by name: MIPS numbers nearly all of them its own
way. See ioctl_tty(2) and termios(3).
"""

from __future__ import annotations

import fcntl
import struct
import termios
from typing import TYPE_CHECKING, Any

from emu.kernel.errno import EINVAL, ENOTTY
from emu.kernel.fs.host_errors import from_host
from emu.kernel.uapi.ioctl import (
    TCFLSH,
    TCGETS,
    TCGETS2,
    TCSBRK,
    TCSBRKP,
    TCSETS,
    TCSETS2,
    TCSETSF,
    TCSETSF2,
    TCSETSW,
    TCSETSW2,
    TIOCGPGRP,
    TIOCGSID,
    TIOCGWINSZ,
    TIOCNOTTY,
    TIOCOUTQ,
    TIOCSCTTY,
    TIOCSPGRP,
    TIOCSWINSZ,
)

if TYPE_CHECKING:
    from emu.arch.abi import Abi
    from emu.kernel.task import Task

FLAG_NAMES = (
    ("IGNBRK BRKINT IGNPAR PARMRK INPCK ISTRIP INLCR IGNCR ICRNL IXON IXANY IXOFF IMAXBEL IUTF8"),
    ("OPOST OLCUC ONLCR OCRNL ONOCR ONLRET OFILL OFDEL"),
    ("CSTOPB CREAD PARENB PARODD HUPCL CLOCAL CRTSCTS"),
    ("ISIG ICANON ECHO ECHOE ECHOK ECHONL NOFLSH TOSTOP ECHOCTL ECHOPRT ECHOKE IEXTEN"),
)
"""Single bits of c_iflag, c_oflag, c_cflag and c_lflag."""

SIZE_NAMES = ("CS5", "CS6", "CS7", "CS8")
CC_NAMES = (
    "VINTR", "VQUIT", "VERASE", "VKILL", "VEOF", "VTIME", "VMIN", "VSWTC", "VSTART", "VSTOP",
    "VSUSP", "VEOL", "VREPRINT", "VDISCARD", "VWERASE", "VLNEXT", "VEOL2",
)  # fmt: skip
SPEED_NAMES = (
    "B0", "B50", "B75", "B110", "B134", "B150", "B200", "B300", "B600", "B1200", "B1800", "B2400",
    "B4800", "B9600", "B19200", "B38400", "B57600", "B115200", "B230400", "B460800", "B921600",
)  # fmt: skip

_IFLAG, _OFLAG, _CFLAG, _LFLAG, _ISPEED, _OSPEED, _CC = range(7)
_FIELDS = ("c_iflag", "c_oflag", "c_cflag", "c_lflag")
_SET_WHEN = {
    TCSETS: termios.TCSANOW,
    TCSETSW: termios.TCSADRAIN,
    TCSETSF: termios.TCSAFLUSH,
    TCSETS2: termios.TCSANOW,
    TCSETSW2: termios.TCSADRAIN,
    TCSETSF2: termios.TCSAFLUSH,
}
_WITH_SPEEDS = (TCGETS2, TCSETS2, TCSETSW2, TCSETSF2)


def ioctl(fd: int, task: Task, cmd: int, arg: int) -> int:
    """A terminal command on a host terminal. ENOTTY for one that is not supported."""
    try:
        return _ioctl(fd, task, cmd, arg)
    except termios.error as error:
        raise from_host(OSError(*error.args)) from None
    except OSError as error:
        raise from_host(error) from None


def bytes_waiting(fd: int) -> int:
    """How many bytes could be read. ENOTTY where the host cannot tell."""
    try:
        (count,) = struct.unpack("i", fcntl.ioctl(fd, termios.FIONREAD, bytes(4)))
    except OSError as error:
        raise from_host(error) from None
    return int(count)


def _ioctl(fd: int, task: Task, cmd: int, arg: int) -> int:
    layout = task.abi.layout
    if cmd in (TCGETS, TCGETS2):
        name = "termios2" if cmd == TCGETS2 else "termios"
        values = to_guest(task.abi, termios.tcgetattr(fd))
        if cmd == TCGETS:
            del values["c_ispeed"], values["c_ospeed"]
        task.mm.write(arg, layout(name).pack(**values))
    elif cmd in _SET_WHEN:
        struct_layout = layout("termios2" if cmd in _WITH_SPEEDS else "termios")
        given = struct_layout.unpack(task.mm.read(arg, struct_layout.size))
        termios.tcsetattr(fd, _SET_WHEN[cmd], to_host(task.abi, given, termios.tcgetattr(fd)))
    elif cmd == TIOCGWINSZ:
        rows, columns, x, y = struct.unpack("4H", fcntl.ioctl(fd, termios.TIOCGWINSZ, bytes(8)))
        size = layout("winsize").pack(ws_row=rows, ws_col=columns, ws_xpixel=x, ws_ypixel=y)
        task.mm.write(arg, size)
    elif cmd == TIOCSWINSZ:
        wanted = layout("winsize").unpack(task.mm.read(arg, layout("winsize").size))
        fields = ("ws_row", "ws_col", "ws_xpixel", "ws_ypixel")
        fcntl.ioctl(fd, termios.TIOCSWINSZ, struct.pack("4H", *(wanted[f] for f in fields)))
    elif cmd == TIOCOUTQ:
        (count,) = struct.unpack("i", fcntl.ioctl(fd, termios.TIOCOUTQ, bytes(4)))
        task.mm.write_u32(arg, count)
    elif cmd == TCFLSH:
        if arg > 2:
            raise EINVAL("no such queue")
        termios.tcflush(fd, (termios.TCIFLUSH, termios.TCOFLUSH, termios.TCIOFLUSH)[arg])
    elif cmd in (TCSBRK, TCSBRKP):
        if cmd == TCSBRK and arg:
            termios.tcdrain(fd)
        else:
            termios.tcsendbreak(fd, 0)
    else:
        return _job_control(task, cmd, arg)
    return 0


def _job_control(task: Task, cmd: int, arg: int) -> int:
    """The guest's own process groups: the host's mean nothing to it."""
    vfs = task.kernel.root_mount.vfs
    if cmd == TIOCGPGRP:
        task.mm.write_u32(arg, vfs.console_pgrp or task.pgid)
    elif cmd == TIOCSPGRP:
        pgrp = task.mm.read_u32(arg)
        if pgrp >= 1 << 31:
            raise EINVAL("no process group")
        vfs.console_pgrp = pgrp
    elif cmd == TIOCGSID:
        task.mm.write_u32(arg, task.sid)
    elif cmd in (TIOCSCTTY, TIOCNOTTY):
        vfs.console_pgrp = task.pgid if cmd == TIOCSCTTY else 0
    else:
        raise ENOTTY
    return 0


def to_guest(abi: Abi, attributes: list[Any]) -> dict[str, Any]:
    """What tcgetattr said, as the fields of the caller's struct termios2."""
    values: dict[str, Any] = {
        field: _translate(names, attributes[index], host_bit, abi_bit(abi))
        for index, (field, names) in enumerate(zip(_FIELDS, FLAG_NAMES, strict=True))
    }
    cflag = attributes[_CFLAG]
    size = next((n for n in SIZE_NAMES if cflag & termios.CSIZE == host_bit(n)), "CS8")
    speed = next((n for n in SPEED_NAMES if attributes[_OSPEED] == host_bit(n)), "B38400")
    values["c_cflag"] |= abi.constant(size) | abi.constant(speed)
    values["c_ispeed"] = values["c_ospeed"] = int(speed[1:])
    characters = bytearray(abi.layout("termios").find("c_cc").size)
    for name in CC_NAMES:
        index = abi_bit(abi)(name)
        if index is not None and index < len(characters) and hasattr(termios, name):
            characters[index] = _character(attributes[_CC][getattr(termios, name)])
    values["c_cc"] = bytes(characters)
    return values


def to_host(abi: Abi, given: dict[str, Any], now: list[Any]) -> list[Any]:
    """The caller's struct termios as tcsetattr wants it; `now` fills what it does not say."""
    result = list(now)
    for index, (field, names) in enumerate(zip(_FIELDS, FLAG_NAMES, strict=True)):
        mask = _translate(names, ~0, abi_bit(abi), host_bit)
        result[index] = now[index] & ~mask | _translate(names, given[field], abi_bit(abi), host_bit)
    cflag = given["c_cflag"]
    for name in SIZE_NAMES:
        if cflag & abi.constant("CSIZE") == abi.constant(name):
            result[_CFLAG] = result[_CFLAG] & ~termios.CSIZE | getattr(termios, name)
    for name in SPEED_NAMES:
        if cflag & abi.constant("CBAUD") == abi.constant(name):
            result[_ISPEED] = result[_OSPEED] = host_bit(name)
    result[_CC] = characters = list(now[_CC])
    canonical = given["c_lflag"] & abi.constant("ICANON")
    for name in CC_NAMES:
        index = abi_bit(abi)(name)
        if index is None or index >= len(given["c_cc"]) or not hasattr(termios, name):
            continue
        if name in ("VTIME", "VMIN") and canonical:
            continue
        characters[getattr(termios, name)] = bytes([given["c_cc"][index]])
    return result


def host_bit(name: str) -> int | None:
    """The host's value of a name."""
    value: int | None = getattr(termios, name, None)
    return value


def abi_bit(abi: Abi) -> Any:
    """The caller's value of a name."""

    def value(name: str) -> int | None:
        try:
            return abi.constant(name)
        except KeyError:
            return None

    return value


def _translate(names: str, flags: int, source: Any, target: Any) -> int:
    result = 0
    for name in names.split():
        bit, new = source(name), target(name)
        if bit and new and flags & bit == bit:
            result |= new
    return result


def _character(value: Any) -> int:
    return value if isinstance(value, int) else value[0]
