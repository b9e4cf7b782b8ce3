"""Advice about memory and its state: madvise(2), mincore(2), msync(2)."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Annotated

from emu.kernel.args import FlagsArg, OutBuffer, Pointer, Size
from emu.kernel.mm.advice import do_madvise, do_mincore, do_msync
from emu.kernel.syscall import syscall
from emu.kernel.task import Task
from emu.kernel.uapi.mman import MADVISE, MSYNC

Advice = Annotated[int, FlagsArg(family=MADVISE)]
MsyncFlags = Annotated[int, FlagsArg(family=MSYNC)]


@syscall(
    "sys_madvise",
    missing="advice on merging pages (MADV_MERGEABLE), huge pages, poisoning and guards",
)
def madvise(task: Task, start: Pointer, len_in: Size, behavior: Advice) -> int:
    """Give advice about memory. See madvise(2)."""
    do_madvise(task.mm, start, len_in, behavior)
    return 0


@syscall("sys_mincore")
def mincore(task: Task, start: Pointer, len: Size, vec: OutBuffer) -> int:
    """Tell which pages are in memory. See mincore(2)."""
    copy_out(task, vec, do_mincore(task.mm, start, len))
    return 0


def copy_out(task: Task, address: int, pieces: Iterable[bytes]) -> None:
    """Write pieces one behind the other. EFAULT."""
    for piece in pieces:
        task.mm.write(address, piece)
        address += len(piece)


@syscall("sys_msync")
def msync(task: Task, start: Pointer, len: Size, flags: MsyncFlags) -> int:
    """Bring stores to shared mappings to their files. See msync(2)."""
    do_msync(task.mm, start, len, flags)
    return 0
