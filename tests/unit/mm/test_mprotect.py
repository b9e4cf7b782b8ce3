import pytest

from emu.arch.cpu import ACCESS_EXEC, ACCESS_READ, ACCESS_WRITE, PTE_EXEC
from emu.kernel.errno import EACCES, EINVAL, ENOMEM
from emu.kernel.uapi.mman import (
    MAP_FIXED,
    MAP_GROWSDOWN,
    MAP_SHARED,
    PROT_EXEC,
    PROT_GROWSDOWN,
    PROT_GROWSUP,
    PROT_NONE,
    PROT_READ,
    PROT_SEM,
    PROT_WRITE,
)
from emu.kernel.vfs.file import FMODE_READ
from tests.unit.mm.fakes import ANON, PAGE, READ_WRITE, FakeCpu, FakeFile, FakeInode, make_space

AREA = 0x200000
FIRST = AREA >> 12


@pytest.fixture
def mm():
    space = make_space()
    space.mmap(AREA, 4 * PAGE, READ_WRITE, ANON)
    space.activate(FakeCpu())
    return space


def permissions(mm):
    return [vma.permissions for vma in mm.vmas]


def test_changing_a_middle_page_splits_the_area_and_changing_back_joins_it(mm):
    mm.mprotect(AREA + PAGE, PAGE, PROT_READ)
    assert permissions(mm) == ["rw-p", "r--p", "rw-p"]
    mm.mprotect(AREA + PAGE, PAGE, READ_WRITE)
    assert permissions(mm) == ["rw-p"]


def test_taking_rights_away_flushes_and_giving_them_does_not(mm):
    mm.write(AREA, b"x")
    flushes = mm.cpu.flushes
    mm.mprotect(AREA, PAGE, PROT_READ)
    assert mm.cpu.flushes == flushes + 1
    assert mm.fault(FIRST, ACCESS_WRITE) == 0
    assert mm.last_fault_code == "SEGV_ACCERR"
    mm.mprotect(AREA, PAGE, READ_WRITE)
    assert mm.cpu.flushes == flushes + 1
    assert mm.fault(FIRST, ACCESS_WRITE)


def test_contents_survive_having_no_rights(mm):
    mm.write(AREA, b"kept")
    mm.mprotect(AREA, PAGE, PROT_NONE)
    assert mm.fault(FIRST, ACCESS_READ) == 0
    mm.mprotect(AREA, PAGE, PROT_READ)
    assert mm.read(AREA, 4) == b"kept"


def test_what_is_not_executable_is_never_fetched(mm):
    assert mm.fault(FIRST, ACCESS_EXEC) == 0
    assert mm.last_fault_code == "SEGV_ACCERR"


@pytest.mark.parametrize("prot", [PROT_WRITE, PROT_EXEC])
def test_what_can_be_written_or_run_can_be_read(mm, prot):
    mm.mprotect(AREA, PAGE, prot)
    assert mm.fault(FIRST, ACCESS_READ)


def test_riscv_has_memory_that_can_only_be_run():
    mm = make_space(abi="riscv64")
    mm.mmap(AREA, PAGE, PROT_EXEC, ANON)
    assert mm.fault(FIRST, ACCESS_EXEC)
    assert mm.fault(FIRST, ACCESS_READ) == 0


def test_code_that_was_rewritten_while_not_executable_is_stale(mm):
    mm.ram.cpus = [mm.cpu]
    mm.write(AREA, b"one")
    mm.mprotect(AREA, PAGE, PROT_READ | PROT_EXEC)
    mm.fault(FIRST, ACCESS_EXEC)
    mm.mprotect(AREA, PAGE, READ_WRITE)
    mm.fault(FIRST, ACCESS_WRITE)
    assert not mm.cpu.invalidated
    mm.mprotect(AREA, PAGE, PROT_READ | PROT_EXEC)
    mm.fault(FIRST, ACCESS_EXEC)
    assert mm.cpu.invalidated


def test_a_page_may_be_for_storing_and_running(mm):
    mm.mprotect(AREA, PAGE, READ_WRITE | PROT_EXEC)
    assert mm.fault(FIRST, ACCESS_WRITE) & 7 == ACCESS_READ | ACCESS_WRITE | ACCESS_EXEC
    assert not mm.fault(FIRST + 1, ACCESS_WRITE) & PTE_EXEC


def test_a_file_open_to_read_cannot_become_writable_shared_memory(mm):
    inode = FakeInode(mm.ram, b"x")
    area = mm.mmap(0, PAGE, PROT_READ, MAP_SHARED, FakeFile(inode, FMODE_READ))
    with pytest.raises(EACCES):
        mm.mprotect(area, PAGE, READ_WRITE)


def test_everything_before_a_hole_is_changed(mm):
    mm.munmap(AREA + 2 * PAGE, PAGE)
    with pytest.raises(ENOMEM):
        mm.mprotect(AREA, 4 * PAGE, PROT_READ)
    assert permissions(mm) == ["r--p", "rw-p"]


def test_a_stack_can_be_changed_down_to_its_end(mm):
    stack = mm.mmap(AREA + 0x100000, 2 * PAGE, READ_WRITE, ANON | MAP_GROWSDOWN)
    mm.mprotect(stack + PAGE, PAGE, PROT_READ | PROT_GROWSDOWN)
    assert permissions(mm) == ["rw-p", "r--p"]


@pytest.mark.parametrize(
    ("error", "start", "length", "prot"),
    [
        (EINVAL, AREA + 1, PAGE, PROT_READ),
        (EINVAL, AREA, PAGE, 0x40),
        (EINVAL, AREA, PAGE, PROT_GROWSDOWN),
        (EINVAL, AREA, PAGE, PROT_GROWSUP),
        (EINVAL, AREA, PAGE, PROT_GROWSUP | PROT_GROWSDOWN),
        (ENOMEM, AREA - PAGE, PAGE, PROT_READ),
        (ENOMEM, AREA, (1 << 64) - AREA, PROT_READ),
    ],
)
def test_bad_arguments(mm, error, start, length, prot):
    with pytest.raises(error):
        mm.mprotect(start, length, prot)


def test_nothing_to_do_is_no_error(mm):
    mm.mprotect(0, 0, PROT_READ)
    mm.mprotect(AREA, PAGE, READ_WRITE | PROT_SEM)


def test_programs_without_no_execute_memory_may_run_what_they_may_read():
    mm = make_space(abi="i386")
    mm.read_implies_exec = True
    mm.mmap(AREA, PAGE, READ_WRITE, ANON | MAP_FIXED)
    mm.mprotect(AREA, PAGE, PROT_READ)
    assert permissions(mm) == ["r-xp"]
