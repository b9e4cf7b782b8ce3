"""struct signalfd_siginfo: a signal as signalfd(2) tells of it. See signalfd_copyinfo."""

from __future__ import annotations

from typing import TYPE_CHECKING

from emu.kernel.signal.numbers import signal_numbers
from emu.kernel.signal.siginfo import siginfo_family

if TYPE_CHECKING:
    from emu.arch.abi import Abi
    from emu.kernel.signal.pending import SigInfo

SIGNALFD_SIGINFO_BYTES = 128


def pack_signalfd_siginfo(abi: Abi, info: SigInfo) -> bytes:
    """The struct in the reader's layout, with its signal numbers and codes."""
    numbers = signal_numbers(abi)
    return abi.layout("signalfd_siginfo").pack(
        ssi_signo=numbers.encode(info.signal),
        ssi_errno=info.errno,
        ssi_code=abi.constants[info.code] if isinstance(info.code, str) else info.code,
        **_members(abi, info),
    )


def _members(abi: Abi, info: SigInfo) -> dict[str, int]:
    """What the signal's code has. Pointers are longs, which are extended by their sign."""
    match siginfo_family(abi, info.code):
        case "_sigfault":
            return {
                "ssi_addr": _pointer(abi, info.address),
                "ssi_trapno": info.trap_number,
                "ssi_addr_lsb": info.address_lsb,
            }
        case "_sigchld":
            status = info.status
            if info.code != "CLD_EXITED":
                status = signal_numbers(abi).encode(status)
            return {
                "ssi_pid": info.pid,
                "ssi_uid": info.uid,
                "ssi_status": status,
                "ssi_utime": info.utime,
                "ssi_stime": info.stime,
            }
        case "_sigpoll":
            return {"ssi_band": info.band & 0xFFFFFFFF, "ssi_fd": info.fd}
        case "_sigsys":
            return {
                "ssi_call_addr": _pointer(abi, info.address),
                "ssi_syscall": info.syscall,
                "ssi_arch": info.audit_arch,
            }
        case "_timer":
            value = _value(abi, info.value)
            return {"ssi_tid": info.timer, "ssi_overrun": info.overrun, **value}
        case "_rt":
            return {"ssi_pid": info.pid, "ssi_uid": info.uid, **_value(abi, info.value)}
        case _:
            return {"ssi_pid": info.pid, "ssi_uid": info.uid}


def _pointer(abi: Abi, address: int) -> int:
    sign = 1 << abi.word_bits - 1
    return ((address & (sign << 1) - 1 ^ sign) - sign) & (1 << 64) - 1


def _value(abi: Abi, value: int) -> dict[str, int]:
    """A sigval, which is read both as a pointer and as the int at the same place."""
    number = value >> abi.word_bits - 32 if abi.big_endian else value
    number &= 0xFFFFFFFF
    return {"ssi_ptr": _pointer(abi, value), "ssi_int": (number ^ 1 << 31) - (1 << 31)}
