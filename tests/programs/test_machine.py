"""What a whole machine promises: nothing is lost over many processes, and runs can be repeated."""

import gc
import io
import os
from collections import Counter
from pathlib import Path

import pytest

from emu.kernel.events import Tracer
from emu.kernel.fs.procfs.cpu_stat import show_interrupts
from emu.kernel.sched import Deadlock
from emu.machine import Bind, Config, Machine
from emu.trace.strace import Strace
from tests.support.toolchain import TARGETS, build_with_libc, or_skip

SOURCES = Path(__file__).parent / "machine"
ABIS = [abi for abi in TARGETS if abi not in ("x32", "arm-oabi", "riscv32")]
ONE_OF_EACH_WIDTH_AND_ORDER = ["x86-64", "i386", "mips-o32", "mips-n64"]


@pytest.fixture
def null():
    with open(os.devnull, "r+b", buffering=0) as device:
        yield device.fileno()


def program(name, abi):
    return str(or_skip(build_with_libc, SOURCES / f"{name}.c", abi))


@pytest.mark.parametrize("abi", ["x86-64", "mips-o32"])
def test_no_task_frame_file_or_object_is_left_of_ended_processes(abi, null):
    spawn = program("spawn", abi)
    machine = Machine(Config(binds=[Bind(spawn, "/spawn")]))
    kernel = machine.kernel

    def rounds(count):
        task = machine.spawn("/spawn", ["spawn", str(count), "/spawn", "0"], stdio=(null,) * 3)
        machine.run()
        assert task.exit_status == 0
        gc.collect()
        objects = Counter(type(each).__name__ for each in gc.get_objects())
        return kernel.ram.free_bytes, len(kernel.tasks), kernel.living, objects

    rounds(20)
    *before, objects = rounds(20)
    *after, later = rounds(100)
    assert after == before
    assert after[1:] == [0, 0]
    grown = {name: n - objects[name] for name, n in later.items() if n - objects[name] > 40}
    assert grown == {}


@pytest.mark.parametrize("abi", ONE_OF_EACH_WIDTH_AND_ORDER)
def test_a_deterministic_machine_gives_the_same_trace_every_time(abi, null):
    threads = program("threads", abi)

    def trace():
        machine = Machine(Config(binds=[Bind(threads, "/threads")], deterministic=True))
        out = io.StringIO()
        machine.watch(Strace(out, follow=True, timestamps="ttt"))
        machine.spawn("/threads", stdio=(null,) * 3)
        machine.run()
        return out.getvalue()

    traces = {trace() for _ in range(5)}
    assert len(traces) == 1
    text = traces.pop()
    assert text.count("strace: Process") == 5
    assert "FUTEX_WAIT" in text  # they did meet


@pytest.mark.parametrize("abi", ABIS)
def test_children_may_be_of_any_instruction_set(abi, capfd):
    """Each ABI's program starts the next one's."""
    following = ABIS[(ABIS.index(abi) + 1) % len(ABIS)]
    binds = [Bind(program("spawn", abi), "/one"), Bind(program("spawn", following), "/two")]
    machine = Machine(Config(binds=binds))
    task = machine.spawn("/one", ["one", "2", "/two", "2"])
    machine.run()
    assert task.exit_status == 0
    assert capfd.readouterr().out.splitlines() == ["6", "6", "0"]


def test_a_deadlock_tells_who_waits_where(null):
    """A child reads from a pipe that it holds open itself; its parent waits for it."""
    machine = Machine(Config(binds=[Bind(program("deadlock", "x86-64"), "/d")]))
    machine.spawn("/d", stdio=(null,) * 3)
    with pytest.raises(Deadlock, match=r"<task 2 d> in wait4 > do_wait; <task 3 d> in .*read"):
        machine.run()


def test_the_task_limit_ends_a_fork_bomb(null):
    bomb = program("bomb", "x86-64")
    config = Config(binds=[Bind(bomb, "/bomb")])
    config.options.limit_tasks = 20
    machine = Machine(config)
    task = machine.spawn("/bomb", stdio=(null,) * 3)
    machine.run()
    assert task.exit_status == 19 << 8  # how many were made before EAGAIN


def test_the_time_limit_ends_an_endless_loop(null):
    loop = program("endless", "x86-64")
    machine = Machine(
        Config(binds=[Bind(loop, "/loop")], deterministic=True, time_limit_ns=50_000_000)
    )
    task = machine.spawn("/loop", stdio=(null,) * 3)
    machine.run()
    assert task.exit_status == 9


def test_killing_all_ends_processes_and_threads_and_gives_everything_back(null):
    """Children asleep in a pipe, and threads in the middle of their work."""
    binds = [Bind(program(name, "x86-64"), f"/{name}") for name in ("threads", "deadlock")]
    machine = Machine(Config(binds=binds, deterministic=True))
    free = []
    for _ in range(2):
        tasks = [machine.spawn(f"/{name}", stdio=(null,) * 3) for name in ("threads", "deadlock")]
        while machine.kernel.living < 5:
            machine.step()
        machine.kill_all()
        assert [task.exit_status for task in tasks] == [9, 9]
        assert machine.kernel.living == 0
        free.append(machine.kernel.ram.free_bytes)
    assert free[0] == free[1]


WAYS = {"x86-64": ["syscall"], "i386": ["int80", "sysenter"], "riscv64": ["ecall"]}


@pytest.mark.parametrize("abi", ABIS)
def test_traps_are_counted_by_each_way_in(abi, null):
    spawn = program("spawn", abi)
    machine = Machine(Config(binds=[Bind(spawn, "/spawn")]))
    calls = Calls()
    machine.watch(calls)
    machine.spawn("/spawn", ["spawn", "3", "/spawn", "0"], stdio=(null,) * 3)
    machine.run()
    lines = show_interrupts(machine.kernel).decode().splitlines()[2:]
    counts = {line.split()[-1]: int(line.split()[1]) for line in lines}
    own = ["svc"] if abi.startswith("arm") else ["syscall"]
    assert set(counts) <= set(WAYS.get(abi, own))
    assert sum(counts.values()) == calls.begun > 30


class Calls(Tracer):
    """How many calls began."""

    def __init__(self):
        self.begun = 0

    def enter(self, event):
        self.begun += 1
