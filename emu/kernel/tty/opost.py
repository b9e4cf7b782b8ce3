"""The way out: output processing and the cursor's column. See do_output_char in n_tty.c."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from emu.kernel.tty.characters import BACKSPACE, NEWLINE, RETURN, TAB, iscntrl, toupper
from emu.kernel.uapi.termios import (
    IUTF8,
    OCRNL,
    OLCUC,
    ONLCR,
    ONLRET,
    ONOCR,
    OPOST,
    TABDLY,
    XTABS,
)

if TYPE_CHECKING:
    from emu.kernel.tty.tty import Tty

PRINTABLE = re.compile(rb"[^\x00-\x1f\x7f]*")
CONTINUATION = bytes(range(0x80, 0xC0))


class Output:
    """Sends characters to the terminal and keeps count of the column they leave it in."""

    __slots__ = ("canon_column", "column", "tty")

    def __init__(self, tty: Tty) -> None:
        self.tty = tty
        self.column = 0
        self.canon_column = 0
        """The column in which the line that is being typed begins."""

    def write(self, data: bytes) -> int:
        """Send as much as there is room for, processed as c_oflag says: how many went."""
        tty = self.tty
        if not tty.termios.oflag & OPOST:
            return tty.driver.write(tty, data)
        room = tty.driver.write_room(tty)
        out = bytearray()
        done = 0
        shout = tty.termios.oflag & OLCUC
        while done < len(data) and len(out) < room:
            end = PRINTABLE.match(data, done).end()  # type: ignore[union-attr]
            if end > done and not shout:
                run = data[done : min(end, done + room - len(out))]
                out += run
                self.advance(run)
                done += len(run)
                continue
            made = self.process(data[done], room - len(out))
            if made is None:
                break
            out += made
            done += 1
        if out:
            tty.driver.write(tty, bytes(out))
        return done

    def process(self, c: int, room: int) -> bytes | None:
        """What one character becomes; None if that does not fit into the room."""
        oflag = self.tty.termios.oflag
        if not room:
            return None
        if c == NEWLINE:
            if oflag & ONLRET:
                self.column = 0
            if oflag & ONLCR:
                if room < 2:
                    return None
                self.canon_column = self.column = 0
                return b"\r\n"
            self.canon_column = self.column
        elif c == RETURN:
            if oflag & ONOCR and not self.column:
                return b""
            if oflag & OCRNL:
                if oflag & ONLRET:
                    self.canon_column = self.column = 0
                return b"\n"
            self.canon_column = self.column = 0
        elif c == TAB:
            spaces = 8 - (self.column & 7)
            if oflag & TABDLY == XTABS:
                if room < spaces:
                    return None
                self.column += spaces
                return b" " * spaces
            self.column += spaces
        elif c == BACKSPACE:
            self.column = max(0, self.column - 1)
        elif not iscntrl(c):
            if oflag & OLCUC:
                c = toupper(c)
            self.column += not (c & 0xC0 == 0x80 and self.tty.termios.iflag & IUTF8)
        return bytes((c,))

    def advance(self, run: bytes) -> None:
        """Count the columns of printable characters; with IUTF8 some bytes are parts of one."""
        if self.tty.termios.iflag & IUTF8 and not run.isascii():
            run = run.translate(None, CONTINUATION)
        self.column += len(run)
