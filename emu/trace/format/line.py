"""A whole call: what can be said when it enters, and the rest when it leaves."""

from __future__ import annotations

from typing import TYPE_CHECKING

from emu.trace.format.results import result

if TYPE_CHECKING:
    from emu.trace.format.call import Call


def entering(call: Call) -> tuple[str, int]:
    """The call up to the first argument that the kernel will fill, and that one's index."""
    plan = call.plan
    if plan.fixed is not None:
        return plan.fixed, -1
    if plan.whole is not None:
        return f"{plan.name}({', '.join(plan.whole(call))}", -1
    if len(call.event.arguments) < plan.count:
        return f"{plan.name}(", -1  # they are on a stack that cannot be read
    formatters = plan.formatters
    if plan.first_out is not None:
        if plan.first_out < 0:
            shown = [formatter(call, index) for index, formatter in enumerate(formatters)]
            return f"{plan.name}({', '.join(shown)}", -1
        shown = [formatters[index](call, index) for index in range(plan.first_out)]
        return f"{plan.name}({''.join(f'{text}, ' for text in shown)}", plan.first_out
    return entering_dynamic(call)


def entering_dynamic(call: Call) -> tuple[str, int]:
    """The same for a call whose arguments decide what is shown of them."""
    plan, indexes = call.plan, visible(call)
    for position, index in enumerate(indexes):
        if plan.outs[index] or (index in plan.filled and plan.filled[index](call)):
            text = "".join(f"{plan.formatters[i](call, i)}, " for i in indexes[:position])
            return f"{plan.name}({text}", position
    return f"{plan.name}({', '.join(plan.formatters[i](call, i) for i in indexes)}", -1


def leaving(call: Call, position: int) -> str:
    """The arguments from that index on, up to the closing parenthesis."""
    if position < 0:
        return ")"
    formatters = call.plan.formatters
    return ", ".join(formatters[i](call, i) for i in visible(call)[position:]) + ")"


def aligned(before: str, text: str, column: int = 40) -> str:
    """The result in its column, or after a space."""
    return f"{before} ".ljust(column)[len(before) :] + f"= {text}"


def finished(call: Call, before: str) -> str:
    """The equals sign and the result."""
    return aligned(before, result(call), call.plan.style.column)


def visible(call: Call) -> list[int]:
    """The indexes of the arguments that are shown."""
    plan = call.plan
    count = plan.count if plan.shown is None else plan.shown(call)
    if plan.skipped is None:
        return list(range(count))
    return [index for index in range(count) if not plan.skipped(call, index)]
