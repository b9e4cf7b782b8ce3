"""What stands in user memory behind the pointers of particular calls."""

from __future__ import annotations

import struct
from collections.abc import Callable
from typing import TYPE_CHECKING

from emu.kernel.errno import KernelError
from emu.kernel.uapi.poll import POLL_EVENTS
from emu.trace.format import full, signals
from emu.trace.format.descriptors import numbered
from emu.trace.format.flags import flags
from emu.trace.format.text import hexadecimal, pointer, quoted, signed

if TYPE_CHECKING:
    from emu.trace.format.call import Call

Formatter = Callable[["Call", int], str]

UTIME_NOW, UTIME_OMIT = (1 << 30) - 1, (1 << 30) - 2
STRINGS_SHOWN = 32
VARIABLES_COUNTED = 1 << 16


def descriptors(count: int) -> Formatter:
    """A formatter of so many descriptors in brackets, once the call has stored them."""

    def show(call: Call, index: int) -> str:
        address = call.value(index)
        if call.failed or not address:
            return pointer(address)
        try:
            values = [signed(call.mm.read_u32(address + 4 * i), 32) for i in range(count)]
        except KernelError:
            return pointer(address)
        return f"[{', '.join(numbered(call, fd) for fd in values)}]"

    return show


def long_offset(call: Call, index: int) -> str:
    """A 64-bit file position."""
    address = call.value(index)
    if call.failed or not address:
        return pointer(address)
    try:
        return f"[{signed(call.mm.read_u64(address), 64)}]"
    except KernelError:
        return pointer(address)


def directory_entries(call: Call, index: int) -> str:
    """The address of directory entries, and how many there are."""
    address, size = call.value(index), call.event.result
    if call.failed or size is None:
        return pointer(address)
    if not call.abbreviated and call.name == "getdents64":
        return full.directory_entries(call, address, size)
    place = 16 if call.name == "getdents64" else 2 * call.abi.word_bytes
    order = call.abi.isa.byte_order
    count, at = 0, 0
    try:
        while at + place + 2 <= size:
            (length,) = struct.unpack(order + "H", call.mm.read(address + at + place, 2))
            if not length:
                break
            at += length
            count += 1
    except KernelError:
        return pointer(address)
    return f"{pointer(address)} /* {count} entries */"


def poll_descriptors(call: Call, index: int) -> str:
    """What is polled for."""
    entries = read_poll(call, index) if call.value(index) else None
    if entries is None:
        return pointer(call.value(index))
    shown = [
        f"{{fd={numbered(call, fd)}, events={flags(call.abi, POLL_EVENTS, events)}}}"
        if fd >= 0
        else f"{{fd={fd}}}"
        for fd, events, _ in entries
    ]
    return f"[{', '.join(shown)}]"


def poll_result(call: Call, value: int) -> str:
    """What happened to which descriptor."""
    if value == 0:
        return "0 (Timeout)"
    entries = read_poll(call, 0) or []
    shown = [
        f"{{fd={numbered(call, fd)}, revents={flags(call.abi, POLL_EVENTS, revents)}}}"
        for fd, _, revents in entries
        if revents
    ]
    return f"{value} ([{', '.join(shown)}])"


def read_poll(call: Call, index: int) -> list[tuple[int, int, int]] | None:
    """An array of struct pollfd; None if it cannot be read."""
    address, count = call.value(index), min(call.value(index + 1), STRINGS_SHOWN)
    order = call.abi.isa.byte_order
    try:
        raw = call.mm.read(address, 8 * count)
    except KernelError:
        return None
    return [struct.unpack_from(order + "iHH", raw, 8 * i) for i in range(count)]


def cpu_set(call: Call, index: int) -> str:
    """A set of CPUs."""
    address = call.value(index)
    filled = call.name == "sched_getaffinity"
    size = call.event.result if filled else call.value(1)
    if call.failed or not address or size is None:
        return pointer(address)
    try:
        raw = call.mm.read(address, min(size, 1024))
    except KernelError:
        return pointer(address)
    bits = signals.bits_of(call.abi, raw)
    return f"[{' '.join(str(n) for n in range(bits.bit_length()) if bits >> n & 1)}]"


def times(call: Call, index: int) -> str:
    """The two times of utimensat(2)."""
    address = call.value(index)
    if not address:
        return "NULL"
    wide = call.abi.word_bits == 64 or call.name.endswith("64")
    layout = call.abi.layout("__kernel_timespec" if wide else "old_timespec32")
    shown = []
    for item in range(2):
        try:
            raw = call.mm.read(address + item * layout.size, layout.size)
        except KernelError:
            return pointer(address)
        value = layout.unpack(raw)
        shown.append(time(value["tv_sec"], value["tv_nsec"]))
    return f"[{', '.join(shown)}]"


def time(seconds: int, nanoseconds: int) -> str:
    """One time, with a date for people."""
    if nanoseconds == UTIME_NOW:
        return "UTIME_NOW"
    if nanoseconds == UTIME_OMIT:
        return "UTIME_OMIT"
    return f"{{tv_sec={seconds}, tv_nsec={nanoseconds}}}{full.comment(seconds, nanoseconds)}"


def wait_status(call: Call, index: int) -> str:
    """How a child ended."""
    address = call.value(index)
    if call.failed or not address or not call.event.result:
        return pointer(address)
    try:
        status = call.mm.read_u32(address)
    except KernelError:
        return pointer(address)
    return f"[{status_text(call, status)}]"


def status_text(call: Call, status: int) -> str:
    """A wait status in terms of its macros."""
    signal = status & 0x7F
    if signal == 0:
        return f"{{WIFEXITED(s) && WEXITSTATUS(s) == {status >> 8 & 0xFF}}}"
    if status & 0xFF == 0x7F:
        name = signals.signal(call.abi, status >> 8 & 0xFF)
        return f"{{WIFSTOPPED(s) && WSTOPSIG(s) == {name}}}"
    core = " && WCOREDUMP(s)" if status & 0x80 else ""
    return f"{{WIFSIGNALED(s) && WTERMSIG(s) == {signals.signal(call.abi, signal)}{core}}}"


def strings(call: Call, index: int) -> str:
    """A vector of strings."""
    address = call.value(index)
    if not address:
        return "NULL"
    shown = []
    most = STRINGS_SHOWN if call.abbreviated else VARIABLES_COUNTED
    for item in range(most + 1):
        try:
            place = read_pointer(call, address, item)
            if not place:
                break
            if item == most:
                shown.append("...")
                break
            shown.append(quoted(call.mm.read_string(place, 1 << 17), call.string_limit))
        except KernelError:
            shown.append(f"... /* {hexadecimal(address + item * call.abi.word_bytes)} */")
            break
    return f"[{', '.join(shown)}]"


def environment(call: Call, index: int) -> str:
    """The address of a vector, and how many strings it has."""
    address = call.value(index)
    if not address:
        return "NULL"
    if not call.abbreviated:
        return strings(call, index)
    count = 0
    try:
        while count < VARIABLES_COUNTED and read_pointer(call, address, count):
            count += 1
    except KernelError:
        return f"{pointer(address)} /* {count} vars, unterminated */"
    return f"{pointer(address)} /* {count} var{'' if count == 1 else 's'} */"


def read_pointer(call: Call, address: int, index: int) -> int:
    """A pointer of a vector. EFAULT."""
    size = call.abi.word_bytes
    order = call.abi.isa.byte_order + ("Q" if size == 8 else "I")
    (value,) = struct.unpack(order, call.mm.read(address + index * size, size))
    return int(value)
