"""Puts a table behind a runner: a static ELF that any Linux of its ABI can run."""

from __future__ import annotations

import struct
from functools import cache
from pathlib import Path

from emu.conformance.target import Target
from emu.record import record

RUNNERS = Path(__file__).parent / "runners"
_MAGIC = 0x31656C6261742D65
_TABLE_ADDRESS = 0x20000000


@record
class Runner:
    """A runner's file, and the addresses in it that checks are written with.

    They are the members of struct exports, in its order.
    """

    image: bytes
    scratch: int
    records: int
    handler: int
    restorer: int
    arguments: int
    entry: int
    returned: int
    table: int


class BadRunner(Exception):
    """The runner is no file that a table can be put behind."""


@cache
def load_runner(name: str) -> Runner:
    """The prebuilt runner of an ABI. `BadRunner`."""
    image = (RUNNERS / name).read_bytes()
    header = _Elf(image)
    _, _, offset, _ = header.table_segment()
    order, word = header.order, "Q" if header.wide else "I"
    count = len(Runner.__match_args__) - 1  # but for the image
    magic, *addresses = struct.unpack_from(f"{order}Q{count}{word}", image, offset)
    if magic != _MAGIC:
        raise BadRunner(f"{name}: no table begins at {_TABLE_ADDRESS:#x}")
    return Runner(image, *addresses)


def with_table(target: Target, table: bytes) -> bytes:
    """The program: a runner whose last segment goes on with the table."""
    runner = load_runner(target.runner)
    header = _Elf(runner.image)
    place, address, offset, size = header.table_segment()
    begin = runner.image[offset : offset + size]
    image = bytearray(runner.image)
    image += bytes(-(len(image) - offset) % header.page)
    new_offset = len(image)
    image += begin[: runner.table - address] + table
    header.move_segment(image, place, new_offset, len(image) - new_offset)
    return bytes(image)


class _Elf:
    """As much of an ELF header as is needed to find and move one segment."""

    page = 0x1000

    def __init__(self, image: bytes) -> None:
        self.image = image
        self.wide = image[4] == 2
        self.order = ">" if image[5] == 2 else "<"
        if self.wide:
            (self.headers,) = struct.unpack_from(f"{self.order}Q", image, 32)
            self.size, self.count = struct.unpack_from(f"{self.order}HH", image, 54)
        else:
            (self.headers,) = struct.unpack_from(f"{self.order}I", image, 28)
            self.size, self.count = struct.unpack_from(f"{self.order}HH", image, 42)

    def table_segment(self) -> tuple[int, int, int, int]:
        """Where the header of the table's segment is; the segment's address, offset and size."""
        for index in range(self.count):
            place = self.headers + index * self.size
            if self.wide:
                kind, _, offset, address, _, size = struct.unpack_from(
                    f"{self.order}IIQQQQ", self.image, place
                )
            else:
                kind, offset, address, _, size = struct.unpack_from(
                    f"{self.order}IIIII", self.image, place
                )
            if kind == 1 and address == _TABLE_ADDRESS:
                return place, address, offset, size
        raise BadRunner("the runner has no segment for a table")

    def move_segment(self, image: bytearray, place: int, offset: int, size: int) -> None:
        """Let the segment whose header is at `place` be these bytes of the file."""
        if self.wide:
            struct.pack_into(f"{self.order}Q", image, place + 8, offset)
            struct.pack_into(f"{self.order}QQ", image, place + 32, size, size)
        else:
            struct.pack_into(f"{self.order}I", image, place + 4, offset)
            struct.pack_into(f"{self.order}II", image, place + 16, size, size)
