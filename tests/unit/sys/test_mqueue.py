"""POSIX message queues."""

import pytest

from emu.kernel.errno import ETIMEDOUT, Restart
from tests.unit.sys.caller import ABIS
from tests.unit.sys.threads import asleep
from tests.unit.vfs.guest import Guest

POLLIN, POLLOUT = 1, 4


def open_queue(guest, name="queue", flags="O_CREAT|O_RDWR", mode=0o600, size=None):
    attributes = 0
    if size is not None:
        attributes = guest.put("mq_attr", 512, mq_maxmsg=size[0], mq_msgsize=size[1])
    access = {"O_RDWR": 2, "O_WRONLY": 1, "O_RDONLY": 0}
    names = [part for part in flags.split("|") if part not in access]
    number = guest.bits("|".join(names)) + sum(access.get(part, 0) for part in flags.split("|"))
    return guest.sys("mq_open", name, number, mode, attributes)


def send(guest, fd, data, priority=0):
    guest.mm.write(guest.buffer, data)
    return guest.sys("mq_timedsend", fd, guest.buffer, len(data), priority, 0)


def receive(guest, fd, room=8192):
    at = guest.buffer
    got = guest.sys("mq_timedreceive", fd, at, room, at + 0x7000, 0)
    if not isinstance(got, int):
        return got
    return guest.mm.read_u32(at + 0x7000), guest.mm.read(at, got)


@pytest.mark.parametrize("abi", ABIS)
def test_the_highest_priority_comes_first_and_then_the_oldest(abi):
    guest = Guest(abi)
    fd = open_queue(guest)
    for priority, data in [(1, b"low"), (9, b"high"), (1, b"late"), (9, b"top")]:
        assert send(guest, fd, data, priority) == 0
    got = [receive(guest, fd) for _ in range(4)]
    assert got == [(9, b"high"), (9, b"top"), (1, b"low"), (1, b"late")]


@pytest.mark.parametrize("abi", ABIS)
def test_attributes_are_told_and_waiting_can_be_turned_off(abi):
    guest = Guest(abi)
    fd = open_queue(guest, size=(3, 100))
    send(guest, fd, b"x")
    nonblock = guest.abi.constant("O_NONBLOCK")
    new = guest.put("mq_attr", 64, mq_flags=nonblock)
    old = guest.buffer + 512
    assert guest.sys("mq_getsetattr", fd, new, old) == 0
    told = guest.get("mq_attr", 512)
    assert (told["mq_flags"], told["mq_maxmsg"], told["mq_msgsize"], told["mq_curmsgs"]) == (
        0, 3, 100, 1,
    )  # fmt: skip
    assert receive(guest, fd) == (0, b"x")
    assert receive(guest, fd) == "EAGAIN"
    guest.sys("mq_getsetattr", fd, 0, old)
    assert guest.get("mq_attr", 512)["mq_flags"] == nonblock
    guest.put("mq_attr", 64, mq_flags=nonblock << 1)
    assert guest.sys("mq_getsetattr", fd, new, 0) == "EINVAL"


def test_names_are_found_made_and_removed():
    guest = Guest()
    assert open_queue(guest, "q", "O_RDONLY") == "ENOENT"
    fd = open_queue(guest, "q")
    assert open_queue(guest, "q", "O_CREAT|O_EXCL|O_RDWR") == "EEXIST"
    other = open_queue(guest, "q", "O_RDONLY")
    assert send(guest, other, b"x") == "EBADF"
    assert guest.sys("mq_unlink", "q") == 0
    assert guest.sys("mq_unlink", "q") == "ENOENT"
    assert send(guest, fd, b"still") == 0 and receive(guest, other) == (0, b"still")
    assert open_queue(guest, "a/b") == "EACCES"
    assert open_queue(guest, "x" * 256) == "ENAMETOOLONG"
    assert open_queue(guest, "") == "ENOENT"
    guest.close(fd)
    guest.close(other)
    limits = guest.kernel.mqueue_limits
    assert (limits.queues, limits.bytes_of_user, limits.charge.bytes) == (0, {}, 0)


def test_a_message_must_fit_and_a_buffer_must_hold_it():
    guest = Guest()
    fd = open_queue(guest, size=(3, 10))
    assert send(guest, fd, b"x" * 11) == "EMSGSIZE"
    assert send(guest, fd, b"x", 32768) == "EINVAL"
    send(guest, fd, b"x")
    assert receive(guest, fd, 9) == "EMSGSIZE"
    null = guest.open("/dev/null")
    assert receive(guest, null) == "EBADF"


def test_who_waits_to_receive_gets_the_message_itself():
    guest = Guest()
    fd = open_queue(guest)
    at = guest.buffer
    first, second = (
        asleep(guest, "sys_mq_timedreceive", fd, at + 0x1000 * n, 8192, 0, 0) for n in (1, 4)
    )
    send(guest, fd, b"for the first")
    assert second.asleep and first.go_on() == 13
    assert guest.mm.read(at + 0x1000, 13) == b"for the first"


def test_who_waits_to_send_goes_on_when_there_is_room():
    guest = Guest()
    fd = open_queue(guest, size=(1, 100))
    send(guest, fd, b"first")
    guest.mm.write(guest.buffer, b"second")
    late = asleep(guest, "sys_mq_timedsend", fd, guest.buffer, 6, 0, 0)
    assert receive(guest, fd) == (0, b"first")
    assert late.go_on() == 0
    assert guest.kernel.mqueue_limits.charge.bytes > 4096
    assert receive(guest, fd) == (0, b"second")
    assert guest.kernel.mqueue_limits.charge.bytes == 4096  # the queue itself


@pytest.mark.parametrize("entry", ["sys_mq_timedreceive", "sys_mq_timedreceive_time32"])
def test_the_deadline_is_of_the_real_time(entry):
    guest = Guest("i386")
    fd = open_queue(guest)
    layout = "__kernel_timespec" if entry == "sys_mq_timedreceive" else "old_timespec32"
    at = guest.put(layout, 64, tv_sec=guest.clock.realtime_ns() // 10**9 + 3)
    call = asleep(guest, entry, fd, guest.buffer + 512, 8192, 0, at)
    assert call.wait.timeout_ns == 3_000_000_000
    guest.clock.advance(3_000_000_000)
    with pytest.raises(ETIMEDOUT):
        call.go_on(woken=False)
    with pytest.raises(Restart):
        asleep(guest, "sys_mq_timedreceive", fd, guest.buffer, 8192, 0, 0).call.throw(Restart())


@pytest.mark.parametrize("abi", ABIS)
def test_a_process_is_told_once_of_a_message_to_an_empty_queue(abi):
    guest = Guest(abi)
    other = Guest(abi, beside=guest)
    fd, theirs = open_queue(guest, mode=0o666), open_queue(other)
    signal = guest.abi.signals["SIGUSR1"]
    event = guest.put(
        "sigevent", 512, sigev_signo=signal, sigev_notify=0, sigev_value={"sival_ptr": 77}
    )
    guest.task.signals.blocked = -1
    assert guest.sys("mq_notify", fd, event) == 0
    assert other.sys("mq_notify", theirs, other.put("sigevent", 512, sigev_notify=1)) == "EBUSY"
    send(other, theirs, b"one")
    send(other, theirs, b"two")
    (info,) = guest.task.signals.shared.queue
    assert (info.value, info.pid) == (77, other.task.pid)
    assert info.code == guest.abi.constants["SI_MESGQ"]
    assert other.sys("mq_notify", theirs, other.put("sigevent", 512, sigev_notify=1)) == 0
    assert other.sys("mq_notify", theirs, 0) == 0


def test_closing_a_queue_ends_the_notification():
    guest = Guest()
    fd, again = open_queue(guest), open_queue(guest)
    none = guest.put("sigevent", 512, sigev_notify=1)
    assert guest.sys("mq_notify", fd, none) == 0
    assert guest.sys("mq_notify", fd, guest.put("sigevent", 512, sigev_notify=9)) == "EINVAL"
    guest.close(again)
    assert guest.sys("mq_notify", fd, guest.put("sigevent", 512, sigev_notify=1)) == 0


def test_a_queue_can_be_polled():
    guest = Guest()
    fd = open_queue(guest, size=(1, 10))
    file = guest.task.files[fd]
    assert file.f_op.poll(file, None) & (POLLIN | POLLOUT) == POLLOUT
    send(guest, fd, b"x")
    assert file.f_op.poll(file, None) & (POLLIN | POLLOUT) == POLLIN
    waits = []
    file.f_op.poll(file, waits)
    assert len(waits) == 1


def test_limits_bind_users_and_can_be_changed_by_root():
    root = Guest()
    user = Guest(uid=1000, beside=root)
    assert open_queue(user, size=(11, 100)) == "EINVAL"
    assert open_queue(user, size=(10, 8193)) == "EINVAL"
    assert open_queue(root, "big", size=(11, 8193)) >= 0
    assert open_queue(root, "bigger", size=(65537, 1)) == "EINVAL"
    assert open_queue(root, "huge", size=(65536, 1000)) == "EMFILE"
    fd = root.open("/proc/sys/fs/mqueue/msg_max", "O_WRONLY")
    assert root.write(fd, b"20\n") == 3
    assert root.cat("/proc/sys/fs/mqueue/msg_max") == b"20\n"
    assert open_queue(user, size=(11, 100)) >= 0


def test_other_users_need_the_mode():
    root = Guest()
    user = Guest(uid=1000, beside=root)
    open_queue(root, "q", mode=0o640)
    assert open_queue(user, "q", "O_RDONLY") == "EACCES"
    assert user.sys("mq_unlink", "q") == "EPERM"


def test_queues_can_be_mounted_and_read():
    guest = Guest()
    guest.sys("mkdir", "/dev/mqueue", 0o755)
    assert guest.sys("mount", "none", "/dev/mqueue", "mqueue", 0, 0) == 0
    fd = open_queue(guest, "seen")
    send(guest, fd, b"12345")
    text = guest.cat("/dev/mqueue/seen")
    assert text == b"QSIZE:5          NOTIFY:0     SIGNO:0     NOTIFY_PID:0     \n"
    assert guest.sys("unlink", "/dev/mqueue/seen") == 0
    assert open_queue(guest, "seen", "O_RDONLY") == "ENOENT"
