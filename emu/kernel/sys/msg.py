"""Message queues: msgget(2), msgsnd(2), msgrcv(2), msgctl(2)."""

from __future__ import annotations

import struct
from collections.abc import Awaitable
from typing import Annotated

from emu.kernel.args import FlagsArg, Int, Long, Pointer
from emu.kernel.errno import EINVAL, EPERM
from emu.kernel.ipc.msg import Message, MessageQueue, receive, send
from emu.kernel.restart import RestartNoHand, or_else
from emu.kernel.sys.ipc_structs import (
    check_command,
    described,
    layout_of,
    parse_version,
    permissions,
    read_owner,
    write_struct,
)
from emu.kernel.sys.shm import GetFlags
from emu.kernel.syscall import syscall
from emu.kernel.task import Task
from emu.kernel.uapi.capability import CAP_SYS_RESOURCE
from emu.kernel.uapi.ipc import (
    IPC_INFO,
    IPC_NOWAIT,
    IPC_RMID,
    IPC_SET,
    IPC_STAT,
    MSG_COMMAND,
    MSG_COPY,
    MSG_EXCEPT,
    MSG_FLAGS,
    MSG_INFO,
    MSG_STAT,
    MSG_STAT_ANY,
    MSGMAP,
    MSGPOOL,
    MSGSEG,
    MSGSSZ,
    MSGTQL,
)

MsgFlags = Annotated[int, FlagsArg(signed=True, family=MSG_FLAGS)]
MsgCommand = Annotated[int, FlagsArg(signed=True, family=MSG_COMMAND)]


@syscall("sys_msgget")
def msgget(task: Task, key: Int, msgflg: GetFlags) -> int:
    """Find or make a queue. See msgget(2)."""
    namespace = task.kernel.ipc
    return namespace.msg.get(task, key, msgflg, lambda: MessageQueue(namespace, task, key, msgflg))


@syscall("sys_msgsnd")
def msgsnd(
    task: Task, msqid: Int, msgp: Pointer, msgsz: Long, msgflg: MsgFlags
) -> int | Awaitable[int]:
    """Send a message. See msgsnd(2)."""
    kind, text = read_type(task, msgp)
    namespace = task.kernel.ipc
    if not 0 <= msgsz <= namespace.msgmax or msqid < 0:
        raise EINVAL("not a size between 0 and MSGMAX, or a negative id")
    if kind < 1:
        raise EINVAL("a type is above zero")
    message = Message(kind, task.mm.read(text, msgsz))
    return or_else(send(task, namespace.msg.find(msqid), message, msgflg), RestartNoHand)


@syscall("sys_msgrcv")
async def msgrcv(
    task: Task, msqid: Int, msgp: Pointer, msgsz: Long, msgtyp: Long, msgflg: MsgFlags
) -> int:
    """Take a message: the length of its text. See msgrcv(2)."""
    if msqid < 0 or msgsz < 0:
        raise EINVAL("a negative id or size")
    if msgflg & MSG_COPY and (msgflg & MSG_EXCEPT or not msgflg & IPC_NOWAIT):
        raise EINVAL("a copy cannot be waited for, nor chosen by its type")
    queue = task.kernel.ipc.msg.find(msqid)
    message = await or_else(receive(task, queue, msgsz, msgtyp, msgflg), RestartNoHand)
    size = min(msgsz, len(message.data))
    write_message(task, msgp, message.type, message.data[:size])
    return size


@syscall("sys_msgctl")
def msgctl(task: Task, msqid: Int, cmd: MsgCommand, buf: Pointer) -> int:
    """Describe, change or remove a queue. See msgctl(2)."""
    return control(task, msqid, cmd, buf, new=True)


@syscall("sys_old_msgctl")
def old_msgctl(task: Task, msqid: Int, cmd: MsgCommand, buf: Pointer) -> int:
    """The same with the older layouts, unless the command says IPC_64."""
    command, new = parse_version(cmd)
    return control(task, msqid, command, buf, new=new)


def control(task: Task, id: int, command: int, buf: int, *, new: bool) -> int:
    """What both come to. EINVAL, EIDRM, EACCES, EPERM, EFAULT."""
    check_command(id, command)
    ids = task.kernel.ipc.msg
    if command in (IPC_INFO, MSG_INFO):
        values = limits(task, command == MSG_INFO)
        write_struct(task, buf, task.abi.layout("msginfo"), values)
        return ids.highest_index
    if command in (IPC_STAT, MSG_STAT, MSG_STAT_ANY):
        found, result = described(task, ids, id, command, MSG_STAT, MSG_STAT_ANY)
        write_struct(task, buf, layout_of(task, new, "msqid_ds"), description(found))
        return result
    if command == IPC_SET:
        given = read_owner(task, buf, layout_of(task, new, "msqid_ds"), "msg_perm")
        found = ids.find_owned(id, task.cred)
        qbytes = given["msg_qbytes"] or given.get("msg_lqbytes", 0)
        if qbytes > task.kernel.ipc.msgmnb and not task.cred.capable(CAP_SYS_RESOURCE):
            raise EPERM("larger than MSGMNB")
        found.change(task, given["uid"], given["gid"], given["mode"])
        found.qbytes = qbytes
        found.restart_all()
        return 0
    if command == IPC_RMID:
        found = ids.find_owned(id, task.cred)
        found.remove()
        return 0
    raise EINVAL(f"no command {command}")


def description(queue: MessageQueue) -> dict[str, object]:
    """The members of struct msqid64_ds, and of the older one."""
    return {
        "msg_perm": permissions(queue),
        "msg_stime": queue.stime,
        "msg_rtime": queue.rtime,
        "msg_ctime": queue.ctime,
        "msg_cbytes": queue.cbytes,
        "msg_lcbytes": queue.cbytes,
        "msg_qnum": len(queue.messages),
        "msg_qbytes": queue.qbytes,
        "msg_lqbytes": queue.qbytes,
        "msg_lspid": queue.lspid,
        "msg_lrpid": queue.lrpid,
    }


def limits(task: Task, used: bool) -> dict[str, int]:
    """The members of struct msginfo; with `used` three of them tell what is in use."""
    namespace = task.kernel.ipc
    return {
        "msgpool": len(namespace.msg) if used else MSGPOOL,
        "msgmap": namespace.message_count if used else MSGMAP,
        "msgmax": namespace.msgmax,
        "msgmnb": namespace.msgmnb,
        "msgmni": namespace.msg.limit,
        "msgssz": MSGSSZ,
        "msgtql": namespace.message_bytes if used else MSGTQL,
        "msgseg": MSGSEG,
    }


def read_type(task: Task, address: int) -> tuple[int, int]:
    """The type of a user's struct msgbuf, and where its text begins. EFAULT."""
    kind = type_struct(task)
    return kind.unpack(task.mm.read(address, kind.size))[0], address + kind.size


def write_message(task: Task, address: int, kind: int, data: bytes) -> None:
    """Fill a user's struct msgbuf. EFAULT."""
    packed = type_struct(task).pack(kind)
    task.mm.write(address, packed)
    task.mm.write(address + len(packed), data)


def type_struct(task: Task) -> struct.Struct:
    """The long at the start of the caller's struct msgbuf."""
    wide = task.abi.layout("msgbuf").fields["mtext"].offset == 8
    return struct.Struct(task.abi.isa.byte_order + ("q" if wide else "i"))
