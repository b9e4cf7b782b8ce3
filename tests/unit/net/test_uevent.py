"""NETLINK_KOBJECT_UEVENT: programs hear what happens to kernel objects."""

import struct

import pytest

from emu.kernel.errno import EINVAL
from emu.kernel.fs.sysfs.kobject import Kobject
from emu.kernel.fs.sysfs.super_block import Sysfs
from emu.kernel.fs.sysfs.uevent import UeventOps, Uevents, parsed
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


def lamp(guest, ops=None):
    """An object in a set that is called light."""
    kobject = Kobject("lamp")
    kobject.kset = Kobject("light")
    kobject.kset.uevent_ops = ops
    kobject.add(guest.kernel.part(Sysfs))
    return kobject


def test_who_is_in_the_group_hears_of_objects():
    guest = Guest(uid=1000)
    listens = listener(guest, 1)
    guest.kernel.part(Uevents).send("add", lamp(guest), {"COLOR": "red"})
    assert heard(guest, listens) == [
        b"add@/lamp", b"ACTION=add", b"DEVPATH=/lamp", b"SUBSYSTEM=light", b"COLOR=red",
        b"SEQNUM=1", b"",
    ]  # fmt: skip
    assert heard(guest, listens) == "EAGAIN"


def test_a_listener_that_does_not_read_is_told_that_it_missed_something():
    guest = Guest()
    fd = listener(guest, 1)
    kobject = lamp(guest)
    for _ in range(2000):
        guest.kernel.part(Uevents).send("change", kobject)
    assert heard(guest, fd) == "ENOBUFS"
    assert heard(guest, fd)[0] == b"change@/lamp"


def test_a_set_decides_whom_it_tells_of_and_what():
    guest = Guest()
    fd = listener(guest, 1)
    ops = UeventOps(
        filter=lambda kobj: kobj.name == "lamp",
        name=lambda kobj: kobj.name.upper(),
        uevent=lambda kobj: {"WATT": "40"},
    )
    kobject = lamp(guest, ops)
    below = Kobject("switch")
    below.add(guest.kernel.part(Sysfs), kobject)
    events = guest.kernel.part(Uevents)
    events.send("online", below)
    events.send("online", kobject)
    assert heard(guest, fd) == [
        b"online@/lamp", b"ACTION=online", b"DEVPATH=/lamp", b"SUBSYSTEM=LAMP", b"WATT=40",
        b"SEQNUM=1", b"",
    ]  # fmt: skip


def test_who_was_told_that_an_object_came_is_told_that_it_went():
    guest = Guest()
    fd = listener(guest, 1)
    kobject = lamp(guest)
    guest.kernel.part(Uevents).send("add", kobject)
    kobject.remove()
    assert [heard(guest, fd)[0] for _ in range(2)] == [b"add@/lamp", b"remove@/lamp"]
    silent = lamp(guest)
    silent.remove()
    assert heard(guest, fd) == "EAGAIN"


def test_an_object_in_no_set_has_no_events():
    guest = Guest()
    kobject = Kobject("alone")
    kobject.add(guest.kernel.part(Sysfs))
    with pytest.raises(EINVAL):
        guest.kernel.part(Uevents).tell("add", kobject)


UUID = "01234567-89ab-cdef-0123-456789abcdef"


@pytest.mark.parametrize(
    ("written", "told"),
    [
        ("change", {"SYNTH_UUID": "0"}),
        ("add\n", {"SYNTH_UUID": "0"}),
        (f"change {UUID}", {"SYNTH_UUID": UUID}),
        (f"bind {UUID} A=1 b2=X\n", {"SYNTH_UUID": UUID, "SYNTH_ARG_A": "1", "SYNTH_ARG_b2": "X"}),
    ],
)
def test_what_is_written_to_a_uevent_is_told(written, told):
    action, variables = parsed(written.encode())
    assert action == written.split()[0]
    assert variables == told


@pytest.mark.parametrize(
    "written",
    ["", "\n", "dance", " add", "add ", "add x", f"add  {UUID}", f"add {UUID} ", f"add {UUID} A",
     f"add {UUID} A=", f"add {UUID} A=a-b", f"add {UUID} _=1", f"add {UUID}A=1", "add\n\n"],
)  # fmt: skip
def test_what_is_no_action_or_has_bad_arguments_is_einval(written):
    with pytest.raises(EINVAL):
        parsed(written.encode())
