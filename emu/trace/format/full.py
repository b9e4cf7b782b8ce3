"""Structs in full, as ``-v`` asks for: those that are otherwise abbreviated."""

from __future__ import annotations

import struct
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from emu.kernel.errno import KernelError
from emu.kernel.uapi.stat import S_IFMT
from emu.trace.format.files import DEVICES, STATX_ATTRIBUTES, device, mode, statx_mask
from emu.trace.format.numbers import set_of
from emu.trace.format.termios import in_full
from emu.trace.format.text import date, hexadecimal, pointer, quoted

if TYPE_CHECKING:
    from emu.arch.abi import Abi
    from emu.trace.format.call import Call

Values = dict[str, Any]

ENTRY_TYPES = {
    0: "DT_UNKNOWN", 1: "DT_FIFO", 2: "DT_CHR", 4: "DT_DIR", 6: "DT_BLK", 8: "DT_REG", 10: "DT_LNK",
    12: "DT_SOCK", 14: "DT_WHT",
}  # fmt: skip
USAGE = (
    "ru_maxrss", "ru_ixrss", "ru_idrss", "ru_isrss", "ru_minflt", "ru_majflt", "ru_nswap",
    "ru_inblock", "ru_oublock", "ru_msgsnd", "ru_msgrcv", "ru_nsignals", "ru_nvcsw", "ru_nivcsw",
)  # fmt: skip
ENTRIES_SHOWN = 4096


def stat(abi: Abi, values: Values) -> str:
    """Any struct stat."""
    file_mode = values["st_mode"]
    parts = [f"st_dev={device(values['st_dev'])}", f"st_ino={values['st_ino']}"]
    parts.append(f"st_mode={mode(file_mode)}")
    parts += [f"{name}={values[name]}" for name in ("st_nlink", "st_uid", "st_gid")]
    parts += [f"{name}={values[name]}" for name in ("st_blksize", "st_blocks") if name in values]
    if file_mode & S_IFMT in DEVICES:
        parts.append(f"st_rdev={device(values['st_rdev'])}")
    else:
        parts.append(f"st_size={values['st_size']}")
    for name in ("st_atime", "st_mtime", "st_ctime"):
        nanoseconds = int(values.get(f"{name}_nsec", 0))
        parts.append(f"{name}={values[name]}{comment(values[name], nanoseconds)}")
        parts.append(f"{name}_nsec={nanoseconds}")
    return f"{{{', '.join(parts)}}}"


def statx(abi: Abi, values: Values) -> str:
    """struct statx."""
    attributes = STATX_ATTRIBUTES
    parts = [f"stx_mask={statx_mask(values['stx_mask'])}", f"stx_blksize={values['stx_blksize']}"]
    parts.append(f"stx_attributes={set_of(attributes, values['stx_attributes'])}")
    parts += [f"{name}={values[name]}" for name in ("stx_nlink", "stx_uid", "stx_gid")]
    parts.append(f"stx_mode={mode(values['stx_mode'])}")
    parts += [f"{name}={values[name]}" for name in ("stx_ino", "stx_size", "stx_blocks")]
    parts.append(f"stx_attributes_mask={set_of(attributes, values['stx_attributes_mask'])}")
    for name in ("stx_atime", "stx_ctime", "stx_mtime"):
        time = values[name]
        text = f"{{tv_sec={time['tv_sec']}, tv_nsec={time['tv_nsec']}}}"
        parts.append(f"{name}={text}{comment(time['tv_sec'], time['tv_nsec'])}")
    numbers = ("stx_rdev_major", "stx_rdev_minor", "stx_dev_major", "stx_dev_minor")
    parts += [f"{name}={values[name]}" for name in numbers]
    parts.append(f"stx_mnt_id={hexadecimal(values['stx_mnt_id'])}")
    return f"{{{', '.join(parts)}}}"


def comment(seconds: int, nanoseconds: int) -> str:
    """A time for people, after the number."""
    text = date(seconds, nanoseconds)
    return f" /* {text} */" if text else ""


def utsname(abi: Abi, values: Values) -> str:
    """All names."""
    parts = [f"{name}={quoted(text.split(bytes(1))[0])}" for name, text in values.items()]
    return f"{{{', '.join(parts)}}}"


def rusage(abi: Abi, values: Values) -> str:
    """All counters."""
    parts = [
        f"{name}={{tv_sec={values[name]['tv_sec']}, tv_usec={values[name]['tv_usec']}}}"
        for name in ("ru_utime", "ru_stime")
    ]
    parts += [f"{name}={values[name]}" for name in USAGE]
    return f"{{{', '.join(parts)}}}"


def directory_entries(call: Call, address: int, size: int) -> str:
    """The entries that getdents64(2) stored."""
    order = call.abi.isa.byte_order
    parts: list[str] = []
    try:
        raw = call.mm.read(address, size)
    except KernelError:
        return pointer(address)
    at = 0
    while at + 19 <= len(raw) and len(parts) < ENTRIES_SHOWN:
        number, offset, length, kind = struct.unpack_from(order + "QqHB", raw, at)
        name = raw[at + 19 : at + max(length, 19)].split(b"\0")[0]
        shown = ENTRY_TYPES.get(kind, f"{kind:#x} /* DT_??? */")
        parts.append(
            f"{{d_ino={number}, d_off={offset}, d_reclen={length}, d_type={shown}, "
            f"d_name={quoted(name)}}}"
        )
        if not length:
            break
        at += length
    return f"[{', '.join(parts)}]"


FULL: dict[str, Callable[[Abi, Values], str]] = {
    **dict.fromkeys(("stat", "stat64"), stat),
    "statx": statx,
    "new_utsname": utsname,
    "old_utsname": utsname,
    "rusage": rusage,
    **dict.fromkeys(("termios", "termios2", "termio"), in_full),
}
"""Struct -> who writes it in full."""
