"""Tasks: a thread of execution with what it owns and shares. See task_struct."""

from __future__ import annotations

from typing import TYPE_CHECKING

from emu.arch.signal_frame.base import FaultRecord
from emu.kernel.attributes import Attributes
from emu.kernel.exit import do_group_exit
from emu.kernel.io_accounting import IoAccounting
from emu.kernel.scheduling import Scheduling
from emu.kernel.thread_group import ThreadGroup

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from emu.arch.abi import Abi
    from emu.arch.cpu import Cpu
    from emu.kernel.cred import Credentials
    from emu.kernel.kernel import Kernel
    from emu.kernel.mm.address_space import AddressSpace
    from emu.kernel.ptrace.tracee import Tracee
    from emu.kernel.sched import Call
    from emu.kernel.seccomp.state import Seccomp
    from emu.kernel.signal.actions import Sigaction
    from emu.kernel.signal.state import TaskSignals
    from emu.kernel.vfs.fdtable import FileTable
    from emu.kernel.vfs.fs_context import FsContext
    from emu.kernel.vfs.path import VfsPath
    from emu.kernel.wait import WaitQueue


INIT_PID = 1


class Task:
    """One thread of execution.

    `abi` is the ABI of the system call in progress, which on some ISAs differs from `image_abi`,
    the one of the program that was loaded (int 0x80 in 64-bit code). `work` is true when
    something must be done before user code goes on: a signal, an exit, a change of program.
    What the threads of one process share is in `group`. `parent` is the thread that made it.
    """

    def __init__(
        self,
        kernel: Kernel,
        pid: int,
        *,
        files: FileTable,
        fs: FsContext,
        cred: Credentials,
        signals: TaskSignals,
        rlimits: dict[str, tuple[int, int]],
        parent: Task | None = None,
        group: ThreadGroup | None = None,
    ) -> None:
        self.kernel = kernel
        self.pid = pid
        if group is None:
            pgid, sid = (parent.pgid, parent.sid) if parent else (pid, pid)
            group = ThreadGroup(self, pgid=pgid, sid=sid, rlimits=rlimits)
            self.tgid = pid
        else:
            group.threads.append(self)
            self.tgid = group.tgid
        self.group = group
        self.parent = parent
        self.comm = b""
        self.files = files
        self.fs = fs
        self.cred = cred
        self.signals = signals
        self.attributes = Attributes()
        self.scheduling = Scheduling()
        self.start_time_ns = kernel.clock.monotonic_ns()
        self.exit_status: int | None = None
        self.cpu_time_ns = 0
        self.nvcsw = 0
        self.nivcsw = 0
        """How often it gave the CPU up, and how often it was taken away."""
        self.io = IoAccounting()
        self.vfork_parent: WaitQueue | None = None
        """Where the parent waits until this task lets go of the address space they share."""
        self.queued = False
        """Whether the task is on the run queue."""
        self.work = False
        self.call: Call | None = None
        self.interrupted: Callable[[Sigaction | None], None] | None = None
        """Ends a call that a signal broke, told which handler runs; see `emu.kernel.trap`."""
        self.restart_block: Callable[[], int | Awaitable[int]] | None = None
        """What restart_syscall(2) goes on with."""
        self.restarts = False
        """OABI: the next trap is restart_syscall(2), whatever its instruction says."""
        self.ptrace: Tracee | None = None
        """What is known of it because another task traces it."""
        self.seccomp: Seccomp | None = None
        """What it may call, if not everything."""
        self.tracees: dict[Task, None] = {}
        """Whom it traces."""
        self.last_fault = FaultRecord()
        self.saved_registers: object | None = None
        # Given by the first execve.
        self.exe: VfsPath | None = None
        self.mm: AddressSpace
        self.abi: Abi
        self.image_abi: Abi
        self.cpu: Cpu

    @property
    def alive(self) -> bool:
        """Whether the task has not ended."""
        return self.exit_status is None

    @property
    def ppid(self) -> int:
        """The parent's process id; init's for a task that the machine itself began."""
        return self.parent.tgid if self.parent else INIT_PID

    def set_second_result(self, value: int) -> None:
        """Answer a second value, in the register this ABI has for it (MIPS: v1)."""
        register = self.abi.convention.second_result
        assert register is not None, f"{self.abi.name} calls have one result"
        self.cpu.registers[register] = value & self.cpu.isa.word_mask

    @property
    def pgid(self) -> int:
        """The process group."""
        return self.group.pgid

    @property
    def sid(self) -> int:
        """The session."""
        return self.group.sid

    @property
    def rlimits(self) -> dict[str, tuple[int, int]]:
        """Soft and hard limits by name."""
        return self.group.rlimits

    def exit(self, code: int) -> None:
        """End the process as exit_group(2) does with this code."""
        do_group_exit(self, (code & 0xFF) << 8)

    def die(self, signal: int, core_dumped: bool = False) -> None:
        """End the process as an uncaught signal with this (generic) number does."""
        do_group_exit(self, signal | (0x80 if core_dumped else 0))

    def __repr__(self) -> str:
        return f"<task {self.pid} {self.comm.decode(errors='replace')}>"
