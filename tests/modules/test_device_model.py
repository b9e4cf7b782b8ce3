"""Devices, classes and buses: their attributes, what drives them, and what udev hears."""

BEGIN = """
from emu.linux.device import *
from emu.linux.fs import *
from emu.linux.sysfs import *

def level_store(dev, attr, buf, count):
    dev_set_drvdata(dev, kstrtoint(buf, 0))
    return count
"""
FORGET = """
@module_exit
def exit():
    device_destroy(cls, MKDEV(250, 5))
    class_destroy(cls)
"""


def listen(guest):
    """A socket that hears what udev would."""
    fd = guest.call("sys_socket", 16, 2 | guest.abi.constant("SOCK_NONBLOCK"), 15)
    guest.task.mm.write(guest.buffer, bytes([16, 0, 0, 0, 0, 0, 0, 0, 1, 0, 0, 0]))
    assert guest.call("sys_bind", fd, guest.buffer, 12) == 0
    return fd


def heard(guest, fd):
    """The events that have come, as lists of lines."""
    events = []
    while isinstance(message := guest.read(fd, 4096), bytes):
        events.append(message.decode().rstrip("\0").split("\0"))
    return events


def test_devices_have_a_directory_a_class_a_node_and_attributes(load):
    guest = load(
        BEGIN,
        """
        def level_show(dev, attr, buf):
            return sprintf(buf, "%d\\n", dev_get_drvdata(dev))

        attr = DEVICE_ATTR_RW(level_show, level_store)

        @module_init
        def init():
            global cls, major
            major = register_chrdev(0, "mine", file_operations())
            cls = class_create("things")
            dev = device_create(cls, None, MKDEV(major, 5), 3, "thing%d", 5)
            return device_create_file(dev, attr)

        @module_exit
        def exit():
            device_destroy(cls, MKDEV(major, 5))
            class_destroy(cls)
            unregister_chrdev(major, "mine")
        """,
    )
    assert guest.ls("/sys/class/things/thing5/") == ["dev", "level", "subsystem", "uevent"]
    assert guest.cat("/sys/devices/virtual/things/thing5/dev") == "254:5\n"
    assert guest.cat("/sys/class/things/thing5/uevent") == "MAJOR=254\nMINOR=5\nDEVNAME=thing5\n"
    assert guest.echo("9", "/sys/dev/char/254:5/level") == 2
    assert guest.cat("/sys/class/things/thing5/level") == "9\n"
    assert guest.echo("x", "/sys/class/things/thing5/level") == "EINVAL"
    assert isinstance(guest.open("/dev/thing5", "O_RDONLY"), int)
    assert guest.rmmod() == "EAGAIN"


def test_attributes_of_groups_are_given_the_device_and_come_with_it(load):
    guest = load(
        BEGIN,
        """
        def level_show(dev, attr, buf):
            return sysfs_emit(buf, "%s %d\\n", dev_name(dev), dev_get_drvdata(dev))

        attr = DEVICE_ATTR_RW(level_show, level_store)

        @module_init
        def init():
            global cls
            cls = class_create("things")
            cls.dev_groups = [attribute_group(attrs=[attr], name="of_class")]
            own = [attribute_group(attrs=[attr]), attribute_group(attrs=[attr], name="power")]
            device_create_with_groups(cls, None, MKDEV(250, 5), 3, own, "thing%d", 5)
        """,
        FORGET,
    )
    for place in ("", "power/", "of_class/"):
        assert guest.echo("0x11", f"/sys/class/things/thing5/{place}level") == 5
        assert guest.cat(f"/sys/class/things/thing5/{place}level") == "thing5 17\n"
    assert guest.rmmod() == 0


def test_a_device_is_told_of_again_by_writing_to_its_uevent(load):
    guest = load(
        BEGIN,
        """
        @module_init
        def init():
            global cls
            cls = class_create("things")
            device_create(cls, None, MKDEV(250, 5), None, "thing5")
        """,
        FORGET,
    )
    before = int(guest.cat("/sys/kernel/uevent_seqnum"))
    assert guest.echo("change", "/sys/class/things/thing5/uevent") == 7
    assert int(guest.cat("/sys/kernel/uevent_seqnum")) == before + 1
    assert guest.echo("dance", "/sys/class/things/thing5/uevent") == "EINVAL"


def test_udev_hears_of_devices(load):
    guest = load(
        """
        from emu.linux.proc_fs import *
        from emu.linux.fs import *
        from emu.linux.miscdevice import *

        dev = miscdevice(name="mine", fops=file_operations())

        def set(on: bool):
            misc_register(dev) if on else misc_deregister(dev)

        @module_init
        def init():
            proc_file("mine", None, set)
        """
    )
    fd = listen(guest)
    guest.echo("1", "/proc/mine")
    guest.echo("0", "/proc/mine")
    path = "/devices/virtual/misc/mine"
    assert heard(guest, fd) == [
        [
            f"{action}@{path}", f"ACTION={action}", f"DEVPATH={path}", "SUBSYSTEM=misc",
            "MAJOR=10", "MINOR=127", "DEVNAME=mine", f"SEQNUM={number}",
        ]
        for number, action in ((2, "add"), (3, "remove"))
    ]  # fmt: skip
    assert guest.cat("/sys/kernel/uevent_seqnum") == "3\n"
