"""Who may look into another process. See "Ptrace access mode checking" in ptrace(2)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from emu.kernel.errno import EPERM
from emu.kernel.uapi.capability import CAP_SYS_PTRACE

if TYPE_CHECKING:
    from emu.kernel.task import Task

PTRACE_MODE_READ = 1
PTRACE_MODE_ATTACH = 2
PTRACE_MODE_FSCREDS = 8
"""By the ids of file access, not the real ones: what /proc checks."""

SUID_DUMP_USER = 1


def check_ptrace_access(task: Task, target: Task, mode: int) -> None:
    """EPERM unless a task may, by its own ids, do this to another: see __ptrace_may_access.

    There is no security module that tells reading from attaching.
    """
    if target.tgid == task.tgid:
        return
    mine, theirs = task.cred, target.cred
    if mine.capable(CAP_SYS_PTRACE):
        return
    by_file = mode & PTRACE_MODE_FSCREDS
    uid, gid = (mine.fsuid, mine.fsgid) if by_file else (mine.uid, mine.gid)
    if {theirs.uid, theirs.euid, theirs.suid} != {uid}:
        raise EPERM("another user's process")
    if {theirs.gid, theirs.egid, theirs.sgid} != {gid}:
        raise EPERM("another group's process")
    if target.attributes.dumpable != SUID_DUMP_USER:
        raise EPERM("a process that cannot be dumped")
    if theirs.cap_permitted & ~mine.cap_permitted:
        raise EPERM("a process with more capabilities")
