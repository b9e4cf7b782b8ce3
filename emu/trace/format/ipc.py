"""System V IPC and POSIX message queues: keys, commands, messages, semaphore operations."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from emu.kernel.errno import KernelError
from emu.kernel.uapi.fcntl import OPEN_FLAGS
from emu.kernel.uapi.futex import FUTEX2_PRIVATE, FUTEX2_SIZE_U32
from emu.kernel.uapi.ipc import (
    IPC_64,
    IPC_CREAT,
    IPC_EXCL,
    IPC_NOWAIT,
    IPC_SET,
    IPC_STAT,
    MSG_COMMAND,
    MSG_STAT,
    MSG_STAT_ANY,
    SEM_COMMAND,
    SEM_STAT,
    SEM_STAT_ANY,
    SEM_UNDO,
    SHM_COMMAND,
    SHM_STAT,
    SHM_STAT_ANY,
)
from emu.trace.format.flags import flags
from emu.trace.format.numbers import one_of, set_of
from emu.trace.format.text import hexadecimal, octal, pointer, quoted, signed

if TYPE_CHECKING:
    from emu.arch.abi import Abi
    from emu.trace.format.call import Call

ITEMS_SHOWN = 32

COMMANDS = {
    "shmctl": SHM_COMMAND.values,
    "semctl": SEM_COMMAND.values,
    "msgctl": MSG_COMMAND.values,
}
DESCRIBING = {
    "shmctl": (IPC_STAT, SHM_STAT, SHM_STAT_ANY),
    "semctl": (IPC_STAT, SEM_STAT, SEM_STAT_ANY),
    "msgctl": (IPC_STAT, MSG_STAT, MSG_STAT_ANY),
}
COMMAND_INDEX = {"shmctl": 1, "semctl": 2, "msgctl": 1}
STRUCTS = {"shmctl": "shmid_ds", "semctl": "semid_ds", "msgctl": "msqid_ds"}
PERMISSIONS = ("uid", "gid", "mode", "key", "cuid", "cgid")
SHOWN = {
    "shmctl": (
        "shm_segsz", "shm_cpid", "shm_lpid", "shm_nattch", "shm_atime", "shm_dtime", "shm_ctime",
    ),
    "semctl": ("sem_otime", "sem_ctime", "sem_nsems"),
    "msgctl": (
        "msg_stime", "msg_rtime", "msg_ctime", "msg_qnum", "msg_qbytes", "msg_lspid", "msg_lrpid",
    ),
}  # fmt: skip
"""What is told of an object beside its permissions, in strace's order."""

MULTIPLEXED = (
    (1, "SEMOP"), (2, "SEMGET"), (3, "SEMCTL"), (4, "SEMTIMEDOP"), (11, "MSGSND"),
    (12, "MSGRCV"), (13, "MSGGET"), (14, "MSGCTL"), (21, "SHMAT"), (22, "SHMDT"),
    (23, "SHMGET"), (24, "SHMCTL"),
)  # fmt: skip


def key(call: Call, index: int) -> str:
    """A key, or the word for none."""
    value = call.value(index)
    return "IPC_PRIVATE" if value == 0 else f"{value & 0xFFFFFFFF:#x}"


def get_flags(call: Call, index: int) -> str:
    """What to make, with its mode: ``IPC_CREAT|0640``."""
    value = call.value(index)
    names = ((IPC_CREAT, "IPC_CREAT"), (IPC_EXCL, "IPC_EXCL"), (IPC_NOWAIT, "IPC_NOWAIT"))
    known = set_of(names, value & ~0o777, "")
    mode = octal(value & 0o777)
    return f"{known}|{mode}" if known else mode


def command(call: Call, index: int) -> str:
    """A command, with the mark of the newer layouts."""
    value = call.value(index)
    names = tuple((number, name) for name, number in COMMANDS[call.name])
    text = one_of(names, value & ~IPC_64, call.name[:3].upper())
    return f"IPC_64|{text}" if value & IPC_64 else text


def is_filled(call: Call) -> bool:
    """Whether a call that controls an object stores its description."""
    return call.value(COMMAND_INDEX[call.name]) & ~IPC_64 in DESCRIBING[call.name]


def description(call: Call, index: int) -> str:
    """The object as it is told or is to be, or what else the argument is."""
    address = call.value(index)
    place = COMMAND_INDEX[call.name]
    wanted = call.value(place) & ~IPC_64
    described = wanted in DESCRIBING[call.name]
    if call.failed or not (described or wanted == IPC_SET):
        return pointer(address & (1 << call.abi.word_bits) - 1)
    new = not call.event.syscall or "old" not in call.event.syscall.entry
    new = new or bool(call.value(place) & IPC_64)
    name = STRUCTS[call.name]
    layout = call.abi.layout(name.replace("_ds", "64_ds") if new else name)
    try:
        values = layout.unpack(call.mm.read(address, layout.size))
    except KernelError:
        return pointer(address)
    member = f"{call.name[:3]}_perm"
    shown = PERMISSIONS if described else PERMISSIONS[:3]
    perm = ", ".join(f"{part}={_permission(part, values[member][part])}" for part in shown)
    parts = [f"{member}={{{perm}}}"]
    if described:
        parts += [f"{part}={values[part]}" for part in SHOWN[call.name] if part in values]
    return f"{{{', '.join(parts)}}}"


def _permission(name: str, value: int) -> str:
    if name == "key":
        return hexadecimal(value & 0xFFFFFFFF)
    return octal(value) if name == "mode" else str(value)


def semaphore_operations(call: Call, index: int) -> str:
    """An array of struct sembuf."""
    address, count = call.value(index), call.named("nsops") or 0
    layout = call.abi.layout("sembuf")
    parts = []
    for item in range(min(count, ITEMS_SHOWN)):
        try:
            value = layout.unpack(call.mm.read(address + item * layout.size, layout.size))
        except KernelError:
            return pointer(address)
        flag = set_of(((IPC_NOWAIT, "IPC_NOWAIT"), (SEM_UNDO, "SEM_UNDO")), value["sem_flg"])
        parts.append(f"{{sem_num={value['sem_num']}, sem_op={value['sem_op']}, sem_flg={flag}}}")
    return f"[{', '.join(parts)}{', ...' if count > ITEMS_SHOWN else ''}]"


def futex_words(call: Call, index: int) -> str:
    """An array of struct futex_waitv: as many as the call says, or the two of a requeue."""
    address, count = call.value(index), call.named("nr_futexes") or 2
    layout = call.abi.layout("futex_waitv")
    names = ((FUTEX2_SIZE_U32, "FUTEX_32"), (FUTEX2_PRIVATE, "FUTEX_PRIVATE_FLAG"))
    parts = []
    for item in range(min(count, ITEMS_SHOWN)):
        try:
            value = layout.unpack(call.mm.read(address + item * layout.size, layout.size))
        except KernelError:
            return pointer(address)
        parts.append(
            f"{{val={hexadecimal(value['val'])}, uaddr={pointer(value['uaddr'])}, "
            f"flags={set_of(names, value['flags'])}, __reserved={value['__reserved']}}}"
        )
    return f"[{', '.join(parts)}{', ...' if count > ITEMS_SHOWN else ''}]"


def message(call: Call, index: int) -> str:
    """A struct msgbuf: its type and its text, as long as the caller says; strace does so."""
    address = call.value(index)
    size = call.abi.layout("msgbuf").fields["mtext"].offset
    length = call.named("msgsz") or 0
    if call.name == "msgrcv" and (call.failed or call.event.result is None):
        return pointer(address)
    try:
        raw = call.mm.read(address, size)
        text = call.mm.read(address + size, max(0, min(length, call.string_limit + 1)))
    except KernelError:
        return pointer(address)
    kind = signed(int.from_bytes(raw, call.abi.byte_order), 8 * size)
    return f"{{mtype={kind}, mtext={quoted(text, call.string_limit)}}}"


def multiplexed(call: Call, index: int) -> str:
    """Which call ipc(2) makes, with the version of its arguments."""
    value = call.value(index)
    name = one_of(MULTIPLEXED, value & 0xFFFF, "IPC")
    return f"{value >> 16 & 0xFFFF}<<16|{name}" if value >> 16 else name


def queue_attributes(abi: Abi, values: dict[str, Any]) -> str:
    """A struct mq_attr."""
    flag = flags(abi, OPEN_FLAGS, values["mq_flags"]).removeprefix("O_RDONLY|")
    flag = "0" if flag == "O_RDONLY" else flag
    rest = ", ".join(f"{name}={values[name]}" for name in ("mq_maxmsg", "mq_msgsize", "mq_curmsgs"))
    return f"{{mq_flags={flag}, {rest}}}"
