"""Waiting for children. See wait(2)."""

from __future__ import annotations

from emu.kernel.args import FlagFamily

WNOHANG = 0x00000001
WUNTRACED = 0x00000002
WSTOPPED = WUNTRACED
WEXITED = 0x00000004
WCONTINUED = 0x00000008
WNOWAIT = 0x01000000
WNOTHREAD = 0x20000000
WALL = 0x40000000
WCLONE = 0x80000000

WAIT_OPTIONS = FlagFamily(
    "wait options",
    (
        ("WNOHANG", WNOHANG),
        ("WSTOPPED", WSTOPPED),
        ("WEXITED", WEXITED),
        ("WCONTINUED", WCONTINUED),
        ("WNOWAIT", WNOWAIT),
        ("__WNOTHREAD", WNOTHREAD),
        ("__WALL", WALL),
        ("__WCLONE", WCLONE),
    ),
)

P_ALL = 0
P_PID = 1
P_PGID = 2
P_PIDFD = 3
