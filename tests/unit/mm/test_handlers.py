"""The handlers, called as each ABI's table calls them."""

import pytest

from emu.arch.abi import abi_names
from emu.kernel.binding import Binder
from emu.kernel.errno import EBADF, EINVAL, ENOSPC, ENOSYS
from emu.kernel.sys import exec as exec_handlers
from emu.kernel.sys import madvise, mlock, mmap, mprotect
from emu.kernel.sys.exec import read_arguments
from emu.kernel.syscall import collect
from emu.kernel.uapi.mman import MAP_HUGETLB
from tests.unit.mm.elves import simple_program
from tests.unit.mm.fakes import ANON, PAGE, READ_WRITE, FakeTask, load_abi

HANDLERS = collect([mmap, mprotect, madvise, mlock, exec_handlers])


class Files(dict):
    def __missing__(self, fd):
        raise EBADF


@pytest.fixture
def task():
    task = FakeTask({b"/prog": simple_program()})
    exec_handlers.do_execve(task, task.paths[b"/prog"], b"/prog", [b"prog"], [])
    task.files = Files()
    return task


@pytest.mark.parametrize("name", abi_names())
def test_every_abi_has_its_memory_calls(name):
    abi = load_abi(name)
    registers = [0] * 40
    binder = Binder(abi, registers, False)
    bound = set()
    for row in abi.syscalls.values():
        for entry in (row.entry, abi.canonical_entry(row.entry)):
            if entry in HANDLERS:
                binder.decoder(HANDLERS[entry])
                bound.add(row.name)
                break
    assert {"brk", "munmap", "mprotect", "madvise", "mremap", "execve", "mlock2"} <= bound
    assert bound & {"mmap", "mmap2"}


def test_offsets_count_bytes_or_pages(task):
    area = mmap.mmap(task, 0, PAGE, READ_WRITE, ANON, -1, 0)
    assert task.mm.vmas.at(area)
    mmap.mmap_pgoff(task, 0, PAGE, READ_WRITE, ANON, -1, 7)
    with pytest.raises(EINVAL):
        mmap.mmap(task, 0, PAGE, READ_WRITE, ANON, -1, 1)


def test_descriptors_count_only_for_files(task):
    mmap.mmap(task, 0, PAGE, READ_WRITE, ANON, 99, 0)
    with pytest.raises(EBADF):
        mmap.mmap(task, 0, PAGE, READ_WRITE, 2, 99, 0)
    with pytest.raises(EINVAL):
        mmap.mmap(task, 0, PAGE, READ_WRITE, ANON | MAP_HUGETLB, -1, 0)


def test_there_are_no_protection_keys(task):
    area = mmap.mmap(task, 0, PAGE, READ_WRITE, ANON, -1, 0)
    assert mprotect.pkey_mprotect(task, area, PAGE, 1, -1) == 0
    with pytest.raises(ENOSPC):
        mprotect.pkey_alloc(task, 0, 0)
    with pytest.raises(EINVAL):
        mprotect.pkey_mprotect(task, area, PAGE, 1, 1)
    task.abi = load_abi("riscv64")
    with pytest.raises(ENOSYS):
        mprotect.pkey_alloc(task, 0, 0)


def test_vectors_have_pointers_of_the_callers_width(task):
    area = mmap.mmap(task, 0, PAGE, READ_WRITE, ANON, -1, 0)
    task.mm.write(area + 0x100, b"one\0two\0")
    for abi, width in (("x86-64", 8), ("i386", 4)):
        task.abi = load_abi(abi)
        pointers = (area + 0x100, area + 0x104, 0)
        if width == 4:
            low = mmap.mmap(task, 0x10000, PAGE, READ_WRITE, ANON, -1, 0)
            task.mm.write(low + 0x100, b"one\0two\0")
            pointers = (low + 0x100, low + 0x104, 0)
        task.mm.write(area, b"".join(p.to_bytes(width, "little") for p in pointers))
        assert read_arguments(task, area, 0) == ([b"one", b"two"], [])
