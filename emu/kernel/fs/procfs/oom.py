"""/proc/PID/oom_score_adj and its forerunner: how gladly a process would be given up.

Nothing here ends a process for want of memory: a machine that is full answers ENOMEM. The value
is kept, inherited and guarded as Linux does, for those who read it back. See proc(5) and
__set_oom_adj in fs/proc/base.c.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from emu.kernel.errno import EACCES, EINVAL
from emu.kernel.fs.procfs.access import mm_of, present
from emu.kernel.uapi.capability import CAP_SYS_RESOURCE

if TYPE_CHECKING:
    from emu.kernel.task import Task
    from emu.kernel.thread_group import ThreadGroup

OOM_SCORE_ADJ_MIN, OOM_SCORE_ADJ_MAX = -1000, 1000
# The forerunner's scale, include/uapi/linux/oom.h.
OOM_DISABLE, OOM_ADJUST_MIN, OOM_ADJUST_MAX = -17, -16, 15
NUMBER_BYTES = 12
"""What is looked at of a write: PROC_NUMBUF without its end."""

_NUMBER = re.compile(rb"[+-]?(0[xX][0-9a-fA-F]+|0[0-7]*|[1-9][0-9]*)\n?")


def show_oom_score_adj(task: Task) -> bytes:
    """The value, -1000 (never) to 1000 (first)."""
    return b"%d\n" % task.group.oom_score_adj


def show_oom_score(task: Task) -> bytes:
    """How bad it is by Linux's scale: its share of memory in thousandths, moved by the value."""
    mm = mm_of(present(task))
    if mm is None:
        return b"0\n"
    points = mm.resident_bytes * 1000 // mm.ram.size + task.group.oom_score_adj
    return b"%d\n" % max(0, (1000 + points) * 2 // 3)


def show_oom_adj(task: Task) -> bytes:
    """The same on the old scale of -17 to 15."""
    value = task.group.oom_score_adj
    if value == OOM_SCORE_ADJ_MAX:
        return b"%d\n" % OOM_ADJUST_MAX
    return b"%d\n" % min(_scaled(value, -OOM_DISABLE, OOM_SCORE_ADJ_MAX), OOM_ADJUST_MAX)


def set_oom_score_adj(task: Task, data: bytes) -> None:
    """Below what the privileged last set, only the privileged may go. EACCES, EINVAL."""
    value = _number(data)
    if not OOM_SCORE_ADJ_MIN <= value <= OOM_SCORE_ADJ_MAX:
        raise EINVAL("beyond the scale")
    group, is_privileged = task.group, _is_privileged(task)
    if value < group.oom_score_adj_min and not is_privileged:
        raise EACCES
    for group in _sharing_memory(task):
        group.oom_score_adj = value
        if is_privileged:
            group.oom_score_adj_min = value


def set_oom_adj(task: Task, data: bytes) -> None:
    """Only the privileged may lower it at all. EACCES, EINVAL."""
    old = _number(data)
    if not OOM_ADJUST_MIN <= old <= OOM_ADJUST_MAX and old != OOM_DISABLE:
        raise EINVAL("beyond the scale")
    value = (
        OOM_SCORE_ADJ_MAX
        if old == OOM_ADJUST_MAX
        else _scaled(old, OOM_SCORE_ADJ_MAX, -OOM_DISABLE)
    )
    if value < task.group.oom_score_adj and not _is_privileged(task):
        raise EACCES
    for group in _sharing_memory(task):
        group.oom_score_adj = value


def _sharing_memory(task: Task) -> list[ThreadGroup]:
    """The process, and those that share its memory; a child of vfork(2) stands alone."""
    if task.vfork_parent is not None:
        return [task.group]
    return [
        group
        for group in task.kernel.groups()
        if group is task.group or (group.leader.mm is task.mm and group.leader.vfork_parent is None)
    ]


def _is_privileged(task: Task) -> bool:
    """Whether who writes, not whose value it is, may exceed resource limits."""
    writer = task.kernel.sched.current
    return writer is not None and writer.cred.capable(CAP_SYS_RESOURCE)


def _scaled(value: int, factor: int, divisor: int) -> int:
    """value * factor / divisor, rounded towards 0 as C does."""
    scaled = abs(value) * factor // divisor
    return -scaled if value < 0 else scaled


def _number(data: bytes) -> int:
    """A number in C's notation. EINVAL."""
    text = data[:NUMBER_BYTES].strip()
    if not _NUMBER.fullmatch(text):
        raise EINVAL("not a number")
    sign = -1 if text.startswith(b"-") else 1
    digits = text.lstrip(b"+-").lower()
    if digits.startswith(b"0x"):
        return sign * int(digits[2:], 16)
    return sign * int(digits, 8 if digits.startswith(b"0") else 10)
