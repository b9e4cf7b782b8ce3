"""Calls on futexes, System V IPC and other processes' memory, as strace 6.1 writes them."""

import pytest

from tests.unit.trace.tracing import Traced

IPC_64 = 0x100


@pytest.fixture
def traced():
    return Traced()


def line(traced, entry, *arguments):
    """What is written, with the buffer's address called BUF and columns squeezed."""
    text = traced.trace(entry, *arguments)
    return " ".join(text.replace(f"{traced.buffer:#x}", "BUF").split())


def test_keys_and_modes(traced):
    assert line(traced, "sys_semget", 0, 3, 0o1600) == "semget(IPC_PRIVATE, 3, IPC_CREAT|0600) = 0"
    assert line(traced, "sys_msgget", 0x55, 0) == (
        "msgget(0x55, 000) = -1 ENOENT (No such file or directory)"
    )


def test_commands_with_and_without_the_mark_of_newer_layouts(traced):
    traced.call("sys_semget", 0, 1, 0o1600)
    assert line(traced, "sys_semctl", 0, 0, 16, 5) == "semctl(0, 0, SETVAL, 0x5) = 0"
    assert line(traced, "sys_semctl", 0, 0, 12, 0) == "semctl(0, 0, GETVAL, NULL) = 5"
    old = Traced("arm-eabi")
    old.call("sys_semget", 0, 1, 0o1600)
    assert line(old, "sys_old_semctl", 0, 0, 0 | IPC_64, 0) == (
        "semctl(0, 0, IPC_64|IPC_RMID, NULL) = 0"
    )


@pytest.mark.parametrize("abi", ["x86-64", "mips-n32"])
def test_descriptions_are_shown_when_they_are_there(abi):
    traced = Traced(abi)
    traced.call("sys_msgget", 7, 0o1640)
    entry, mark = ("sys_old_msgctl", IPC_64) if abi == "mips-n32" else ("sys_msgctl", 0)
    text = "IPC_64|" if mark else ""
    ctime = traced.clock.realtime_ns() // 10**9
    assert line(traced, entry, 0, 2 | mark, traced.buffer) == (
        f"msgctl(0, {text}IPC_STAT, {{msg_perm={{uid=0, gid=0, mode=0640, key=0x7, cuid=0, cgid=0}}"
        f", msg_stime=0, msg_rtime=0, msg_ctime={ctime}, msg_qnum=0, msg_qbytes=16384, "
        "msg_lspid=0, msg_lrpid=0}) = 0"
    )
    assert line(traced, entry, 9, 2 | mark, traced.buffer) == (
        f"msgctl(9, {text}IPC_STAT, BUF) = -1 EINVAL (Invalid argument)"
    )


def test_operations_and_messages(traced):
    traced.call("sys_semget", 0, 1, 0o1600)
    at = traced.put("sembuf", sem_num=0, sem_op=3, sem_flg=0x1800)
    assert line(traced, "sys_semop", 0, at, 1) == (
        "semop(0, [{sem_num=0, sem_op=3, sem_flg=IPC_NOWAIT|SEM_UNDO}], 1) = 0"
    )
    traced.call("sys_msgget", 0, 0o1600)
    traced.mm.write(traced.buffer, (5).to_bytes(8, "little") + b"five")
    assert line(traced, "sys_msgsnd", 0, traced.buffer, 4, 0) == (
        'msgsnd(0, {mtype=5, mtext="five"}, 4, 0) = 0'
    )
    assert line(traced, "sys_msgrcv", 0, traced.buffer, 5, 0, 0x800) == (
        'msgrcv(0, {mtype=5, mtext="five\\0"}, 5, 0, IPC_NOWAIT) = 4'
    )


def test_operations_on_locks(traced):
    traced.mm.write_u32(traced.buffer, traced.task.pid)
    assert line(traced, "sys_futex", traced.buffer, 7) == "futex(BUF, FUTEX_UNLOCK_PI) = 0"
    assert line(traced, "sys_futex", traced.buffer, 6, 9, 0) == (
        "futex(BUF, FUTEX_LOCK_PI, NULL) = 0"
    )
    there = traced.buffer + 64
    assert line(traced, "sys_futex", there, 12, 1, 9, traced.buffer, 0).startswith(
        f"futex({there:#x}, FUTEX_CMP_REQUEUE_PI, 1, 9, BUF, 0)"
    )
    op = 1 << 28 | 3 << 12 | 5
    assert line(traced, "sys_futex", there, 5, 1, 1, there + 4, op) == (
        f"futex({there:#x}, FUTEX_WAKE_OP, 1, 1, {there + 4:#x}, "
        "FUTEX_OP_ADD<<28|0x3<<12|FUTEX_OP_CMP_EQ<<24|0x5) = 0"
    )


def test_memory_of_another_process(traced):
    traced.put("iovec", 64, iov_base=traced.buffer, iov_len=4)
    traced.put("iovec", 128, iov_base=0x1000, iov_len=4)
    traced.mm.write(traced.buffer, b"text")
    vectors = (traced.buffer + 64, 1, traced.buffer + 128, 1)
    assert line(traced, "sys_process_vm_writev", 999, *vectors, 0) == (
        'process_vm_writev(999, [{iov_base="text", iov_len=4}], 1, '
        "[{iov_base=0x1000, iov_len=4}], 1, 0) = -1 ESRCH (No such process)"
    )


def test_words_of_several_futexes(traced):
    at = traced.put("futex_waitv", 512, val=7, uaddr=traced.buffer, flags=130)
    assert line(traced, "sys_futex_waitv", at, 1, 0, 0, 1) == (
        "futex_waitv([{val=0x7, uaddr=BUF, flags=FUTEX_32|FUTEX_PRIVATE_FLAG, __reserved=0}], "
        "1, 0, NULL, CLOCK_MONOTONIC) = -1 EAGAIN (Resource temporarily unavailable)"
    )
