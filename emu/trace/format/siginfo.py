"""What comes with a signal that a task takes."""

from __future__ import annotations

from typing import TYPE_CHECKING

from emu.kernel.signal.numbers import signal_numbers
from emu.kernel.signal.siginfo import siginfo_family
from emu.kernel.uapi.signal import SI_KERNEL, SIGBUS, SIGFPE, SIGILL, SIGSEGV, SIGTRAP
from emu.trace.format import signals
from emu.trace.format.text import pointer

if TYPE_CHECKING:
    from emu.arch.abi import Abi
    from emu.kernel.signal.pending import SigInfo

FAULTS = (SIGILL, SIGTRAP, SIGBUS, SIGFPE, SIGSEGV)
CODES = (
    "SI_USER", "SI_KERNEL", "SI_QUEUE", "SI_TIMER", "SI_MESGQ", "SI_ASYNCIO", "SI_SIGIO",
    "SI_TKILL", "SI_DETHREAD", "SI_ASYNCNL",
)  # fmt: skip


def delivered(abi: Abi, info: SigInfo) -> str:
    """``SIGTERM {si_signo=SIGTERM, si_code=SI_USER, si_pid=1, si_uid=0}``."""
    name = signals.signal(abi, signal_numbers(abi).encode(info.signal))
    members = [f"si_signo={name}", f"si_code={_code(abi, info.code)}", *_members(abi, info)]
    return f"{name} {{{', '.join(members)}}}"


def _code(abi: Abi, code: int | str) -> str:
    if isinstance(code, str):
        return code
    return next((name for name in CODES if abi.constants.get(name) == code), str(code))


def _members(abi: Abi, info: SigInfo) -> list[str]:
    sender = [f"si_pid={info.pid}", f"si_uid={info.uid}"]
    value = f"int={info.value & 0xFFFFFFFF}, ptr={pointer(info.value)}"
    match siginfo_family(abi, info.code):
        case "_sigfault":
            return [f"si_addr={pointer(info.address)}"]
        case "_sigchld":
            times = [f"si_utime={info.utime}", f"si_stime={info.stime}"]
            return [*sender, f"si_status={_status(abi, info)}", *times]
        case "_sigpoll":
            return [f"si_band={info.band}", f"si_fd={info.fd}"]
        case "_sigsys":
            return [f"si_call_addr={pointer(info.address)}", f"si_syscall={info.syscall}"]
        case "_timer":
            return [f"si_timerid={info.timer:#x}", f"si_overrun={info.overrun}",
                    f"si_value={{{value}}}"]  # fmt: skip
        case "_rt":
            # Only sigqueue(3) passes a value.
            with_value = info.code == abi.constants["SI_QUEUE"]
            return [*sender, *([f"si_value={{{value}}}"] if with_value else [])]
    if info.code == SI_KERNEL:
        return ["si_addr=NULL"] if info.signal in FAULTS else []
    return sender


def _status(abi: Abi, info: SigInfo) -> str:
    if info.code == "CLD_EXITED":
        return str(info.status)
    return signals.signal(abi, signal_numbers(abi).encode(info.status))
