"""siginfo_t in user memory: which members a signal and its code have, in the ABI's layout.

See siginfo_layout and copy_siginfo_to_user in kernel/signal.c.
"""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from emu.kernel.signal.numbers import signal_numbers
from emu.kernel.signal.pending import SigInfo
from emu.kernel.uapi.signal import SI_KERNEL, SI_USER, SIGNAL_NAMES
from emu.record import replace

if TYPE_CHECKING:
    from emu.arch.abi import Abi

_FAMILIES = {
    "ILL": "_sigfault", "FPE": "_sigfault", "SEGV": "_sigfault", "BUS": "_sigfault",
    "TRAP": "_sigfault", "EMT": "_sigfault", "CLD": "_sigchld", "POLL": "_sigpoll",
    "SYS": "_sigsys",
}  # fmt: skip

_VALUE = "_sigval.sival_ptr"


def pack_siginfo(abi: Abi, info: SigInfo) -> bytes:
    """The whole structure as a program of this ABI reads it."""
    code = abi.constants[info.code] if isinstance(info.code, str) else info.code
    family = siginfo_family(abi, info.code)
    names, values = zip(*_members(abi, family, info), strict=True)
    pack = _packer(abi, family, names)
    return pack(signal_numbers(abi).encode(info.signal), info.errno, code, *values)


def unpack_siginfo(abi: Abi, raw: bytes) -> SigInfo:
    """What a program says of a signal that it queues; its code is a number.

    `raw` may end behind what the code's family has.
    """
    layout = abi.layout("siginfo")
    value = layout.unpack(raw.ljust(layout.size, b"\0"))
    code = value["si_code"]
    family = siginfo_family(abi, code)
    if code > 0:
        number = signal_numbers(abi).ours
        signo = value["si_signo"]
        signal = number[signo] if 0 < signo < len(number) else signo
        named = named_code(abi, SigInfo(signal, code))
        family = siginfo_family(abi, named.code)
    fields = value["_sifields"][family]
    signal_value = fields.get("_sigval", {}).get("sival_ptr", 0)
    return SigInfo(
        0, code, pid=fields.get("_pid", 0), uid=fields.get("_uid", 0), value=signal_value,
        errno=value["si_errno"], timer=fields.get("_tid", 0), overrun=fields.get("_overrun", 0),
        band=fields.get("_band", 0), fd=fields.get("_fd", 0), address=fields.get("_addr", 0),
        status=fields.get("_status", 0),
    )  # fmt: skip


def siginfo_family(abi: Abi, code: int | str) -> str:
    """The member of the union that a code speaks of."""
    if isinstance(code, str):
        return _FAMILIES[code.partition("_")[0]]
    if code == abi.constants["SI_TIMER"]:
        return "_timer"
    if code == abi.constants["SI_SIGIO"]:
        return "_sigpoll"
    return "_kill" if code in (SI_USER, SI_KERNEL) or code > 0 else "_rt"


def named_code(abi: Abi, info: SigInfo) -> SigInfo:
    """The same signal with the name of a code that belongs to it alone, if the number is one."""
    code = info.code
    signal = SIGNAL_NAMES[info.signal] if 0 < info.signal < len(SIGNAL_NAMES) else ""
    prefix = {"SIGCHLD": "CLD_", "SIGPOLL": "POLL_"}.get(signal, signal[3:] + "_")
    if not isinstance(code, int) or not 0 < code < SI_KERNEL or prefix[:-1] not in _FAMILIES:
        return info
    names = (name for name, value in abi.constants.items() if value == code)
    name = next((name for name in names if name.startswith(prefix)), None)
    return info if name is None else replace(info, code=name)


@functools.lru_cache(maxsize=256)
def _packer(abi: Abi, family: str, names: tuple[str, ...]) -> Callable[..., bytes]:
    members = [f"_sifields.{family}.{name}" for name in names]
    return abi.layout("siginfo").packer("si_signo", "si_errno", "si_code", *members)


def _members(abi: Abi, family: str, info: SigInfo) -> list[tuple[str, Any]]:
    word = (1 << abi.word_bits) - 1
    value = info.value & word
    match family:
        case "_sigfault":
            members: list[tuple[str, Any]] = [("_addr", info.address & word)]
            if info.trap_number:
                members.append(("_trapno", info.trap_number))
            if info.address_lsb:
                members.append(("_addr_lsb", info.address_lsb))
            return members
        case "_sigchld":
            bits = _times_bits(abi)
            return [
                ("_pid", info.pid), ("_uid", info.uid), ("_status", _status(abi, info)),
                ("_utime", info.utime & bits), ("_stime", info.stime & bits),
            ]  # fmt: skip
        case "_sigpoll":
            return [("_band", _signed(info.band, abi.word_bits)), ("_fd", info.fd)]
        case "_sigsys":
            return [
                ("_call_addr", info.address & word), ("_syscall", info.syscall),
                ("_arch", info.audit_arch),
            ]  # fmt: skip
        case "_timer":
            return [("_tid", info.timer), ("_overrun", info.overrun), (_VALUE, value)]
        case "_rt":
            return [("_pid", info.pid), ("_uid", info.uid), (_VALUE, value)]
        case _:
            return [("_pid", info.pid), ("_uid", info.uid)]


def _status(abi: Abi, info: SigInfo) -> int:
    """si_status: an exit code, or a signal in the reader's own numbers."""
    if info.code == "CLD_EXITED":
        return info.status
    return signal_numbers(abi).encode(info.status)


@functools.cache
def _bits_below_sign(size: int) -> int:
    return (1 << 8 * size - 1) - 1


def _times_bits(abi: Abi) -> int:
    return _bits_below_sign(abi.layout("siginfo").find("_sifields._sigchld._utime").size)


def _signed(value: int, bits: int) -> int:
    value &= (1 << bits) - 1
    return value - (value >> bits - 1 << bits)
