"""Flags of pidfd_open(2) and pidfd_send_signal(2). See include/uapi/linux/pidfd.h."""

from __future__ import annotations

from emu.kernel.args import FlagFamily

PIDFD_NONBLOCK = 0o4000
PIDFD_THREAD = 0o200

PIDFD_OPEN_FLAGS = FlagFamily(
    "pidfd open flags", (("PIDFD_NONBLOCK", PIDFD_NONBLOCK), ("PIDFD_THREAD", PIDFD_THREAD))
)

PIDFD_SIGNAL_THREAD = 1
PIDFD_SIGNAL_THREAD_GROUP = 2
PIDFD_SIGNAL_PROCESS_GROUP = 4

PIDFD_SIGNAL_FLAGS = FlagFamily(
    "pidfd signal flags",
    (
        ("PIDFD_SIGNAL_THREAD", PIDFD_SIGNAL_THREAD),
        ("PIDFD_SIGNAL_THREAD_GROUP", PIDFD_SIGNAL_THREAD_GROUP),
        ("PIDFD_SIGNAL_PROCESS_GROUP", PIDFD_SIGNAL_PROCESS_GROUP),
    ),
)
