"""The kernel's log: printk, /dev/kmsg, syslog(2)."""

import pytest

from emu.kernel.module.printk import KernelLog

READ_ALL, READ_CLEAR, CLEAR, CONSOLE_LEVEL, SIZE_UNREAD = 3, 4, 5, 8, 9


@pytest.fixture
def log(guest):
    return guest.kernel.part(KernelLog)


def dmesg(guest, action=READ_ALL, size=4096):
    got = guest.sys("syslog", action, guest.buffer, size)
    return guest.mm.read(guest.buffer, got) if isinstance(got, int) else got


def test_the_log_begins_with_the_kernel_s_version(guest, log):
    assert dmesg(guest).startswith(b"<5>[    0.000000] Linux version 6.12.0 ")


def test_a_level_in_front_of_a_message_is_its_level(guest, log):
    log.clear_seq = log.next_seq
    guest.clock.advance(1_500_000_000)
    log.printk("\x013trouble\n")
    log.printk("no level\n")
    assert dmesg(guest) == b"<3>[    1.500000] trouble\n<4>[    1.500000] no level\n"


def test_a_continued_line_is_one_message(guest, log):
    log.clear_seq = log.next_seq
    log.printk("\x016one")
    log.printk("\x01c two\n")
    log.printk("\x01c three\n")
    assert [line[18:] for line in dmesg(guest).splitlines()] == [b"one two", b" three"]


def test_only_messages_that_fit_whole_are_given_the_latest_first_chosen(guest, log):
    log.printk("\x016a\n")
    log.printk("\x016b\n")
    assert dmesg(guest, size=25) == b"<6>[    0.000000] b\n"


def test_a_cleared_log_shows_what_comes_after(guest, log):
    assert dmesg(guest, READ_CLEAR)
    assert dmesg(guest) == b""
    log.printk("\x016new\n")
    assert dmesg(guest).endswith(b" new\n")


def test_severe_messages_reach_the_console(guest, log):
    log.printk("\x013error\n")
    log.printk("\x016news\n")
    assert guest.logged == ["error"]
    assert guest.sys("syslog", CONSOLE_LEVEL, 0, 8) == 0
    log.printk("\x016news\n")
    assert guest.logged == ["error", "news"]


def test_the_oldest_messages_make_room(guest, log):
    for _ in range(3000):
        log.printk("\x016" + "x" * 100 + "\n")
    assert 700 < log.next_seq - log.first_seq < 1000


def test_kmsg_gives_a_message_with_each_read(guest, log):
    fd = guest.open("/dev/kmsg", "O_RDWR|O_NONBLOCK")
    assert guest.read(fd).startswith(b"5,0,0,-;Linux version")
    log.printk("\x016tab\there\n")
    assert guest.read(fd, 5) == "EINVAL"
    assert guest.read(fd) == b"6,1,0,-;tab\\x09here\n"
    assert guest.read(fd) == "EAGAIN"


def test_a_message_of_a_program_has_its_priority(guest, log):
    fd = guest.open("/dev/kmsg", "O_WRONLY")
    assert guest.write(fd, b"<14>from user space\n") == 20
    assert guest.write(fd, b"<6>kernel?") == 10
    assert dmesg(guest).splitlines()[-2:] == [
        b"<14>[    0.000000] from user space",
        b"<14>[    0.000000] kernel?",
    ]


def test_kmsg_seeks_to_places_not_offsets(guest, log):
    fd = guest.open("/dev/kmsg", "O_RDONLY|O_NONBLOCK")
    assert guest.sys("lseek", fd, 0, guest.bits("SEEK_END")) == 0
    assert guest.read(fd) == "EAGAIN"
    assert guest.sys("lseek", fd, 1, 0) == "ESPIPE"
    assert guest.sys("lseek", fd, 0, 0) == 0
    assert guest.read(fd).startswith(b"5,0,")
