"""What is waited for: sets of files, entries of epolls, and events that timers make."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from emu.kernel.errno import KernelError
from emu.kernel.uapi.epoll import EPOLL_EVENTS
from emu.kernel.uapi.signal import SIGEV_NONE, SIGEV_NOTIFY, SIGEV_THREAD_ID
from emu.trace.format import signals
from emu.trace.format.flags import flags, number
from emu.trace.format.text import pointer

if TYPE_CHECKING:
    from emu.arch.abi import Abi
    from emu.trace.format.call import Call

EVENTS_SHOWN = 32
FD_SETSIZE = 1024
TIMEOUT = 4
"""Which argument of select and pselect6 is the timeout."""

Values = dict[str, Any]


def epoll_event(abi: Abi, values: Values) -> str:
    """The events by name, the data as the two numbers it mostly is."""
    data = values["data"]
    low = data >> 32 if abi.big_endian else data & 0xFFFFFFFF
    events = flags(abi, EPOLL_EVENTS, values["events"])
    return f"{{events={events}, data={{u32={low}, u64={data}}}}}"


def epoll_events(call: Call, index: int) -> str:
    """The array that epoll_wait fills."""
    address, count = call.value(index), call.event.result
    if not address or call.failed or count is None:
        return pointer(address)
    layout = call.abi.layout("epoll_event")
    try:
        raw = call.mm.read(address, layout.size * min(count, EVENTS_SHOWN))
    except KernelError:
        return pointer(address)
    shown = [
        epoll_event(call.abi, layout.unpack(raw, place))
        for place in range(0, len(raw), layout.size)
    ]
    return f"[{', '.join(shown)}{', ...' if count > EVENTS_SHOWN else ''}]"


def sigevent(abi: Abi, values: Values) -> str:
    """How a timer notifies; the value only if there is one."""
    value, notify = values["sigev_value"], values["sigev_notify"]
    parts = []
    if value["sival_ptr"]:
        text = pointer(value["sival_ptr"])
        parts.append(f"sigev_value={{sival_int={value['sival_int']}, sival_ptr={text}}}")
    signal = values["sigev_signo"]
    shown = str(signal) if notify == SIGEV_NONE else signals.signal(abi, signal)
    parts.append(f"sigev_signo={shown}")
    parts.append(f"sigev_notify={number(abi, SIGEV_NOTIFY, notify, 32)}")
    if notify == SIGEV_THREAD_ID:
        parts.append(f"sigev_notify_thread_id={values['_sigev_un']['_tid']}")
    return f"{{{', '.join(parts)}}}"


def file_set(call: Call, index: int) -> str:
    """The descriptors of a select's set."""
    members = read_set(call, index)
    return pointer(call.value(index)) if members is None else f"[{' '.join(map(str, members))}]"


def select_result(call: Call, value: int) -> str:
    """Which descriptors are ready, and what was left of the timeout."""
    if not value:
        return "0 (Timeout)"
    names = ("in", "out", "except")
    sets = [(name, read_set(call, index)) for index, name in enumerate(names, 1)]
    parts = [f"{name} [{' '.join(map(str, members))}]" for name, members in sets if members]
    if len(call.parameters) > TIMEOUT and call.value(TIMEOUT):
        arg: Any = call.parameters[TIMEOUT].arg
        layout = call.layout(arg.layout)
        try:
            left = layout.unpack(call.mm.read(call.value(TIMEOUT), layout.size))
        except KernelError:
            left = {}
        parts.append(f"left {{{', '.join(f'{name}={n}' for name, n in left.items())}}}")
    return f"{value} ({', '.join(parts)})"


def read_set(call: Call, index: int) -> list[int] | None:
    """The members of an fd_set; None if there is none, or it cannot be read."""
    count = min(max(call.value(0), 0), FD_SETSIZE)
    address, word = call.value(index), call.abi.word_bytes
    if not address:
        return None
    try:
        raw = call.mm.read(address, -(-count // (8 * word)) * word)
    except KernelError:
        return None
    bits = signals.bits_of(call.abi, raw)
    return [fd for fd in range(count) if bits >> fd & 1]


def mask_and_size(call: Call, index: int) -> str:
    """The last argument of pselect6(2): where the set of signals is, and how large."""
    address, word = call.value(index), call.abi.word_bytes
    if not address:
        return "NULL"
    order = call.abi.byte_order
    try:
        raw = call.mm.read(address, 2 * word)
        place, size = (int.from_bytes(raw[at : at + word], order) for at in (0, word))
        mask = "NULL"
        if place:
            bits = signals.bits_of(call.abi, call.mm.read(place, min(size, 16)))
            mask = signals.sigset(call.abi, bits)
    except KernelError:
        return pointer(address)
    return f"{{sigmask={mask}, sigsetsize={size}}}"
