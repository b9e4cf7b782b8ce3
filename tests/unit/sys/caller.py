"""A task of any ABI that makes system calls without a CPU: registers are a list."""

from __future__ import annotations

from emu.arch.abi import Abi
from emu.arch.user_state import UserState
from emu.kernel import sys as handlers
from emu.kernel.binding import Binder
from emu.kernel.clock import VirtualClock
from emu.kernel.cred import Credentials
from emu.kernel.errno import KernelError, Restart
from emu.kernel.kernel import Kernel
from emu.kernel.mm.address_space import AddressSpace
from emu.kernel.mm.ram import Ram
from emu.kernel.rlimits import default_rlimits
from emu.kernel.signal.state import TaskSignals
from emu.kernel.syscall import collect
from emu.kernel.task import Task

HANDLERS = collect(handlers.modules())
ABIS = (
    "x86-64", "x32", "i386", "arm64", "arm-eabi", "arm-oabi", "riscv64", "riscv32",
    "mips-o32", "mips-n32", "mips-n64",
)  # fmt: skip

PROT_READ_WRITE = 3
MAP_PRIVATE_ANONYMOUS = 0x22
BUFFER_SIZE = 0x10000


class FakeCpu:
    def __init__(self, isa):
        self.isa = isa
        self.registers = [0] * 64
        self.pc = 0x1000
        self.thread_pointer = 0
        self.gs_base = 0
        self.model, self.hwcap, self.hwcap2 = "fake", 0x112D, 0
        self.identity = {"vendor": 0, "signature": 0x206C1, "ecx": 1, "edx": 0x112D, "midr": 0}
        self.tls = {}
        self.flags = 0x10 if isa.name == "arm" else 0

    def user_state(self):
        count = len(self.isa.registers)
        names = ("cs", "ss", "ds", "es", "fs", "gs", "hi", "lo")
        size = {"x86-64": 512, "i386": 512, "arm64": 520}.get(self.isa.name, 260)
        special = dict.fromkeys(names, 0)
        return UserState(self.registers[:count], self.pc, self.flags, special, bytes(size))

    def set_user_state(self, state):
        self.registers[: len(state.general)] = state.general
        self.pc, self.flags = state.pc, state.flags

    def set_tls_entry(self, index, base, limit, flags):
        self.tls[index] = (base, limit, flags)

    def invalidate_code(self, frame):
        self.forgotten = frame

    def flush_tlb(self):
        pass


class Asleep(Exception):
    """The call waits for something that will not come by itself."""


class Caller:
    """Makes calls as a program of one ABI would, and looks at what they did."""

    def __init__(self, abi="x86-64", byte_order=None, uid=0, kernel=None):
        self.abi = Abi.load(abi, byte_order)
        self.clock = VirtualClock()
        self.logged = []
        self.kernel = kernel or make_kernel(self.clock, self.logged)
        rlimits = default_rlimits()
        self.task = task = Task(
            self.kernel,
            self.kernel.allocate_pid(),
            files=None,
            fs=None,
            cred=Credentials.for_user(uid, uid),
            signals=TaskSignals.fresh(),
            rlimits=rlimits,
        )
        task.abi = task.image_abi = self.abi
        task.cpu = self.cpu = FakeCpu(self.abi.isa)
        task.mm = self.mm = AddressSpace(self.kernel.ram, self.abi, rlimits)
        self.buffer = self.mm.mmap(0, BUFFER_SIZE, PROT_READ_WRITE, MAP_PRIVATE_ANONYMOUS)
        self.kernel.add_task(task)
        self.kernel.sched.current = task
        self.binder = Binder(self.abi, self.cpu.registers, False)
        self.bound = {}

    def start(self, entry, *arguments):
        """Begin a call by its entry point: its result, or a coroutine."""
        places, decode = self.bound.get(entry) or self._bind(entry)
        mask = (1 << self.abi.convention.word_bits) - 1
        for place, value in zip(places, arguments, strict=False):
            self._store(place.low, value & mask)
            if place.high is not None:
                self._store(place.high, value >> 32 & mask)
        return decode(self.task)

    def _bind(self, entry):
        """Where the arguments of a call go, and what decodes them."""
        syscall = HANDLERS[entry]
        widths = [p.arg.bits for p in syscall.parameters()]
        places = list(self.abi.convention.locate(widths))
        self.bound[entry] = places, self.binder.decoder(syscall)
        return self.bound[entry]

    def _store(self, slot, value):
        if hasattr(slot, "number"):
            self.cpu.registers[slot.number] = value
        else:
            stack = self.buffer + BUFFER_SIZE - 256
            self.cpu.registers[self.abi.convention.stack_pointer] = stack
            self.mm.write_u32(stack + slot.offset, value)

    def call(self, entry, *arguments):
        """Make a call and let virtual time pass while it sleeps."""
        result = self.start(entry, *arguments)
        return result if isinstance(result, int) else self.finish(result)

    def finish(self, coroutine, interrupted=False):
        """Drive a call that sleeps to its end."""
        try:
            wait = coroutine.send(None)
            while True:
                if interrupted:
                    wait = coroutine.throw(Restart())
                elif wait.timeout_ns is None:
                    raise Asleep
                else:
                    self.clock.advance(wait.timeout_ns)
                    wait = coroutine.send(False)
        except StopIteration as end:
            return end.value

    def fails(self, entry, *arguments):
        """The name of the error of a call."""
        try:
            result = self.call(entry, *arguments)
        except KernelError as error:
            return type(error).__name__
        return f"result {result}"

    def put(self, layout, offset=0, **values):
        """Store a struct in the buffer; answers its address."""
        self.mm.write(self.buffer + offset, self.abi.layout(layout).pack(**values))
        return self.buffer + offset

    def get(self, layout, offset=0):
        """The struct in the buffer."""
        size = self.abi.layout(layout).size
        return self.abi.layout(layout).unpack(self.mm.read(self.buffer + offset, size))


def make_kernel(clock, logged):
    kernel = Kernel(ram=Ram(64 << 20), clock=clock, handlers=HANDLERS, make_cpu=FakeCpu, seed=1)
    kernel.options.log = logged.append
    return kernel


def row_of(abi, entry):
    """The table row of an entry point; of several the first."""
    for row in abi.syscalls.values():
        if entry in (row.entry, row.entry.removeprefix("compat_"), abi.canonical_entry(row.entry)):
            return row
    raise KeyError(entry)
