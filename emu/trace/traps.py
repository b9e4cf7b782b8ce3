"""Every trap as a record: what led to it, by which way it went, what it did, what it left.

For `emu steps` and `emu compare`. The whole user state is read twice for each trap, which is slow;
nothing of this is there when nobody looks.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from emu.arch.convention import RegisterSlot
from emu.arch.entry import EntryPath, entry_path
from emu.kernel.events import Tracer
from emu.kernel.signal.numbers import signal_name
from emu.record import field, record
from emu.trace.disassembly import Instruction, around
from emu.trace.filter import Filter
from emu.trace.format import line
from emu.trace.format.call import Call
from emu.trace.format.plan import Plans
from emu.trace.format.results import result
from emu.trace.format.style import PLAIN

if TYPE_CHECKING:
    from emu.arch.convention import Location
    from emu.kernel.events import SyscallEvent
    from emu.kernel.signal.pending import SigInfo
    from emu.kernel.task import Task


@record
class Argument:
    """One argument: where it was, the whole word there, what the call makes of it.

    `lost` are the bits of the register that the way in or the C type cut off.
    """

    name: str
    place: str
    word: int
    value: int
    text: str
    lost: int = 0


@record(frozen=False)
class Trap:
    """One system call from the instruction to the next. Registers are words by name."""

    index: int
    pid: int
    comm: str
    isa: str
    way: str
    abi: str
    path: EntryPath
    pc: int
    code: list[Instruction]
    before: dict[str, int]
    instructions: int = 0
    """Guest instructions since the task's last trap, this one included; 0 where not counted."""

    name: str = ""
    number: int = 0
    entry: str = ""
    number_place: str = ""
    arguments: list[Argument] = field(default_factory=list)
    handler: tuple[str, int] | None = None
    call: str = ""
    result: str = ""
    error: str = ""
    value: int | None = None
    slept: bool = False
    notes: list[str] = field(default_factory=list)
    after: dict[str, int] = field(default_factory=dict)
    began_ns: int = 0
    ended_ns: int = 0

    @property
    def changed(self) -> dict[str, tuple[int, int]]:
        """Registers that are different afterwards; the program counter is not counted."""
        return {
            name: (value, self.after[name])
            for name, value in self.before.items()
            if self.after.get(name, value) != value and name != "pc"
        }

    def unexpected(self, results: tuple[str, ...]) -> list[str]:
        """Changed registers that neither the results nor the path's clobbers explain."""
        allowed = {*results, *self.path.clobbers}
        return [name for name in self.changed if name not in allowed]


class TrapRecorder(Tracer):
    """Hands each trap to `done` when the task goes on, or ends."""

    sees_traps = True

    def __init__(self, done: Callable[[Trap], None], filtered: Filter | None = None) -> None:
        self._done = done
        self._filter = filtered or Filter()
        self._plans = Plans(PLAIN, self._filter.wants)
        self._open: dict[Task, Trap] = {}
        self._texts: dict[Task, tuple[Call, str, int]] = {}
        self._count = 0
        self._instructions: dict[Task, int] = {}
        self._since: dict[Task, int] = {}

    def trapped(self, task: Task, way: str) -> None:
        """The registers are the user's own."""
        cpu = task.cpu
        state = cpu.user_state()
        pc = cpu.pc - cpu.trap_length
        self._open[task] = Trap(
            index=0,
            pid=task.pid,
            comm=task.comm.decode(errors="replace"),
            isa=cpu.isa.name,
            way=way,
            abi="",
            path=None,  # type: ignore[arg-type]
            pc=pc,
            code=around(task.mm, cpu.isa, pc, thumb=cpu.thumb),
            before=named(task, state.general, state.flags, pc),
            instructions=self._executed(task),
            began_ns=task.kernel.clock.monotonic_ns(),
        )
        if way == "syscall":
            self._open[task].before.update(cpu.overwritten)

    def enter(self, event: SyscallEvent) -> None:
        """The way in is over: it is known which call it is."""
        task = event.task
        trap = self._open.get(task)
        if trap is None:
            return
        plan = self._plans.of(event)
        if not plan.wanted:
            del self._open[task]
            return
        trap.abi = task.abi.name
        trap.way = event.way
        trap.path = entry_path(trap.isa, event.way, trap.abi)
        trap.name, trap.number = event.name, event.number
        row = task.abi.syscalls.get(event.number)
        trap.entry = row.entry if row and row.name == event.name else ""
        trap.number_place = task.cpu.isa.registers[task.abi.convention.number]
        if event.syscall is not None:
            trap.handler = event.syscall.where
            trap.entry = trap.entry or event.syscall.entry
        call = Call(event, plan)
        text, position = line.entering(call)
        self._texts[task] = call, text, position
        trap.arguments = decoded(trap, call)

    def leave(self, event: SyscallEvent) -> None:
        """The handler is done, but the result is not in its register yet."""
        trap = self._open.get(event.task)
        if trap is None or event.task not in self._texts:
            return
        call, text, position = self._texts.pop(event.task)
        trap.call = text + line.leaving(call, position)
        trap.result = result(call)
        trap.arguments = decoded(trap, call)
        if event.error is not None:
            trap.error = type(event.error).__name__
        trap.value = event.result

    def signal(self, task: Task, info: SigInfo) -> None:
        """A signal comes before the user's code goes on."""
        if task in self._open:
            self._open[task].notes.append(f"{signal_name(info.signal)} is taken before it goes on")

    def paused(self, task: Task) -> None:
        """The task lost its CPU inside the call."""
        self._instructions[task] = self._executed(task)
        if task in self._open and task.call is not None:
            self._open[task].slept = True

    def returned(self, task: Task) -> None:
        """The user's code goes on."""
        self._finish(task)

    def running(self, task: Task) -> None:
        """The user's code goes on, maybe of another program."""
        self._finish(task)
        self._since[task] = task.cpu.instructions

    def exited(self, task: Task) -> None:
        """The task never returned."""
        trap = self._open.pop(task, None)
        if trap is not None and trap.path is not None:
            _, text, _ = self._texts.pop(task, (None, "", 0))
            trap.call, trap.result = trap.call or text + ")", trap.result or "? (it never returns)"
            self._emit(trap)
        self._instructions.pop(task, None)
        self._since.pop(task, None)

    def _finish(self, task: Task) -> None:
        trap = self._open.get(task)
        if trap is None or not trap.call:
            return
        del self._open[task]
        cpu = task.cpu
        if cpu.isa.name == trap.isa:
            state = cpu.user_state()
            trap.after = named(task, state.general, state.flags, state.pc)
        if trap.name.startswith("execve") and not trap.error:
            trap.notes.append("another program begins, with registers of its own")
        trap.ended_ns = task.kernel.clock.monotonic_ns()
        self._emit(trap)

    def _emit(self, trap: Trap) -> None:
        self._count += 1
        trap.index = self._count
        self._done(trap)

    def _executed(self, task: Task) -> int:
        """Instructions since this was last asked, while the task was on its CPU."""
        now = task.cpu.instructions
        passed = now - self._since.get(task, now) + self._instructions.pop(task, 0)
        self._since[task] = now
        return passed


def named(task: Task, general: list[int], flags: int, pc: int) -> dict[str, int]:
    """Registers by their names."""
    isa = task.cpu.isa
    words = dict(zip(isa.registers, (word & isa.word_mask for word in general), strict=False))
    words.pop("zero", None)
    words["pc"] = pc
    words["flags"] = flags
    return words


def decoded(trap: Trap, call: Call) -> list[Argument]:
    """Each declared parameter with its place and its meaning."""
    if len(call.event.arguments) < len(call.parameters):
        return []
    convention = call.abi.convention
    places = convention.locate(p.arg.bits for p in call.parameters)
    found = []
    for index, (parameter, location) in enumerate(zip(call.parameters, places, strict=True)):
        name, word = where(trap, call, location)
        kept, value = call.event.arguments[index], call.value(index)
        if trap.way == "sysenter" and name in ("ebp", "rbp"):  # there is the stack, and on it this
            name, word = f"0({name})", kept
        extended = value & call.event.task.cpu.isa.word_mask == word
        lost = 0 if extended or word < kept else word & ~kept
        text = call.plan.formatters[index](call, index)
        found.append(Argument(parameter.name, name, word, value, text, lost))
    return found


def where(trap: Trap, call: Call, location: Location) -> tuple[str, int]:
    """An argument's place and the whole word there; of a pair both."""
    names, words = [], []
    for slot in (location.low, location.high):
        if slot is None:
            continue
        if isinstance(slot, RegisterSlot):
            register = call.event.task.cpu.isa.registers[slot.number]
            names.append(register)
            words.append(trap.before.get(register, 0))
        else:
            names.append(f"{slot.offset}(sp)")
            words.append(0)
    word = words[0] if len(words) == 1 else words[0] & 0xFFFFFFFF | words[1] << 32
    return ":".join(names), word
