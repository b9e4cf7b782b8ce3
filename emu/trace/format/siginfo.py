"""What comes with a signal that a task takes."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from emu.kernel.errno import KernelError
from emu.kernel.signal.numbers import signal_numbers
from emu.kernel.signal.siginfo import siginfo_family
from emu.kernel.uapi.signal import SI_KERNEL, SIGBUS, SIGFPE, SIGILL, SIGSEGV, SIGTRAP
from emu.trace.format import signals
from emu.trace.format.seccomp import audit_arch
from emu.trace.format.text import hexadecimal, pointer, signed

if TYPE_CHECKING:
    from emu.arch.abi import Abi
    from emu.kernel.signal.pending import SigInfo
    from emu.trace.format.call import Call

FAULTS = (SIGILL, SIGTRAP, SIGBUS, SIGFPE, SIGSEGV)
CODES = (
    "SI_USER", "SI_KERNEL", "SI_QUEUE", "SI_TIMER", "SI_MESGQ", "SI_ASYNCIO", "SI_SIGIO",
    "SI_TKILL", "SI_DETHREAD", "SI_ASYNCNL",
)  # fmt: skip

FAULT_NAMES = ("SIGILL", "SIGTRAP", "SIGBUS", "SIGFPE", "SIGSEGV")
OWN_CODES = {
    "SIGCHLD": "CLD_", "SIGILL": "ILL_", "SIGFPE": "FPE_", "SIGSEGV": "SEGV_", "SIGBUS": "BUS_",
    "SIGTRAP": "TRAP_", "SIGIO": "POLL_", "SIGSYS": "SYS_",
}  # fmt: skip


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
    low = info.value >> 32 if abi.big_endian and abi.word_bits == 64 else info.value
    value = f"si_int={signed(low, 32)}, si_ptr={pointer(info.value)}"
    match siginfo_family(abi, info.code):
        case "_sigfault":
            return [f"si_addr={pointer(info.address)}"]
        case "_sigchld":
            times = [f"si_utime={info.utime}", f"si_stime={info.stime}"]
            return [*sender, f"si_status={_status(abi, info)}", *times]
        case "_sigpoll":
            return [f"si_band={info.band}", f"si_fd={info.fd}"]
        case "_sigsys":
            return [
                *_errno(abi, info.errno),
                f"si_call_addr={pointer(info.address)}",
                f"si_syscall={_call_name(abi, info.syscall)}",
                f"si_arch={audit_arch(info.audit_arch)}",
            ]
        case "_timer":
            timer = hexadecimal(info.timer)
            return [f"si_timerid={timer}", f"si_overrun={info.overrun}", value]
        case "_rt":
            # Only sigqueue(3) and message queues pass a value.
            with_value = info.code in (abi.constants["SI_QUEUE"], abi.constants["SI_MESGQ"])
            return [*sender, *([value] if with_value else [])]
    if info.code == SI_KERNEL:
        return ["si_addr=NULL"] if info.signal in FAULTS else []
    return sender


def _errno(abi: Abi, number: int) -> list[str]:
    name = next((name for name, known in abi.errno.items() if known == number), str(number))
    return [f"si_errno={name}"] if number else []


def _call_name(abi: Abi, number: int) -> str:
    row = abi.syscalls.get(number)
    return str(number) if row is None else f"__NR_{row.name}"


def _status(abi: Abi, info: SigInfo) -> str:
    if info.code == "CLD_EXITED":
        return str(info.status)
    return signals.signal(abi, signal_numbers(abi).encode(info.status))


def argument(call: Call, index: int) -> str:
    """A siginfo_t in user memory."""
    address = call.value(index)
    layout = call.abi.layout("siginfo")
    out = bool(getattr(call.parameters[index].arg, "out", False))
    if not address or (out and call.failed):
        return pointer(address)
    try:
        values = layout.unpack(call.mm.read(address, layout.size))
    except KernelError:
        return pointer(address)
    number = values["si_signo"]
    if not number:
        return "{}"
    return f"{{{', '.join(stored(call.abi, values))}}}"


def stored(abi: Abi, values: dict[str, Any]) -> list[str]:
    """The members that a signal's own number and code say it has."""
    number, code, fields = values["si_signo"], values["si_code"], values["_sifields"]
    name = signals.signal(abi, number)
    shown = [f"si_signo={name}", f"si_code={code_name(abi, name, code)}"]
    if values["si_errno"]:
        shown.append(f"si_errno={values['si_errno']}")
    if code == abi.constants["SI_TIMER"]:
        timer = fields["_timer"]
        shown.append(f"si_timerid={hexadecimal(timer['_tid'])}")
        return [*shown, f"si_overrun={timer['_overrun']}", *sigval(timer["_sigval"])]
    sender = fields["_sigchld"] if name == "SIGCHLD" and code > 0 else fields["_rt"]
    if name in FAULT_NAMES and code > 0:
        return [*shown, f"si_addr={pointer(fields['_sigfault']['_addr'])}"]
    shown += [f"si_pid={sender['_pid']}", f"si_uid={sender['_uid']}"]
    if sender is fields["_sigchld"]:
        status = sender["_status"]
        exited = code == abi.constants["CLD_EXITED"]
        shown.append(f"si_status={status if exited else signals.signal(abi, status)}")
        return [*shown, f"si_utime={sender['_utime']}", f"si_stime={sender['_stime']}"]
    if code in (abi.constants["SI_QUEUE"], abi.constants["SI_MESGQ"]):
        shown += sigval(sender["_sigval"])
    return shown


def sigval(value: dict[str, int]) -> list[str]:
    """What a signal was sent with."""
    return [f"si_int={value['sival_int']}", f"si_ptr={pointer(value['sival_ptr'])}"]


def code_name(abi: Abi, signal: str, code: int) -> str:
    """A code by its name: of all signals, or of this one's own."""
    if code <= 0 or code == abi.constants["SI_KERNEL"]:
        return _code(abi, code)
    prefix = OWN_CODES.get(signal)
    if prefix is None:
        return str(code)
    names = (name for name, number in abi.constants.items() if number == code)
    return next((n for n in names if n.startswith(prefix) and not n.startswith("N")), str(code))
