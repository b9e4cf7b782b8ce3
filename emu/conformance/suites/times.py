"""Clocks and sleeping, with 32 and 64-bit times."""

from __future__ import annotations

from emu.conformance.checks import Checks

_THIS_CENTURY = 1_500_000_000, 4_000_000_000


def clocks(c: Checks) -> None:
    """clock_gettime and clock_getres in each of their widths."""
    for call in ("clock_gettime", "clock_gettime64"):
        if call not in c.numbers:
            continue
        width = c.time_width(call)
        for clock in (
            "CLOCK_REALTIME",
            "CLOCK_MONOTONIC",
            "CLOCK_BOOTTIME",
            "CLOCK_PROCESS_CPUTIME_ID",
        ):
            c.check(f"{call} of {clock} writes {width}-byte times")
            at = c.space(2 * width + 16, 0xC7)
            c.trap(c.numbers[call], c.constant(clock), at)
            c.succeeds()
            lowest, highest = _THIS_CENTURY if clock == "CLOCK_REALTIME" else (0, 1 << 31)
            c.number_in(at, width, lowest, highest)
            c.number_in(at + width, width, 0, 999_999_999)
            c.memory(at + 2 * width, b"\xc7" * 16)
    for call in ("clock_getres", "clock_getres_time64"):
        if call not in c.numbers:
            continue
        width = c.time_width(call)
        c.check(f"{call} writes {width}-byte times, and takes no pointer")
        at = c.space(2 * width)
        c.trap(c.numbers[call], c.constant("CLOCK_MONOTONIC"), at)
        c.succeeds()
        c.number_in(at + width, width, 1, 10_000_000)
        c.trap(c.numbers[call], c.constant("CLOCK_MONOTONIC"), 0)
        c.succeeds()


def sleeping(c: Checks) -> None:
    """nanosleep and clock_nanosleep: how long, and what is no time."""
    for call, first in (
        ("nanosleep", ()), ("clock_nanosleep", (1, 0)), ("clock_nanosleep_time64", (1, 0)),
    ):  # fmt: skip
        if call not in c.numbers:
            continue
        width = c.time_width(call)
        c.check(f"{call} sleeps")
        c.trap(c.numbers[call], *first, c.data(c.words(0, 1_000_000, size=width)), 0)
        c.succeeds()
        c.check(f"{call} refuses nanoseconds that make a second, and negative times")
        for seconds, nanoseconds in ((0, 1_000_000_000), (-1, 0), (0, -1)):
            c.trap(c.numbers[call], *first, c.data(c.words(seconds, nanoseconds, size=width)), 0)
            c.error("EINVAL")


def time_of_day(c: Checks) -> None:
    """gettimeofday's microseconds."""
    c.number("gettimeofday")
    c.check("gettimeofday writes microseconds")
    width = c.time_width("gettimeofday") if c.abi.name != "x32" else 8
    at = c.space(2 * width)
    c.call("gettimeofday", at, 0)
    c.succeeds()
    c.number_in(at, width, *_THIS_CENTURY)
    c.number_in(at + width, width, 0, 999_999)


def timers(c: Checks) -> None:
    """timerfd with either width."""
    for call, tell in (
        ("timerfd_settime", "timerfd_gettime"), ("timerfd_settime64", "timerfd_gettime64"),
    ):  # fmt: skip
        if call not in c.numbers:
            continue
        width = c.time_width(call)
        c.check(f"{call} arms a timer that {tell} tells and read waits for")
        c.trap(c.number("timerfd_create"), 1, 0)
        file = c.descriptor()
        far = c.data(c.words(0, 0, 1000, 0, size=width))
        c.trap(c.numbers[call], file, 0, far, 0)
        c.succeeds()
        at = c.space(4 * width)
        c.trap(c.numbers[tell], file, at)
        c.succeeds()
        c.number_in(at + 2 * width, width, 990, 1000)
        c.trap(c.numbers[call], file, 0, c.data(c.words(0, 0, 0, 1000, size=width)), 0)
        got = c.space(8)
        c.call("read", file, got, 8)
        c.result(8)
        c.word(got, 8, 1)
        c.call("close", file)


def polling(c: Checks) -> None:
    """ppoll with either width ends after its time."""
    for call in ("ppoll", "ppoll_time64"):
        if call not in c.numbers:
            continue
        width = c.time_width(call)
        c.check(f"{call} ends after its time")
        c.trap(c.numbers[call], 0, 0, c.copy(c.words(0, 1000, size=width)), 0, c.sigset_size)
        c.result(0)


CHECKS = (clocks, sleeping, time_of_day, timers, polling)
