"""Tasks: a thread of execution with what it owns and shares. See task_struct."""

from __future__ import annotations

from typing import TYPE_CHECKING

from emu.kernel.attributes import Attributes
from emu.kernel.scheduling import Scheduling
from emu.kernel.thread_group import ThreadGroup

if TYPE_CHECKING:
    from emu.arch.abi import Abi
    from emu.arch.cpu import Cpu
    from emu.kernel.cred import Credentials
    from emu.kernel.kernel import Kernel
    from emu.kernel.mm.address_space import AddressSpace
    from emu.kernel.sched import Call
    from emu.kernel.signal.state import TaskSignals
    from emu.kernel.vfs.fdtable import FileTable
    from emu.kernel.vfs.fs_context import FsContext
    from emu.kernel.vfs.path import VfsPath


INIT_PID = 1


class Task:
    """One thread of execution.

    `abi` is the ABI of the system call in progress, which on some ISAs differs from `image_abi`,
    the one of the program that was loaded (int 0x80 in 64-bit code). `work` is true when
    something must be done before user code goes on: a signal, an exit, a change of program.
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
    ) -> None:
        self.kernel = kernel
        self.pid = pid
        self.tgid = pid
        self.group = ThreadGroup(
            self, pgid=parent.pgid if parent else pid, sid=parent.sid if parent else pid
        )
        self.parent = parent
        self.children: list[Task] = []
        self.comm = b""
        self.files = files
        self.fs = fs
        self.cred = cred
        self.signals = signals
        self.rlimits = rlimits
        self.attributes = Attributes()
        self.scheduling = Scheduling()
        self.start_time_ns = kernel.clock.monotonic_ns()
        self.exit_status: int | None = None
        self.work = False
        self.call: Call | None = None
        self.saved_registers: object | None = None
        # Given by the first execve.
        self.exe: VfsPath | None = None
        self.mm: AddressSpace
        self.abi: Abi
        self.image_abi: Abi
        self.cpu: Cpu

    @property
    def pgid(self) -> int:
        """The process group."""
        return self.group.pgid

    @property
    def sid(self) -> int:
        """The session."""
        return self.group.sid

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

    def exit(self, code: int) -> None:
        """End the task as exit_group(2) does with this code."""
        self._end((code & 0xFF) << 8)

    def die(self, signal: int, core_dumped: bool = False) -> None:
        """End the task as an uncaught signal with this (generic) number does."""
        self._end(signal | (0x80 if core_dumped else 0))

    def _end(self, status: int) -> None:
        if self.exit_status is None:
            self.exit_status = status
            self.work = True
            self.kernel.task_ended(self)

    def __repr__(self) -> str:
        return f"<task {self.pid} {self.comm.decode(errors='replace')}>"
