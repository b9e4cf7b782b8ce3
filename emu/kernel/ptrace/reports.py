"""ptrace(2)'s requests about a tracee's stop and its signals.

Each is ``request(task, tracee, address, data)`` of the tracer's call, and answers its result.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from emu.kernel.errno import EFAULT, EINVAL
from emu.kernel.ptrace.attach import check_may_suspend
from emu.kernel.ptrace.registers import read_registers
from emu.kernel.signal.numbers import signal_numbers
from emu.kernel.signal.siginfo import named_code, pack_siginfo, unpack_siginfo
from emu.kernel.signal.sigset import pack_sigset, sigset_size, unpack_sigset
from emu.kernel.uapi.ptrace import (
    PTRACE_EVENT_SECCOMP,
    PTRACE_EVENTMSG_SYSCALL_ENTRY,
    PTRACE_O_MASK,
    PTRACE_PEEKSIGINFO_SHARED,
    PTRACE_SYSCALL_INFO_ENTRY,
    PTRACE_SYSCALL_INFO_EXIT,
    PTRACE_SYSCALL_INFO_NONE,
    PTRACE_SYSCALL_INFO_SECCOMP,
)
from emu.kernel.uapi.signal import SIGTRAP
from emu.record import replace

if TYPE_CHECKING:
    from emu.kernel.ptrace.tracee import Tracee
    from emu.kernel.task import Task

_INFO_HEAD = 24
"""struct ptrace_syscall_info without what belongs to one kind of stop."""


def set_options(task: Task, tracee: Tracee, address: int, data: int) -> int:
    """PTRACE_SETOPTIONS. EINVAL for one that does not exist, EPERM for who may not suspend."""
    if data & ~PTRACE_O_MASK:
        raise EINVAL("no such option")
    check_may_suspend(task, data)
    tracee.options = data
    return 0


def get_event_message(task: Task, tracee: Tracee, address: int, data: int) -> int:
    """PTRACE_GETEVENTMSG: store a word about the last event."""
    task.mm.write_word(data, tracee.message)
    return 0


def get_siginfo(task: Task, tracee: Tracee, address: int, data: int) -> int:
    """PTRACE_GETSIGINFO: what came with the signal. EINVAL in a group stop, which has none."""
    assert tracee.stop is not None
    info = tracee.stop.info
    if info is None:
        raise EINVAL("no signal")
    task.mm.write(data, pack_siginfo(task.abi, info))
    return 0


def set_siginfo(task: Task, tracee: Tracee, address: int, data: int) -> int:
    """PTRACE_SETSIGINFO: what the tracee will be told."""
    assert tracee.stop is not None
    if tracee.stop.info is None:
        raise EINVAL("no signal")
    layout = task.abi.layout("siginfo")
    raw = task.mm.read(data, layout.size)
    number = layout.unpack(raw)["si_signo"]
    signal = signal_numbers(task.abi).decode(number)
    tracee.stop.info = named_code(task.abi, replace(unpack_siginfo(task.abi, raw), signal=signal))
    return 0


def get_sigmask(task: Task, tracee: Tracee, address: int, data: int) -> int:
    """PTRACE_GETSIGMASK: the blocked set, the one to be restored if a call has its own."""
    check_sigset_size(task, address)
    signals = tracee.task.signals
    blocked = signals.blocked if signals.saved_blocked is None else signals.saved_blocked
    task.mm.write(data, pack_sigset(task.abi, blocked))
    return 0


def set_sigmask(task: Task, tracee: Tracee, address: int, data: int) -> int:
    """PTRACE_SETSIGMASK: replace the blocked set."""
    check_sigset_size(task, address)
    signals = tracee.task.signals
    signals.saved_blocked = None
    signals.block_only(unpack_sigset(task.abi, task.mm.read(data, address)))
    tracee.task.work = True
    return 0


def check_sigset_size(task: Task, size: int) -> None:
    """EINVAL unless it is that of the caller's sigset_t."""
    if size != sigset_size(task.abi):
        raise EINVAL("not the size of a sigset")


def peek_siginfo(task: Task, tracee: Tracee, address: int, data: int) -> int:
    """PTRACE_PEEKSIGINFO: copy queued signals without taking them: how many."""
    layout = task.abi.layout("ptrace_peeksiginfo_args")
    wanted = layout.unpack(task.mm.read(address, layout.size))
    flags, count, offset = wanted["flags"], wanted["nr"], wanted["off"]
    if flags & ~PTRACE_PEEKSIGINFO_SHARED or count < 0:
        raise EINVAL("no such flag, or a negative count")
    signals = tracee.task.signals
    pending = signals.shared if flags & PTRACE_PEEKSIGINFO_SHARED else signals.private
    copied = 0
    for info in pending.queue[offset : offset + count]:
        packed = pack_siginfo(task.abi, info)
        try:
            task.mm.write(data, packed)
        except EFAULT:
            if not copied:
                raise
            break
        data += len(packed)
        copied += 1
    return copied


def get_syscall_info(task: Task, tracee: Tracee, address: int, data: int) -> int:
    """PTRACE_GET_SYSCALL_INFO: which call, with what, or how it ended: the size of all that."""
    assert tracee.stop is not None
    layout = task.abi.layout("ptrace_syscall_info")
    image, size = syscall_info(tracee)
    task.mm.write(data, layout.pack(**image)[: min(size, address)])
    return size


def syscall_info(tracee: Tracee) -> tuple[dict[str, object], int]:
    """The fields of struct ptrace_syscall_info, and how many bytes of it are used."""
    call, stop, child = tracee.call, tracee.stop, tracee.task
    state = read_registers(child).state
    abi = child.image_abi
    image: dict[str, object] = {
        "op": PTRACE_SYSCALL_INFO_NONE,
        "arch": call.arch or tracee.arch,
        "instruction_pointer": state.pc,
        "stack_pointer": state.general[abi.convention.stack_pointer],
    }
    if stop is None:
        return image, _INFO_HEAD
    if stop.status == SIGTRAP | PTRACE_EVENT_SECCOMP << 8:
        image["op"] = PTRACE_SYSCALL_INFO_SECCOMP
        number = call.number & (1 << 64) - 1
        seen = {"nr": number, "args": list(call.arguments), "ret_data": tracee.message}
        image["seccomp"] = seen
        return image, _INFO_HEAD + 60
    if not stop.call:
        return image, _INFO_HEAD
    if stop.call == PTRACE_EVENTMSG_SYSCALL_ENTRY:
        image["op"] = PTRACE_SYSCALL_INFO_ENTRY
        number = call.number & (1 << 64) - 1
        image["entry"] = {"nr": number, "args": list(call.arguments)}
        return image, _INFO_HEAD + 56
    image["op"] = PTRACE_SYSCALL_INFO_EXIT
    value, failed = result_of(child, state.general)
    image["exit"] = {"rval": value, "is_error": int(failed)}
    return image, _INFO_HEAD + 9


def result_of(task: Task, general: list[int]) -> tuple[int, bool]:
    """A call's result, and whether it is an error: a negative number on every ABI."""
    convention, isa = task.image_abi.convention, task.cpu.isa
    value = general[convention.result]
    sign = 1 << isa.word_bits - 1
    value = (value & 2 * sign - 1 ^ sign) - sign
    if convention.error_flag is not None:
        failed = bool(general[convention.error_flag])
        return (-value if failed else value), failed
    return value, -4095 <= value < 0
