"""Running one program to its end, and what came of it: output, errors, status, calls."""

from __future__ import annotations

import io
import os
from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from typing import TYPE_CHECKING

from emu.kernel.clock import NSEC_PER_SEC
from emu.kernel.events import Tracer, Tracers
from emu.kernel.signal.numbers import signal_name
from emu.kernel.signal.send import send_signal
from emu.kernel.uapi.signal import SIGKILL
from emu.machine import Machine
from emu.record import record

if TYPE_CHECKING:
    from emu.kernel.events import SyscallEvent
    from emu.kernel.host_wait import HostQueue
    from emu.kernel.task import Task

PIECE = 1 << 16
MEMORY_NAME = "/tmp/program"
TIMEOUT_S = 60


class TookTooLong(Exception):
    """A program did not end in time; it was killed."""


@record
class SystemCall:
    """One system call of a run: `error` is the error's name, or empty; `result` is None then.

    A call that ended its task has neither.
    """

    pid: int
    abi: str
    name: str
    arguments: tuple[int, ...]
    result: int | None
    error: str
    way: str


@record
class Outcome:
    """How a program ended, and what it did.

    `status` is its exit status, or the negative number of the signal that killed it, as in
    `subprocess`. `strace` and `calls` are of all its tasks, and empty without a trace.
    """

    program: str
    abi: str
    status: int
    output: bytes
    errors: bytes
    strace: str = ""
    calls: Sequence[SystemCall] = ()

    @property
    def text(self) -> str:
        """The output as text."""
        return self.output.decode(errors="replace")

    @property
    def signal(self) -> str:
        """The signal that killed it, by name; empty if none did."""
        return signal_name(-self.status) if self.status < 0 else ""

    def called(self, name: str) -> list[SystemCall]:
        """Its calls of a name."""
        return [call for call in self.calls if call.name == name]


def run(
    program: str | bytes | os.PathLike[str],
    *arguments: str,
    machine: Machine | None = None,
    stdin: bytes = b"",
    env: Mapping[str, str] | None = None,
    cwd: str = "/",
    user: tuple[int, int] = (0, 0),
    trace: bool = False,
    timeout_s: float = TIMEOUT_S,
) -> Outcome:
    """Run a program to its end, by its name in the machine's root or on the host, or by its bytes.

    Without a `machine` it gets one of its own. Raises `emu.machine.ProgramNotFound`, the error of
    execve(2), `emu.kernel.sched.Deadlock`, or `TookTooLong` by the machine's clock.
    """
    machine = machine or Machine()
    name = MEMORY_NAME if isinstance(program, bytes) else os.fspath(program)
    if isinstance(program, bytes):
        machine.write_file(MEMORY_NAME, program, 0o755)
    recorder, text = CallRecorder(), io.StringIO()
    with ExitStack() as stack:
        standard_input = stack.enter_context(os.fdopen(os.memfd_create("stdin"), "w+b"))
        standard_input.write(stdin)
        standard_input.seek(0)
        output, errors = stack.enter_context(Pipe(machine)), stack.enter_context(Pipe(machine))
        if trace:
            stack.enter_context(Watching(machine, recorder, text))
        task = machine.spawn(
            name, [name, *arguments], env=env, cwd=cwd, user=user,
            stdio=(standard_input.fileno(), output.writer, errors.writer),
        )  # fmt: skip
        abi = task.image_abi
        run_in_time(machine, task, timeout_s)
        return Outcome(
            name, name_of(abi.name, abi.isas[0] != abi.isa.name),
            os.waitstatus_to_exitcode(task.exit_status or 0),
            output.rest(), errors.rest(), text.getvalue(), recorder.calls,
        )  # fmt: skip


def run_in_time(machine: Machine, task: Task, timeout_s: float) -> None:
    """Run until a task has ended. `TookTooLong`."""
    late = False

    def give_up() -> None:
        nonlocal late
        late = True
        send_signal(task, SIGKILL)

    timer = machine.kernel.sched.call_after(int(timeout_s * NSEC_PER_SEC), give_up)
    machine.run_until_end_of(task)
    timer.cancel()
    if late:
        raise TookTooLong(f"{task} ran for longer than {timeout_s} s")


def name_of(abi: str, other_byte_order: bool) -> str:
    """An ABI with its byte order: ``mips-o32el``."""
    return f"{abi}el" if other_byte_order else abi


class Pipe:
    """A pipe that takes what a program writes; it keeps nobody awake who would sleep for ever."""

    exclusive = False
    wanted = False

    def __init__(self, machine: Machine) -> None:
        self._reader, self.writer = os.pipe()
        os.set_blocking(self._reader, False)
        self._data = bytearray()
        self._queue: HostQueue = machine.kernel.sched.host_readable_queue(self._reader)

    def __enter__(self) -> Pipe:
        self._queue.watch(self)
        self._queue.armed = True
        return self

    def __exit__(self, *_: object) -> None:
        self._queue.unwatch(self)
        os.close(self._reader)
        os.close(self.writer)

    def notify(self, events: int) -> bool:
        """There is something to read: see `emu.kernel.wait.Watcher`."""
        self.rest()
        self._queue.armed = True
        return False

    def rest(self) -> bytes:
        """All that was written so far."""
        try:
            while piece := os.read(self._reader, PIECE):
                self._data += piece
        except BlockingIOError:
            pass
        return bytes(self._data)


class CallRecorder(Tracer):
    """Keeps what each call was and how it ended."""

    def __init__(self) -> None:
        self.calls: list[SystemCall] = []
        self._running: dict[Task, SyscallEvent] = {}

    def enter(self, event: SyscallEvent) -> None:
        """A call begins, which may end its task."""
        self._running[event.task] = event

    def leave(self, event: SyscallEvent) -> None:
        """A call has ended."""
        if self._running.pop(event.task, None) is not None:
            self._keep(event)

    def exited(self, task: Task) -> None:
        """A task has ended, perhaps in a call."""
        event = self._running.pop(task, None)
        if event is not None:
            self._keep(event)

    def _keep(self, event: SyscallEvent) -> None:
        error = type(event.error).__name__ if event.error is not None else ""
        self.calls.append(
            SystemCall(
                event.task.pid,
                event.task.abi.name,
                event.name,
                event.arguments,
                event.result,
                error,
                event.way,
            )
        )


class Watching:
    """While it lasts a machine's calls are recorded and written as strace does."""

    def __init__(self, machine: Machine, recorder: CallRecorder, text: io.StringIO) -> None:
        from emu.trace.strace import Strace

        self._machine = machine
        self._before = machine.kernel.tracer
        self._tracer = Tracers([recorder, Strace(text, follow=True)])

    def __enter__(self) -> None:
        # Whoever injects comes first, so that what is injected is seen.
        self._machine.watch_too(self._tracer)

    def __exit__(self, *_: object) -> None:
        self._machine.watch(self._before)
