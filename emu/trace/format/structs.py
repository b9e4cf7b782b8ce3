"""Structs in user memory: field by field, or as strace abbreviates them."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from emu.kernel.errno import KernelError
from emu.kernel.uapi.signal import SIGACTION_FLAGS
from emu.trace.format import ipc, signals
from emu.trace.format.files import FILE_STRUCTS
from emu.trace.format.flags import flags
from emu.trace.format.full import FULL
from emu.trace.format.text import pointer, quoted
from emu.trace.format.waiting import epoll_event, sigevent

if TYPE_CHECKING:
    from emu.arch.abi import Abi
    from emu.arch.layout import Field, Layout
    from emu.trace.format.call import Call

Values = dict[str, Any]
StructFormatter = Callable[["Abi", Values], str]

STA_FLAGS = ((0x1, "STA_PLL"), (0x40, "STA_UNSYNC"), (0x2000, "STA_NANO"))
SS_FLAGS = ((1 << 31, "SS_AUTODISARM"),)
HIDDEN_FIELDS = ("pad", "_f", "__unused")


def struct(call: Call, layout: Layout, address: int) -> str:
    """The struct at a user address, or the address if it cannot be read."""
    if not address:
        return "NULL"
    try:
        raw = call.mm.read(address, layout.size)
    except KernelError:
        return pointer(address)
    if not call.abbreviated and layout.name in FULL:
        return FULL[layout.name](call.abi, layout.unpack(raw))
    return contents(call.abi, layout, layout.unpack(raw))


def contents(abi: Abi, layout: Layout, values: Values) -> str:
    """A struct's fields in braces."""
    special = SPECIAL.get(layout.name)
    if special is not None:
        return special(abi, values)
    fields = [
        f"{name}={field(abi, place, values[name])}"
        for name, place in layout.fields.items()
        if not name.startswith(HIDDEN_FIELDS)
    ]
    return f"{{{', '.join(fields)}}}"


def field(abi: Abi, place: Field, value: Any) -> str:
    """One field by its type."""
    if isinstance(value, bytes):
        return quoted(value.rstrip(b"\0"))
    if isinstance(value, list):
        if place.nested is not None:
            return f"[{', '.join(contents(abi, place.nested, item) for item in value)}]"
        return f"[{', '.join(str(item) for item in value)}]"
    if place.nested is not None:
        return contents(abi, place.nested, value)
    if place.type == "ptr":
        return pointer(value)
    return str(value)


def rlimit(abi: Abi, values: Values, infinity: int, name: str) -> str:
    """Two limits, large round ones as a product."""
    shown = [
        name if limit >= infinity else product(limit)
        for limit in (values["rlim_cur"], values["rlim_max"])
    ]
    return f"{{rlim_cur={shown[0]}, rlim_max={shown[1]}}}"


def rlimit_native(abi: Abi, values: Values) -> str:
    """struct rlimit."""
    return rlimit(abi, values, abi.constants["RLIM_INFINITY"], "RLIM_INFINITY")


def rlimit64(abi: Abi, values: Values) -> str:
    """struct rlimit64."""
    return rlimit(abi, values, (1 << 64) - 1, "RLIM64_INFINITY")


def product(limit: int) -> str:
    """8388608 is 8192*1024."""
    return f"{limit // 1024}*1024" if limit > 1024 and limit % 1024 == 0 else str(limit)


def utsname(abi: Abi, values: Values) -> str:
    """The names of the system and the node, as strace abbreviates."""
    names = [f"{key}={quoted(values[key].split(bytes(1))[0])}" for key in ("sysname", "nodename")]
    return f"{{{', '.join(names)}, ...}}"


def rusage(abi: Abi, values: Values) -> str:
    """The two times, as strace abbreviates."""
    times = []
    for key in ("ru_utime", "ru_stime"):
        time = values[key]
        times.append(f"{key}={{tv_sec={time['tv_sec']}, tv_usec={time['tv_usec']}}}")
    return f"{{{', '.join(times)}, ...}}"


def sigaction(abi: Abi, values: Values) -> str:
    """A signal's action; the mask and the flags by names."""
    handler = {0: "SIG_DFL", 1: "SIG_IGN"}.get(values["sa_handler"], pointer(values["sa_handler"]))
    mask = values["sa_mask"]
    if isinstance(mask, dict):
        words = mask["sig"]
        width = 8 * abi.layout("sigset_t").size // len(words)
        mask = sum(word << width * i for i, word in enumerate(words))
    text = (
        f"sa_handler={handler}, sa_mask={signals.sigset(abi, mask)}, "
        f"sa_flags={flags(abi, SIGACTION_FLAGS, values['sa_flags'])}"
    )
    if values["sa_flags"] & abi.constants.get("SA_RESTORER", 0):
        text += f", sa_restorer={pointer(values.get('sa_restorer', 0))}"
    return f"{{{text}}}"


def sigaltstack(abi: Abi, values: Values) -> str:
    """The alternate stack."""
    flag = values["ss_flags"] & 0xFFFFFFFF
    names = [name for bit, name in SS_FLAGS if flag & bit]
    mode = flag & 0x7FFFFFFF
    if mode or not names:
        names.insert(0, {0: "0", 1: "SS_ONSTACK", 2: "SS_DISABLE"}.get(mode, f"{mode:#x}"))
    return (
        f"{{ss_sp={pointer(values['ss_sp'])}, ss_flags={'|'.join(names)}, "
        f"ss_size={values['ss_size']}}}"
    )


def sched_param(abi: Abi, values: Values) -> str:
    """A priority in brackets."""
    return f"[{values['sched_priority']}]"


def cap_header(abi: Abi, values: Values) -> str:
    """The version and whose capabilities are meant."""
    versions = {0x19980330: 1, 0x20071026: 2, 0x20080522: 3}
    version = versions.get(values["version"])
    shown = (
        f"_LINUX_CAPABILITY_VERSION_{version}"
        if version
        else f"{values['version']:#x} /* _LINUX_CAPABILITY_VERSION_??? */"
    )
    return f"{{version={shown}, pid={values['pid']}}}"


SPECIAL: dict[str, StructFormatter] = {
    **FILE_STRUCTS,
    "rlimit": rlimit_native,
    "rlimit64": rlimit64,
    "new_utsname": utsname,
    "old_utsname": utsname,
    "oldold_utsname": utsname,
    "rusage": rusage,
    "sigaction": sigaction,
    "old_sigaction": sigaction,
    "sigaltstack": sigaltstack,
    "sched_param": sched_param,
    "__user_cap_header_struct": cap_header,
    "epoll_event": epoll_event,
    "mq_attr": ipc.queue_attributes,
    "sigevent": sigevent,
}
