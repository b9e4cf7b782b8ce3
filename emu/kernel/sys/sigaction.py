"""struct sigaction between an ABI and the kernel: field order, flags and set of its own."""

from __future__ import annotations

from typing import Any

from emu.kernel.args import UserStruct
from emu.kernel.signal.actions import KERNEL_ONLY, Sigaction
from emu.kernel.signal.numbers import signal_numbers
from emu.kernel.task import Task
from emu.kernel.uapi.signal import SA_UNSUPPORTED, SIGACTION_FLAGS


def read_action(task: Task, address: UserStruct) -> Sigaction:
    """The action at a user address; unknown flags are dropped as Linux drops them. EFAULT."""
    value = address.read()
    return Sigaction(
        handler=value["sa_handler"],
        flags=_translate(task, value["sa_flags"], to_kernel=True) & ~SA_UNSUPPORTED,
        mask=_mask(task, value["sa_mask"]) & ~KERNEL_ONLY,
        restorer=value.get("sa_restorer", 0),
    )


def write_action(task: Task, address: UserStruct, action: Sigaction) -> None:
    """Store an action at a user address. EFAULT."""
    layout = address.layout
    values: dict[str, Any] = {
        "sa_handler": action.handler,
        "sa_flags": _translate(task, action.flags, to_kernel=False),
    }
    if "sa_restorer" in layout.fields:
        values["sa_restorer"] = action.restorer
    mask = signal_numbers(task.abi).encode_set(action.mask)
    field = layout.fields["sa_mask"]
    if field.nested is None:
        values["sa_mask"] = mask & ((1 << 8 * field.size) - 1)
    else:
        words = field.nested.fields["sig"]
        width = 8 * words.element_size
        values["sa_mask"] = {
            "sig": [mask >> i * width & ((1 << width) - 1) for i in range(words.count or 1)]
        }
    address.write(**values)


def _mask(task: Task, value: int | dict[str, list[int]]) -> int:
    """A sa_mask field, one old word or a sigset_t, as a set of the kernel's signals."""
    if isinstance(value, int):
        bits = value
    else:
        words = value["sig"]
        width = task.abi.layout("sigset_t").size * 8 // len(words)
        bits = sum(word << i * width for i, word in enumerate(words))
    return signal_numbers(task.abi).decode_set(bits)


def _translate(task: Task, flags: int, to_kernel: bool) -> int:
    result = 0
    constants = task.abi.constants
    for name, ours in SIGACTION_FLAGS.values:
        theirs = constants.get(name, 0)
        given, wanted = (theirs, ours) if to_kernel else (ours, theirs)
        if flags & given:
            result |= wanted
    return result
