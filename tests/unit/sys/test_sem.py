"""System V semaphores."""

import struct

import pytest

from emu.kernel.errno import EAGAIN, EIDRM, EINTR, Restart
from emu.kernel.ipc.sem_undo import exit_sem, share_sem_undo
from tests.unit.sys.caller import ABIS, Caller
from tests.unit.sys.threads import asleep, process_of, thread_of

CREAT = 0o1000
NOWAIT, UNDO = 0o4000, 0x1000
RMID, SET, STAT, INFO = 0, 1, 2, 3
GETPID, GETVAL, GETALL, GETNCNT, GETZCNT, SETVAL, SETALL = range(11, 18)
IPC_64 = 0x100
TWO_LAYOUTS = ("arm-eabi", "arm-oabi", "mips-n32")


def semctl(caller, semid, number, command, arg=0):
    """As the ABI's C library calls it."""
    if caller.abi.name in TWO_LAYOUTS:
        return caller.call("sys_old_semctl", semid, number, command | IPC_64, arg)
    if command == SETVAL and caller.abi.name == "mips-n64" and caller.abi.big_endian:
        arg <<= 32
    return caller.call("sys_semctl", semid, number, command, arg)


def ops(caller, *operations):
    """An array of struct sembuf: where, and how many."""
    size = caller.abi.layout("sembuf").size
    for index, (number, change, *flags) in enumerate(operations):
        caller.put("sembuf", 1024 + index * size, sem_num=number, sem_op=change, sem_flg=sum(flags))
    return caller.buffer + 1024, len(operations)


def semop(caller, semid, *operations):
    return caller.call("sys_semtimedop", semid, *ops(caller, *operations), 0)


def waits(caller, semid, *operations):
    return asleep(caller, "sys_semtimedop", semid, *ops(caller, *operations), 0)


def values(caller, semid, count):
    semctl(caller, semid, 0, GETALL, caller.buffer)
    raw = caller.mm.read(caller.buffer, 2 * count)
    return list(struct.unpack(f"{caller.abi.isa.byte_order}{count}H", raw))


@pytest.mark.parametrize("abi", ABIS)
def test_a_set_is_made_changed_and_described(abi):
    caller = Caller(abi)
    semid = caller.call("sys_semget", 0x55, 3, CREAT | 0o640)
    assert semop(caller, semid, (0, 2), (2, 5), (2, -1)) == 0
    assert values(caller, semid, 3) == [2, 0, 4]
    assert semctl(caller, semid, 2, GETPID) == caller.task.pid
    assert semctl(caller, semid, 1, SETVAL, 9) == 0
    assert semctl(caller, semid, 1, GETVAL) == 9
    assert semctl(caller, semid, 0, STAT, caller.buffer) == 0
    told = caller.get("semid64_ds")
    assert (told["sem_nsems"], told["sem_perm"]["key"]) == (3, 0x55)
    assert told["sem_otime"] == caller.clock.realtime_ns() // 10**9
    assert semctl(caller, semid, 0, INFO, caller.buffer) == 0
    assert caller.get("seminfo")["semvmx"] == 32767


def test_a_value_of_big_endian_64_bit_programs_is_in_the_upper_half():
    caller = Caller("mips-n64", "big")
    semid = caller.call("sys_semget", 0, 1, 0o600)
    assert semctl(caller, semid, 0, SETVAL, 9) == 0
    assert semctl(caller, semid, 0, GETVAL) == 9


def test_all_operations_are_done_or_none():
    caller = Caller()
    semid = caller.call("sys_semget", 0, 2, 0o600)
    assert caller.fails("sys_semop", semid, *ops(caller, (0, 3), (1, -1, NOWAIT))) == "EAGAIN"
    assert values(caller, semid, 2) == [0, 0]
    assert caller.fails("sys_semop", semid, *ops(caller, (0, 1), (1, 32767), (1, 1))) == "ERANGE"
    assert values(caller, semid, 2) == [0, 0]


def test_sleepers_go_on_in_turn_when_a_semaphore_grows():
    one = Caller()
    two, three = thread_of(one), thread_of(one)
    semid = one.call("sys_semget", 0, 2, 0o600)
    first, second = waits(two, semid, (0, -2)), waits(three, semid, (0, -1))
    assert semctl(one, semid, 0, GETNCNT) == 2
    semop(one, semid, (1, 1))
    assert first.asleep and second.asleep
    semop(one, semid, (0, 3))
    assert first.go_on() == 0 and second.go_on() == 0
    assert values(one, semid, 2) == [0, 1]
    assert semctl(one, semid, 0, GETNCNT) == 0


def test_one_who_waits_for_several_takes_none_before_all_are_there():
    one = Caller()
    semid = one.call("sys_semget", 0, 2, 0o600)
    both = waits(thread_of(one), semid, (0, -1), (1, -1))
    semop(one, semid, (0, 1))
    assert both.asleep and values(one, semid, 2) == [1, 0]
    assert semctl(one, semid, 1, GETNCNT) == 1
    semop(one, semid, (1, 1))
    assert both.go_on() == 0 and values(one, semid, 2) == [0, 0]


def test_those_who_wait_for_zero_see_it():
    one = Caller()
    semid = one.call("sys_semget", 0, 1, 0o600)
    semctl(one, semid, 0, SETVAL, 1)
    zero = waits(thread_of(one), semid, (0, 0), (0, 1))
    assert semctl(one, semid, 0, GETZCNT) == 1
    semop(one, semid, (0, -1))
    assert zero.go_on() == 0
    assert values(one, semid, 1) == [1]


def test_a_removed_set_is_eidrm_for_who_sleeps():
    one = Caller()
    semid = one.call("sys_semget", 0, 1, 0o600)
    sleeper = waits(thread_of(one), semid, (0, -1, UNDO))
    assert semctl(one, semid, 0, RMID) == 0
    with pytest.raises(EIDRM):
        sleeper.go_on()
    assert one.kernel.ipc.charge.bytes == 0 and one.kernel.ipc.used_semaphores == 0


def test_a_signal_is_eintr_and_the_time_is_eagain():
    one = Caller("riscv32")
    semid = one.call("sys_semget", 0, 1, 0o600)
    with pytest.raises(EINTR):
        waits(one, semid, (0, -1)).call.throw(Restart())
    one.put("__kernel_timespec", 64, tv_sec=2)
    call = asleep(one, "sys_semtimedop", semid, *ops(one, (0, -1)), one.buffer + 64)
    one.clock.advance(2_000_000_000)
    with pytest.raises(EAGAIN):
        call.go_on(woken=False)
    assert semctl(one, semid, 0, GETNCNT) == 0


def test_the_end_of_a_process_undoes_what_it_did():
    one = Caller()
    two, three = process_of(one), process_of(one)
    semid = one.call("sys_semget", 0, 1, 0o666)
    semctl(one, semid, 0, SETVAL, 1)
    semop(two, semid, (0, -1, UNDO))
    sleeper = waits(three, semid, (0, -1))
    exit_sem(two.task)
    assert sleeper.go_on() == 0
    assert two.task.attributes.sem_undo is None


def test_threads_that_share_undo_with_the_last_of_them():
    one = Caller()
    two = thread_of(one)
    semid = one.call("sys_semget", 0, 1, 0o600)
    share_sem_undo(one.task, two.task)
    semop(two, semid, (0, 3, UNDO))
    exit_sem(two.task)
    assert values(one, semid, 1) == [3]
    exit_sem(one.task)
    assert values(one, semid, 1) == [0]


def test_setting_a_value_forgets_what_was_to_be_undone():
    one = Caller()
    semid = one.call("sys_semget", 0, 1, 0o600)
    semop(one, semid, (0, 3, UNDO))
    semctl(one, semid, 0, SETVAL, 2)
    exit_sem(one.task)
    assert values(one, semid, 1) == [2]


def test_arguments_are_checked():
    caller = Caller()
    semid = caller.call("sys_semget", 0, 2, 0o600)
    fails = caller.fails
    assert fails("sys_semget", 0, 0, 0o600) == "EINVAL"
    assert fails("sys_semget", 0, 32001, 0o600) == "EINVAL"
    assert fails("sys_semop", semid, caller.buffer, 0) == "EINVAL"
    assert fails("sys_semop", semid, caller.buffer, 501) == "E2BIG"
    assert fails("sys_semop", semid, 8, 1) == "EFAULT"
    assert fails("sys_semop", semid, *ops(caller, (2, 1))) == "EFBIG"
    assert fails("sys_semop", semid + 1, *ops(caller, (0, 1))) == "EINVAL"
    assert fails("sys_semctl", semid, 2, GETVAL, 0) == "EINVAL"
    assert fails("sys_semctl", semid, 0, SETVAL, 32768) == "ERANGE"
    assert fails("sys_semctl", semid, 0, 99, 0) == "EINVAL"
    stranger = process_of(caller, uid=1000)
    assert stranger.fails("sys_semop", semid, *ops(stranger, (0, 1))) == "EACCES"
    assert stranger.fails("sys_semctl", semid, 0, RMID, 0) == "EPERM"


def test_semaphores_cost_the_machines_memory():
    caller = Caller()
    free = caller.kernel.ram.free_bytes
    sets = 0
    while caller.fails("sys_semget", 0, 32000, 0o600).startswith("result"):
        sets += 1
    assert 32000 * 8 * sets < free < 32000 * 32 * sets
    assert caller.fails("sys_semget", 0, 32000, 0o600) == "ENOMEM"
