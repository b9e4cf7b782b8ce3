"""The data of reads and writes, as ``-e read`` and ``-e write`` show it under the call's line."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from emu.kernel.errno import KernelError

if TYPE_CHECKING:
    from emu.trace.format.call import Call
    from emu.trace.selection import Selection

READS = ("read", "pread64", "recv", "recvfrom")
WRITES = ("write", "pwrite64", "send", "sendto")
READ_VECTORS = ("readv", "preadv", "preadv2")
WRITE_VECTORS = ("writev", "pwritev", "pwritev2")
BYTES_SHOWN = 1 << 20
WIDTH = 16


def dump(call: Call, reads: Selection[int] | None, writes: Selection[int] | None) -> str:
    """The call's data, if it is about one of the descriptors; nothing otherwise."""
    name, count = call.name, call.event.result
    if (reads is None and writes is None) or call.failed or not count:
        return ""
    wanted = reads if name in (*READS, *READ_VECTORS) else writes
    if name not in (*READS, *READ_VECTORS, *WRITES, *WRITE_VECTORS):
        return ""
    if wanted is None or call.value(0) not in wanted:
        return ""
    try:
        if name in (*READS, *WRITES):
            return lines(call.mm.read(call.value(1), min(count, BYTES_SHOWN)))
        return "".join(vectors(call, count))
    except KernelError:
        return ""


def vectors(call: Call, left: int) -> Iterator[str]:
    """Each buffer of an iovec. EFAULT."""
    layout = call.abi.layout("iovec")
    for item in range(call.value(2)):
        if left <= 0:
            return
        value = layout.unpack(call.mm.read(call.value(1) + item * layout.size, layout.size))
        length = min(left, value["iov_len"])
        left -= length
        yield f" * {length} bytes in buffer {item}\n"
        yield lines(call.mm.read(value["iov_base"], min(length, BYTES_SHOWN)))


def lines(data: bytes) -> str:
    """Offset, sixteen bytes in two groups, and what of them is printable."""
    shown = []
    for start in range(0, len(data), WIDTH):
        row = data[start : start + WIDTH]
        left, right = row[:8].hex(" "), row[8:].hex(" ")
        text = "".join(chr(byte) if 0x20 <= byte < 0x7F else "." for byte in row)
        shown.append(f" | {start:05x}  {left:<23}  {right:<23}  {text:<16} |\n")
    return "".join(shown)
