"""sigreturn(2) has no argument but the frame on the stack: what mask it will restore."""

from __future__ import annotations

from typing import TYPE_CHECKING

from emu.arch.signal_frame import BadFrame
from emu.kernel.errno import EFAULT
from emu.trace.format.signals import bits_of, sigset

if TYPE_CHECKING:
    from emu.trace.format.call import Call

NAMES = ("rt_sigreturn", "sigreturn")


def frame(call: Call) -> str:
    """``{mask=[USR1]}``, or nothing for a frame that cannot be restored."""
    task = call.event.task
    abi = task.image_abi
    try:
        rt = call.name == "rt_sigreturn"
        restored = abi.frames.parse(task.mm.read, task.cpu.user_state(), rt)
    except (BadFrame, EFAULT):
        return ""
    return f"{{mask={sigset(abi, bits_of(abi, restored.mask))}}}"


def arguments(call: Call) -> list[str]:
    """What stands in place of arguments."""
    return [frame(call)]
