"""A task becomes somebody else. See commit_creds in kernel/cred.c."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from emu.kernel.cred import Credentials
    from emu.kernel.task import Task

SUID_DUMP_DISABLE = 0
"""/proc/sys/fs/suid_dumpable: who changed identity can neither be dumped nor be traced."""


def commit_creds(task: Task, new: Credentials) -> None:
    """Give a task other credentials, and take from it what only who it was may have."""
    old, task.cred = task.cred, new
    changed = (old.euid, old.egid, old.fsuid, old.fsgid) != (
        new.euid, new.egid, new.fsuid, new.fsgid,
    )  # fmt: skip
    if changed or new.cap_permitted & ~old.cap_permitted:
        task.attributes.dumpable = SUID_DUMP_DISABLE
        task.attributes.pdeath_signal = 0
