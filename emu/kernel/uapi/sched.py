"""Scheduling policies. See sched(7)."""

from __future__ import annotations

from emu.kernel.args import FlagFamily

SCHED_NORMAL = 0
SCHED_FIFO = 1
SCHED_RR = 2
SCHED_BATCH = 3
SCHED_IDLE = 5
SCHED_DEADLINE = 6
SCHED_EXT = 7
SCHED_RESET_ON_FORK = 0x40000000

POLICY = FlagFamily(
    "sched policy",
    (
        ("SCHED_NORMAL", SCHED_NORMAL),
        ("SCHED_FIFO", SCHED_FIFO),
        ("SCHED_RR", SCHED_RR),
        ("SCHED_BATCH", SCHED_BATCH),
        ("SCHED_IDLE", SCHED_IDLE),
        ("SCHED_DEADLINE", SCHED_DEADLINE),
        ("SCHED_EXT", SCHED_EXT),
    ),
    is_number=True,
)
"""For the trace; the numbers are the same on every ABI."""

SCHED_FLAG_RESET_ON_FORK = 0x01

MAX_RT_PRIORITY = 99
RR_TIMESLICE_NS = 100_000_000
"""What sched_rr_get_interval(2) answers for SCHED_RR (RR_TIMESLICE)."""
