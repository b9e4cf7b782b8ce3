"""Waiting for files: poll(2), ppoll(2)."""

from __future__ import annotations

import struct
from collections.abc import Awaitable
from typing import TYPE_CHECKING, Annotated

from emu.kernel.args import Arg, Binding, FlagTranslation, Int, Size, UInt
from emu.kernel.errno import EINVAL
from emu.kernel.restart import RestartBlock, or_else
from emu.kernel.sys.clock import TIME32, InTimespec, read_timespec
from emu.kernel.sys.file_kinds import to_user
from emu.kernel.sys.kinds import Sigset
from emu.kernel.sys.sleeping_mask import with_mask
from emu.kernel.sys.time_left import TimeLeft
from emu.kernel.syscall import syscall
from emu.kernel.task import Task
from emu.kernel.uapi.poll import POLL_EVENTS
from emu.kernel.vfs.fdtable import open_file_limit
from emu.kernel.vfs.file import File
from emu.kernel.vfs.poll import poll_files
from emu.record import record

if TYPE_CHECKING:
    from emu.arch.abi import Abi
    from emu.arch.layout import Layout

NSEC_PER_MSEC = 1_000_000
_ALL_EVENTS = 0xFFFF


class PollfdFormat:
    """How an ABI lays out struct pollfd, and what its events mean."""

    def __init__(self, layout: Layout, translation: FlagTranslation | None) -> None:
        self.size = layout.size
        self.entry = struct.Struct(f"{layout.byte_order}iH{layout.size - 6}x")
        offset, code = layout.field("revents")
        self.revents_offset = offset
        self.pack_revents = struct.Struct(code.upper()).pack_into
        self._translation = translation

    def events(self, given: int) -> int:
        """The events asked for, in the kernel's own values."""
        return given if self._translation is None else self._translation(given) & _ALL_EVENTS

    def told(self, abi: Abi, events: int) -> int:
        """Events in the caller's values."""
        return events if self._translation is None else to_user(abi, POLL_EVENTS, events)


class Pollfds:
    """A user's array of struct pollfd."""

    __slots__ = ("address", "format")

    def __init__(self, address: int, format: PollfdFormat) -> None:
        self.address = address
        self.format = format


@record
class PollfdsArg(Arg):
    """A pointer to an array of struct pollfd."""

    def decode(self, raw: str, binding: Binding) -> str:
        """A `Pollfds`."""
        form = PollfdFormat(binding.layout("pollfd"), binding.flags(POLL_EVENTS))
        address = Arg.decode(self, raw, binding)
        return f"{binding.inject(Pollfds)}({address}, {binding.inject(form)})"


PollfdArray = Annotated[Pollfds, PollfdsArg()]


@syscall("sys_poll")
def poll(task: Task, ufds: PollfdArray, nfds: UInt, timeout_msecs: Int) -> int | Awaitable[int]:
    """Wait until a file is ready, for milliseconds. See poll(2)."""
    if timeout_msecs < 0:
        return _poll_until(task, ufds, nfds, None)
    now = task.kernel.clock.monotonic_ns()
    return _poll_until(task, ufds, nfds, now + timeout_msecs * NSEC_PER_MSEC)


def _poll_until(
    task: Task, ufds: Pollfds, nfds: int, deadline_ns: int | None
) -> int | Awaitable[int]:
    """poll(2) as restart_syscall(2) can go on with it."""
    left = deadline_ns
    if deadline_ns is not None:
        left = max(0, deadline_ns - task.kernel.clock.monotonic_ns())
    result = _poll(task, ufds, nfds, left)
    if isinstance(result, int):
        return result
    return or_else(result, lambda: RestartBlock(lambda: _poll_until(task, ufds, nfds, deadline_ns)))


@syscall(
    "sys_ppoll",
    ("sys_ppoll_time32", TIME32),
    ("compat_sys_ppoll_time32", TIME32),
    "compat_sys_ppoll_time64",
)
def ppoll(
    task: Task, ufds: PollfdArray, nfds: UInt, tsp: InTimespec, sigmask: Sigset, sigsetsize: Size
) -> int | Awaitable[int]:
    """poll with a finer timeout, which is told what is left, and a signal mask. See ppoll(2)."""
    timeout_ns = read_timespec(task, tsp) if tsp else None
    left = TimeLeft(task, tsp, timeout_ns)
    result = with_mask(task, sigmask, sigsetsize, lambda: _poll(task, ufds, nfds, timeout_ns))
    return left.after(result)


def _poll(task: Task, ufds: Pollfds, count: int, timeout_ns: int | None) -> int | Awaitable[int]:
    if count > open_file_limit(task):
        raise EINVAL("more than could be open")
    form, address = ufds.format, ufds.address
    size = count * form.size
    wanted: list[tuple[File | None, int]] = []
    places: list[int] = []
    for place, (fd, events) in enumerate(form.entry.iter_unpack(task.mm.read(address, size))):
        if fd < 0:
            continue
        file = task.files.get(fd)
        usable = None if file is None or file.is_path else file
        wanted.append((usable, form.events(events)))
        places.append(place)

    def answer(found: list[int]) -> int:
        told = [0] * count
        for place, events in zip(places, found, strict=True):
            told[place] = form.told(task.abi, events)
        # Another thread may have changed the rest while this one slept: it stays as it is now.
        array = bytearray(task.mm.read(address, size))
        offset = form.revents_offset
        for events in told:
            form.pack_revents(array, offset, events)
            offset += form.size
        task.mm.write(address, array)
        return count - told.count(0)

    return poll_files(task, wanted, timeout_ns, answer)
