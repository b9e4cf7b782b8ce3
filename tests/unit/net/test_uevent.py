"""NETLINK_KOBJECT_UEVENT: programs hear what happens to kernel objects."""

import struct

from emu.kernel.fs.sysfs.kobject import Kobject
from emu.kernel.module.uevent import Uevents
from tests.unit.vfs.guest import Guest

AF_NETLINK, SOCK_DGRAM, KOBJECT_UEVENT, MSG_DONTWAIT = 16, 2, 15, 0x40


def listener(guest, groups):
    fd = guest.sys("socket", AF_NETLINK, SOCK_DGRAM, KOBJECT_UEVENT)
    guest.mm.write(guest.buffer, struct.pack("<HxxII", AF_NETLINK, 0, groups))
    assert guest.sys("bind", fd, guest.buffer, 12) == 0
    return fd


def heard(guest, fd):
    got = guest.sys("recvfrom", fd, guest.buffer, 4096, MSG_DONTWAIT, 0, 0)
    return guest.mm.read(guest.buffer, got).split(b"\0") if isinstance(got, int) else got


def test_who_is_in_the_group_hears_of_objects():
    guest = Guest(uid=1000)
    listens = listener(guest, 1)
    guest.kernel.part(Uevents).send("add", Kobject("lamp"), {"COLOR": "red"})
    assert heard(guest, listens) == [
        b"add@/lamp", b"ACTION=add", b"DEVPATH=/lamp", b"SUBSYSTEM=lamp", b"COLOR=red",
        b"SEQNUM=1", b"",
    ]  # fmt: skip
    assert heard(guest, listens) == "EAGAIN"


def test_a_listener_that_does_not_read_is_told_that_it_missed_something():
    guest = Guest()
    fd = listener(guest, 1)
    for _ in range(2000):
        guest.kernel.part(Uevents).send("change", Kobject("lamp"))
    assert heard(guest, fd) == "ENOBUFS"
    assert heard(guest, fd)[0] == b"change@/lamp"
