"""/dev/input/event*: the events of one device, as structs of the reader's ABI. See evdev.c."""

from __future__ import annotations

import struct
from collections import deque
from collections.abc import Callable
from typing import TYPE_CHECKING

from emu.kernel.errno import EAGAIN, EINVAL, ENODEV
from emu.kernel.input.device import Event, InputDevice
from emu.kernel.uapi.fcntl import O_NONBLOCK
from emu.kernel.uapi.input import EV_ABS, EV_REL, EV_SYN, SYN_DROPPED, SYN_REPORT
from emu.kernel.uapi.poll import POLLERR, POLLHUP, POLLIN, POLLOUT, POLLRDNORM, POLLWRNORM
from emu.kernel.uapi.time import CLOCK_MONOTONIC, CLOCK_REALTIME
from emu.kernel.vfs.file_operations import FileOperations, PollTable, Result
from emu.kernel.wait import WaitQueue

if TYPE_CHECKING:
    from collections.abc import Awaitable

    from emu.arch.abi import Abi
    from emu.kernel.task import Task
    from emu.kernel.uaccess import Buffer
    from emu.kernel.vfs.file import File
    from emu.kernel.vfs.inode import Inode

LEAST_BUFFER = 64
PACKETS = 8
"""How many packets of a device a reader's buffer has room for, at the least."""
KEYS_IN_PACKET = 7
NSEC_PER_USEC = 1000


class Client:
    """An open file: the events that wait to be read, each with its time in nanoseconds."""

    def __init__(self, device: InputDevice) -> None:
        self.device = device
        self.clock = CLOCK_REALTIME
        self.revoked = False
        self.wait = WaitQueue()
        self.events: deque[tuple[int, Event]] = deque()
        axes = len(device.bits.get(EV_ABS, ())) + len(device.bits.get(EV_REL, ()))
        needed = max((1 + axes + KEYS_IN_PACKET) * PACKETS, LEAST_BUFFER)
        self.size = 1 << (needed - 1).bit_length()

    def take(self, packet: list[Event]) -> None:
        """A packet came. What there is no room for is dropped, and the reader told of it."""
        if self.revoked:
            return
        now_ns = self.now_ns()
        for event in packet:
            self.events.append((now_ns, event))
            if len(self.events) >= self.size:
                self.events.clear()
                self.events += [(now_ns, (EV_SYN, SYN_DROPPED, 0)), (now_ns, event)]
        self.wait.wake_up_all(POLLIN | POLLRDNORM)

    def now_ns(self) -> int:
        """The time by the clock that the reader chose."""
        clock = self.device.kernel.clock
        return clock.monotonic_ns() if self.clock == CLOCK_MONOTONIC else clock.realtime_ns()

    def choose_clock(self, clock: int) -> None:
        """Stamp events by another clock; those that wait are dropped: EVIOCSCLOCKID."""
        if clock != self.clock:
            self.clock = clock
            self.events.clear()
            self.events += [(self.now_ns(), (EV_SYN, SYN_DROPPED, 0))]
            self.events += [(self.now_ns(), (EV_SYN, SYN_REPORT, 0))]

    def hang_up(self) -> None:
        """The device is gone."""
        self.wait.wake_up_all(POLLHUP | POLLERR)

    @property
    def is_dead(self) -> bool:
        """Whether nothing more will come."""
        return self.device.gone or self.revoked


class Evdev(FileOperations):
    """The operations of one device's node; `opened` and `closed` tell its driver."""

    seekable = False
    advances = False
    has_fasync = True

    def __init__(
        self,
        device: InputDevice,
        opened: Callable[[], object] | None = None,
        closed: Callable[[], object] | None = None,
    ) -> None:
        self.device = device
        self._opened = opened
        self._closed = closed

    def fasync(self, task: Task, fd: int, file: File, on: bool) -> None:
        """SIGIO when something can be read."""
        from emu.kernel.vfs.fasync import watch_itself

        watch_itself(fd, file, on)

    def open(self, inode: Inode, file: File) -> Awaitable[None] | None:
        """One more listener. ENODEV once the device is gone."""
        if self.device.gone:
            raise ENODEV("the device is gone")
        if not self.device.clients and self._opened is not None:
            self._opened()
        client = file.private_data = Client(self.device)
        self.device.clients.append(client)
        return None

    def release(self, inode: Inode, file: File) -> None:
        """One listener less."""
        client: Client = file.private_data
        if self.device.grabbed_by is client:
            self.device.grabbed_by = None
        self.device.clients.remove(client)
        if not self.device.clients and self._closed is not None and not self.device.gone:
            self._closed()

    def read(self, file: File, buffer: Buffer, pos: int) -> Result:
        """Whole events; waits for the first. EINVAL if not one fits, ENODEV, EAGAIN."""
        client: Client = file.private_data
        task = self.device.kernel.sched.current
        assert task is not None
        abi = task.abi
        size = abi.layout("input_event").size
        if 0 < buffer.count < size:
            raise EINVAL("less than an event")
        if client.is_dead:
            raise ENODEV("the device is gone")
        if not buffer.count:
            return 0
        if client.events:
            return _give(client, buffer, abi)
        if file.flags & O_NONBLOCK:
            raise EAGAIN
        return self._read_later(client, buffer, abi)

    async def _read_later(self, client: Client, buffer: Buffer, abi: Abi) -> int:
        while not client.events:
            if client.is_dead:
                raise ENODEV("the device is gone")
            await client.wait.wait()
        return _give(client, buffer, abi)

    def write(self, file: File, buffer: Buffer, pos: int) -> Result:
        """Events for the device: its lights and sounds, or as if it had reported them."""
        client: Client = file.private_data
        task = self.device.kernel.sched.current
        assert task is not None
        layout = task.abi.layout("input_event")
        if 0 < buffer.count < layout.size:
            raise EINVAL("less than an event")
        if client.is_dead:
            raise ENODEV("the device is gone")
        done = 0
        event = struct.Struct(f"{layout.byte_order}HHi")
        place = layout.fields["type"].offset
        while buffer.count >= layout.size:
            raw = buffer.copy_from(layout.size)
            if self.device.grabbed_by in (None, client):
                self.device.report(*event.unpack_from(raw, place))
            done += layout.size
        return done

    def poll(self, file: File, waits: PollTable | None) -> int:
        """Readable while events wait."""
        client: Client = file.private_data
        if waits is not None:
            waits.append(client.wait)
        events = POLLHUP | POLLERR if client.is_dead else POLLOUT | POLLWRNORM
        return events | (POLLIN | POLLRDNORM if client.events else 0)

    def unlocked_ioctl(self, file: File, task: Task, cmd: int, arg: int) -> Result:
        """See `emu.kernel.input.evdev_ioctl`."""
        from emu.kernel.input.evdev_ioctl import evdev_ioctl

        return evdev_ioctl(file.private_data, task, cmd, arg)


def _give(client: Client, buffer: Buffer, abi: Abi) -> int:
    """As many events as there are and fit. EFAULT."""
    layout = abi.layout("input_event")
    word = "q" if layout.fields["time"].size == 16 else "I"
    event = struct.Struct(f"{layout.byte_order}2{word}HHi")
    done = 0
    while client.events and buffer.count >= layout.size:
        time_ns, (kind, code, value) = client.events.popleft()
        seconds, rest = divmod(time_ns, 1_000_000_000)
        if word == "I":
            seconds &= 0xFFFFFFFF
        done += buffer.copy_to(event.pack(seconds, rest // NSEC_PER_USEC, kind, code, value))
    return done
