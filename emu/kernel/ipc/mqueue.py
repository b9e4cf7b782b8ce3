"""POSIX message queues: what is in them and who waits. See mq_overview(7) and ipc/mqueue.c."""

from __future__ import annotations

import heapq
from collections.abc import Callable
from typing import TYPE_CHECKING

from emu.kernel.deadline import Deadline, wait_until
from emu.kernel.errno import EAGAIN, EINVAL, EMFILE, ENOSPC, ETIMEDOUT
from emu.kernel.mm.charge import Charge
from emu.kernel.signal.pending import SigInfo
from emu.kernel.signal.send import send_signal
from emu.kernel.uapi.capability import CAP_SYS_RESOURCE
from emu.kernel.uapi.mqueue import (
    DFLT_MSGMAX,
    DFLT_MSGSIZEMAX,
    DFLT_QUEUESMAX,
    HARD_MSGMAX,
    HARD_MSGSIZEMAX,
    MQ_PRIO_MAX,
)
from emu.kernel.wait import WaitQueue
from emu.record import field, record

if TYPE_CHECKING:
    from emu.kernel.mm.ram import Ram
    from emu.kernel.task import Task
    from emu.kernel.thread_group import ThreadGroup

MESSAGE_HEADER = 48
TREE_NODE = 48
"""sizeof(struct msg_msg) and struct posix_msg_tree_node, which RLIMIT_MSGQUEUE counts."""

MESSAGE_COST = 192
QUEUE_COST = 4096
"""What a message and a queue take of the host's memory beside the data."""


class MqueueLimits:
    """The numbers of /proc/sys/fs/mqueue, and what is in use."""

    def __init__(self, ram: Ram) -> None:
        self.queues_max = DFLT_QUEUESMAX
        self.msg_max = self.msg_default = DFLT_MSGMAX
        self.msgsize_max = self.msgsize_default = DFLT_MSGSIZEMAX
        self.queues = 0
        self.bytes_of_user: dict[int, int] = {}
        self.charge = Charge(ram)


NOTIFY_WOKENUP = 1
NOTIFY_REMOVED = 2
"""What the last byte of a cookie of mq_notify(2) says."""


@record
class Notification:
    """Whom to tell that a message came to an empty queue, and by which signal (0: none).

    `tell` is another way: it is given NOTIFY_WOKENUP, or NOTIFY_REMOVED when nothing will come.
    """

    owner: ThreadGroup
    signal: int = 0
    value: int = 0
    tell: Callable[[int], None] | None = None


@record(frozen=False, eq=False)
class Waiter:
    """One who waits to send `message`, or for one to receive."""

    task: Task
    message: tuple[int, bytes] | None = None
    queue: WaitQueue = field(default_factory=WaitQueue)
    done: bool = False

    def end(self) -> None:
        """Let it go on."""
        self.done = True
        self.queue.wake_up_all()


class Mqueue:
    """A queue: struct mqueue_inode_info. Messages are pairs of a priority and bytes."""

    def __init__(self, limits: MqueueLimits, task: Task, maxmsg: int, msgsize: int) -> None:
        check_attributes(limits, task, maxmsg, msgsize)
        self.limits = limits
        self.maxmsg, self.msgsize = maxmsg, msgsize
        self.uid = task.cred.uid
        self.cost = maxmsg * (msgsize + MESSAGE_HEADER) + min(maxmsg, MQ_PRIO_MAX) * TREE_NODE
        used = limits.bytes_of_user.get(self.uid, 0) + self.cost
        if used > task.rlimits["RLIMIT_MSGQUEUE"][0]:
            raise EMFILE("RLIMIT_MSGQUEUE")
        limits.charge.add(QUEUE_COST)
        limits.bytes_of_user[self.uid] = used
        limits.queues += 1
        self.notification: Notification | None = None
        self.senders: list[Waiter] = []
        self.receivers: list[Waiter] = []
        self.pollers = WaitQueue()
        self._messages: list[tuple[int, int, bytes]] = []
        self._sequence = 0

    def __len__(self) -> int:
        return len(self._messages)

    @property
    def is_full(self) -> bool:
        """Whether a sender has to wait."""
        return len(self._messages) >= self.maxmsg

    @property
    def byte_count(self) -> int:
        """How many bytes all messages have."""
        return sum(len(data) for _, _, data in self._messages)

    def put(self, message: tuple[int, bytes]) -> None:
        """Enter a message, which is paid for, by its priority."""
        priority, data = message
        heapq.heappush(self._messages, (-priority, self._sequence, data))
        self._sequence += 1

    def take(self) -> tuple[int, bytes]:
        """Remove the oldest message of the highest priority."""
        priority, _, data = heapq.heappop(self._messages)
        self.give_back(data)
        return -priority, data

    def pay(self, data: bytes) -> None:
        """Pay for a message's memory. ENOMEM."""
        self.limits.charge.add(len(data) + MESSAGE_COST)

    def give_back(self, data: bytes) -> None:
        """A message is gone."""
        self.limits.charge.drop(len(data) + MESSAGE_COST)

    def notify(self, sender: Task) -> None:
        """Tell whoever asked that the queue is empty no more, once: see __do_notify."""
        wanted = self.notification
        if wanted is not None and len(self._messages) == 1:
            self.notification = None
            leader = wanted.owner.leader
            if wanted.tell is not None:
                wanted.tell(NOTIFY_WOKENUP)
            elif wanted.signal and leader.alive and leader.group is wanted.owner:
                code = leader.image_abi.constants["SI_MESGQ"]
                info = SigInfo(
                    wanted.signal, code, pid=sender.tgid, uid=sender.cred.uid, value=wanted.value
                )
                send_signal(leader, wanted.signal, info)
        self.pollers.wake_up_all()

    def forget_owner(self, group: ThreadGroup) -> None:
        """A process closes the queue: it is told nothing any more."""
        wanted = self.notification
        if wanted is not None and wanted.owner is group:
            self.notification = None
            if wanted.tell is not None:
                wanted.tell(NOTIFY_REMOVED)

    def destroy(self) -> None:
        """Give back what the queue took, when neither name nor file leads to it."""
        while self._messages:
            self.take()
        limits = self.limits
        limits.queues -= 1
        limits.charge.drop(QUEUE_COST)
        limits.bytes_of_user[self.uid] -= self.cost
        if not limits.bytes_of_user[self.uid]:
            del limits.bytes_of_user[self.uid]


def check_attributes(limits: MqueueLimits, task: Task, maxmsg: int, msgsize: int) -> None:
    """EINVAL or ENOSPC unless the task may make such a queue: see mqueue_get_inode."""
    privileged = task.cred.capable(CAP_SYS_RESOURCE)
    if limits.queues >= limits.queues_max and not privileged:
        raise ENOSPC("queues_max queues exist")
    most, longest = HARD_MSGMAX, HARD_MSGSIZEMAX
    if not privileged:
        most, longest = limits.msg_max, limits.msgsize_max
    if not (0 < maxmsg <= most and 0 < msgsize <= longest):
        raise EINVAL("more or longer messages than are allowed")


async def send(
    task: Task,
    queue: Mqueue,
    message: tuple[int, bytes],
    nonblocking: bool,
    deadline: Deadline | None,
) -> int:
    """Send a message, waiting for room. EAGAIN, ETIMEDOUT, ENOMEM."""
    if not queue.is_full:
        if queue.receivers:
            receiver = queue.receivers.pop(0)
            receiver.message = message
            receiver.end()
        else:
            queue.pay(message[1])
            queue.put(message)
            queue.notify(task)
        return 0
    if nonblocking:
        raise EAGAIN("the queue is full")
    queue.pay(message[1])
    waiter = Waiter(task, message)
    try:
        await _wait(queue.senders, waiter, deadline)
    finally:
        if not waiter.done:
            queue.give_back(message[1])
    return 0


async def receive(
    task: Task, queue: Mqueue, nonblocking: bool, deadline: Deadline | None
) -> tuple[int, bytes]:
    """Take the first message, or wait for one. EAGAIN, ETIMEDOUT."""
    if len(queue):
        message = queue.take()
        if queue.senders:
            sender = queue.senders.pop(0)
            assert sender.message is not None
            queue.put(sender.message)
            sender.end()
        else:
            queue.pollers.wake_up_all()
        return message
    if nonblocking:
        raise EAGAIN("the queue is empty")
    waiter = Waiter(task)
    await _wait(queue.receivers, waiter, deadline)
    assert waiter.message is not None
    return waiter.message


async def _wait(waiters: list[Waiter], waiter: Waiter, deadline: Deadline | None) -> None:
    """Wait among others, real-time tasks by their priority before all others: see wq_add."""
    priority = waiter.task.scheduling.rt_priority
    place = len(waiters)
    while place and waiters[place - 1].task.scheduling.rt_priority < priority:
        place -= 1
    waiters.insert(place, waiter)
    try:
        if not await wait_until(
            waiter.queue, lambda: waiter.done, waiter.task.kernel.clock, deadline
        ):
            raise ETIMEDOUT
    finally:
        if not waiter.done:
            waiters.remove(waiter)
