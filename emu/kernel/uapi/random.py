"""getrandom(2)'s flags."""

from __future__ import annotations

from emu.kernel.args import FlagFamily

GRND_NONBLOCK = 0x0001
GRND_RANDOM = 0x0002
GRND_INSECURE = 0x0004

GRND = FlagFamily(
    "getrandom flags",
    (
        ("GRND_NONBLOCK", GRND_NONBLOCK),
        ("GRND_RANDOM", GRND_RANDOM),
        ("GRND_INSECURE", GRND_INSECURE),
    ),
)
