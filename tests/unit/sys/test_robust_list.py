"""What a thread's end does to its futexes: robust lists and CLONE_CHILD_CLEARTID."""

import pytest

from emu.kernel.futex.exit import clear_child_tid, exit_robust_list
from tests.unit.sys.caller import ABIS, Caller
from tests.unit.sys.threads import asleep, process_of, thread_of

WAIT = 0
WAITERS, DIED = 0x80000000, 0x40000000
OFFSET = 16


class RobustList:
    """A list of locks in a caller's memory."""

    def __init__(self, abi, entries, pending=0):
        self.caller = caller = Caller(abi)
        self.word = caller.mm.word_bytes
        self.head = caller.buffer
        nodes = [caller.buffer + 256 + 64 * index for index in range(entries)]
        self.nodes = nodes
        following = [*nodes, self.head]
        caller.mm.write_word(self.head, following[0])
        caller.mm.write_word(self.head + self.word, OFFSET)
        caller.mm.write_word(self.head + 2 * self.word, pending)
        for node, after in zip(nodes, following[1:], strict=True):
            caller.mm.write_word(node, after)
        assert caller.call("sys_set_robust_list", self.head, 3 * self.word) == 0

    def lock(self, index, word):
        self.caller.mm.write_u32(self.nodes[index] + OFFSET, word)

    def words(self):
        return [self.caller.mm.read_u32(node + OFFSET) for node in self.nodes]

    def die(self):
        exit_robust_list(self.caller.task)


@pytest.mark.parametrize("abi", ABIS)
def test_locks_of_a_dead_thread_are_marked_and_a_sleeper_wakes(abi):
    robust = RobustList(abi, 3)
    pid = robust.caller.task.pid
    robust.lock(0, pid | WAITERS)
    robust.lock(1, pid)
    robust.lock(2, 77 | WAITERS)
    other = thread_of(robust.caller)
    call = asleep(other, "sys_futex", robust.nodes[0] + OFFSET, WAIT, pid | WAITERS)
    robust.die()
    assert robust.words() == [DIED | WAITERS, DIED, 77 | WAITERS]
    assert call.go_on() == 0


def test_sleepers_that_said_private_are_not_woken_as_in_linux():
    robust = RobustList("x86-64", 1)
    pid = robust.caller.task.pid
    robust.lock(0, pid | WAITERS)
    call = asleep(robust.caller, "sys_futex", robust.nodes[0] + OFFSET, 128, pid | WAITERS)
    robust.die()
    assert call.asleep


@pytest.mark.parametrize("abi", ["x86-64", "mips-o32"])
def test_a_release_that_was_cut_short_wakes_the_next(abi):
    robust = RobustList(abi, 1)
    caller = robust.caller
    pending = caller.buffer + 512
    caller.mm.write_word(robust.head + 2 * robust.word, pending)
    call = asleep(thread_of(caller), "sys_futex", pending + OFFSET, WAIT, 0)
    robust.die()
    assert call.go_on() == 0


@pytest.mark.parametrize("damage", ["circle", "unmapped", "odd", "head"])
def test_a_damaged_list_ends_without_harm(damage):
    robust = RobustList("arm64", 2)
    mm, pid = robust.caller.mm, robust.caller.task.pid
    robust.lock(0, pid)
    if damage == "circle":
        mm.write_word(robust.nodes[1], robust.nodes[0])
    elif damage == "unmapped":
        mm.write_word(robust.nodes[0], 16)
    elif damage == "odd":
        mm.write_word(robust.head + 8, OFFSET + 2)
    else:
        robust.caller.task.attributes.robust_list = 8
    robust.die()
    assert robust.words()[0] == (pid if damage in ("odd", "head") else DIED)


def test_the_lists_of_both_word_sizes_are_walked():
    robust = RobustList("x86-64", 1)
    caller = robust.caller
    robust.lock(0, caller.task.pid)
    narrow = caller.mm.mmap(0x10000, 0x1000, 3, 0x22)
    caller.mm.write_u32(narrow, narrow + 64)
    caller.mm.write_u32(narrow + 4, 8)
    caller.mm.write_u32(narrow + 64, narrow)
    caller.mm.write_u32(narrow + 72, caller.task.pid)
    caller.task.attributes.compat_robust_list = narrow
    robust.die()
    assert robust.words() == [DIED]
    assert caller.mm.read_u32(narrow + 72) == DIED


def test_a_list_can_be_asked_for_by_those_who_may():
    robust = RobustList("riscv32", 1)
    caller = robust.caller
    at = caller.buffer + 1024
    assert caller.call("sys_get_robust_list", 0, at, at + 4) == 0
    assert (caller.mm.read_u32(at), caller.mm.read_u32(at + 4)) == (robust.head, 12)
    stranger = process_of(caller, uid=1000)
    at = stranger.buffer
    assert stranger.fails("sys_get_robust_list", caller.task.pid, at, at + 8) == "EPERM"


def test_the_thread_id_is_cleared_only_if_others_are_there_to_see():
    caller = Caller()
    caller.mm.write_u32(caller.buffer, 5)
    caller.call("sys_set_tid_address", caller.buffer)
    clear_child_tid(caller.task)
    assert caller.mm.read_u32(caller.buffer) == 5
    thread = thread_of(caller)
    call = asleep(caller, "sys_futex", caller.buffer, WAIT, 5)
    thread.call("sys_set_tid_address", caller.buffer)
    clear_child_tid(thread.task)
    assert caller.mm.read_u32(caller.buffer) == 0
    assert call.go_on() == 0
