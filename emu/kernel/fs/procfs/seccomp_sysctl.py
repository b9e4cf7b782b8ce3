"""/proc/sys/kernel/seccomp: which actions filters have, and which of them are logged."""

from __future__ import annotations

from typing import TYPE_CHECKING

from emu.kernel.errno import EINVAL, EPERM
from emu.kernel.fs.procfs.rows import Table
from emu.kernel.fs.procfs.variables import computed, fixed
from emu.kernel.seccomp.log import SeccompLog
from emu.kernel.uapi.capability import CAP_SYS_ADMIN
from emu.kernel.uapi.seccomp import ACTION_NAMES, SECCOMP_RET_ALLOW

if TYPE_CHECKING:
    from emu.kernel.kernel import Kernel

SECCOMP: Table = {
    b"actions_avail": fixed(" ".join(ACTION_NAMES.values())),
    b"actions_logged": computed(
        "seccomp_sysctl:show_actions_logged", "seccomp_sysctl:set_actions_logged", line=True
    ),
}


def show_actions_logged(kernel: Kernel) -> bytes:
    """Their names."""
    logged = kernel.part(SeccompLog).logged
    return (
        " ".join(name for action, name in ACTION_NAMES.items() if action in logged).encode() + b"\n"
    )


def set_actions_logged(kernel: Kernel, data: bytes) -> None:
    """Log others. EPERM; EINVAL for a name that there is not, and for what is allowed."""
    task = kernel.sched.current
    assert task is not None
    if not task.cred.capable(CAP_SYS_ADMIN):
        raise EPERM("needs CAP_SYS_ADMIN")
    numbers = {name: action for action, name in ACTION_NAMES.items()}
    words = data.split(b"\0")[0].split(b"\n")[0].decode(errors="replace").split()
    if any(word not in numbers for word in words):
        raise EINVAL("no such action")
    logged = {numbers[word] for word in words}
    if SECCOMP_RET_ALLOW in logged:
        raise EINVAL("what is allowed is not logged")
    kernel.part(SeccompLog).logged = logged
