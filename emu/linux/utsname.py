"""The machine's names. See include/linux/utsname.h."""

from __future__ import annotations

from emu.kernel.module.ambient import current_task
from emu.kernel.sys.uname import names
from emu.kernel.task import Task


class new_utsname:
    """The names as texts, as the running task has them: see uname(2)."""

    def __init__(self, task: Task) -> None:
        told = {key: value.decode(errors="replace") for key, value in names(task).items()}
        self.sysname, self.nodename = told["sysname"], told["nodename"]
        self.release, self.version, self.machine = told["release"], told["version"], told["machine"]
        self.domainname = task.kernel.uts.domainname.decode(errors="replace")


def utsname() -> new_utsname:
    """The names."""
    return new_utsname(current_task())


init_utsname = utsname
