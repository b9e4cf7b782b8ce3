"""A CPU without an engine: registers to set, and trap instructions to pull by hand."""

from __future__ import annotations

from types import SimpleNamespace

from emu.arch.abi import Abi
from emu.kernel.kernel import Kernel, Options
from emu.kernel.signal.state import TaskSignals
from emu.kernel.syscall import collect
from emu.kernel.task import Task

ABIS = [
    ("x86-64", None),
    ("x32", None),
    ("i386", None),
    ("arm64", None),
    ("arm-eabi", None),
    ("riscv64", None),
    ("riscv32", None),
    ("mips-o32", "big"),
    ("mips-o32", "little"),
    ("mips-n32", "big"),
    ("mips-n64", "little"),
]


class FakeCpu:
    def __init__(self, isa):
        self.isa = isa
        self.registers = [0] * len(isa.registers)
        self.pc = 0x1000
        if isa.name == "arm":
            self.registers[15] = self.pc
        self.thumb = False
        self.trap_length = isa.trap_length
        self.ways = {}
        self.stopped = False

    def on_trap(self, way, handler):
        self.ways[way] = handler

    def stop(self):
        self.stopped = True

    def abandon(self, error):
        raise error


class FakeMemory:
    """The door to user memory over a bytearray at address 0."""

    cpu = None
    task_size = 1 << 31

    def __init__(self, size=0x10000, byte_order="little"):
        self.data = bytearray(size)
        self.byte_order = byte_order
        self.svc_immediates = {}
        self.pages = {}

    def read(self, address, count):
        return bytes(self.data[address : address + count])

    def write(self, address, data):
        self.data[address : address + len(data)] = data

    def read_u32(self, address):
        return int.from_bytes(self.read(address, 4), self.byte_order)

    def read_s64(self, address):
        return int.from_bytes(self.read(address, 8), self.byte_order, signed=True)

    def read_string(self, address, limit):
        return bytes(self.data[address : self.data.index(0, address)])


class Clock:
    def idle(self, timeout_ns, wait):
        wait(timeout_ns)

    def __init__(self):
        self.now = 0

    def monotonic_ns(self):
        return self.now

    def cpu_ns(self):
        return 0


def machine(abi_name, byte_order, *handlers, strict=False):
    """A kernel with these handlers, and a task of this ABI on a fake CPU."""
    abi = Abi.load(abi_name, byte_order)
    module = SimpleNamespace(__name__=handlers[0].__module__ if handlers else "none")
    vars(module).update({f"h{n}": handler for n, handler in enumerate(handlers)})
    messages = []
    kernel = Kernel(
        ram=SimpleNamespace(cpus=[]),
        clock=Clock(),
        handlers=collect([module]),
        make_cpu=lambda name: None,
        options=Options(strict=strict, log=messages.append),
    )
    cpu = FakeCpu(abi.isa)
    task = SimpleNamespace(
        kernel=kernel, abi=abi, image_abi=abi, cpu=cpu, call=None, work=False,
        alive=True, interrupted=None, restarts=False, ptrace=None, seccomp=None,
        signals=TaskSignals.fresh(), queued=False, mm=FakeMemory(byte_order=abi.byte_order), pid=7,
    )  # fmt: skip
    task.set_second_result = lambda value: Task.set_second_result(task, value)
    kernel.gates.install(cpu, task)
    kernel.sched.current = task
    return SimpleNamespace(kernel=kernel, abi=abi, cpu=cpu, task=task, messages=messages)


def call(m, name, *words, way=None):
    """Make a system call by name with these argument words; the raw result register."""
    convention = m.abi.convention
    numbers = {row.name: row.nr for row in m.abi.syscalls.values()}
    m.cpu.registers[convention.number] = numbers[name] if isinstance(name, str) else name
    stack = 0x8000
    m.cpu.registers[convention.stack_pointer] = stack
    for index, word in enumerate(words):
        if index < len(convention.arguments):
            m.cpu.registers[convention.arguments[index]] = word
        else:
            at = stack + convention.stack_offset + 4 * (index - len(convention.arguments))
            m.task.mm.write(at, word.to_bytes(4, m.abi.byte_order))
    m.cpu.ways[way or next(iter(m.cpu.ways))]()
    return m.cpu.registers[convention.result]
