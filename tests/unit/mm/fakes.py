"""Stand-ins for what memory management meets: files, tasks and a CPU."""

import random
from types import SimpleNamespace

from emu.arch.abi import Abi
from emu.kernel.attributes import Attributes
from emu.kernel.cred import Credentials
from emu.kernel.errno import ENODEV, ENOENT
from emu.kernel.futex.table import FutexTable
from emu.kernel.mm.address_space import AddressSpace
from emu.kernel.mm.page_cache import PageCache
from emu.kernel.mm.ram import Ram
from emu.kernel.rlimits import default_rlimits
from emu.kernel.uapi.mman import MAP_ANONYMOUS, MAP_PRIVATE, PROT_READ, PROT_WRITE
from emu.kernel.vfs.file import FMODE_READ, FMODE_WRITE
from emu.kernel.vfs.file_operations import FileOperations

PAGE = 4096
READ_WRITE = PROT_READ | PROT_WRITE
ANON = MAP_PRIVATE | MAP_ANONYMOUS

_ABIS = {}


def load_abi(name, byte_order=None):
    key = (name, byte_order)
    if key not in _ABIS:
        _ABIS[key] = Abi.load(name, byte_order)
    return _ABIS[key]


class FakeCpu:
    """Registers, and a count of what it was told to forget."""

    hwcap = 0x1234
    hwcap2 = 0x56
    platform = b"fake"
    vector_page = None

    def __init__(self, word_bits=64):
        self.registers = [0x55] * 40
        self.pc = 0
        self.flushes = 0
        self.invalidated = []
        self.pages = None

    def use(self, pages, fault):
        self.pages = pages

    def flush_tlb(self):
        self.flushes += 1

    def invalidate_code(self, frame):
        self.invalidated.append(frame)

    def reset(self):
        self.registers[:] = [0] * 40

    def save(self):
        return list(self.registers), self.pc

    def restore(self, state):
        self.registers[:], self.pc = state


class FakeOperations(FileOperations):
    def open(self, inode, file):
        return None

    def release(self, inode, file):
        pass

    def mmap(self, file, vma):
        if file.inode.mapping is None:
            raise ENODEV
        vma.mapping = file.inode.mapping


class FakeInode:
    """A regular file whose contents are in `data`."""

    is_regular = True
    locks = None
    acl = None
    has_file_capabilities = False
    open_count = 0
    sb = SimpleNamespace(vfs=SimpleNamespace(notify=None))

    def __init__(self, ram, data, mode=0o100755):
        self.data = bytearray(data)
        self.mode = mode
        self.uid = self.gid = 0
        self.mtime_ns = 1
        self.write_count = 0
        self.reads = []
        self.mapping = PageCache(ram, self._read, self._write)
        self.fop = FakeOperations()

    @property
    def size(self):
        return len(self.data)

    def refresh(self):
        pass

    def _read(self, index, page):
        self.reads.append(index)
        piece = self.data[index * PAGE : (index + 1) * PAGE]
        page[: len(piece)] = piece
        return len(piece)

    def _write(self, index, page):
        piece = min(PAGE, len(self.data) - index * PAGE)
        self.data[index * PAGE : index * PAGE + piece] = page[:piece]


class FakePath:
    def __init__(self, inode, flags=0):
        self.inode = inode
        self.dentry = SimpleNamespace(inode=inode)
        self.mount = SimpleNamespace(flags=flags, open_files=0)


class FakeFile:
    def __init__(self, inode, mode=FMODE_READ | FMODE_WRITE, mount_flags=0):
        self.inode = inode
        self.mode = mode
        self.path = FakePath(inode, mount_flags)
        self.f_op = inode.fop
        self.count = 1

    def get(self):
        self.count += 1
        return self

    def put(self):
        self.count -= 1


def make_space(ram=None, abi="x86-64", byte_order=None, **limits):
    """An address space; limits by name, as in ``stack=8192``."""
    rlimits = default_rlimits()
    for name, value in limits.items():
        rlimits[f"RLIMIT_{name.upper()}"] = (value, value)
    return AddressSpace(ram or Ram(16 << 20), load_abi(abi, byte_order), rlimits)


class FakeTask:
    """A task that can run programs from a dictionary of files."""

    def __init__(self, files, ram=None):
        self.cpus = {}
        self.kernel = SimpleNamespace(
            ram=ram or Ram(64 << 20),
            abi=load_abi,
            cpu=self._cpu,
            random=random.Random(1),
            tasks={},
            futexes=FutexTable(),
            # As when the task is entered next: its registers go to its CPU.
            sched=SimpleNamespace(leave_cpu=lambda task: task.cpu.restore(task.saved_registers)),
        )
        ram = self.kernel.ram
        self.paths = {name: FakePath(FakeInode(ram, data)) for name, data in files.items()}
        self.rlimits = default_rlimits()
        self.cred = Credentials.for_user(0, 0)
        self.files = SimpleNamespace(
            close_on_exec=lambda: self.events.append("close on exec"), users=1
        )
        self.group = SimpleNamespace(
            leader=self, threads=[self], exit_status=None, maxrss=0, posix_timers={}
        )
        self.vfork_parent = None
        self.ptrace = None
        self.signals = SimpleNamespace(after_exec=lambda: self.events.append("reset signals"))
        self.events = []
        self.attributes = Attributes()
        self.comm = b""
        self.exe = None
        self.work = False
        self.saved_registers = None
        self.fs = self

    def _cpu(self, isa):
        return self.cpus.setdefault(isa, FakeCpu())

    def lookup(self, task, name):
        if name not in self.paths:
            raise ENOENT(name.decode())
        return self.paths[name]

    def die(self, signal):
        self.events.append(f"died of {signal}")
