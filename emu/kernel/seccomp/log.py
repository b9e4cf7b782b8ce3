"""What the log says of calls that were not simply allowed. See audit_seccomp in the kernel."""

from __future__ import annotations

from typing import TYPE_CHECKING

from emu.kernel.module.printk import LOG_NOTICE, KernelLog
from emu.kernel.uapi.seccomp import (
    ACTION_NAMES,
    SECCOMP_RET_ALLOW,
    SECCOMP_RET_KILL_PROCESS,
    SECCOMP_RET_KILL_THREAD,
    SECCOMP_RET_LOG,
)
from emu.kernel.vfs.path import file_name

if TYPE_CHECKING:
    from emu.kernel.kernel import Kernel
    from emu.kernel.task import Task

AUDIT_SECCOMP = 1326
UNSET = 0xFFFFFFFF
ALWAYS_LOGGED = (SECCOMP_RET_KILL_PROCESS, SECCOMP_RET_KILL_THREAD, SECCOMP_RET_LOG)


class SeccompLog:
    """One machine's choice of the actions it logs: /proc/sys/kernel/seccomp/actions_logged."""

    def __init__(self, kernel: Kernel) -> None:
        self.kernel = kernel
        self.logged = set(ACTION_NAMES) - {SECCOMP_RET_ALLOW}
        self._serial = 0

    def tell(
        self, task: Task, action: int, nr: int, arch: int, signal: int, requested: bool
    ) -> None:
        """Log what became of a call, if the action always is, or its filter wants it."""
        known = action if action in ACTION_NAMES else SECCOMP_RET_KILL_PROCESS
        if known not in self.logged or not (requested or known in ALWAYS_LOGGED):
            return
        self._serial += 1
        is_compat = task.abi.word_bits < task.cpu.isa.word_bits
        seconds, nanoseconds = divmod(self.kernel.clock.realtime_ns(), 1_000_000_000)
        exe = b"" if task.exe is None else file_name(task.exe, task.fs.root)
        self.kernel.part(KernelLog).log(
            LOG_NOTICE,
            f"audit: type={AUDIT_SECCOMP} audit({seconds}.{nanoseconds // 1_000_000:03}:"
            f"{self._serial}): auid={UNSET} uid={task.cred.uid} gid={task.cred.gid} ses={UNSET} "
            f"pid={task.pid} comm={_quoted(task.comm)} exe={_quoted(exe)} sig={signal} "
            f"arch={arch:x} syscall={nr} compat={int(is_compat)} "
            f"ip={task.cpu.pc:#x} code={action:#x}",
        )


def _quoted(text: bytes) -> str:
    """In quotes, or in hexadecimal digits if it has something that could mislead a reader."""
    if all(0x20 < byte < 0x7F and byte != 0x22 for byte in text):
        return f'"{text.decode()}"'
    return text.hex().upper()
