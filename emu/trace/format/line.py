"""A whole call: what can be said when it enters, and the rest when it leaves."""

from __future__ import annotations

from typing import TYPE_CHECKING

from emu.trace.format import sigreturn, unhandled
from emu.trace.format.arguments import argument, is_out
from emu.trace.format.calls import SPECIAL, is_filled, shown, skipped
from emu.trace.format.results import result

if TYPE_CHECKING:
    from emu.trace.format.call import Call

RESULT_COLUMN = 40


def entering(call: Call) -> tuple[str, int]:
    """The call up to the first argument that the kernel will fill, and that one's index."""
    if call.event.syscall is None:
        return f"{call.name}({', '.join(unhandled.arguments(call))}", -1
    if len(call.event.arguments) < len(call.parameters):
        return f"{call.name}(", -1
    if call.name in sigreturn.NAMES:
        return f"{call.name}({sigreturn.frame(call)}", -1
    indexes = visible(call)
    now = []
    for position, index in enumerate(indexes):
        if is_out(call, index) or is_filled(call, index):
            text = "".join(f"{one(call, i)}, " for i in indexes[:position])
            return f"{call.name}({text}", position
        now.append(index)
    return f"{call.name}({', '.join(one(call, i) for i in now)}", -1


def leaving(call: Call, position: int) -> str:
    """The arguments from that index on, up to the closing parenthesis."""
    if position < 0:
        return ")"
    rest = visible(call)[position:]
    return ", ".join(one(call, index) for index in rest) + ")"


def aligned(before: str, text: str) -> str:
    """The result in its column, or after a space."""
    return f"{before} ".ljust(RESULT_COLUMN)[len(before) :] + f"= {text}"


def finished(call: Call, before: str) -> str:
    """The equals sign and the result."""
    return aligned(before, result(call))


def visible(call: Call) -> list[int]:
    """The indexes of the arguments that are shown."""
    return [index for index in range(shown(call)) if not skipped(call, index)]


def one(call: Call, index: int) -> str:
    """One argument: by the call's name, or by its kind."""
    special = SPECIAL.get(call.name, {}).get(index)
    return special(call, index) if special is not None else argument(call, index)
