"""The packed calls of old: ipc(2) and socketcall(2), whose first argument names the real call."""

from __future__ import annotations

from collections.abc import Awaitable
from typing import Annotated

from emu.kernel.args import FlagFamily, FlagsArg, Int, Long, Pointer, ULong
from emu.kernel.errno import EINVAL, ENOSYS
from emu.kernel.syscall import syscall
from emu.kernel.task import Task

# include/uapi/linux/net.h: number -> entry point and how many words it takes.
SOCKETCALLS = {
    1: ("sys_socket", 3),
    2: ("sys_bind", 3),
    3: ("sys_connect", 3),
    4: ("sys_listen", 2),
    5: ("sys_accept", 3),
    6: ("sys_getsockname", 3),
    7: ("sys_getpeername", 3),
    8: ("sys_socketpair", 4),
    9: ("sys_send", 4),
    10: ("sys_recv", 4),
    11: ("sys_sendto", 6),
    12: ("sys_recvfrom", 6),
    13: ("sys_shutdown", 2),
    14: ("sys_setsockopt", 5),
    15: ("sys_getsockopt", 5),
    16: ("sys_sendmsg", 3),
    17: ("sys_recvmsg", 3),
    18: ("sys_accept4", 4),
    19: ("sys_recvmmsg_time32", 5),
    20: ("sys_sendmmsg", 4),
}
SOCKETCALL = FlagFamily(
    "socketcall",
    tuple(
        ("SYS_" + entry.removeprefix("sys_").removesuffix("_time32").upper(), number)
        for number, (entry, _) in SOCKETCALLS.items()
    ),
    is_number=True,
)


class Ipc:
    """The calls of ipc(2): include/uapi/linux/ipc.h."""

    SEMOP, SEMGET, SEMCTL, SEMTIMEDOP = 1, 2, 3, 4
    MSGSND, MSGRCV, MSGGET, MSGCTL = 11, 12, 13, 14
    SHMAT, SHMDT, SHMGET, SHMCTL = 21, 22, 23, 24


SocketCall = Annotated[int, FlagsArg(signed=True, family=SOCKETCALL)]


@syscall("sys_socketcall")
def socketcall(task: Task, call: SocketCall, args: Pointer) -> int | Awaitable[int]:
    """Make a socket call whose arguments are an array of words. See socketcall(2)."""
    if call not in SOCKETCALLS:
        raise EINVAL(f"no socket call {call}")
    entry, count = SOCKETCALLS[call]
    words = (task.mm.read_u32(args + 4 * index) for index in range(count))
    return task.kernel.call(task, entry, *words)


@syscall("sys_ipc")
def ipc(
    task: Task, call: Int, first: Int, second: ULong, third: ULong, ptr: Pointer, fifth: Long
) -> int | Awaitable[int]:
    """Make a System V IPC call. See ipc(2) and ksys_ipc in ipc/syscall.c."""
    version, command = call >> 16 & 0xFFFF, call & 0xFFFF
    mm, kernel = task.mm, task.kernel
    match command:
        case Ipc.SEMOP:
            return kernel.call(task, "sys_semtimedop_time32", first, ptr, second, 0)
        case Ipc.SEMTIMEDOP:
            return kernel.call(task, "sys_semtimedop_time32", first, ptr, second, fifth)
        case Ipc.SEMGET:
            return kernel.call(task, "sys_semget", first, second, third)
        case Ipc.SEMCTL:
            if not ptr:
                raise EINVAL("no argument")
            return kernel.call(task, "sys_old_semctl", first, second, third, mm.read_u32(ptr))
        case Ipc.MSGSND:
            return kernel.call(task, "sys_msgsnd", first, ptr, second, third)
        case Ipc.MSGRCV:
            if version:
                return kernel.call(task, "sys_msgrcv", first, ptr, second, fifth, third)
            if not ptr:
                raise EINVAL("no argument")
            message, kind = mm.read_u32(ptr), mm.read_u32(ptr + 4)
            return kernel.call(task, "sys_msgrcv", first, message, second, kind, third)
        case Ipc.MSGGET:
            return kernel.call(task, "sys_msgget", first, second)
        case Ipc.MSGCTL:
            return kernel.call(task, "sys_old_msgctl", first, second, ptr)
        case Ipc.SHMAT:
            if version == 1:
                raise EINVAL("the form for iBCS2")
            mapped = kernel.call(task, "sys_shmat", first, ptr, second)
            if not isinstance(mapped, int):
                raise ENOSYS("attaching does not sleep")
            mm.write_u32(third, mapped)
            return 0
        case Ipc.SHMDT:
            return kernel.call(task, "sys_shmdt", ptr)
        case Ipc.SHMGET:
            return kernel.call(task, "sys_shmget", first, second, third)
        case Ipc.SHMCTL:
            return kernel.call(task, "sys_old_shmctl", first, second, ptr)
    raise ENOSYS(f"no IPC call {command}")
