"""N_TTY, the line discipline of terminals: what becomes of the bytes that arrive.

See drivers/tty/n_tty.c. Reading and writing are in `emu.kernel.tty.n_tty_io`.
"""

from __future__ import annotations

from collections import deque
from typing import TYPE_CHECKING

from emu.kernel.tty.characters import NEWLINE, RETURN, tolower
from emu.kernel.tty.echo import Echo
from emu.kernel.tty.erase import erase
from emu.kernel.tty.opost import Output
from emu.kernel.tty.signals import isig
from emu.kernel.uapi.signal import SIGINT, SIGQUIT, SIGTSTP
from emu.kernel.uapi.termios import (
    DISABLED_CHAR,
    ECHO,
    ECHOCTL,
    ECHONL,
    EXTPROC,
    ICANON,
    ICRNL,
    IEXTEN,
    IGNCR,
    INLCR,
    ISIG,
    ISTRIP,
    IUCLC,
    IUTF8,
    IXANY,
    IXON,
    PARMRK,
    VEOF,
    VEOL,
    VEOL2,
    VERASE,
    VINTR,
    VKILL,
    VLNEXT,
    VQUIT,
    VREPRINT,
    VSTART,
    VSTOP,
    VSUSP,
    VWERASE,
)

if TYPE_CHECKING:
    from emu.kernel.tty.ktermios import Ktermios
    from emu.kernel.tty.tty import Tty

BUFFER_SIZE = 4096
"""How much can wait to be read; one place stays free."""

SIGNAL_CHARACTERS = ((VINTR, SIGINT), (VQUIT, SIGQUIT), (VSUSP, SIGTSTP))
INPUT_WORK = ISTRIP | IUCLC | IGNCR | ICRNL | INLCR | IXON | PARMRK
LOCAL_WORK = ICANON | ISIG | ECHO


class NTty:
    """The input of one terminal.

    `buffer` is what was not read yet. Its first `canon` bytes are whole lines, whose last bytes'
    places are in `_ends`; the rest is being typed. Places are counted from the first byte ever,
    so that reading does not move them. Without ICANON its first `commit` bytes can be read.
    """

    def __init__(self, tty: Tty) -> None:
        self.tty = tty
        self.output = Output(tty)
        self.echo = Echo(tty, self.output)
        self.buffer = bytearray()
        self.canon = 0
        self.commit = 0
        self.erasing = False
        self.receiving = False
        """Whether echoes are being made, which set out together: VINTR may forget them yet."""
        self._tail = 0
        self._ends: deque[int] = deque()
        self._lnext = False
        self._special: frozenset[int] = frozenset()
        self._raw = False
        self.set_termios(None)

    def set_termios(self, old: Ktermios | None) -> None:
        """Follow new settings: see n_tty_set_termios."""
        new, tty = self.tty.termios, self.tty
        if old is None or (old.lflag ^ new.lflag) & (ICANON | EXTPROC):
            self._ends.clear()
            if not new.lflag & ICANON or not self.buffer:
                self.canon = 0
            else:
                self.canon = len(self.buffer)
                self._ends.append(self._tail + self.canon - 1)
            self.commit = len(self.buffer)
            self.erasing = self._lnext = False
        self._raw = not (new.iflag & INPUT_WORK or new.lflag & LOCAL_WORK)
        self._special = frozenset(self._special_characters()) - {DISABLED_CHAR}
        if old is not None and old.iflag & IXON and not new.iflag & IXON:
            tty.start()
            self.echo.process()
        tty.write_wait.wake_up_all()
        tty.read_wait.wake_up_all()

    def _special_characters(self) -> set[int]:
        """The bytes that mean something: the rest is only stored and echoed."""
        iflag, lflag, cc = self.tty.termios.iflag, self.tty.termios.lflag, self.tty.termios.cc
        found: set[int] = set()
        if iflag & (IGNCR | ICRNL):
            found.add(RETURN)
        if iflag & INLCR:
            found.add(NEWLINE)
        if lflag & ICANON:
            found |= {NEWLINE, cc[VERASE], cc[VKILL], cc[VEOF], cc[VEOL]}
            if lflag & IEXTEN:
                found |= {cc[VWERASE], cc[VLNEXT], cc[VEOL2]}
                if lflag & ECHO:
                    found.add(cc[VREPRINT])
        if iflag & IXON:
            found |= {cc[VSTART], cc[VSTOP]}
        if lflag & ISIG:
            found |= {cc[VINTR], cc[VQUIT], cc[VSUSP]}
        return found

    @property
    def icanon(self) -> bool:
        """Whether whole lines are read."""
        return self.tty.termios.lflag & (ICANON | EXTPROC) == ICANON

    @property
    def typed(self) -> int:
        """How many bytes of an unfinished line there are."""
        return len(self.buffer) - self.canon

    def receive(self, data: bytes | bytearray) -> int:
        """Take what arrives: how many bytes there was room for. See n_tty_receive_buf_common.

        A line that is too long is not held up: its last character gives way to the next.
        """
        done = 0
        self.receiving = True
        while done < len(data):
            room = BUFFER_SIZE - len(self.buffer)
            if self.tty.termios.iflag & PARMRK:
                room = -(-room // 3)
            room -= 1
            if room <= 0:
                if not self.tty.termios.lflag & ICANON or self.canon:
                    break
                if room < 0:
                    del self.buffer[-1]
                room = 1
            piece = data[done : done + room]
            self._receive(piece)
            done += len(piece)
        self.receiving = False
        self.tty.driver.flush_chars(self.tty)
        return done

    def _receive(self, data: bytes | bytearray) -> None:
        termios = self.tty.termios
        if self._raw or (
            termios.lflag & EXTPROC
            and not (termios.iflag & ISTRIP or (termios.iflag & IUCLC and termios.lflag & IEXTEN))
        ):
            self.buffer += data
        else:
            for c in data:
                self._character(c)
            self.echo.flush()
        if not self.icanon:
            self.commit = len(self.buffer)
            if self.buffer:
                self.tty.read_wait.wake_up_all()

    def _character(self, c: int) -> None:
        iflag, lflag = self.tty.termios.iflag, self.tty.termios.lflag
        if iflag & ISTRIP:
            c &= 0x7F
        if iflag & IUCLC and lflag & IEXTEN:
            c = tolower(c)
        if self._lnext:
            self._lnext = False
            self._ordinary(c)
        elif lflag & EXTPROC:
            self.buffer.append(c)
        elif c in self._special:
            self._special_character(c, iflag, lflag)
        else:
            self._ordinary(c)

    def _ordinary(self, c: int) -> None:
        self._any_restarts()
        if self.tty.termios.lflag & ECHO:
            self.finish_erasing()
            self._echo_typed(c)
            self.echo.commit()
        self._store(c)

    def _special_character(self, c: int, iflag: int, lflag: int) -> None:
        cc = self.tty.termios.cc
        if iflag & IXON and c in (cc[VSTART], cc[VSTOP]):
            if c == cc[VSTART]:
                self.tty.start()
                self.echo.process()
            else:
                self.tty.stop()
            return
        if lflag & ISIG:
            for place, signal in SIGNAL_CHARACTERS:
                if c == cc[place]:
                    self._signal(signal, c)
                    return
        self._any_restarts()
        if c == RETURN:
            if iflag & IGNCR:
                return
            if iflag & ICRNL:
                c = NEWLINE
        elif c == NEWLINE and iflag & INLCR:
            c = RETURN
        if lflag & ICANON and self._canonical(c, lflag, cc):
            return
        if lflag & ECHO:
            self.finish_erasing()
            if c == NEWLINE:
                self.echo.raw(b"\n")
            else:
                self._echo_typed(c)
            self.echo.commit()
        self._store(c)

    def _canonical(self, c: int, lflag: int, cc: bytes) -> bool:
        """What edits or ends a line; False if the character does neither."""
        extended = lflag & IEXTEN
        if c in (cc[VERASE], cc[VKILL]) or (extended and c == cc[VWERASE]):
            erase(self, c)
            self.echo.commit()
        elif extended and c == cc[VLNEXT]:
            self._lnext = True
            if lflag & ECHO:
                self.finish_erasing()
                if lflag & ECHOCTL:
                    self.echo.raw(b"^\b")
                    self.echo.commit()
        elif extended and lflag & ECHO and c == cc[VREPRINT]:
            self.finish_erasing()
            self.echo.char(c)
            self.echo.raw(b"\n")
            self.echo.text(self.buffer[self.canon :])
            self.echo.commit()
        elif c == NEWLINE:
            if lflag & (ECHO | ECHONL):
                self.echo.raw(b"\n")
                self.echo.commit()
            self._end_line(c)
        elif c == cc[VEOF]:
            self._end_line(DISABLED_CHAR)
        elif c == cc[VEOL] or (extended and c == cc[VEOL2]):
            if lflag & ECHO:
                self._echo_typed(c)
                self.echo.commit()
            if c == 0xFF and self.tty.termios.iflag & PARMRK:
                self.buffer.append(c)
            self._end_line(c)
        else:
            return False
        return True

    def _signal(self, signal: int, c: int) -> None:
        tty = self.tty
        isig(tty, signal)
        if tty.termios.iflag & IXON:
            tty.start()
        if tty.termios.lflag & ECHO:
            self.echo.char(c)
            self.echo.commit()
        else:
            self.echo.process()

    def _any_restarts(self) -> None:
        """IXANY: any character lets a stopped output go on."""
        tty = self.tty
        if tty.flow.stopped and not tty.flow.tco_stopped:
            iflag = tty.termios.iflag
            if iflag & IXON and iflag & IXANY:
                tty.start()
                self.echo.process()

    def _echo_typed(self, c: int) -> None:
        if not self.typed:
            self.echo.set_canon_column()
        self.echo.char(c)

    def _store(self, c: int) -> None:
        if c == 0xFF and self.tty.termios.iflag & PARMRK:
            self.buffer.append(c)
        self.buffer.append(c)

    def _end_line(self, c: int) -> None:
        self._ends.append(self._tail + len(self.buffer))
        self.buffer.append(c)
        self.canon = len(self.buffer)
        self.tty.read_wait.wake_up_all()

    def finish_erasing(self) -> None:
        """Close what ECHOPRT opened."""
        if self.erasing:
            self.echo.raw(b"/")
            self.erasing = False

    def is_continuation(self, c: int) -> bool:
        """Whether a byte is not the first of its character: only with IUTF8."""
        return c & 0xC0 == 0x80 and bool(self.tty.termios.iflag & IUTF8)

    def drop_typed(self, count: int) -> None:
        """Forget the last bytes of the unfinished line."""
        if count:
            del self.buffer[-count:]

    def flush(self) -> None:
        """Forget all input, though not its echoes: see reset_buffer_flags."""
        self.buffer.clear()
        self.canon = self.commit = 0
        self._ends.clear()
        self.erasing = False

    def has_input(self, minimum: int = 1) -> bool:
        """Whether a read would give something: a line, or so many bytes without ICANON."""
        return bool(self.canon) if self.icanon else self.commit >= minimum

    def waiting(self) -> int:
        """What TIOCINQ tells: bytes that can be read, without the marks of VEOF."""
        if not self.icanon:
            return len(self.buffer)
        marks = sum(self.buffer[end - self._tail] == DISABLED_CHAR for end in self._ends)
        return self.canon - marks

    def take_line(self, count: int) -> bytes:
        """Up to `count` bytes of the first line; a VEOF ends it and is not seen."""
        if not self.canon:
            return b""
        end = self._ends[0] - self._tail if self._ends else self.canon
        data = bytes(self.buffer[: min(end + 1, count, self.canon)])
        if len(data) > end:
            self._ends.popleft()
            taken = len(data)
            if data[end] == DISABLED_CHAR:
                data = data[:end]
        else:
            taken = len(data)
            # A VEOF right behind a filled buffer would read as a second end.
            if taken == end < self.canon and self.buffer[end] == DISABLED_CHAR and self._ends:
                self._ends.popleft()
                taken += 1
        self._consume(taken)
        return data

    def take_bytes(self, count: int) -> bytes:
        """Up to `count` bytes, without ICANON."""
        data = bytes(self.buffer[: min(count, self.commit)])
        self._consume(len(data))
        return data

    def _consume(self, count: int) -> None:
        del self.buffer[:count]
        self._tail += count
        self.canon = max(0, self.canon - count)
        self.commit = max(0, self.commit - count)
