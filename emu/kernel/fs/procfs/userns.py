"""/proc/PID/uid_map and its like: every task is in the first user namespace."""

from __future__ import annotations

from typing import TYPE_CHECKING

from emu.kernel.errno import EINVAL, EPERM
from emu.kernel.fs.procfs.access import present

if TYPE_CHECKING:
    from emu.kernel.task import Task

WHOLE_MAP = b"%10u %10u %10u\n" % (0, 0, 0xFFFFFFFF)


def show_uid_map(task: Task) -> bytes:
    """Every id is itself."""
    present(task)
    return WHOLE_MAP


show_gid_map = show_projid_map = show_uid_map


def set_id_map(task: Task, data: bytes) -> None:
    """The first namespace's map is never written. EPERM."""
    raise EPERM("the map of the first user namespace")


def show_setgroups(task: Task) -> bytes:
    """Whether setgroups(2) may be allowed at all."""
    present(task)
    return b"allow\n"


def set_setgroups(task: Task, data: bytes) -> None:
    """In the first namespace it can only stay allowed. EPERM, EINVAL."""
    if data.strip() not in (b"allow", b"deny"):
        raise EINVAL("allow or deny")
    if data.strip() == b"deny":
        raise EPERM("the first user namespace has its map")
