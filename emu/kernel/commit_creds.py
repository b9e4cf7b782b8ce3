"""Taking other credentials: see commit_creds in kernel/cred.c."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from emu.kernel.cred import Credentials
    from emu.kernel.task import Task

SUID_DUMP_DISABLE = 0


def commit_creds(task: Task, new: Credentials) -> None:
    """Give a task other credentials. Who becomes somebody else can no longer be looked into."""
    old = task.cred
    task.cred = new
    if (old.euid, old.egid, old.fsuid, old.fsgid) != (
        new.euid,
        new.egid,
        new.fsuid,
        new.fsgid,
    ) or new.cap_permitted & ~old.cap_permitted:
        task.attributes.dumpable = SUID_DUMP_DISABLE
        task.attributes.pdeath_signal = 0
