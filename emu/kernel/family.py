"""Parents and children: orphaned groups."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from emu.kernel.task import Task


def is_orphaned_pgrp(task: Task, ending: Task | None = None) -> bool:
    """Whether no member's parent is in another group of the session. See POSIX, 3.264."""
    group = task.group
    for other in task.kernel.groups():
        if other.pgid != group.pgid or other.leader is ending or not other.alive:
            continue
        parent = other.leader.parent
        if parent is not None and parent.pgid != group.pgid and parent.sid == group.sid:
            return False
    return True
