"""Waiting for files by sets of bits: select(2), pselect6(2)."""

from __future__ import annotations

from collections.abc import Awaitable
from typing import Annotated

from emu.kernel.args import Int, Pointer, StructArg, UserStruct
from emu.kernel.errno import EBADF, EINVAL
from emu.kernel.sys.clock import TIME32, InTimespec, read_timespec
from emu.kernel.sys.misc import read_word
from emu.kernel.sys.sleeping_mask import with_mask
from emu.kernel.sys.time_left import TimeLeft
from emu.kernel.syscall import syscall
from emu.kernel.task import Task
from emu.kernel.uapi.poll import (
    POLLERR,
    POLLHUP,
    POLLIN,
    POLLOUT,
    POLLPRI,
    POLLRDBAND,
    POLLRDNORM,
    POLLWRBAND,
    POLLWRNORM,
)
from emu.kernel.vfs.fdtable import open_file_limit
from emu.kernel.vfs.file import File
from emu.kernel.vfs.poll import poll_files

InOutTimeval = Annotated[UserStruct, StructArg(layout="__kernel_old_timeval")]

READ_EVENTS = POLLRDNORM | POLLRDBAND | POLLIN | POLLHUP | POLLERR
WRITE_EVENTS = POLLWRBAND | POLLWRNORM | POLLOUT | POLLERR
EXCEPTION_EVENTS = POLLPRI
EVENTS = (READ_EVENTS, WRITE_EVENTS, EXCEPTION_EVENTS)

NSEC_PER_SEC = 1_000_000_000
USEC_PER_SEC = 1_000_000


@syscall("sys_select", ("compat_sys_select", {"__kernel_old_timeval": "old_timeval32"}))
def select(
    task: Task, n: Int, inp: Pointer, outp: Pointer, exp: Pointer, tvp: InOutTimeval
) -> int | Awaitable[int]:
    """Wait until a file of three sets is ready; the time left is told. See select(2)."""
    timeout_ns = None
    if tvp:
        given = tvp.read()
        seconds, microseconds = given["tv_sec"], given["tv_usec"]
        seconds += microseconds // USEC_PER_SEC
        if seconds < 0 or microseconds < 0:
            raise EINVAL("negative timeout")
        timeout_ns = seconds * NSEC_PER_SEC + microseconds % USEC_PER_SEC * 1000
    left = TimeLeft(task, tvp, timeout_ns, timeval=True)
    return left.after(_select(task, n, (inp, outp, exp), timeout_ns))


@syscall("sys_old_select")
def old_select(task: Task, arg: Pointer) -> int | Awaitable[int]:
    """select whose five arguments are in memory."""
    word = task.abi.word_bytes
    n, inp, outp, exp, tvp = (task.mm.read_u32(arg + word * i) for i in range(5))
    timeval = UserStruct(task.mm, tvp, task.abi.layout("__kernel_old_timeval"))
    return select(task, n - (n >> 31 << 32), inp, outp, exp, timeval)


@syscall(
    "sys_pselect6",
    ("sys_pselect6_time32", TIME32),
    ("compat_sys_pselect6_time32", TIME32),
    "compat_sys_pselect6_time64",
)
def pselect6(
    task: Task,
    n: Int,
    inp: Pointer,
    outp: Pointer,
    exp: Pointer,
    tsp: InTimespec,
    sig: Pointer,
) -> int | Awaitable[int]:
    """select with a finer timeout and a signal mask. See pselect(2)."""
    mask = size = 0
    if sig:
        mask, size = read_word(task, sig), read_word(task, sig + task.abi.word_bytes)
    timeout_ns = read_timespec(task, tsp) if tsp else None
    left = TimeLeft(task, tsp, timeout_ns)
    sets = (inp, outp, exp)
    return left.after(with_mask(task, mask, size, lambda: _select(task, n, sets, timeout_ns)))


def _select(
    task: Task, count: int, sets: tuple[int, int, int], timeout_ns: int | None
) -> int | Awaitable[int]:
    if count < 0:
        raise EINVAL("negative count")
    count = min(count, open_file_limit(task))
    size = -(-count // task.abi.word_bits) * task.abi.word_bytes
    given = [read_bits(task, address, size) & ((1 << count) - 1) for address in sets]
    wanted: list[tuple[File | None, int]] = []
    numbers: list[int] = []
    rest = given[0] | given[1] | given[2]
    while rest:
        bit = rest & -rest
        rest ^= bit
        fd = bit.bit_length() - 1
        file = task.files.get(fd)
        if file is None or file.is_path:
            raise EBADF
        asked = 0
        for events, bits in zip(EVENTS, given, strict=True):
            if bits & bit:
                asked |= events
        wanted.append((file, asked))
        numbers.append(fd)

    def answer(found: list[int]) -> int:
        result = [0, 0, 0]
        for fd, events in zip(numbers, found, strict=True):
            for which, mask in enumerate(EVENTS):
                if events & mask and given[which] >> fd & 1:
                    result[which] |= 1 << fd
        for address, bits in zip(sets, result, strict=True):
            write_bits(task, address, size, bits)
        return sum(bits.bit_count() for bits in result)

    return poll_files(task, wanted, timeout_ns, answer)


def read_bits(task: Task, address: int, size: int) -> int:
    """A user's fd_set as an int with bit 0 for descriptor 0; 0 for a null pointer."""
    if not address:
        return 0
    return int.from_bytes(_ordered(task, task.mm.read(address, size)), "little")


def write_bits(task: Task, address: int, size: int, bits: int) -> None:
    """Store an fd_set, unless the pointer is null."""
    if address:
        task.mm.write(address, _ordered(task, bits.to_bytes(size, "little")))


def _ordered(task: Task, raw: bytes) -> bytes:
    """Bytes of each long the other way round for big-endian callers."""
    if not task.abi.big_endian:
        return raw
    word = task.abi.word_bytes
    return b"".join(raw[i : i + word][::-1] for i in range(0, len(raw), word))
