"""Queues of bytes or things of a fixed size. See include/linux/kfifo.h."""

from __future__ import annotations

from collections import deque
from typing import Any

from emu.kernel.errno import EFAULT, EINVAL
from emu.kernel.module.cells import Cell
from emu.linux.uaccess import as_bytes, copy_from_user, copy_to_user


class kfifo:
    """A queue with room for `size` things, rounded up to a power of two, as C's is.

    Of bytes, which go in and come out as ``bytes``; with a `type` (``u32``) of its values.
    """

    def __init__(self, size: int = 0, type: Any = None) -> None:
        self.size = 1 << max(size - 1, 0).bit_length() if size else 0
        self.type = type
        self.items: deque[Any] = deque()
        self.container: Any = None

    def __len__(self) -> int:
        return len(self.items)


def DEFINE_KFIFO(type: Any, size: int) -> kfifo:
    """A new queue of things of a type; None for bytes."""
    return kfifo(size, type)


DECLARE_KFIFO = DEFINE_KFIFO


def INIT_KFIFO(fifo: kfifo) -> None:
    """Empty a queue."""
    fifo.items.clear()


kfifo_reset = INIT_KFIFO


def kfifo_alloc(fifo: kfifo, size: int, gfp: int) -> Any:
    """Give a queue its room. 0 or an error."""
    if size < 2:
        return -EINVAL
    fifo.size = 1 << (size - 1).bit_length()
    fifo.items.clear()
    return 0


def kfifo_free(fifo: kfifo) -> None:
    """Take its room away."""
    fifo.size = 0
    fifo.items.clear()


def kfifo_size(fifo: kfifo) -> int:
    """How much there is room for."""
    return fifo.size


def kfifo_len(fifo: kfifo) -> int:
    """How much is in it."""
    return len(fifo)


def kfifo_avail(fifo: kfifo) -> int:
    """How much more there is room for."""
    return fifo.size - len(fifo)


def kfifo_is_empty(fifo: kfifo) -> bool:
    """Whether nothing is in it."""
    return not fifo.items


def kfifo_is_full(fifo: kfifo) -> bool:
    """Whether there is no more room."""
    return len(fifo) >= fifo.size


def kfifo_put(fifo: kfifo, val: Any) -> int:
    """Put one thing in: 1, or 0 if there is no room."""
    if kfifo_is_full(fifo):
        return 0
    fifo.items.append(val)
    return 1


def kfifo_get(fifo: kfifo, val: Cell | None = None) -> Any:
    """Take one out: into a cell and 1, or 0 if there is none; without a cell it, or None."""
    if val is None:
        return fifo.items.popleft() if fifo.items else None
    if not fifo.items:
        return 0
    val.value = fifo.items.popleft()
    return 1


def kfifo_peek(fifo: kfifo, val: Cell | None = None) -> Any:
    """The next one, which stays in."""
    if val is None:
        return fifo.items[0] if fifo.items else None
    if not fifo.items:
        return 0
    val.value = fifo.items[0]
    return 1


def kfifo_in(fifo: kfifo, buf: Any, n: int) -> int:
    """Put things in: how many there was room for."""
    things = list(as_bytes(buf) if fifo.type is None else buf)[: min(n, kfifo_avail(fifo))]
    fifo.items.extend(things)
    return len(things)


def kfifo_out(fifo: kfifo, buf: Any, n: int) -> int:
    """Take things out into a buffer or list: how many."""
    things = [fifo.items.popleft() for _ in range(min(n, len(fifo)))]
    buf[: len(things)] = bytes(things) if fifo.type is None else things
    return len(things)


def kfifo_out_peek(fifo: kfifo, buf: Any, n: int) -> int:
    """The same, and they stay in."""
    kept = deque(fifo.items)
    done = kfifo_out(fifo, buf, n)
    fifo.items = kept
    return done


def kfifo_from_user(fifo: kfifo, from_: Any, length: int, copied: Cell) -> Any:
    """Put a program's bytes in, as many as there is room for: 0 or an error."""
    data = bytearray(min(length, kfifo_avail(fifo)))
    left = copy_from_user(data, from_, len(data))
    copied.value = len(data) - left
    fifo.items.extend(data[: copied.value])
    return -EFAULT if left else 0


def kfifo_to_user(fifo: kfifo, to: Any, length: int, copied: Cell) -> Any:
    """Give a program bytes, as many as there are: 0 or an error."""
    data = bytes(list(fifo.items)[:length])
    left = copy_to_user(to, data, len(data))
    copied.value = len(data) - left
    for _ in range(copied.value):
        fifo.items.popleft()
    return -EFAULT if left else 0
