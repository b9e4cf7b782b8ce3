"""socketcall(2) and ipc(2) are shown as the calls inside them, as strace does."""

from __future__ import annotations

from typing import TYPE_CHECKING

from emu.kernel.errno import KernelError
from emu.kernel.events import SyscallEvent
from emu.kernel.sys.ipc_mux import SOCKETCALLS

if TYPE_CHECKING:
    from collections.abc import Sequence

# ipc(2)'s calls: name, entry point, and which of its six words are the arguments.
IPC_CALLS: dict[int, tuple[str, str, Sequence[int]]] = {
    1: ("semop", "sys_semop", (1, 4, 2)),
    2: ("semget", "sys_semget", (1, 2, 3)),
    3: ("semctl", "sys_old_semctl", (1, 2, 3, 4)),
    4: ("semtimedop", "sys_semtimedop_time32", (1, 4, 2, 5)),
    11: ("msgsnd", "sys_msgsnd", (1, 4, 2, 3)),
    12: ("msgrcv", "sys_msgrcv", (1, 4, 2, 5, 3)),
    13: ("msgget", "sys_msgget", (1, 2)),
    14: ("msgctl", "sys_old_msgctl", (1, 2, 4)),
    21: ("shmat", "sys_shmat", (1, 4, 2)),
    22: ("shmdt", "sys_shmdt", (4,)),
    23: ("shmget", "sys_shmget", (1, 2, 3)),
    24: ("shmctl", "sys_old_shmctl", (1, 2, 4)),
}
SEMCTL, MSGRCV, SHMAT = 3, 12, 21
MULTIPLEXERS = ("socketcall", "ipc")


def unfolded(event: SyscallEvent) -> SyscallEvent:
    """The call inside, or the event itself if it cannot be told."""
    if event.syscall is None or len(event.arguments) < len(event.syscall.parameters()):
        return event  # they are on a stack that cannot be read
    try:
        inner = of_sockets(event) if event.name == "socketcall" else of_ipc(event)
    except KernelError:
        return event
    return inner or event


def of_sockets(event: SyscallEvent) -> SyscallEvent | None:
    """A socket call, whose arguments are in memory. EFAULT."""
    number, address = event.arguments
    if number not in SOCKETCALLS:
        return None
    entry, count = SOCKETCALLS[number]
    words = tuple(event.task.mm.read_u32(address + 4 * index) for index in range(count))
    name = entry.removeprefix("sys_").removesuffix("_time32")
    return inside(event, name, entry, words)


def of_ipc(event: SyscallEvent) -> SyscallEvent | None:
    """A System V call, whose arguments are ipc(2)'s own, some of them behind a pointer. EFAULT."""
    number, version = event.arguments[0] & 0xFFFF, event.arguments[0] >> 16
    if number not in IPC_CALLS:
        return None
    name, entry, places = IPC_CALLS[number]
    words = [event.arguments[place] for place in places]
    read = event.task.mm.read_u32
    if number == SEMCTL:
        words[-1] = read(words[-1])
    elif number == MSGRCV and not version:
        pointer = words[1]
        words[1], words[3] = read(pointer), read(pointer + 4)
    return inside(event, name, entry, tuple(words))


def inside(
    event: SyscallEvent, name: str, entry: str, words: tuple[int, ...]
) -> SyscallEvent | None:
    """An event for the inner call."""
    task = event.task
    syscall = task.kernel.handler(task.abi, entry)
    if syscall is None or len(syscall.parameters()) != len(words):
        return None
    return SyscallEvent(task, name, event.number, syscall, words, way=event.way)


def ended(inner: SyscallEvent, event: SyscallEvent) -> None:
    """The inner call ended as the outer did."""
    inner.result, inner.error, inner.broken = event.result, event.error, event.broken
    inner.injected = event.injected
    if inner.name == "shmat" and event.result == 0:
        try:
            inner.result = event.task.mm.read_u32(event.arguments[3])
        except KernelError:
            inner.result = event.result
