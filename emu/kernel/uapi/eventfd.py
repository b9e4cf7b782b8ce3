"""Flags of eventfd2(2), signalfd4(2) and timerfd_create(2). See include/uapi/linux/eventfd.h."""

from __future__ import annotations

from emu.kernel.args import FlagFamily

EFD_SEMAPHORE = 1
EFD_CLOEXEC = SFD_CLOEXEC = TFD_CLOEXEC = 0o2000000
EFD_NONBLOCK = SFD_NONBLOCK = TFD_NONBLOCK = 0o4000

EVENTFD_FLAGS = FlagFamily(
    "eventfd flags",
    (
        ("EFD_SEMAPHORE", EFD_SEMAPHORE),
        ("EFD_CLOEXEC", EFD_CLOEXEC),
        ("EFD_NONBLOCK", EFD_NONBLOCK),
    ),
)
SIGNALFD_FLAGS = FlagFamily(
    "signalfd flags", (("SFD_CLOEXEC", SFD_CLOEXEC), ("SFD_NONBLOCK", SFD_NONBLOCK))
)
TIMERFD_CREATE_FLAGS = FlagFamily(
    "timerfd create flags", (("TFD_CLOEXEC", TFD_CLOEXEC), ("TFD_NONBLOCK", TFD_NONBLOCK))
)
