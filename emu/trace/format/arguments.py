"""One argument by its kind, its parameter's name, and whether the call has ended."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from emu.kernel.args import Arg, FdArg, FlagsArg, IovecArg, PathArg, PointerArg, StructArg
from emu.kernel.errno import KernelError
from emu.kernel.sys.futex import FutexOpArg
from emu.kernel.sys.kinds import EpollEventsArg, IdArg, IntegersArg, SignalArg, SigsetArg
from emu.kernel.sys.socket_kinds import (
    LevelArg,
    MsghdrArg,
    OptionNameArg,
    OptionValueArg,
    SockaddrArg,
    SocketTypeArg,
)
from emu.kernel.uapi.fcntl import AT_FDCWD
from emu.trace.format import messages, signals, sockets
from emu.trace.format.descriptors import numbered, working_directory
from emu.trace.format.flags import flags, number
from emu.trace.format.futex import operation
from emu.trace.format.structs import struct
from emu.trace.format.text import octal, pointer, quoted, signed
from emu.trace.format.waiting import epoll_events

if TYPE_CHECKING:
    from emu.trace.format.call import Call

Formatter = Callable[["Call", int], str]

PATH_LIMIT = 4096
ITEMS_SHOWN = 32
ID_PARAMETERS = ("user", "group", "owner", "uid", "gid")

MASKED_WAITS = ("epoll_pwait", "epoll_pwait2")
"""Calls whose set of signals strace reads only when they succeeded."""

PLACES_OF_FAILED = ("process_vm_readv",)
"""Calls whose buffers are shown by their addresses if nothing was put there."""

DIRECTORY_PARAMETERS = ("dfd", "olddfd", "newdfd", "dirfd")
MODE_PARAMETERS = ("mode", "umode", "mask")


def formatter_of(arg: Arg) -> Formatter:
    """Who writes arguments of a kind. Out arguments wait for the call's end."""
    for kind in type(arg).__mro__:
        if kind in KINDS:
            return KINDS[kind]
    return plain


def argument(call: Call, index: int) -> str:
    """An argument by its kind alone, as it is now."""
    return formatter_of(call.parameters[index].arg)(call, index)


def plain(call: Call, index: int) -> str:
    """A number; a mode in octal."""
    parameter, value = call.parameters[index], call.value(index)
    if parameter.name in MODE_PARAMETERS and parameter.arg.bits in (16, 32):
        return octal(value)
    if parameter.name in ID_PARAMETERS and value == (1 << (parameter.arg.bits or 32)) - 1:
        return "-1"
    return str(value)


def descriptor(call: Call, index: int) -> str:
    """A file descriptor, or AT_FDCWD where one may be given."""
    value = call.value(index)
    if value == AT_FDCWD and call.parameters[index].name in DIRECTORY_PARAMETERS:
        return working_directory(call)
    return numbered(call, value) if call.plan.style.descriptors else str(value)


def path(call: Call, index: int) -> str:
    """A path, whole."""
    address = call.value(index)
    if not address:
        return "NULL"
    try:
        return quoted(call.mm.read_string(address, PATH_LIMIT))
    except KernelError:
        return pointer(address)


def flags_or_number(call: Call, index: int) -> str:
    """Names of a family."""
    arg: Any = call.parameters[index].arg
    if arg.family.is_number:
        return number(call.abi, arg.family, call.value(index), arg.bits or call.word_bits)
    return flags(call.abi, arg.family, call.value(index) & ((1 << 64) - 1))


def memory(call: Call, index: int) -> str:
    """A pointer, or the buffer behind it: as long as said, or as the result for one filled."""
    arg: Any = call.parameters[index].arg
    address = call.value(index)
    if not arg.length or not address:
        return pointer(address)
    if arg.out:
        if call.failed or call.event.result is None:
            return pointer(address)
        length = call.event.result
    else:
        length = call.named(arg.length) or 0
    return buffer(call, address, length)


def buffer(call: Call, address: int, length: int) -> str:
    """So many bytes of user memory, up to the string limit."""
    limit = call.string_limit
    if length < 0:
        return pointer(address)
    try:
        data = call.mm.read(address, min(length, limit + 1))
    except KernelError:
        return pointer(address)
    return quoted(data, limit)


def iovec(call: Call, index: int) -> str:
    """An array of buffers; those filled show as much as the result says."""
    arg: Any = call.parameters[index].arg
    address, count = call.value(index), call.named(arg.length) or 0
    places_only = call.failed and call.name in PLACES_OF_FAILED
    if not address or (arg.out and call.failed and not places_only):
        return pointer(address)
    layout = call.abi.layout("iovec")
    left = (call.event.result or 0) if arg.out else None
    parts = []
    for item in range(min(max(count, 0), ITEMS_SHOWN)):
        try:
            raw = call.mm.read(address + item * layout.size, layout.size)
        except KernelError:
            return pointer(address)
        value = layout.unpack(raw)
        length = value["iov_len"] if left is None else min(left, value["iov_len"])
        if left is not None:
            left -= length
        base = value["iov_base"]
        shown = pointer(base) if places_only else buffer(call, base, length)
        parts.append(f"{{iov_base={shown}, iov_len={value['iov_len']}}}")
    more = ", ..." if count > ITEMS_SHOWN else ""
    return f"[{', '.join(parts)}{more}]"


def structure(call: Call, index: int) -> str:
    """A struct, or its address when the kernel did not fill it."""
    arg: Any = call.parameters[index].arg
    address = call.value(index)
    if arg.out and call.failed:
        return pointer(address)
    return struct(call, call.layout(arg.layout), address)


def identity(call: Call, index: int) -> str:
    """A uid or gid."""
    bits = call.parameters[index].arg.bits
    value = call.value(index)
    return "-1" if value == (1 << bits) - 1 else str(value)


def signal_number(call: Call, index: int) -> str:
    """A signal by its name."""
    return signals.signal(call.abi, call.value(index))


def signal_set(call: Call, index: int) -> str:
    """A set of signals."""
    arg: Any = call.parameters[index].arg
    address = call.value(index)
    if not address or (call.failed and (arg.out or call.name in MASKED_WAITS)):
        return pointer(address)
    size = call.abi.word_bytes if arg.old else call.abi.layout("sigset_t").size
    if not arg.old:
        size = min(size, call.named("sigsetsize") or size)
    try:
        raw = call.mm.read(address, size)
    except KernelError:
        return pointer(address)
    return signals.sigset(call.abi, signals.bits_of(call.abi, raw))


def integers(call: Call, index: int) -> str:
    """An array of integers in brackets."""
    arg: Any = call.parameters[index].arg
    address = call.value(index)
    if not address or (arg.out and call.failed):
        return pointer(address)
    bits = arg.item_bits or call.abi.word_bits
    count = 1
    if arg.length:
        count = call.event.result or 0 if arg.out else call.named(arg.length) or 0
    shown = min(max(count, 0), ITEMS_SHOWN)
    try:
        raw = call.mm.read(address, shown * bits // 8)
    except KernelError:
        return pointer(address)
    order = call.abi.byte_order
    items = []
    for start in range(0, len(raw), bits // 8):
        value = int.from_bytes(raw[start : start + bits // 8], order)
        items.append(str(signed(value, bits) if arg.item_signed else value))
    return f"[{', '.join(items)}{', ...' if count > shown else ''}]"


def futex_operation(call: Call, index: int) -> str:
    """FUTEX_WAIT_PRIVATE."""
    return operation(call.value(index))


KINDS: dict[type[Arg], Formatter] = {
    FdArg: descriptor,
    PathArg: path,
    FlagsArg: flags_or_number,
    IovecArg: iovec,
    StructArg: structure,
    IdArg: identity,
    SignalArg: signal_number,
    SigsetArg: signal_set,
    IntegersArg: integers,
    EpollEventsArg: epoll_events,
    FutexOpArg: futex_operation,
    SocketTypeArg: sockets.socket_type,
    SockaddrArg: sockets.sockaddr,
    LevelArg: sockets.level,
    OptionNameArg: sockets.option_name,
    OptionValueArg: sockets.option_value,
    MsghdrArg: messages.message,
    PointerArg: memory,
}
