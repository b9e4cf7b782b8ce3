"""The limits of IPC in /proc/sys/kernel and /proc/sys/fs/mqueue. See ipc_sysctl.c, mq_sysctl.c."""

from __future__ import annotations

from typing import TYPE_CHECKING

from emu.kernel.errno import EINVAL
from emu.kernel.fs.procfs.rows import Table
from emu.kernel.fs.procfs.variables import INT_MAX, ULONG_MAX, computed, number, parse_number
from emu.kernel.uapi.mqueue import HARD_MSGMAX, HARD_MSGSIZEMAX, MIN_MSGMAX, MIN_MSGSIZEMAX

if TYPE_CHECKING:
    from emu.kernel.kernel import Kernel

IPCMNI = 1 << 15
MESSAGE_MAX = 1 << 24
"""Less than in Linux: a message is one piece of the host's memory."""

IPC: Table = {
    b"msgmax": number("ipc.msgmax", maximum=MESSAGE_MAX),
    b"msgmnb": number("ipc.msgmnb"),
    b"msgmni": number("ipc.msg.limit", maximum=IPCMNI),
    b"sem": computed("ipc_sysctl:show_sem", "ipc_sysctl:set_sem"),
    b"shm_rmid_forced": number("ipc.shm_rmid_forced", maximum=1),
    b"shmall": number("ipc.shmall", maximum=ULONG_MAX),
    b"shmmax": number("ipc.shmmax", maximum=ULONG_MAX),
    b"shmmni": number("ipc.shm.limit", maximum=IPCMNI),
}

MQUEUE: Table = {
    b"msg_default": number("mqueue_limits.msg_default", MIN_MSGMAX, HARD_MSGMAX),
    b"msg_max": number("mqueue_limits.msg_max", MIN_MSGMAX, HARD_MSGMAX),
    b"msgsize_default": number("mqueue_limits.msgsize_default", MIN_MSGSIZEMAX, HARD_MSGSIZEMAX),
    b"msgsize_max": number("mqueue_limits.msgsize_max", MIN_MSGSIZEMAX, HARD_MSGSIZEMAX),
    b"queues_max": number("mqueue_limits.queues_max"),
}


def show_sem(kernel: Kernel) -> bytes:
    """semmsl, semmns, semopm and semmni."""
    ipc = kernel.ipc
    return b"%d\t%d\t%d\t%d\n" % (ipc.semmsl, ipc.semmns, ipc.semopm, ipc.sem.limit)


def set_sem(kernel: Kernel, data: bytes) -> None:
    """Change the first of them, or all. EINVAL."""
    ipc = kernel.ipc
    numbers = [parse_number(word, INT_MAX) for word in data.split()]
    old = [ipc.semmsl, ipc.semmns, ipc.semopm, ipc.sem.limit]
    if len(numbers) > len(old) or min(numbers, default=0) < 0:
        raise EINVAL("four numbers at most, none negative")
    new = numbers + old[len(numbers) :]
    if new[3] > IPCMNI:
        raise EINVAL("more sets than there are identifiers")
    ipc.semmsl, ipc.semmns, ipc.semopm, ipc.sem.limit = new
