"""POSIX message queues: mq_open(3) and its kin, as the C library calls the kernel."""

from __future__ import annotations

from typing import Annotated

from emu.kernel.args import Fd, Mode, Path, PointerArg, Size, StructArg, UInt, UserStruct
from emu.kernel.clock import KTIME_MAX
from emu.kernel.deadline import Deadline
from emu.kernel.errno import EBADF, EBUSY, EINVAL, EMSGSIZE
from emu.kernel.fs.mqueue import MqueueOperations, mq_open, mq_unlink, queue_of
from emu.kernel.ipc.mqueue import Mqueue, Notification, receive, send
from emu.kernel.signal.numbers import signal_numbers
from emu.kernel.sys.clock import TIME32, InTimespec, read_timespec
from emu.kernel.sys.file_kinds import OpenFlags, to_user
from emu.kernel.sys.kinds import OutUInt
from emu.kernel.syscall import syscall
from emu.kernel.task import Task
from emu.kernel.uapi.fcntl import O_CLOEXEC, O_NONBLOCK, OPEN_FLAGS
from emu.kernel.uapi.mqueue import MQ_PRIO_MAX
from emu.kernel.uapi.signal import SIGEV_NONE, SIGEV_SIGNAL, SIGEV_THREAD
from emu.kernel.vfs.fdtable import fd_install
from emu.kernel.vfs.file import FMODE_READ, FMODE_WRITE, File

NOTIFY_COOKIE_LEN = 32

Attr = Annotated[UserStruct, StructArg(layout="mq_attr")]
OutAttr = Annotated[UserStruct, StructArg(layout="mq_attr", out=True)]
SigEvent = Annotated[UserStruct, StructArg(layout="sigevent")]
InMessage = Annotated[int, PointerArg(length="msg_len")]
OutMessage = Annotated[int, PointerArg(length="msg_len", out=True)]


@syscall("sys_mq_open")
def open(task: Task, u_name: Path, oflag: OpenFlags, mode: Mode, u_attr: Attr) -> int:
    """Open or make a queue. See mq_open(3)."""
    attributes = None
    if u_attr:
        given = u_attr.read()
        attributes = (given["mq_maxmsg"], given["mq_msgsize"])
    file = mq_open(task, u_name, oflag & ~O_CLOEXEC, mode, attributes)
    return fd_install(task, file, cloexec=True)


@syscall("sys_mq_unlink")
def unlink(task: Task, u_name: Path) -> int:
    """Remove a queue's name. See mq_unlink(3)."""
    mq_unlink(task, u_name)
    return 0


@syscall("sys_mq_timedsend", ("sys_mq_timedsend_time32", TIME32))
async def timedsend(
    task: Task,
    mqdes: Fd,
    u_msg_ptr: InMessage,
    msg_len: Size,
    msg_prio: UInt,
    u_abs_timeout: InTimespec,
) -> int:
    """Send a message. See mq_send(3)."""
    deadline = read_deadline(task, u_abs_timeout)
    if msg_prio >= MQ_PRIO_MAX:
        raise EINVAL("above the highest priority")
    file, queue = queue_at(task, mqdes, FMODE_WRITE)
    if msg_len > queue.msgsize:
        raise EMSGSIZE("longer than the queue's messages")
    message = (msg_prio, task.mm.read(u_msg_ptr, msg_len))
    file.get()
    try:
        return await send(task, queue, message, bool(file.flags & O_NONBLOCK), deadline)
    finally:
        file.put()


@syscall("sys_mq_timedreceive", ("sys_mq_timedreceive_time32", TIME32))
async def timedreceive(
    task: Task,
    mqdes: Fd,
    u_msg_ptr: OutMessage,
    msg_len: Size,
    u_msg_prio: OutUInt,
    u_abs_timeout: InTimespec,
) -> int:
    """Take the first message of the highest priority: its length. See mq_receive(3)."""
    deadline = read_deadline(task, u_abs_timeout)
    file, queue = queue_at(task, mqdes, FMODE_READ)
    if msg_len < queue.msgsize:
        raise EMSGSIZE("a message may be longer than the buffer")
    file.get()
    try:
        nonblocking = bool(file.flags & O_NONBLOCK)
        priority, data = await receive(task, queue, nonblocking, deadline)
    finally:
        file.put()
    if u_msg_prio:
        task.mm.write_u32(u_msg_prio, priority)
    task.mm.write(u_msg_ptr, data)
    return len(data)


@syscall("sys_mq_notify")
def notify(task: Task, mqdes: Fd, u_notification: SigEvent) -> int:
    """Ask to be told of the next message to an empty queue. See mq_notify(3).

    For SIGEV_THREAD the C library gives a netlink socket, and a cookie that is sent to it.
    """
    notification = None
    if u_notification:
        notification = read_notification(task, u_notification)
    _, queue = queue_at(task, mqdes, FMODE_READ | FMODE_WRITE)
    if notification is None:
        queue.forget_owner(task.group)
    elif queue.notification is not None:
        raise EBUSY("a process is to be told already")
    else:
        queue.notification = notification
    return 0


@syscall("sys_mq_getsetattr")
def getsetattr(task: Task, mqdes: Fd, u_mqstat: Attr, u_omqstat: OutAttr) -> int:
    """Tell a queue's attributes and set whether the file waits. See mq_setattr(3)."""
    new = None
    nonblock = to_user(task.abi, OPEN_FLAGS, O_NONBLOCK)
    if u_mqstat:
        new = u_mqstat.read()["mq_flags"]
        if new & ~nonblock:
            raise EINVAL("only O_NONBLOCK can be set")
    file, queue = queue_at(task, mqdes, FMODE_READ | FMODE_WRITE)
    flags = nonblock if file.flags & O_NONBLOCK else 0
    if new is not None:
        file.flags = file.flags & ~O_NONBLOCK | (O_NONBLOCK if new else 0)
    if u_omqstat:
        u_omqstat.write(
            mq_flags=flags,
            mq_maxmsg=queue.maxmsg,
            mq_msgsize=queue.msgsize,
            mq_curmsgs=len(queue),
        )
    return 0


def queue_at(task: Task, fd: int, mode: int) -> tuple[File, Mqueue]:
    """An open queue. EBADF if it is none, or is not open in one of the ways of `mode`."""
    file = task.files[fd]
    if not isinstance(file.f_op, MqueueOperations):
        raise EBADF("not a message queue")
    if not file.mode & mode:
        raise EBADF("the queue is not open for that")
    return file, queue_of(file)


def read_deadline(task: Task, timeout: InTimespec) -> Deadline | None:
    """When a call ends: a time of CLOCK_REALTIME. EFAULT, EINVAL."""
    if not timeout:
        return None
    return Deadline(min(read_timespec(task, timeout), KTIME_MAX), realtime=True)


def _by_netlink(task: Task, address: int, fd: int) -> Notification:
    """SIGEV_THREAD: a cookie to a netlink socket, its last byte telling why. EFAULT, EBADF."""
    from emu.kernel.net.netlink.socket import NetlinkSocket
    from emu.kernel.net.sockfs import socket_of

    cookie = task.mm.read(address, NOTIFY_COOKIE_LEN)
    socket = socket_of(task.files[fd])
    if not isinstance(socket, NetlinkSocket):
        raise EINVAL("not a netlink socket")

    def tell(why: int) -> None:
        if socket.has_room:
            socket.deliver(cookie[:-1] + bytes([why]), 0, 0)

    return Notification(task.group, tell=tell)


def read_notification(task: Task, address: UserStruct) -> Notification:
    """What a struct sigevent asks for. EFAULT, EINVAL, EBADF."""
    event = address.read()
    kind = event["sigev_notify"]
    if kind == SIGEV_THREAD:
        return _by_netlink(task, event["sigev_value"]["sival_ptr"], event["sigev_signo"])
    if kind == SIGEV_NONE:
        return Notification(task.group)
    if kind != SIGEV_SIGNAL:
        raise EINVAL("no such notification")
    signal = signal_numbers(task.abi).decode(event["sigev_signo"])
    return Notification(task.group, signal, event["sigev_value"]["sival_ptr"])
