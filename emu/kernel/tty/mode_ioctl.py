"""Reading and changing a terminal's settings in the caller's struct. See tty_mode_ioctl.

Control characters have other places, and local flags other bits, on MIPS: they are matched by
name. Bits without a name are kept as they are where the ABI uses the generic ones.
"""

from __future__ import annotations

import functools
from typing import TYPE_CHECKING, Any

from emu.kernel.errno import ENOTTY, EPERM
from emu.kernel.tty.jobctrl import check_change
from emu.kernel.tty.ktermios import Ktermios
from emu.kernel.tty.signals import flush_input
from emu.kernel.uapi import ioctl as ioctls
from emu.kernel.uapi.capability import CAP_SYS_ADMIN
from emu.kernel.uapi.termios import CC_NAMES, CLOCAL, LOCAL_FLAGS, NCC, NCCS

if TYPE_CHECKING:
    from emu.arch.abi import Abi
    from emu.kernel.task import Task
    from emu.kernel.tty.tty import Tty

GETS = {ioctls.TCGETS: "termios", ioctls.TCGETS2: "termios2", ioctls.TCGETA: "termio"}
SETS = {
    ioctls.TCSETS: ("termios", False),
    ioctls.TCSETSW: ("termios", False),
    ioctls.TCSETSF: ("termios", True),
    ioctls.TCSETS2: ("termios2", False),
    ioctls.TCSETSW2: ("termios2", False),
    ioctls.TCSETSF2: ("termios2", True),
    ioctls.TCSETA: ("termio", False),
    ioctls.TCSETAW: ("termio", False),
    ioctls.TCSETAF: ("termio", True),
}
"""Command -> the caller's struct, and whether input is forgotten. Output is never waiting."""

LOW = 0xFFFF


def tty_mode_ioctl(tty: Tty, task: Task, cmd: int, arg: int) -> int:
    """Tell or take settings. ENOTTY for any other command."""
    if cmd in GETS:
        task.mm.write(arg, to_user(task.abi, GETS[cmd], tty.termios))
    elif cmd in SETS:
        check_change(tty)
        struct, forget = SETS[cmd]
        layout = task.abi.layout(struct)
        given = layout.unpack(task.mm.read(arg, layout.size))
        new = from_user(task.abi, struct, given, tty.termios)
        if forget:
            flush_input(tty)
            tty.drained()
        tty.set_termios(new)
    elif cmd == ioctls.TIOCGSOFTCAR:
        task.mm.write_u32(arg, bool(tty.termios.cflag & CLOCAL))
    elif cmd == ioctls.TIOCSSOFTCAR:
        new = tty.termios.copy()
        new.cflag = new.cflag & ~CLOCAL | (CLOCAL if task.mm.read_u32(arg) else 0)
        tty.set_termios(new)
    elif cmd == ioctls.TIOCGLCKTRMIOS:
        nothing = Ktermios(0, 0, 0, 0, 0, bytes(NCCS))
        task.mm.write(arg, to_user(task.abi, "termios", nothing))
    elif cmd == ioctls.TIOCSLCKTRMIOS and not task.cred.capable(CAP_SYS_ADMIN):
        raise EPERM
    else:
        raise ENOTTY
    return 0


def to_user(abi: Abi, struct: str, termios: Ktermios) -> bytes:
    """Settings as one of the caller's structs."""
    places = Places.of(abi)
    values: dict[str, Any] = {
        "c_iflag": termios.iflag,
        "c_oflag": termios.oflag,
        "c_cflag": termios.cflag,
        "c_lflag": places.local_to_user(termios.lflag),
        "c_line": termios.line,
    }
    layout = abi.layout(struct)
    size = NCC if struct == "termio" else layout.find("c_cc").size
    values["c_cc"] = places.to_user(termios.cc)[:size].ljust(layout.find("c_cc").size, b"\0")
    if struct == "termio":
        for flag in ("c_iflag", "c_oflag", "c_cflag", "c_lflag"):
            values[flag] &= LOW
    elif struct == "termios2":
        values |= {"c_ispeed": termios.ispeed, "c_ospeed": termios.ospeed}
    return layout.pack(**values)


def from_user(abi: Abi, struct: str, given: dict[str, Any], now: Ktermios) -> Ktermios:
    """The settings that one of the caller's structs asks for; what it lacks stays."""
    places = Places.of(abi)
    new = now.copy()
    if struct == "termio":
        new.iflag = now.iflag & ~LOW | given["c_iflag"]
        new.oflag = now.oflag & ~LOW | given["c_oflag"]
        new.cflag = now.cflag & ~LOW | given["c_cflag"]
        local = places.local_to_user(now.lflag) & ~LOW | given["c_lflag"]
        characters = bytes(given["c_cc"][:NCC]) + places.to_user(now.cc)[NCC:]
    else:
        new.iflag, new.oflag, new.cflag = given["c_iflag"], given["c_oflag"], given["c_cflag"]
        local, characters = given["c_lflag"], bytes(given["c_cc"])
    new.lflag = places.local_from_user(local)
    new.cc = places.from_user(characters)
    new.line = given["c_line"]
    if struct == "termios2":
        new.ispeed, new.ospeed = given["c_ispeed"], given["c_ospeed"]
    new.follow_speed_bits()
    return new


class Places:
    """Where an ABI has control characters in c_cc, and its bits of c_lflag."""

    def __init__(self, abi: Abi) -> None:
        self.theirs = tuple(abi.constant(name) for name in CC_NAMES)
        self.count = abi.layout("termios").find("c_cc").size
        self.bits = tuple((ours, abi.constant(name)) for name, ours in LOCAL_FLAGS.values)
        self.same_bits = all(ours == theirs for ours, theirs in self.bits)

    @staticmethod
    def of(abi: Abi) -> Places:
        """Those of an ABI."""
        return _places(abi)

    def to_user(self, characters: bytes) -> bytes:
        """The kernel's c_cc in the ABI's order."""
        result = bytearray(self.count)
        for ours, theirs in enumerate(self.theirs):
            result[theirs] = characters[ours]
        return bytes(result)

    def from_user(self, characters: bytes) -> bytes:
        """The ABI's c_cc in the kernel's order."""
        return bytes(characters[theirs] for theirs in self.theirs).ljust(NCCS, b"\0")

    def local_to_user(self, flags: int) -> int:
        """The ABI's bits of c_lflag."""
        if self.same_bits:
            return flags
        return sum(theirs for ours, theirs in self.bits if flags & ours)

    def local_from_user(self, flags: int) -> int:
        """The kernel's bits of c_lflag."""
        if self.same_bits:
            return flags
        return sum(ours for ours, theirs in self.bits if flags & theirs)


@functools.cache
def _places(abi: Abi) -> Places:
    return Places(abi)
