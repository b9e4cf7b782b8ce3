"""clone(2) and clone3(2): flags decide which of the other arguments mean something."""

from __future__ import annotations

from typing import TYPE_CHECKING

from emu.kernel.errno import KernelError
from emu.kernel.uapi.clone import (
    CLONE,
    CLONE_CHILD_CLEARTID,
    CLONE_CHILD_SETTID,
    CLONE_INTO_CGROUP,
    CLONE_PARENT_SETTID,
    CLONE_PIDFD,
    CLONE_SETTLS,
    CSIGNAL,
)
from emu.trace.format import signals
from emu.trace.format.flags import flags
from emu.trace.format.text import hexadecimal, pointer, signed

if TYPE_CHECKING:
    from emu.trace.format.call import Call

WITH_MORE = (
    CLONE_PIDFD | CLONE_SETTLS | CLONE_PARENT_SETTID | CLONE_CHILD_CLEARTID | CLONE_CHILD_SETTID
)
FLAGS, STACK, PARENT_TID = 0, 1, 2
BACKWARDS = ("i386", "arm-eabi", "arm-oabi", "arm64", "riscv32", "riscv64")
"""ABIs whose fourth argument is the TLS and whose fifth the child's tid: CONFIG_CLONE_BACKWARDS."""


def begun(call: Call, index: int) -> str:
    """The stack and the flags: shown first, and not in the order in which they are passed."""
    value = call.value(FLAGS)
    signal = value & CSIGNAL
    text = flags(call.abi, CLONE, value & ~CSIGNAL) if value & ~CSIGNAL else ""
    parts = [part for part in (text, signals.signal(call.abi, signal) if signal else "") if part]
    stack = pointer(call.value(STACK) & ((1 << call.word_bits) - 1))
    return f"child_stack={stack}, flags={'|'.join(parts) or '0'}"


def rest(call: Call, index: int) -> str:
    """What the flags ask for, when the call has stored it."""
    value = call.value(FLAGS)
    tls, child = (3, 4) if call.abi.name in BACKWARDS else (4, 3)
    parts = []
    if value & CLONE_PARENT_SETTID or value & CLONE_PIDFD:
        parts.append(f"parent_tid={stored_id(call, call.value(PARENT_TID))}")
    if value & CLONE_SETTLS:
        parts.append(f"tls={thread_area(call, call.value(tls))}")
    if value & (CLONE_CHILD_SETTID | CLONE_CHILD_CLEARTID):
        parts.append(f"child_tidptr={pointer(call.value(child))}")
    return ", ".join(parts)


def shown(call: Call) -> int:
    """Two parts, the second only if the flags ask for something."""
    return 2 if call.value(FLAGS) & WITH_MORE else 1


def stores(call: Call) -> bool:
    """The second part waits for the end."""
    return True


def stored_id(call: Call, address: int) -> str:
    """An id that the call stored, in brackets."""
    if call.failed or not address:
        return pointer(address)
    try:
        return f"[{signed(call.mm.read_u32(address), 32)}]"
    except KernelError:
        return pointer(address)


def thread_area(call: Call, value: int) -> str:
    """The thread's own memory; on i386 a descriptor of it."""
    if call.abi.name != "i386" or not value:
        return hexadecimal(value)
    layout = call.abi.layout("user_desc")
    try:
        raw = call.mm.read(value, layout.size)
    except KernelError:
        return hexadecimal(value)
    return descriptor(raw)


def thread_descriptor(call: Call, index: int) -> str:
    """What set_thread_area(2) is given: elsewhere than on i386 just an address."""
    return thread_area(call, call.value(index))


def chosen_entry(call: Call, value: int) -> str:
    """The entry that the kernel chose for a descriptor whose number was -1."""
    if call.abi.name != "i386":
        return str(value)
    try:
        return f"{value} (entry_number={call.mm.read_u32(call.value(0))})"
    except KernelError:
        return str(value)


def descriptor(raw: bytes) -> str:
    """struct user_desc."""
    number, base, limit, bits = (
        int.from_bytes(raw[place : place + 4], "little") for place in (0, 4, 8, 12)
    )
    names = (
        ("seg_32bit", 0, 1), ("contents", 1, 2), ("read_exec_only", 3, 1),
        ("limit_in_pages", 4, 1), ("seg_not_present", 5, 1), ("useable", 6, 1),
    )  # fmt: skip
    parts = [f"entry_number={signed(number, 32)}", f"base_addr={hexadecimal(base)}",
             f"limit={hexadecimal(limit)}"]  # fmt: skip
    parts += [f"{name}={bits >> shift & (1 << width) - 1}" for name, shift, width in names]
    return f"{{{', '.join(parts)}}}"


def clone3_struct(call: Call, index: int) -> str:
    """struct clone_args, in which the flags decide, too."""
    address = call.value(index)
    layout = call.abi.layout("clone_args")
    size = min(call.value(1), layout.size)
    try:
        raw = call.mm.read(address, size)
    except KernelError:
        return pointer(address)
    given = layout.unpack(raw + bytes(layout.size - size))
    value = given["flags"]
    parts = [f"flags={flags(call.abi, CLONE, value)}"]
    if value & CLONE_PIDFD:
        parts.append(f"pidfd={pointer(given['pidfd'])}")
    if value & (CLONE_CHILD_SETTID | CLONE_CHILD_CLEARTID):
        parts.append(f"child_tid={pointer(given['child_tid'])}")
    if value & CLONE_PARENT_SETTID:
        parts.append(f"parent_tid={pointer(given['parent_tid'])}")
    exit_signal = given["exit_signal"]
    parts.append(f"exit_signal={signals.signal(call.abi, exit_signal) if exit_signal else 0}")
    parts.append(f"stack={pointer(given['stack'])}")
    parts.append(f"stack_size={hexadecimal(given['stack_size'])}")
    if value & CLONE_SETTLS:
        parts.append(f"tls={thread_area(call, given['tls'])}")
    if given["set_tid"] or given["set_tid_size"]:
        parts.append(f"set_tid={pointer(given['set_tid'])}, set_tid_size={given['set_tid_size']}")
    if value & CLONE_INTO_CGROUP or given["cgroup"]:
        parts.append(f"cgroup={given['cgroup']}")
    return f"{{{', '.join(parts)}}}{results(call, value, given)}"


def results(call: Call, value: int, given: dict[str, int]) -> str:
    """What the call stored: `` => {parent_tid=[7]}``."""
    if call.failed or not value & (CLONE_PIDFD | CLONE_PARENT_SETTID):
        return ""
    parts = []
    if value & CLONE_PIDFD:
        parts.append(f"pidfd={stored_id(call, given['pidfd'])}")
    if value & CLONE_PARENT_SETTID:
        parts.append(f"parent_tid={stored_id(call, given['parent_tid'])}")
    return f" => {{{', '.join(parts)}}}"
