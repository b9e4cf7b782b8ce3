"""process_vm_readv(2), process_vm_writev(2) and kcmp(2)."""

import pytest

from emu.kernel.ipc.sem_undo import share_sem_undo
from tests.unit.sys.caller import ABIS, Caller
from tests.unit.sys.threads import process_of, thread_of


def vector(caller, offset, *pieces):
    """An array of struct iovec: where, and how many."""
    size = caller.abi.layout("iovec").size
    for index, (base, length) in enumerate(pieces):
        caller.put("iovec", offset + index * size, iov_base=base, iov_len=length)
    return caller.buffer + offset, len(pieces)


def words(caller, other, mine, theirs):
    return (
        other.task.pid, *vector(caller, 0x2000, *mine), *vector(caller, 0x3000, *theirs), 0,
    )  # fmt: skip


@pytest.mark.parametrize("abi", ABIS)
def test_memory_of_another_process_is_read_and_written(abi):
    one = Caller(abi)
    two = process_of(one, "mips-n32", "big")
    two.mm.write(two.buffer + 4090, b"over the border of a page")
    theirs = [(two.buffer + 4090, 4), (two.buffer + 4094, 21)]
    mine = [(one.buffer, 10), (one.buffer + 100, 90)]
    assert one.call("sys_process_vm_readv", *words(one, two, mine, theirs)) == 25
    assert one.mm.read(one.buffer, 10) + one.mm.read(one.buffer + 100, 15) == (
        b"over the border of a page"
    )
    one.mm.write(one.buffer, b"stored")
    there = [(two.buffer, 3), (two.buffer + 8, 3)]
    arguments = words(one, two, [(one.buffer, 6)], there)
    assert one.call("sys_process_vm_writev", *arguments) == 6
    assert two.mm.read(two.buffer, 11) == b"sto\0\0\0\0\0red"


def test_a_fault_on_the_way_gives_the_shorter_count():
    one = Caller()
    two = process_of(one)
    end = two.buffer + 0x10000
    for entry in ("sys_process_vm_readv", "sys_process_vm_writev"):
        arguments = words(one, two, [(one.buffer, 100)], [(end - 10, 100)])
        assert one.call(entry, *arguments) == 10
        arguments = words(one, two, [(one.buffer, 100)], [(16, 100)])
        assert one.fails(entry, *arguments) == "EFAULT"


def test_memory_that_cannot_be_written_is_left_alone():
    one = Caller()
    two = process_of(one)
    two.call("sys_mprotect", two.buffer, 4096, 1)
    arguments = words(one, two, [(one.buffer, 4)], [(two.buffer, 4)])
    assert one.fails("sys_process_vm_writev", *arguments) == "EFAULT"
    assert one.call("sys_process_vm_readv", *arguments) == 4


def test_permission_is_that_of_ptrace():
    root = Caller()
    user, mate, other = (process_of(root, uid=uid) for uid in (1000, 1000, 1001))
    for target, expected in [(mate, "result 4"), (root, "EPERM"), (other, "EPERM")]:
        arguments = words(user, target, [(user.buffer, 4)], [(target.buffer, 4)])
        assert user.fails("sys_process_vm_readv", *arguments) == expected
    mate.task.attributes.dumpable = 0
    arguments = words(user, mate, [(user.buffer, 4)], [(mate.buffer, 4)])
    assert user.fails("sys_process_vm_readv", *arguments) == "EPERM"


def test_arguments_are_checked():
    one = Caller()
    mine = vector(one, 0x2000, (one.buffer, 4))
    call = "sys_process_vm_readv"
    assert one.fails(call, one.task.pid, *mine, *mine, 1) == "EINVAL"
    assert one.fails(call, 99, *mine, *mine, 0) == "ESRCH"
    assert one.fails(call, 99, mine[0], 1025, *mine, 0) == "EINVAL"
    assert one.call(call, 99, mine[0], 0, *mine, 0) == 0
    assert one.call(call, 99, *mine, mine[0], 0, 0) == 0


def test_what_threads_share_is_equal_and_the_rest_has_an_order():
    one = Caller()
    thread, process = thread_of(one), process_of(one)
    ids = [c.task.pid for c in (one, thread, process)]
    assert one.call("sys_kcmp", ids[0], ids[1], 1, 0, 0) == 0
    orders = {one.call("sys_kcmp", ids[a], ids[2], 1, 0, 0) for a in (0, 1)}
    assert orders == {1}
    assert one.call("sys_kcmp", ids[2], ids[0], 1, 0, 0) == 2
    assert one.call("sys_kcmp", ids[0], ids[1], 6, 0, 0) == 0
    share_sem_undo(one.task, thread.task)
    assert one.call("sys_kcmp", ids[0], ids[1], 6, 0, 0) == 0
    assert one.call("sys_kcmp", ids[0], ids[2], 6, 0, 0) == 2
    assert one.fails("sys_kcmp", ids[0], ids[1], 8, 0, 0) == "EINVAL"
    assert one.fails("sys_kcmp", ids[0], 99, 1, 0, 0) == "ESRCH"
