"""struct signalfd_siginfo: a signal as signalfd(2) tells of it. See signalfd_copyinfo."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from emu.kernel.signal.numbers import signal_numbers
from emu.kernel.uapi.signal import (
    SI_TIMER,
    SI_USER,
    SIGBUS,
    SIGCHLD,
    SIGFPE,
    SIGILL,
    SIGSEGV,
    SIGTRAP,
)

if TYPE_CHECKING:
    from emu.arch.abi import Abi
    from emu.kernel.signal.pending import SigInfo

SIGNALFD_SIGINFO_BYTES = 128

FAULTS = (SIGILL, SIGFPE, SIGSEGV, SIGBUS, SIGTRAP)


def pack_signalfd_siginfo(abi: Abi, info: SigInfo) -> bytes:
    """The struct in the reader's layout, with its signal numbers and codes."""
    values: dict[str, Any] = {
        "ssi_signo": signal_numbers(abi).encode(info.signal),
        "ssi_code": _code(abi, info.code),
    }
    if isinstance(info.code, str):
        if info.signal in FAULTS:
            values["ssi_addr"] = info.address
        elif info.signal == SIGCHLD:
            values.update(ssi_pid=info.pid, ssi_uid=info.uid, ssi_status=info.status)
    elif info.code == SI_TIMER:
        values.update(ssi_tid=info.timer_id, ssi_overrun=info.overrun, **_value(abi, info.value))
    else:
        values.update(ssi_pid=info.pid, ssi_uid=info.uid)
        if info.code < SI_USER:
            values.update(_value(abi, info.value))
    return abi.layout("signalfd_siginfo").pack(**values)


def _code(abi: Abi, code: int | str) -> int:
    if isinstance(code, str):
        return abi.constant(code)
    # MIPS has numbers of its own for the codes below zero.
    return abi.constants.get("SI_TIMER", code) if code == SI_TIMER else code


def _value(abi: Abi, value: int) -> dict[str, int]:
    """A sigval, which is read both as an int and as a long pointer."""
    sign = 1 << abi.word_bits - 1
    pointer = ((value & (sign << 1) - 1 ^ sign) - sign) & (1 << 64) - 1
    # The int is the union's first bytes.
    number = value >> abi.word_bits - 32 if abi.big_endian else value
    number &= 0xFFFFFFFF
    return {"ssi_ptr": pointer, "ssi_int": (number ^ 1 << 31) - (1 << 31)}
