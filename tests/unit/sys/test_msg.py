"""System V message queues."""

import pytest

from emu.kernel.errno import E2BIG, EIDRM
from tests.unit.sys.caller import ABIS, Caller
from tests.unit.sys.threads import asleep, process_of, thread_of

CREAT, NOWAIT = 0o1000, 0o4000
NOERROR, EXCEPT, COPY = 0o10000, 0o20000, 0o40000
RMID, SET, STAT, INFO, MSG_INFO = 0, 1, 2, 3, 12
IPC_64 = 0x100
TWO_LAYOUTS = ("arm-eabi", "arm-oabi", "mips-n32")


def msgctl(caller, msqid, command, address):
    """As the ABI's C library calls it."""
    if caller.abi.name in TWO_LAYOUTS:
        return caller.call("sys_old_msgctl", msqid, command | IPC_64, address)
    return caller.call("sys_msgctl", msqid, command, address)


def put(caller, kind, text):
    """A struct msgbuf: where."""
    size = caller.abi.layout("msgbuf").fields["mtext"].offset
    order = "big" if caller.abi.big_endian else "little"
    caller.mm.write(caller.buffer, kind.to_bytes(size, order) + text)
    return caller.buffer


def send(caller, msqid, kind, text, flags=0):
    return caller.call("sys_msgsnd", msqid, put(caller, kind, text), len(text), flags)


def taken(caller, count):
    """Type and text of the message in the buffer."""
    size = caller.abi.layout("msgbuf").fields["mtext"].offset
    order = "big" if caller.abi.big_endian else "little"
    raw = caller.mm.read(caller.buffer, size + count)
    return int.from_bytes(raw[:size], order), raw[size:]


def receive(caller, msqid, kind=0, room=100, flags=NOWAIT):
    return taken(caller, caller.call("sys_msgrcv", msqid, caller.buffer, room, kind, flags))


@pytest.mark.parametrize("abi", ABIS)
def test_messages_are_taken_by_type(abi):
    caller = Caller(abi)
    msqid = caller.call("sys_msgget", 0x99, CREAT | 0o640)
    for kind, text in [(3, b"three"), (1, b"one"), (2, b"two"), (1, b"uno"), (5, b"five")]:
        assert send(caller, msqid, kind, text) == 0
    assert msgctl(caller, msqid, STAT, caller.buffer) == 0
    told = caller.get("msqid64_ds")
    assert (told["msg_qnum"], told["msg_cbytes"], told["msg_qbytes"]) == (5, 18, 16384)
    assert told["msg_lspid"] == caller.task.pid and told["msg_perm"]["key"] == 0x99
    assert receive(caller, msqid, 2) == (2, b"two")
    assert receive(caller, msqid, -2) == (1, b"one")
    assert receive(caller, msqid, 3, flags=NOWAIT | EXCEPT) == (1, b"uno")
    assert receive(caller, msqid, 1, flags=NOWAIT | COPY) == (5, b"five")
    assert receive(caller, msqid) == (3, b"three")
    assert receive(caller, msqid) == (5, b"five")
    arguments = ("sys_msgrcv", msqid, caller.buffer, 10, 0)
    assert caller.fails(*arguments, NOWAIT) == "ENOMSG"
    assert caller.fails(*arguments, COPY) == "EINVAL"
    assert msgctl(caller, msqid, RMID, 0) == 0
    assert caller.kernel.ipc.charge.bytes == 0


def test_the_first_receiver_that_fits_gets_a_message():
    one = Caller()
    msqid = one.call("sys_msgget", 0, 0o600)
    threads = [thread_of(one) for _ in range(3)]
    wants = [(2, 100), (0, 2), (0, 100)]
    calls = [
        asleep(thread, "sys_msgrcv", msqid, one.buffer + 256, room, kind, 0)
        for thread, (kind, room) in zip(threads, wants, strict=True)
    ]
    send(one, msqid, 1, b"long")
    assert calls[0].asleep
    with pytest.raises(E2BIG):
        calls[1].go_on()
    assert calls[2].go_on() == 4
    assert one.kernel.ipc.message_count == 0


def test_a_long_message_is_cut_or_stays():
    caller = Caller()
    msqid = caller.call("sys_msgget", 0, 0o600)
    send(caller, msqid, 1, b"too long")
    assert caller.fails("sys_msgrcv", msqid, caller.buffer, 3, 0, NOWAIT) == "E2BIG"
    assert receive(caller, msqid, room=3, flags=NOWAIT | NOERROR) == (1, b"too")


def test_a_full_queue_makes_senders_wait():
    one = Caller()
    msqid = one.call("sys_msgget", 0, 0o600)
    for _ in range(2):
        send(one, msqid, 1, b"x" * 8192)
    at = put(one, 1, b"y")
    assert one.fails("sys_msgsnd", msqid, at, 1, NOWAIT) == "EAGAIN"
    late = asleep(one, "sys_msgsnd", msqid, at, 1, 0)
    assert late.asleep
    other = thread_of(one)
    other.call("sys_msgrcv", msqid, one.buffer + 1024, 8192, 0, 0)
    assert late.go_on() == 0


def test_a_removed_queue_is_eidrm_for_both_sides():
    one = Caller()
    two = thread_of(one)
    msqid, full = (one.call("sys_msgget", 0, 0o600) for _ in range(2))
    reader = asleep(two, "sys_msgrcv", msqid, one.buffer, 10, 0, 0)
    for _ in range(2):
        send(one, full, 1, b"x" * 8192)
    writer = asleep(one, "sys_msgsnd", full, put(one, 1, b"y"), 1, 0)
    for queue, call in ((msqid, reader), (full, writer)):
        msgctl(one, queue, RMID, 0)
        with pytest.raises(EIDRM):
            call.go_on()
    assert one.kernel.ipc.message_bytes == 0


def test_a_queue_can_be_made_smaller_and_by_root_larger():
    root = Caller()
    user = process_of(root, uid=1000)
    msqid = user.call("sys_msgget", 0, 0o600)
    user.put("msqid64_ds", msg_perm={"uid": 1000, "mode": 0o600}, msg_qbytes=20000)
    assert user.fails("sys_msgctl", msqid, SET, user.buffer) == "EPERM"
    root.put("msqid64_ds", msg_perm={"uid": 1000, "mode": 0o600}, msg_qbytes=20000)
    assert root.call("sys_msgctl", msqid, SET, root.buffer) == 0
    user.put("msqid64_ds", msg_perm={"uid": 1000, "mode": 0o600}, msg_qbytes=4)
    assert user.call("sys_msgctl", msqid, SET, user.buffer) == 0
    assert user.fails("sys_msgsnd", msqid, put(user, 1, b"12345"), 5, NOWAIT) == "EAGAIN"


def test_arguments_are_checked():
    caller = Caller()
    msqid = caller.call("sys_msgget", 0, 0o600)
    fails = caller.fails
    assert fails("sys_msgsnd", msqid, put(caller, 0, b"x"), 1, 0) == "EINVAL"
    assert fails("sys_msgsnd", msqid, put(caller, 1, b""), 8193, 0) == "EINVAL"
    assert fails("sys_msgsnd", msqid, 8, 1, 0) == "EFAULT"
    assert fails("sys_msgsnd", -1, put(caller, 1, b"x"), 1, 0) == "EINVAL"
    assert fails("sys_msgrcv", msqid, caller.buffer, -1, 0, 0) == "EINVAL"
    assert fails("sys_msgget", 77, 0o600) == "ENOENT"
    stranger = process_of(caller, uid=1000)
    assert stranger.fails("sys_msgsnd", msqid, put(stranger, 1, b"x"), 1, 0) == "EACCES"


@pytest.mark.parametrize("abi", ABIS)
def test_limits_and_use_are_told(abi):
    caller = Caller(abi)
    msqid = caller.call("sys_msgget", 0, 0o600)
    send(caller, msqid, 1, b"four")
    assert msgctl(caller, 0, INFO, caller.buffer) == 0
    told = caller.get("msginfo")
    assert (told["msgmax"], told["msgmnb"], told["msgmni"]) == (8192, 16384, 32000)
    assert msgctl(caller, 0, MSG_INFO, caller.buffer) == 0
    told = caller.get("msginfo")
    assert (told["msgpool"], told["msgmap"], told["msgtql"]) == (1, 1, 4)
