"""The limits of IPC in /proc/sys/kernel and /proc/sys/fs/mqueue. See ipc_sysctl.c, mq_sysctl.c."""

from __future__ import annotations

from typing import TYPE_CHECKING

from emu.kernel.errno import EINVAL
from emu.kernel.uapi.mqueue import HARD_MSGMAX, HARD_MSGSIZEMAX, MIN_MSGMAX, MIN_MSGSIZEMAX

if TYPE_CHECKING:
    from emu.kernel.fs.procfs.inode import ProcDirectory

INT_MAX = (1 << 31) - 1
LONG_MAX = (1 << 64) - 1
IPCMNI = 1 << 15
MESSAGE_MAX = 1 << 24
"""Less than in Linux: a message is one piece of the host's memory."""


def add_ipc_sysctls(directory: ProcDirectory) -> None:
    """Put the limits of System V IPC into /proc/sys/kernel."""
    ipc = directory.sb.vfs.kernel.ipc
    add_number(directory, b"shmmax", ipc, "shmmax", LONG_MAX)
    add_number(directory, b"shmall", ipc, "shmall", LONG_MAX)
    add_number(directory, b"shmmni", ipc.shm, "limit", IPCMNI)
    add_number(directory, b"shm_rmid_forced", ipc, "shm_rmid_forced", 1)
    add_number(directory, b"msgmax", ipc, "msgmax", MESSAGE_MAX)
    add_number(directory, b"msgmnb", ipc, "msgmnb", INT_MAX)
    add_number(directory, b"msgmni", ipc.msg, "limit", IPCMNI)

    def show_sem() -> bytes:
        return b"%d\t%d\t%d\t%d\n" % (ipc.semmsl, ipc.semmns, ipc.semopm, ipc.sem.limit)

    def set_sem(data: bytes) -> None:
        numbers = [parse_number(word, INT_MAX) for word in data.split()]
        old = [ipc.semmsl, ipc.semmns, ipc.semopm, ipc.sem.limit]
        if len(numbers) > len(old):
            raise EINVAL("too many numbers")
        new = numbers + old[len(numbers) :]
        if new[3] > IPCMNI:
            raise EINVAL("more sets than there are identifiers")
        ipc.semmsl, ipc.semmns, ipc.semopm, ipc.sem.limit = new

    directory.add_file(b"sem", show_sem, set_sem)


def add_mqueue_sysctls(directory: ProcDirectory) -> None:
    """Put the limits of POSIX message queues into /proc/sys/fs/mqueue."""
    limits = directory.sb.vfs.kernel.mqueue_limits
    add_number(directory, b"queues_max", limits, "queues_max", INT_MAX)
    for name in ("msg_default", "msg_max"):
        add_number(directory, name.encode(), limits, name, HARD_MSGMAX, MIN_MSGMAX)
    for name in ("msgsize_default", "msgsize_max"):
        add_number(directory, name.encode(), limits, name, HARD_MSGSIZEMAX, MIN_MSGSIZEMAX)


def add_number(
    directory: ProcDirectory,
    name: bytes,
    owner: object,
    attribute: str,
    maximum: int,
    minimum: int = 0,
) -> None:
    """A file that shows and sets a number from `minimum` to `maximum`."""

    def show() -> bytes:
        return b"%d\n" % getattr(owner, attribute)

    def store(data: bytes) -> None:
        number = parse_number(data.strip(), maximum)
        if number < minimum:
            raise EINVAL(f"not a number from {minimum} on")
        setattr(owner, attribute, number)

    directory.add_file(name, show, store)


def parse_number(text: bytes, maximum: int) -> int:
    """A decimal number. EINVAL."""
    if not text.isdigit() or len(text) > 20 or int(text) > maximum:
        raise EINVAL(f"not a number up to {maximum}")
    return int(text)
