"""A process without a program: Python makes its system calls, through the kernel's own gates."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from emu.arch.convention import RegisterSlot
from emu.caller.cpu import TrapOnlyCpu
from emu.caller.memory import CallMemory, Struct
from emu.kernel.cred import Credentials
from emu.kernel.errno import KernelError
from emu.kernel.fs.setup import open_stdio
from emu.kernel.mm.address_space import AddressSpace
from emu.kernel.rlimits import default_rlimits
from emu.kernel.sched import Deadlock
from emu.kernel.signal.state import TaskSignals
from emu.kernel.task import Task
from emu.kernel.vfs.fs_context import FsContext
from emu.kernel.wait import WaitQueue

if TYPE_CHECKING:
    from emu.arch.abi import Row
    from emu.arch.convention import Location, Slot
    from emu.machine import Machine

NAME = b"python"
OABI_SVC = 0xEF000000
MAX_ERRNO = 4095
NEED_CODE = frozenset((
    "sys_fork", "sys_vfork", "sys_clone", "sys_clone3", "sys_execve", "sys_execveat",
    "sys_sigreturn", "sys_rt_sigreturn", "sys32_sigreturn", "sys32_rt_sigreturn", "sys_syscall",
))  # fmt: skip


class CallerEnded(Exception):
    """The caller's process has ended, by exit(2) or a signal: it makes no more calls."""


class UnknownCall(Exception):
    """The ABI's table has no call of this name, or only a program can make it."""


class Caller:
    """Makes system calls in one ABI, as a process of a machine.

    >>> fd = caller.syscall("openat", AT_FDCWD, "/etc/motd", caller.constant("O_RDONLY"), 0)
    >>> caller.syscall("read", fd, buffer := bytearray(100), 100)

    An int is a word. A str is put into memory with a NUL, bytes as they are, and a list as a vector
    of words with a NULL; a bytearray or a `struct` is put there, and what the kernel writes comes
    back. None is NULL. Errors are raised, as classes of `emu.kernel.errno`.

    A call that sleeps lets the machine's other tasks run until it ends; in a hook none may sleep.
    """

    def __init__(
        self,
        machine: Machine,
        abi: str = "x86-64",
        byte_order: str | None = None,
        user: tuple[int, int] = (0, 0),
    ) -> None:
        self._machine = machine
        kernel = self._kernel = machine.kernel
        root, rlimits = kernel.root_mount.root_path(), default_rlimits()
        self.task = task = Task(
            kernel,
            kernel.allocate_pid(),
            files=open_stdio(kernel, ()),
            fs=FsContext(root, root),
            cred=Credentials.for_user(*user),
            signals=TaskSignals.fresh(),
            rlimits=rlimits,
        )
        self.abi = task.abi = task.image_abi = kernel.abi(abi, byte_order)
        task.comm = NAME
        task.mm = AddressSpace(kernel.ram, self.abi, rlimits)
        self._memory = CallMemory(task.mm)
        self._cpu = TrapOnlyCpu(self.abi.isa, self.abi.ways[0], self._memory.trap_end, self._idle)
        task.cpu, task.saved_registers = self._cpu, self._cpu.save()
        self._wanted = WaitQueue()
        kernel.add_task(task)
        self._advance()

    def syscall(self, name: str, *arguments: Any) -> int:
        """Make a call by its name in the ABI's table. Raises the error that it answers.

        `UnknownCall` for a name that the table does not have, `CallerEnded` if the call, or a
        signal, ends the process.
        """
        row = self._row(name)
        if not self.task.alive:
            raise CallerEnded(f"{self.task} has ended")
        self._memory.begin()
        self._place(row, [self._memory.word(argument) for argument in arguments])
        self._cpu.request()
        self._wanted.wake_up()
        interrupted = self._kernel.sched.current
        try:
            while self.task.queued:
                self._advance()
            if self.task.alive and not self._is_idle:
                self._wait_for_end()
        finally:
            self._kernel.sched.current = interrupted
        if not self.task.alive:
            raise CallerEnded(f"{self.task} ended in {name}, status {self.task.exit_status}")
        self._memory.finish()
        return self._result()

    def constant(self, names: str) -> int:
        """The ABI's value of a constant, or of several: ``O_RDWR|O_CREAT``. `KeyError`."""
        value = 0
        for name in names.split("|"):
            value |= self.abi.constant(name.strip())
        return value

    def struct(self, name: str, **values: Any) -> Struct:
        """A struct of the ABI, to be given to calls; fields not named are 0. `KeyError`."""
        return Struct(self.abi.layout(name), values)

    def allocate(self, size: int) -> int:
        """The address of new memory, for what the kernel is to remember beyond a call."""
        return self._memory.allocate(size)

    def read_memory(self, address: int, size: int) -> bytes:
        """Bytes of the caller's memory. EFAULT."""
        return self.task.mm.read(address, size)

    def write_memory(self, address: int, data: bytes) -> None:
        """Change the caller's memory. EFAULT."""
        self.task.mm.write(address, data)

    def _row(self, name: str) -> Row:
        for row in self.abi.syscalls.values():
            if row.name == name:
                if row.entry.removeprefix("compat_") in NEED_CODE:
                    raise UnknownCall(f"{name} needs a program's code: see Machine.spawn")
                return row
        raise UnknownCall(f"{self.abi.name} has no system call {name}")

    def _place(self, row: Row, words: list[int]) -> None:
        """Put number and arguments where the ABI's kernel looks for them."""
        convention, registers = self.abi.convention, self._cpu.registers
        self._cpu.reset()
        registers[convention.stack_pointer] = self._memory.stack
        number = row.nr
        if self.abi.name == "arm-oabi":
            self.task.mm.write_u32(self._cpu.pc - self._cpu.trap_length, OABI_SVC | number)
        else:
            registers[convention.number] = number
        for place, word in zip(self._places(row, len(words)), words, strict=True):
            self._store(place, word)

    def _places(self, row: Row, count: int) -> list[Location]:
        """Where the first arguments of a call are."""
        syscall = self._kernel.handler(self.abi, row.entry)
        widths = [0] * count
        if syscall is not None:
            declared = [parameter.arg.bits for parameter in syscall.parameters()]
            if count > len(declared):
                raise TypeError(f"{row.name} takes {len(declared)} arguments, not {count}")
            widths = declared[:count]
        return list(self.abi.convention.locate(widths))

    def _store(self, place: Location, word: int) -> None:
        bits = self.abi.convention.word_bits
        mask = (1 << bits) - 1
        self._store_word(place.low, word & mask)
        if place.high is not None:
            self._store_word(place.high, word >> bits & mask)

    def _store_word(self, slot: Slot, word: int) -> None:
        if isinstance(slot, RegisterSlot):
            self._cpu.registers[slot.number] = word
        else:
            size = self.abi.convention.word_bits // 8
            raw = word.to_bytes(size, self.abi.byte_order)
            self.task.mm.write(self._memory.stack + slot.offset, raw)

    def _result(self) -> int:
        """The result in the ABI's convention; raises an error."""
        convention, registers = self.abi.convention, self._cpu.registers
        result = registers[convention.result]
        bits = self.abi.isa.word_bits
        if convention.error_flag is not None:
            failed, number = bool(registers[convention.error_flag]), result
        else:
            number = -result & (1 << bits) - 1
            failed = 0 < number <= MAX_ERRNO
        if failed:
            raise self._error(number)
        return result

    def _error(self, number: int) -> KernelError:
        for error, known in self._kernel.errno_numbers(self.abi).items():
            if known == number:
                return error()
        raise AssertionError(f"{self.abi.name} has no error {number}")

    @property
    def _is_idle(self) -> bool:
        return len(self._wanted) > 0

    def _idle(self) -> None:
        """Sleep until there is a call to be made, if none is under way."""
        task = self.task
        if task.alive and task.call is None and not task.work:
            self._kernel.sched.begin(task, self._until_wanted(), lambda task, result: None)

    async def _until_wanted(self) -> int:
        await self._wanted.wait()
        return 0

    def _advance(self) -> None:
        """Let the caller go on if it can, and otherwise somebody else."""
        self._kernel.sched.put_first(self.task)
        self._machine.step()

    def _wait_for_end(self) -> None:
        """Let others run until the call has ended. A `Deadlock` breaks it off."""
        if self._machine.turns:
            self._break_off()
            raise RuntimeError("a call in a hook cannot sleep: the machine is in another call")
        try:
            with self._machine.ticking():
                while self.task.alive and not self._is_idle:
                    self._advance()
        except Deadlock:
            self._break_off()
            raise Deadlock(f"{self.task} sleeps and nothing can wake it") from None

    def _break_off(self) -> None:
        """End the call that sleeps, without a result."""
        self._kernel.sched.discard(self.task)
        while self.task.queued:
            self._advance()
