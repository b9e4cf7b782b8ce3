"""struct itimerspec between an ABI and the kernel: two times in nanoseconds."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

from emu.kernel.args import StructArg, UserStruct
from emu.kernel.clock import NSEC_PER_SEC
from emu.kernel.errno import EFAULT, EINVAL, EOVERFLOW

if TYPE_CHECKING:
    from collections.abc import Mapping

    from emu.kernel.task import Task

InItimerspec = Annotated[UserStruct, StructArg(layout="__kernel_itimerspec")]
OutItimerspec = Annotated[UserStruct, StructArg(layout="__kernel_itimerspec", out=True)]

ITIMERSPEC32: Mapping[str, str] = {"__kernel_itimerspec": "old_itimerspec32"}


def read_itimerspec(task: Task, address: UserStruct) -> tuple[int, int]:
    """A user's itimerspec as (value, interval). EFAULT; EINVAL unless both are valid."""
    given = address.read()
    return _nanoseconds(task, given["it_value"]), _nanoseconds(task, given["it_interval"])


def write_itimerspec(address: UserStruct, value_ns: int, interval_ns: int) -> None:
    """Store an itimerspec. EFAULT; EOVERFLOW if the caller's seconds are too narrow."""
    if not address:
        raise EFAULT("no place for the answer")
    try:
        address.write(it_value=_timespec(value_ns), it_interval=_timespec(interval_ns))
    except OverflowError:
        raise EOVERFLOW("the time does not fit") from None


def _nanoseconds(task: Task, timespec: dict[str, int]) -> int:
    seconds, nanoseconds = timespec["tv_sec"], timespec["tv_nsec"]
    if task.abi.word_bits == 32:
        nanoseconds &= 0xFFFFFFFF  # the upper half of a 64-bit field is padding
    if seconds < 0 or not 0 <= nanoseconds < NSEC_PER_SEC:
        raise EINVAL("not a valid timespec")
    return seconds * NSEC_PER_SEC + nanoseconds


def _timespec(time_ns: int) -> dict[str, int]:
    seconds, nanoseconds = divmod(time_ns, NSEC_PER_SEC)
    return {"tv_sec": seconds, "tv_nsec": nanoseconds}
