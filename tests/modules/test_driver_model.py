"""Buses and drivers: who drives a device, what sysfs shows of it, and what goes with it."""

from tests.modules.test_device_model import heard, listen

BUS = """
from emu.linux.device import *
from emu.linux.errno import *
from emu.linux.sysfs import *

def toy_match(dev, drv):
    return dev_name(dev).startswith(drv.name)

bus = bus_type("toy", match=toy_match)

def released(dev):
    pr_info("released %s\\n", dev_name(dev))

def add(name):
    dev = device()
    dev.bus, dev.init_name, dev.release = bus, name, released
    device_register(dev)
    return dev

def probe(dev):
    pr_info("probe %s\\n", dev_name(dev))
    return 0

def remove(dev):
    pr_info("remove %s\\n", dev_name(dev))
"""
BALL = """
driver = device_driver("ball", bus, probe, remove)

@module_init
def init():
    global devices
    bus_register(bus)
    devices = [add("ball1"), add("ball2"), add("kite1")]
    return driver_register(driver)

@module_exit
def exit():
    driver_unregister(driver)
    for dev in devices:
        device_unregister(dev)
    bus_unregister(bus)
"""


def said(guest, *words):
    return [line for line in guest.dmesg() if line.split()[:1] and line.split()[0] in words]


def test_root_binds_and_unbinds_drivers_through_sysfs(load):
    guest = load(BUS, BALL)
    driver = "/sys/bus/toy/drivers/ball"
    assert guest.ls(driver) == ["ball1", "ball2", "bind", "module", "uevent", "unbind"]
    assert guest.readlink("/sys/bus/toy/devices/ball1/driver") == "../../bus/toy/drivers/ball"
    assert guest.readlink(f"{driver}/module") == "../../../../module/mine"
    assert guest.ls("/sys/module/mine/drivers") == ["toy:ball"]

    assert guest.echo("ball1", f"{driver}/unbind") == 6
    assert "ball1" not in guest.ls(driver)
    assert "driver" not in guest.ls("/sys/devices/ball1")
    assert guest.echo("ball1", f"{driver}/unbind") == "ENODEV"
    assert guest.echo("kite1", f"{driver}/bind") == "ENODEV"
    assert guest.echo("ball2", f"{driver}/bind") == "EBUSY"
    assert guest.echo("ball1", f"{driver}/bind") == 6
    assert said(guest, "probe", "remove") == [
        "probe ball1", "probe ball2", "remove ball1", "probe ball1",
    ]  # fmt: skip
    assert guest.rmmod() == 0
    assert "toy" not in guest.ls("/sys/bus")


def test_devices_wait_for_who_asks_when_a_bus_does_not_probe_by_itself(load):
    guest = load(
        BUS,
        BALL,
        """
        from emu.linux.moduleparam import *

        def grow(val, kp):
            devices.append(add(val.strip()))

        more = module_param_cb("more", kernel_param_ops(set=grow), None, 0o200)
        """,
    )
    assert guest.cat("/sys/bus/toy/drivers_autoprobe") == "1\n"
    assert guest.echo("0", "/sys/bus/toy/drivers_autoprobe") == 2
    guest.echo("ball3", "/sys/module/mine/parameters/more")
    assert "driver" not in guest.ls("/sys/devices/ball3")
    assert guest.echo("ball9", "/sys/bus/toy/drivers_probe") == "ENODEV"
    assert guest.echo("ball3", "/sys/bus/toy/drivers_probe") == 6
    assert "driver" in guest.ls("/sys/devices/ball3")


def test_a_probe_that_fails_leaves_the_device_without_a_driver_and_a_line_in_the_log(load):
    guest = load(
        BUS,
        """
        def probe(dev):
            return {"ball1": -EINVAL, "ball2": -ENODEV}.get(dev_name(dev), 0)
        """,
        BALL,
    )
    for name in ("ball1", "ball2"):
        assert "driver" not in guest.ls(f"/sys/devices/{name}")
    assert said(guest, "ball") == ["ball ball1: probe with driver ball failed with error -22"]
    assert guest.echo("ball1", "/sys/bus/toy/drivers/ball/bind") == "EINVAL"
    assert guest.ls("/sys/bus/toy/drivers/ball") == ["bind", "module", "uevent", "unbind"]


def test_a_probe_that_is_deferred_is_tried_again_when_another_device_is_bound(load):
    guest = load(
        BUS,
        """
        ready = []

        def probe(dev):
            if dev_name(dev) == "ball1" and not ready:
                return -EPROBE_DEFER
            ready.append(dev)
        """,
        BALL,
    )
    assert guest.ls("/sys/bus/toy/drivers/ball")[:2] == ["ball1", "ball2"]
    assert said(guest, "ball") == []


def test_a_probe_that_sleeps_is_refused_with_a_line_in_the_log(load):
    guest = load(
        BUS,
        """
        from emu.linux.delay import *

        async def probe(dev):
            await msleep(1)
        """,
        BALL,
    )
    assert "driver" not in guest.ls("/sys/devices/ball1")
    assert "module mine: probe sleeps where nobody can wait for it" in guest.dmesg()


def test_managed_resources_go_with_the_driver_the_latest_first(load):
    guest = load(
        BUS,
        """
        def gone(dev, res):
            pr_info("gone %s of %s\\n", res.what, dev_name(dev))

        def probe(dev):
            devm_add_action(dev, lambda what: pr_info("gone %s\\n", what), "action")
            res = devres_alloc(gone)
            res.what = "resource"
            devres_add(dev, res)
            assert devres_find(dev, gone) is res
            assert len(devm_kzalloc(dev, 16)) == 16
            return -EIO if dev_name(dev) == "ball2" else 0
        """,
        BALL,
    )
    assert said(guest, "gone") == ["gone resource of ball2", "gone action"]
    guest.echo("ball1", "/sys/bus/toy/drivers/ball/unbind")
    assert said(guest, "gone", "remove")[2:] == [
        "remove ball1", "gone resource of ball1", "gone action",
    ]  # fmt: skip


def test_a_group_of_resources_is_released_alone(load):
    guest = load(
        BUS,
        """
        def tell(what):
            pr_info("gone %s\\n", what)

        def probe(dev):
            devm_add_action(dev, tell, "before")
            group = devres_open_group(dev)
            devm_add_action(dev, tell, "first")
            devm_add_action(dev, tell, "second")
            devres_close_group(dev, group)
            devm_add_action(dev, tell, "behind")
            assert devres_release_group(dev, group) == 2
            devm_remove_action(dev, tell, "behind")
            devm_release_action(dev, tell, "before")
        """,
        BALL.replace(', add("ball2"), add("kite1")', ""),
    )
    assert said(guest, "gone") == ["gone second", "gone first", "gone before"]
    guest.rmmod()
    assert len(said(guest, "gone")) == 3


def test_buses_drivers_and_classes_have_attributes(load):
    guest = load(
        BUS,
        """
        level = 3

        def level_show(whose, buf):
            return sysfs_emit(buf, "%s %d\\n", whose.name, level)

        def level_store(whose, buf, count):
            global level
            level = kstrtoint(buf, 0)
            return count

        def kind_show(cls, attr, buf):
            return sysfs_emit(buf, "%s of %s\\n", attr.name, cls.name)

        def odd_show():
            return "odd"

        bus.bus_groups = [attribute_group(attrs=[BUS_ATTR_RW(level_show, level_store)])]
        bus.drv_groups = [attribute_group(attrs=[DRIVER_ATTR_RO(odd_show)])]
        cls = device_class("things", class_groups=[attribute_group(attrs=[CLASS_ATTR_RO(kind_show)])])
        """,
        BALL,
        """
        bus_init = init

        @module_init
        def init():
            bus_init()
            class_register(cls)
            driver_create_file(driver, DRIVER_ATTR_RW(level_show, level_store))
            class_create_file(cls, CLASS_ATTR_STRING("version", 0o444, "1.0"))
            return bus_create_file(bus, BUS_ATTR_RO(odd_show))
        """,
    )
    for place in ("", "/drivers/ball"):
        owner = place.rpartition("/")[2] or "toy"
        assert guest.echo("0x10", f"/sys/bus/toy{place}/level") == 5
        assert guest.cat(f"/sys/bus/toy{place}/level") == f"{owner} 16\n"
        assert guest.echo("x", f"/sys/bus/toy{place}/level") == "EINVAL"
        assert guest.cat(f"/sys/bus/toy{place}/odd") == "odd\n"
    assert guest.cat("/sys/class/things/kind") == "kind of things\n"
    assert guest.cat("/sys/class/things/version") == "1.0\n"


def test_attributes_of_a_driver_are_on_the_devices_it_drives(load):
    guest = load(
        BUS,
        """
        def state_show(dev, attr, buf):
            return sysfs_emit(buf, "%s\\n", dev_name(dev))

        state = [attribute_group(attrs=[DEVICE_ATTR_RO(state_show)])]
        """,
        BALL.replace("remove)", "remove, dev_groups=state)"),
    )
    assert guest.cat("/sys/devices/ball1/state") == "ball1\n"
    assert "state" not in guest.ls("/sys/devices/kite1")
    guest.echo("ball1", "/sys/bus/toy/drivers/ball/unbind")
    assert "state" not in guest.ls("/sys/devices/ball1")


def test_who_watches_a_bus_is_told_of_its_devices(load):
    guest = load(
        BUS,
        """
        from emu.linux.notifier import *

        def tell(nb, event, dev):
            pr_info("event %d %s\\n", event, dev_name(dev))
            return NOTIFY_OK

        nb = notifier_block(tell)
        """,
        BALL.replace(', add("ball2"), add("kite1")', "").replace(
            "bus_register(bus)", "bus_register(bus); bus_register_notifier(bus, nb)"
        ),
    )
    guest.echo("ball1", "/sys/bus/toy/drivers/ball/unbind")
    assert [int(line.split()[1]) for line in said(guest, "event")] == [0, 3, 4, 5, 6]


def test_a_device_lives_until_its_last_user_puts_it(load):
    guest = load(
        BUS,
        BALL.replace(
            "return driver_register(driver)",
            'get_device(devices[2]); device_unregister(devices[2]); pr_info("last user\\n"); '
            "put_device(devices.pop()); return driver_register(driver)",
        ),
    )
    assert said(guest, "released", "last") == ["last user", "released kite1"]
    assert guest.rmmod() == 0
    assert said(guest, "released")[1:] == ["released ball1", "released ball2"]


def test_a_driver_of_a_name_that_is_taken_or_of_a_bus_that_is_not_there_is_refused(load):
    guest = load(
        BUS,
        BALL,
        """
        first = init

        @module_init
        def init():
            first()
            pr_info("twice %d\\n", driver_register(device_driver("ball", bus)))
            pr_info("early %d\\n", driver_register(device_driver("ball", bus_type("none"))))
        """,
    )
    assert said(guest, "twice", "early") == ["twice -16", "early -22"]
    assert "Error: Driver 'ball' is already registered, aborting..." in guest.dmesg()


def test_devices_are_found_by_who_looks_for_them(load):
    guest = load(
        BUS,
        BALL,
        """
        first = init

        def count(dev, seen):
            seen.append(dev_name(dev))

        @module_init
        def init():
            first()
            seen = []
            bus_for_each_dev(bus, devices[0], seen, count)
            driver_for_each_device(driver, None, seen, count)
            found = bus_find_device_by_name(bus, None, "kite1")
            pr_info("seen %s %s\\n", " ".join(seen), dev_name(found))
            put_device(found)
        """,
    )
    assert said(guest, "seen") == ["seen ball2 kite1 ball1 ball2 kite1"]


def test_a_device_of_a_class_below_one_of_a_bus_is_in_a_directory_of_the_class(load):
    guest = load(
        BUS,
        BALL,
        """
        first, last = init, exit

        @module_init
        def init():
            global cls
            first()
            cls = class_create("things")
            device_create(cls, devices[0], 0, None, "thing1")

        @module_exit
        def exit():
            device_unregister(cls.devices["thing1"])
            class_destroy(cls)
            last()
        """,
    )
    place = "/sys/devices/ball1/things/thing1"
    assert guest.readlink("/sys/class/things/thing1") == "../../devices/ball1/things/thing1"
    assert guest.readlink(f"{place}/device") == "../../../ball1"
    assert guest.rmmod() == 0


def test_udev_hears_of_buses_drivers_modules_and_what_is_bound(load):
    guest = load(BUS, BALL)
    fd = listen(guest)
    guest.echo("ball1", "/sys/bus/toy/drivers/ball/unbind")
    guest.echo("ball1", "/sys/bus/toy/drivers/ball/bind")
    guest.echo("change", "/sys/bus/toy/uevent")
    guest.echo("change", "/sys/bus/toy/drivers/ball/uevent")
    guest.echo("change", "/sys/module/mine/uevent")
    guest.echo("online 01234567-89ab-cdef-0123-456789abcdef A=1", "/sys/devices/ball1/uevent")
    assert guest.cat("/sys/devices/ball1/uevent") == "DRIVER=ball\n"
    events = heard(guest, fd)
    assert [(e[0], e[3]) for e in events] == [
        ("unbind@/devices/ball1", "SUBSYSTEM=toy"), ("bind@/devices/ball1", "SUBSYSTEM=toy"),
        ("change@/bus/toy", "SUBSYSTEM=bus"), ("change@/bus/toy/drivers/ball", "SUBSYSTEM=drivers"),
        ("change@/module/mine", "SUBSYSTEM=module"), ("online@/devices/ball1", "SUBSYSTEM=toy"),
    ]  # fmt: skip
    assert "DRIVER=ball" not in events[0]
    assert "DRIVER=ball" in events[1]
    assert events[5][4:7] == [
        "SYNTH_UUID=01234567-89ab-cdef-0123-456789abcdef", "SYNTH_ARG_A=1", "DRIVER=ball",
    ]  # fmt: skip
    guest.rmmod()
    assert [e[0] for e in heard(guest, fd)] == [
        "unbind@/devices/ball2", "unbind@/devices/ball1", "remove@/bus/toy/drivers/ball",
        "remove@/devices/ball1", "remove@/devices/ball2", "remove@/devices/kite1",
        "remove@/bus/toy", "remove@/module/mine",
    ]  # fmt: skip


def test_buses_classes_types_and_sets_add_to_what_udev_hears(load):
    guest = load(
        """
        from emu.linux.device import *
        from emu.linux.kobject import *
        from emu.linux.moduleparam import *

        def bus_tells(dev, env):
            return add_uevent_var(env, "BUS=%s", dev.bus.name)

        def type_tells(dev, env):
            return add_uevent_var(env, "SIZE=%d", 3)

        def set_tells(kobj, env):
            return add_uevent_var(env, "KIND=%s", kobject_name(kobj))

        bus = bus_type("toy", uevent=bus_tells)
        ops = kset_uevent_ops(filter=lambda kobj: kobject_name(kobj) != "quiet", uevent=set_tells)

        def go(val, kp):
            bus_register(bus)
            dev = device()
            dev.bus, dev.init_name, dev.release = bus, "ball1", lambda dev: None
            dev.type = device_type("ball", uevent=type_tells)
            device_register(dev)
            row = kset_create_and_add("row", ops, kernel_kobj)
            for name in ("loud", "quiet"):
                kobj = kobject()
                kobj.kset = row
                kobject_init_and_add(kobj, kobj_type(release=lambda kobj: None), None, name)
                pr_info("uevent %d\\n", kobject_uevent(kobj, KOBJ_ADD))
            alone = kobject_create_and_add("alone", kernel_kobj)
            pr_info("uevent %d\\n", kobject_uevent(alone, KOBJ_ADD))

        go = module_param_cb("go", kernel_param_ops(set=go), None, 0o200)
        """
    )
    fd = listen(guest)
    guest.echo("", "/sys/module/mine/parameters/go")
    assert guest.cat("/sys/devices/ball1/uevent") == "DEVTYPE=ball\nBUS=toy\nSIZE=3\n"
    assert said(guest, "uevent") == ["uevent 0", "uevent 0", "uevent -22"]
    assert [event[3:-1] for event in heard(guest, fd)] == [
        ["SUBSYSTEM=bus"], ["SUBSYSTEM=toy", "DEVTYPE=ball", "BUS=toy", "SIZE=3"],
        ["SUBSYSTEM=row", "KIND=loud"],
    ]  # fmt: skip


def test_what_a_module_tells_udev_may_fail_and_everything_else_goes_on(load):
    guest = load(
        BUS,
        """
        from emu.linux.delay import *

        async def sleeps(dev, env):
            await msleep(1)

        def fails(dev, env):
            return -EINVAL if dev_name(dev) == "ball1" else 1 // 0

        bus.uevent = fails
        cls = device_class("things", dev_uevent=sleeps, dev_release=lambda dev: None)
        """,
        BALL.replace("remove)", "remove); class_register(cls); thing = device()"),
        """
        first, last = init, exit

        @module_init
        def init():
            thing.class_, thing.init_name = cls, "thing1"
            return first() or device_register(thing)

        @module_exit
        def exit():
            device_unregister(thing)
            class_unregister(cls)
            last()
        """,
    )
    assert guest.ls("/sys/bus/toy/devices") == ["ball1", "ball2", "kite1"]
    assert guest.cat("/sys/devices/ball1/uevent") == "EINVAL"
    assert guest.cat("/sys/devices/ball2/uevent") == "EIO"
    assert guest.cat("/sys/class/things/thing1/uevent") == "EIO"
    assert guest.echo("change", "/sys/devices/ball1/uevent") == "EINVAL"
    assert "module mine: sleeps sleeps where nobody can wait for it" in guest.dmesg()
    assert guest.rmmod() == 0
    assert "toy" not in guest.ls("/sys/bus")
