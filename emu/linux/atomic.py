"""Counters. See include/linux/atomic.h."""

from __future__ import annotations

from emu.linux.types import ATOMIC_INIT as ATOMIC_INIT
from emu.linux.types import atomic64_t as atomic64_t
from emu.linux.types import atomic_t as atomic_t

Counter = atomic_t | atomic64_t


def atomic_read(v: Counter) -> int:
    """The count."""
    return v.value


def atomic_set(v: Counter, i: int) -> None:
    """Set the count."""
    v.value = i


def atomic_add(i: int, v: Counter) -> None:
    """Add to it."""
    v.value += i


def atomic_sub(i: int, v: Counter) -> None:
    """Take from it."""
    v.value -= i


def atomic_inc(v: Counter) -> None:
    """Add one."""
    v.value += 1


def atomic_dec(v: Counter) -> None:
    """Take one."""
    v.value -= 1


def atomic_inc_return(v: Counter) -> int:
    """Add one: the count after it."""
    return v.pre_increment()


def atomic_dec_return(v: Counter) -> int:
    """Take one: the count after it."""
    return v.pre_increment(-1)


def atomic_add_return(i: int, v: Counter) -> int:
    """Add: the count after it."""
    return v.pre_increment(i)


def atomic_fetch_add(i: int, v: Counter) -> int:
    """Add: the count before it."""
    return v.post_increment(i)


def atomic_dec_and_test(v: Counter) -> bool:
    """Take one: whether none is left."""
    return v.pre_increment(-1) == 0


def atomic_xchg(v: Counter, new: int) -> int:
    """Set the count: what it was."""
    old, v.value = v.value, new
    return old


def atomic_cmpxchg(v: Counter, old: int, new: int) -> int:
    """Set the count if it is what one thinks: what it was."""
    found = v.value
    if found == old:
        v.value = new
    return found


atomic64_read, atomic64_set, atomic64_inc = atomic_read, atomic_set, atomic_inc
atomic64_inc_return, atomic64_add = atomic_inc_return, atomic_add
