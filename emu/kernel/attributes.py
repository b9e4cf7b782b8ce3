"""What prctl(2), personality(2) and the thread set-up calls note about a task."""

from __future__ import annotations

from typing import TYPE_CHECKING

from emu.record import field, record, replace

if TYPE_CHECKING:
    from emu.kernel.ipc.sem_undo import SemUndoList


DEFAULT_COREDUMP_FILTER = 0x33
"""Private and shared anonymous memory, private huge pages, and the first pages of ELF files."""


@record(frozen=False)
class Attributes:
    """Fields of task_struct, signal_struct and mm_struct that only these calls change.

    `pdeath_signal` is in the kernel's own numbers. `clear_child_tid` and the robust lists are
    user addresses; 0 is none. `compat_robust_list` is the one of 32-bit words. `executed` is false
    from fork to the first execve (PF_FORKNOEXEC). `tls_entries` are the base, limit and flags of
    i386's GDT entries 6 to 8. `coredump_filter` says which memory a core dump has.
    `sem_undo` is what semaphores get back at the end.
    """

    personality: int = 0
    dumpable: int = 1
    coredump_filter: int = DEFAULT_COREDUMP_FILTER
    no_new_privs: bool = False
    pdeath_signal: int = 0
    thp_disabled: bool = False
    clear_child_tid: int = 0
    robust_list: int = 0
    compat_robust_list: int = 0
    executed: bool = False
    tls_entries: dict[int, tuple[int, int, int]] = field(default_factory=dict)
    sem_undo: SemUndoList | None = None

    def fork(self) -> Attributes:
        """What a child process starts with: see copy_process."""
        return replace(
            self,
            pdeath_signal=0,
            clear_child_tid=0,
            robust_list=0,
            compat_robust_list=0,
            executed=False,
            sem_undo=None,
            tls_entries=dict(self.tls_entries),
        )

    def after_exec(self) -> None:
        """What a new program finds: see begin_new_exec."""
        self.executed = True
        self.dumpable = 1
        self.clear_child_tid = 0
        self.robust_list = self.compat_robust_list = 0
        self.thp_disabled = False
        self.tls_entries.clear()
