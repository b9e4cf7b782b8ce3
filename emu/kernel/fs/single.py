"""Files whose whole text is made at once: seq_file's single_open. See fs/seq_file.c.

The text is made when reading begins at the start, or anywhere else than where it stopped; what
comes after is a part of that same text, in pieces as small as the reader likes.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from emu.kernel.uaccess import Buffer
    from emu.kernel.vfs.file_operations import Result

Text = bytes | Awaitable[bytes]


class SingleText:
    """What one open file keeps between its reads. `private` is the file's kind's own."""

    __slots__ = ("private", "text", "told")

    def __init__(self, private: object = None) -> None:
        self.text = b""
        self.told = 0
        """Where the last read stopped."""
        self.private = private

    def read(self, buffer: Buffer, pos: int, make: Callable[[], Text]) -> Result:
        """The text from a position on; `make` makes it where it is needed anew."""
        if pos and pos == self.told:
            return self._give(buffer, pos)
        text = make()
        if not isinstance(text, bytes):
            return self._read_later(buffer, pos, text)
        self.text = text
        return self._give(buffer, pos)

    async def _read_later(self, buffer: Buffer, pos: int, text: Awaitable[bytes]) -> int:
        self.text = await text
        return self._give(buffer, pos)

    def _give(self, buffer: Buffer, pos: int) -> int:
        piece = self.text[pos : pos + buffer.count]
        done = buffer.copy_to(piece) if piece else 0
        self.told = pos + done
        return done
