"""sysfs: objects are directories, attributes are files of one value each."""

import pytest

from emu.kernel.errno import EEXIST
from emu.kernel.fs.sysfs.attribute import Attribute, ValueAttribute
from emu.kernel.fs.sysfs.kobject import Kobject
from emu.kernel.fs.sysfs.super_block import Sysfs
from emu.kernel.module.printk import KernelLog
from tests.unit.vfs.guest import Guest

PAGE = 4096


@pytest.fixture
def sysfs(guest):
    return guest.kernel.part(Sysfs)


@pytest.fixture
def kobj(sysfs):
    return sysfs.kobject("kernel/example")


class Long(Attribute):
    readable = True

    def show(self, kobj):
        return b"x" * 5000


def test_the_usual_directories_are_there(guest):
    assert {"class", "devices", "kernel", "module"} <= set(guest.ls("/sys"))
    assert guest.stat("/sys/kernel/debug")["stx_mode"] & 0o777 == 0o755


def test_an_attribute_tells_and_takes_a_value(guest, kobj):
    values = [b"1"]
    kobj.add_file(ValueAttribute("v", lambda: values[-1], values.append))
    assert guest.cat("/sys/kernel/example/v") == b"1\n"
    fd = guest.open("/sys/kernel/example/v", "O_WRONLY|O_TRUNC")
    assert guest.write(fd, b"22\n") == 3
    assert guest.cat("/sys/kernel/example/v") == b"22\n"
    status = guest.stat("/sys/kernel/example/v")
    assert (status["stx_mode"] & 0o777, status["stx_size"]) == (0o644, PAGE)


def test_the_value_is_made_when_reading_begins_at_the_start(guest, kobj):
    count = [0]

    def show():
        count[0] += 1
        return f"reading {count[0]}"

    kobj.add_file(ValueAttribute("v", show))
    fd = guest.open("/sys/kernel/example/v")
    assert [guest.read(fd, 5), guest.read(fd, 99), guest.read(fd)] == [b"readi", b"ng 1\n", b""]
    assert guest.pread(fd, 99, 0) == b"reading 2\n"
    assert guest.pread(fd, 99, 8) == b"3\n"
    guest.sys("lseek", fd, 0, 0)
    assert guest.read(fd) == b"reading 4\n"


def test_root_cannot_write_what_has_no_store(guest, kobj):
    kobj.add_file(ValueAttribute("v", lambda: 1, mode=0o600))
    assert guest.open("/sys/kernel/example/v", "O_RDWR") == "EACCES"


def test_modes_hold_for_others(guest, kobj):
    kobj.add_file(ValueAttribute("v", lambda: 1, mode=0o400))
    other = Guest(uid=1000, beside=guest)
    assert other.open("/sys/kernel/example/v") == "EACCES"
    assert guest.cat("/sys/kernel/example/v") == b"1\n"


def test_a_page_is_cut_with_a_line_in_the_log(guest, kobj):
    kobj.add_file(Long("long", 0o444))
    assert guest.cat("/sys/kernel/example/long") == b"x" * (PAGE - 1)
    log = guest.kernel.part(KernelLog)
    assert log.since(0)[-1].text == b"fill_read_buffer: long returned bad count"


def test_names_are_there_once(kobj):
    kobj.add_file(ValueAttribute("v", lambda: 1))
    with pytest.raises(EEXIST, match="cannot create duplicate filename '/kernel/example/v'"):
        kobj.add_file(ValueAttribute("v", lambda: 1))


def test_what_is_gone_answers_enodev(guest, sysfs):
    kobj = Kobject("short")
    kobj.add(sysfs)
    kobj.add_file(ValueAttribute("v", lambda: 1))
    fd = guest.open("/sys/short/v")
    kobj.put()
    assert guest.read(fd) == "ENODEV"
    assert guest.open("/sys/short/v") == "ENOENT"


def test_links_lead_from_object_to_object(guest, sysfs, kobj):
    kobj.add_link(sysfs.kobject("devices/virtual"), "virtual")
    assert guest.readlink("/sys/kernel/example/virtual") == b"../../devices/virtual"


def test_every_mount_shows_the_same(guest, kobj):
    guest.mkdir("/mnt")
    assert guest.sys("mount", "none", "/mnt", "sysfs", 0, 0) == 0
    assert "example" in guest.ls("/mnt/kernel")


def test_a_change_wakes_who_polls(guest, kobj):
    kobj.add_file(ValueAttribute("v", lambda: 1))
    fd = guest.open("/sys/kernel/example/v")
    assert guest.read(fd) == b"1\n"
    file = guest.task.files[fd]
    priority = guest.abi.constant("POLLPRI")
    assert not file.f_op.poll(file, None) & priority
    kobj.notify("v")
    assert file.f_op.poll(file, None) & priority
    guest.pread(fd, 9, 0)
    assert not file.f_op.poll(file, None) & priority
