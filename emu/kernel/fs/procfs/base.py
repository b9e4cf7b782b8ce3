"""Small files of /proc/PID: comm, cgroup, children, personality. See fs/proc/base.c."""

from __future__ import annotations

from typing import TYPE_CHECKING

from emu.kernel.errno import EINVAL
from emu.kernel.fs.procfs.access import current_of, present, require_attach
from emu.kernel.fs.procfs.variables import ULONG_MAX, parse_number

if TYPE_CHECKING:
    from emu.kernel.task import Task

TASK_COMM_LEN = 16
COREDUMP_FILTER_MASK = 0x1FF


def show_comm(task: Task) -> bytes:
    """The name of a thread."""
    return present(task).comm + b"\n"


def set_comm(task: Task, data: bytes) -> None:
    """Rename it: only threads of the same process may. EINVAL."""
    if current_of(task.kernel).group is not present(task).group:
        raise EINVAL("another process's name")
    task.comm = data[: TASK_COMM_LEN - 1].split(b"\n")[0].split(b"\0")[0]


def show_cgroup(task: Task) -> bytes:
    """Every task is in the root of the one hierarchy, which has no controllers."""
    present(task)
    return b"0::/\n"


def show_children(task: Task) -> bytes:
    """The processes that this thread made."""
    children = present(task).group.children
    return b"".join(b"%d " % child.pid for child in children if child.parent is task)


def show_personality(task: Task) -> bytes:
    """See personality(2)."""
    require_attach(present(task))
    return b"%08x\n" % task.attributes.personality


def show_coredump_filter(task: Task) -> bytes:
    """Which areas a core dump holds. See core(5)."""
    return b"%08x\n" % present(task).attributes.coredump_filter


def set_coredump_filter(task: Task, data: bytes) -> None:
    """Choose them by bits. EINVAL."""
    value = parse_number(data, ULONG_MAX)
    present(task).attributes.coredump_filter = value & COREDUMP_FILTER_MASK
