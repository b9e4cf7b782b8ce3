"""What comes with a signal that a task takes."""

from __future__ import annotations

from typing import TYPE_CHECKING

from emu.kernel.signal.numbers import signal_numbers
from emu.trace.format import signals
from emu.trace.format.text import pointer

if TYPE_CHECKING:
    from emu.arch.abi import Abi
    from emu.kernel.signal.pending import SigInfo

CODES = {0: "SI_USER", 0x80: "SI_KERNEL", -1: "SI_QUEUE", -2: "SI_TIMER", -6: "SI_TKILL"}
SENT = (0, -1, -6)


def delivered(abi: Abi, info: SigInfo) -> str:
    """``SIGTERM {si_signo=SIGTERM, si_code=SI_USER, si_pid=1, si_uid=0}``."""
    name = signals.signal(abi, signal_numbers(abi).encode(info.signal))
    code = CODES.get(info.code, str(info.code)) if isinstance(info.code, int) else info.code
    text = f"si_signo={name}, si_code={code}"
    if isinstance(info.code, str):
        text += f", si_addr={pointer(info.address)}"
    elif info.code in SENT:
        text += f", si_pid={info.pid}, si_uid={info.uid}"
        if info.code == -1:
            text += f", si_value={{int={info.value & 0xFFFFFFFF}, ptr={pointer(info.value)}}}"
    return f"{name} {{{text}}}"
