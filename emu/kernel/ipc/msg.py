"""Message queues. See msgget(2), msgop(2) and ipc/msg.c."""

from __future__ import annotations

from typing import TYPE_CHECKING

from emu.kernel.errno import E2BIG, EAGAIN, EIDRM, ENOMSG, KernelError
from emu.kernel.ipc.perm import S_IRUGO, S_IWUGO, IpcObject, now
from emu.kernel.uapi.ipc import IPC_NOWAIT, MSG_COPY, MSG_EXCEPT, MSG_NOERROR
from emu.kernel.wait import WaitQueue
from emu.record import field, record

if TYPE_CHECKING:
    from collections.abc import Callable

    from emu.kernel.ipc.namespace import IpcNamespace
    from emu.kernel.task import Task

QUEUE_COST = 2048
MESSAGE_COST = 192
"""What a queue and a message take beside their data."""


@record(eq=False)
class Message:
    """A type above zero, and bytes."""

    type: int
    data: bytes


@record(frozen=False, eq=False)
class Receiver:
    """One who waits for a message: which one, how long it may be, and what came of it."""

    task: Task
    matches: Callable[[Message], bool]
    room: int
    queue: WaitQueue = field(default_factory=WaitQueue)
    outcome: Message | type[KernelError] | None = None

    def end(self, outcome: Message | type[KernelError]) -> None:
        """Let it go on with a message or an error."""
        self.outcome = outcome
        self.queue.wake_up_all()


class MessageQueue(IpcObject):
    """A queue: struct msg_queue."""

    def __init__(self, namespace: IpcNamespace, task: Task, key: int, mode: int) -> None:
        super().__init__(task, key, mode)
        namespace.charge.add(QUEUE_COST)
        self.namespace = namespace
        self.messages: list[Message] = []
        self.cbytes = 0
        self.qbytes = namespace.msgmnb
        self.stime = self.rtime = 0
        self.lspid = self.lrpid = 0
        self.receivers: dict[Receiver, None] = {}
        self.senders = WaitQueue()

    def fits(self, size: int) -> bool:
        """Whether there is room for one more message."""
        return size + self.cbytes <= self.qbytes and 1 + len(self.messages) <= self.qbytes

    def put(self, message: Message) -> None:
        """Enter a message at the end. ENOMEM."""
        size = len(message.data)
        self.namespace.charge.add(size + MESSAGE_COST)
        self.messages.append(message)
        self.cbytes += size
        self.namespace.message_count += 1
        self.namespace.message_bytes += size

    def take(self, message: Message) -> None:
        """Remove a message."""
        self.messages.remove(message)
        self._forget(message)

    def _forget(self, message: Message) -> None:
        size = len(message.data)
        self.cbytes -= size
        self.namespace.message_count -= 1
        self.namespace.message_bytes -= size
        self.namespace.charge.drop(size + MESSAGE_COST)

    def offer(self, message: Message, sender: Task) -> bool:
        """Give a message to the first who waits for it; one for whom it is too long fails."""
        for receiver in list(self.receivers):
            if not receiver.matches(message):
                continue
            del self.receivers[receiver]
            if len(message.data) > receiver.room:
                receiver.end(E2BIG)
                continue
            self.lrpid, self.rtime = receiver.task.tgid, now(sender)
            receiver.end(message)
            return True
        return False

    def remove(self) -> None:
        """Take the queue away from all who use it: see freeque."""
        for receiver in list(self.receivers):
            receiver.end(EIDRM)
        self.receivers.clear()
        self.namespace.msg.remove(self)
        self.senders.wake_up_all()
        for message in self.messages:
            self._forget(message)
        self.messages.clear()
        self.namespace.charge.drop(QUEUE_COST)

    def restart_all(self) -> None:
        """Let all who wait look again, after the owner or the size has changed."""
        for receiver in list(self.receivers):
            receiver.end(EAGAIN)
        self.receivers.clear()
        self.senders.wake_up_all()


async def send(task: Task, queue: MessageQueue, message: Message, flags: int) -> int:
    """Send a message, waiting for room. EACCES, EAGAIN, EIDRM, ENOMEM. See do_msgsnd."""
    size = len(message.data)
    while True:
        queue.check(task.cred, S_IWUGO)
        if queue.fits(size):
            break
        if flags & IPC_NOWAIT:
            raise EAGAIN("the queue is full")
        await queue.senders.wait()
        if queue.removed:
            raise EIDRM("the queue is gone")
    if not queue.offer(message, task):
        queue.put(message)
    queue.lspid, queue.stime = task.tgid, now(task)
    return 0


async def receive(task: Task, queue: MessageQueue, room: int, type: int, flags: int) -> Message:
    """Take a message of a type, or wait for one. EACCES, E2BIG, ENOMSG, EIDRM. See do_msgrcv."""
    while True:
        queue.check(task.cred, S_IRUGO)
        found = find(queue, type, flags)
        if found is not None:
            if len(found.data) > room and not flags & MSG_NOERROR:
                raise E2BIG("the message is longer than the buffer")
            if not flags & MSG_COPY:
                queue.take(found)
                queue.lrpid, queue.rtime = task.tgid, now(task)
                queue.senders.wake_up_all()
            return found
        if flags & IPC_NOWAIT:
            raise ENOMSG("no such message")
        most = 1 << 31 if flags & MSG_NOERROR else room
        receiver = Receiver(task, matcher(type, flags), most)
        queue.receivers[receiver] = None
        try:
            while receiver.outcome is None:
                await receiver.queue.wait()
        finally:
            queue.receivers.pop(receiver, None)
        outcome = receiver.outcome
        if isinstance(outcome, Message):
            return outcome
        if outcome is not EAGAIN:
            raise outcome


def find(queue: MessageQueue, type: int, flags: int) -> Message | None:
    """The message that a receiver takes: see find_msg and convert_mode."""
    messages = queue.messages
    if flags & MSG_COPY:
        return messages[type] if 0 <= type < len(messages) else None
    fitting = filter(matcher(type, flags), messages)
    if type < 0:
        return min(fitting, key=lambda message: message.type, default=None)
    return next(fitting, None)


def matcher(type: int, flags: int) -> Callable[[Message], bool]:
    """Which messages a type means."""
    if type == 0:
        return lambda message: True
    if type < 0:
        return lambda message: message.type <= -type
    if flags & MSG_EXCEPT:
        return lambda message: message.type != type
    return lambda message: message.type == type
