"""What the terminal shows of what is typed: a queue, since the output may stand still.

The queue holds characters and, behind OP, what must be worked out when it is shown, because it
depends on the column the cursor is in then. See echo_char and __process_echoes in n_tty.c.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from emu.kernel.tty.characters import TAB, iscntrl
from emu.kernel.tty.opost import Output
from emu.kernel.uapi.termios import ECHO, ECHOCTL, ECHONL, OLCUC, OPOST

if TYPE_CHECKING:
    from emu.kernel.tty.tty import Tty

OP = 0xFF
MOVE_BACK_COL = 0x80
SET_CANON_COL = 0x81
ERASE_TAB = 0x82

# Runs of the queue that are shown at once: VREPRINT shows a line of thousands again.
PLAIN = re.compile(rb"[^\x00-\x1f\x7f\xff]+")
CARETS = re.compile(rb"(?:\xff[\x00-\x1f\x7f])+")

# One step of the queue, and as many as there are.
STEP = re.compile(rb"[^\xff]|\xff\x82.|\xff[^\x82]", re.DOTALL)
STEPS = re.compile(rb"(?:[^\xff]|\xff\x82.|\xff[^\x82])*", re.DOTALL)

WATERMARK = 256
"""Shown at once when so much is waiting, without waiting for the end of what was typed."""
BLOCK = 256
DISCARD_WATERMARK = 4096 - (WATERMARK + 32)
"""The oldest is forgotten when more than this waits: nobody looks."""

WITH_CARET = tuple(
    b"\xff" + bytes((c,)) if c == OP or (iscntrl(c) and c != TAB) else bytes((c,))
    for c in range(256)
)
"""What a character is in the queue with ECHOCTL."""


class Echo:
    """The queue. `_committed` of its bytes may be shown; `_marked` may be when asked."""

    __slots__ = ("_committed", "_marked", "_queue", "output", "tty")

    def __init__(self, tty: Tty, output: Output) -> None:
        self.tty = tty
        self.output = output
        self._queue = bytearray()
        self._committed = 0
        self._marked = 0

    def clear(self) -> None:
        """Forget what was not shown."""
        self._queue.clear()
        self._committed = self._marked = 0

    def raw(self, characters: bytes) -> None:
        """Show characters as they are."""
        self._queue += characters.replace(b"\xff", b"\xff\xff")

    def char(self, c: int) -> None:
        """Show a character, a control character as ``^X`` with ECHOCTL."""
        if c == OP:
            self._queue += b"\xff\xff"
            return
        if self.tty.termios.lflag & ECHOCTL and iscntrl(c) and c != TAB:
            self._queue.append(OP)
        self._queue.append(c)

    def text(self, characters: bytes | bytearray) -> None:
        """Show many characters as `char` does."""
        lflag = self.tty.termios.lflag
        if lflag & ECHOCTL:
            self._queue += b"".join([WITH_CARET[c] for c in characters])
        else:
            self.raw(bytes(characters))

    def set_canon_column(self) -> None:
        """The line that is being typed begins here."""
        self._queue += bytes((OP, SET_CANON_COL))

    def move_back_column(self) -> None:
        """The byte before this was not a character of its own."""
        self._queue += bytes((OP, MOVE_BACK_COL))

    def erase_tab(self, columns: int, after_tab: bool) -> None:
        """Go back over a tab that had so many columns before it, since a tab or the start."""
        self._queue += bytes((OP, ERASE_TAB, columns & 7 | (0x80 if after_tab else 0)))

    def commit(self) -> None:
        """What was queued belongs together: it may be shown, at once if it is much."""
        waiting = len(self._queue)
        self._marked = waiting
        if waiting < WATERMARK or waiting % BLOCK > self._committed % BLOCK:
            return
        self._committed = waiting
        self._show()

    def process(self) -> None:
        """Show what belongs together."""
        if self._marked:
            self._committed = self._marked
            self._show()

    def flush(self) -> None:
        """Show everything, at the end of what was typed."""
        if self.tty.termios.lflag & (ECHO | ECHONL) and self._committed != len(self._queue):
            self._committed = len(self._queue)
            self._show()

    def _show(self) -> None:
        tty = self.tty
        room = tty.driver.write_room(tty)
        out = bytearray()
        done = 0
        while done < self._committed:
            made = self._run(done, room - len(out))
            if made:
                out += made[0]
                done += made[1]
                continue
            shown = self._next(done, room - len(out))
            if shown is None:
                break
            out += shown[0]
            done += shown[1]
        done += self._forget(done, self._committed - done - DISCARD_WATERMARK + 1)
        del self._queue[:done]
        self._committed = max(0, self._committed - done)
        self._marked = max(0, self._marked - done)
        if out:
            tty.driver.write(tty, bytes(out))

    def _run(self, start: int, room: int) -> tuple[bytes, int] | None:
        """What a run of ordinary characters shows, and its length."""
        queue, end = self._queue, self._committed
        found = PLAIN.match(queue, start, min(end, start + room))
        if found is not None and not self.tty.termios.oflag & OLCUC:
            made = bytes(found[0])
            if self.tty.termios.oflag & OPOST:
                self.output.advance(made)
            return made, len(made)
        found = CARETS.match(queue, start, min(end, start + room // 2 * 2))
        if found is not None:
            made = bytes(found[0])
            self.output.column += len(made)
            return b"".join([b"^%c" % (c ^ 0x40) for c in made[1::2]]), len(made)
        return None

    def _forget(self, start: int, excess: int) -> int:
        """How much must be left out for `excess` bytes to be gone: whole steps of the queue."""
        if excess <= 0:
            return 0
        end = start + excess
        steps = STEPS.match(self._queue, start, end)
        assert steps is not None
        if steps.end() < end:  # the last step is longer
            steps = STEP.match(self._queue, steps.end())
            assert steps is not None
        return steps.end() - start

    def _next(self, place: int, room: int) -> tuple[bytes, int] | None:
        """What one step of the queue shows, and its length; None if there is no room."""
        output, queue = self.output, self._queue
        c = queue[place]
        if c != OP:
            if self.tty.termios.oflag & OPOST:
                made = output.process(c, room)
                return None if made is None else (made, 1)
            return (bytes((c,)), 1) if room else None
        op = queue[place + 1]
        if op == SET_CANON_COL:
            output.canon_column = output.column
            return b"", 2
        if op == MOVE_BACK_COL:
            output.column = max(0, output.column - 1)
            return b"", 2
        if op == ERASE_TAB:
            return self._backspaces(queue[place + 2], room)
        if op == OP:
            if not room:
                return None
            output.column += 1
            return b"\xff", 2
        if room < 2:
            return None
        output.column += 2
        return bytes((0x5E, op ^ 0x40)), 2

    def _backspaces(self, columns: int, room: int) -> tuple[bytes, int] | None:
        """How far a tab is gone back over: columns since the start count from there."""
        if not columns & 0x80:
            columns += self.output.canon_column
        count = 8 - (columns & 7)
        if count > room:
            return None
        self.output.column = max(0, self.output.column - count)
        return b"\b" * count, 3
