"""getrandom(2)."""

from __future__ import annotations

from typing import Annotated

from emu.kernel.args import UNKNOWN_FLAG, FlagsArg, PointerArg, Size
from emu.kernel.errno import EFAULT, EINVAL
from emu.kernel.syscall import syscall
from emu.kernel.task import Task
from emu.kernel.uapi.random import GRND, GRND_INSECURE, GRND_NONBLOCK, GRND_RANDOM

RandomFlags = Annotated[int, FlagsArg(family=GRND)]
OutRandom = Annotated[int, PointerArg(length="len", out=True)]

MAX_COUNT = 0x7FFFF000
PIECE = 1 << 16


@syscall("sys_getrandom")
def getrandom(task: Task, ubuf: OutRandom, len: Size, flags: RandomFlags) -> int:
    """Fill a buffer from the machine's random source, which never blocks. See getrandom(2)."""
    if flags & (UNKNOWN_FLAG | ~(GRND_NONBLOCK | GRND_RANDOM | GRND_INSECURE)):
        raise EINVAL("unknown flag")
    if flags & (GRND_INSECURE | GRND_RANDOM) == GRND_INSECURE | GRND_RANDOM:
        raise EINVAL("random and insecure exclude each other")
    done, length = 0, min(len, MAX_COUNT)
    try:
        while done < length:
            piece = min(PIECE, length - done)
            task.mm.write(ubuf + done, task.kernel.random.randbytes(piece))
            done += piece
    except EFAULT:
        if not done:
            raise
    return done
