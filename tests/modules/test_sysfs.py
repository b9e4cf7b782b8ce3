"""emu.linux.kobject and sysfs: the C form, the short form, and what is refused."""

import sys
from collections import Counter

import pytest

BEGIN = """
from emu.linux.kobject import *
from emu.linux.sysfs import *
"""


def test_the_short_form_returns_values_and_takes_them(load):
    guest = load(
        BEGIN,
        """
        values = {"number": 1, "flag": True, "text": "old", "cell": u8(250)}

        def show(kobj, attr): return values[attr.name]
        def number(value: int): values["number"] = value
        def flag(value: bool): values["flag"] = value
        def text(value): values["text"] = value
        def cell(value: int): values["cell"].value += value

        @module_init
        def init():
            top = kobject_create_and_add("mine", kernel_kobj)
            return sysfs_create_group(top, attribute_group(attrs=[
                __ATTR("number", 0o644, show, number), __ATTR("flag", 0o644, show, flag),
                __ATTR("text", 0o644, show, text), __ATTR("cell", 0o644, show, cell),
                __ATTR("fixed", 0o444, lambda: "same", None)]))
        """,
    )
    root = "/sys/kernel/mine"
    names = ("number", "flag", "text", "cell", "fixed")
    assert [guest.cat(f"{root}/{n}") for n in names] == ["1\n", "Y\n", "old\n", "250\n", "same\n"]
    assert [guest.echo("0x10", f"{root}/number"), guest.cat(f"{root}/number")] == [5, "16\n"]
    assert [guest.echo("off", f"{root}/flag"), guest.cat(f"{root}/flag")] == [4, "N\n"]
    assert [guest.echo("new text", f"{root}/text"), guest.cat(f"{root}/text")] == [9, "new text\n"]
    assert [guest.echo("10", f"{root}/cell"), guest.cat(f"{root}/cell")] == [3, "4\n"]
    assert guest.echo("many", f"{root}/number") == "EINVAL"
    assert guest.echo("1", f"{root}/fixed") == "EACCES"


def test_a_python_body_may_raise_and_sleep(load):
    guest = load(
        BEGIN,
        """
        from emu.linux.delay import msleep

        async def show(kobj, attr, buf):
            await msleep(20)
            return sprintf(buf, "slept\\n")

        async def store(kobj, attr, buf, count):
            await msleep(20)
            raise ENOSPC

        @module_init
        def init():
            top = kobject_create_and_add("mine", None)
            return sysfs_create_file(top, __ATTR("slow", 0o644, show, store))
        """,
    )
    before = guest.clock.monotonic_ns()
    assert guest.cat("/sys/mine/slow") == "slept\n"
    assert guest.clock.monotonic_ns() - before >= 20_000_000
    assert guest.echo("x", "/sys/mine/slow") == "ENOSPC"


def test_a_show_of_a_page_is_cut_and_a_store_of_too_much_is_refused(load):
    guest = load(
        BEGIN,
        """
        def long_show(kobj, attr, buf):
            return sprintf(buf, "%s", "x" * 5000)

        def greedy_store(kobj, attr, buf, count):
            return count + 1

        @module_init
        def init():
            top = kobject_create_and_add("mine", None)
            return sysfs_create_file(top, __ATTR("long", 0o644, long_show, greedy_store))
        """,
    )
    assert guest.cat("/sys/mine/long") == "x" * 4095
    assert guest.echo("abc", "/sys/mine/long") == "EIO"
    assert "fill_read_buffer: long_show returned bad count" in guest.dmesg()
    assert "long_show stored 5 of 4 bytes" in guest.dmesg()


def test_names_are_refused_twice(load):
    guest = load(
        BEGIN,
        """
        a = __ATTR("a", 0o444, lambda: 1, None)

        @module_init
        def init():
            top = kobject_create_and_add("mine", None)
            first, second = sysfs_create_file(top, a), sysfs_create_file(top, a)
            pr_info("%d %d %d\\n", first, second, kobject_create_and_add("mine", None) is None)
        """,
    )
    assert "0 -17 1" in guest.dmesg()
    assert "sysfs: cannot create duplicate filename '/mine/a'" in guest.dmesg()
    assert any(line.startswith("kobject_add_internal failed for mine") for line in guest.dmesg())


def test_a_type_has_its_own_show_and_must_have_a_release(load):
    guest = load(
        BEGIN,
        """
        from emu.linux.kobject import sysfs_ops

        class foo(struct):
            kobj: kobject
            value: c_int

        def foo_show(kobj, attr, buf):
            return sysfs_emit(buf, "%s=%d\\n", attr.name, container_of(kobj, foo, "kobj").value)

        group = attribute_group(attrs=[attribute("one", 0o444), attribute("two", 0o444)])
        ktype = kobj_type(sysfs_ops=sysfs_ops(show=foo_show), default_groups=[group])
        f = foo(value=7)

        @module_init
        def init():
            return kobject_init_and_add(f.kobj, ktype, None, "foo%d", 1)

        @module_exit
        def exit():
            kobject_put(f.kobj)
        """,
    )
    assert guest.cat("/sys/foo1/two") == "two=7\n"
    assert guest.rmmod() == 0
    assert any("'foo1' does not have a release() function" in line for line in guest.dmesg())


def test_groups_with_names_and_hidden_attributes(load):
    guest = load(
        BEGIN,
        """
        def visible(kobj, attr, n): return 0 if attr.name == "hidden" else 0o400

        def read(file, kobj, attr, buf, pos, count):
            data = bytes(range(100))[pos:pos + count]
            buf.store(data)
            return len(data)

        @module_init
        def init():
            global top
            top = kobject_create_and_add("mine", None)
            attrs = [__ATTR(name, 0o644, lambda: 1, None) for name in ("shown", "hidden")]
            blob = __BIN_ATTR("blob", 0o444, read, None, 100)
            return sysfs_create_group(top, attribute_group(
                name="inner", attrs=attrs, is_visible=visible, bin_attrs=[blob]))

        @module_exit
        def exit():
            kobject_put(top)
        """,
    )
    assert guest.ls("/sys/mine/inner") == ["blob", "shown"]
    assert guest.cat("/sys/mine/inner/blob").encode("latin-1", "replace")[:3] == b"\0\1\2"
    fd = guest.open("/sys/mine/inner/blob", "O_RDONLY")
    assert [len(guest.read(fd, 60)), len(guest.read(fd, 60)), guest.read(fd, 60)] == [60, 40, b""]
    assert guest.rmmod() == 0


def test_what_is_left_is_told_with_its_line_and_removed(load):
    guest = load(
        BEGIN,
        """
        @module_init
        def init():
            kobject_create_and_add("mine", None)

        @module_exit
        def exit():
            pass
        """,
    )
    assert guest.rmmod() == 0
    assert "module mine left kobject mine behind, made at mine.py:13" in guest.dmesg()
    assert guest.cat("/sys/mine") == "ENOENT"


def test_a_put_too_many_is_told(load):
    guest = load(
        BEGIN,
        """
        @module_init
        def init():
            top = kobject_create_and_add("mine", None)
            kobject_put(top)
            kobject_put(top)
        """,
    )
    assert any("refcount underflow of kobject mine" in line for line in guest.dmesg())


@pytest.mark.parametrize("abi", ["x86-64", "i386", "mips-o32"])
def test_ten_thousand_attributes_are_listed(load, abi):
    guest = load(
        BEGIN,
        """
        @module_init
        def init():
            top = kobject_create_and_add("mine", None)
            return sysfs_create_files(top, [__ATTR(f"a{n}", 0o444, lambda: 1, None) for n in range(10000)])
        """,
        abi=abi,
    )
    fd = guest.open("/sys/mine", "O_RDONLY|O_DIRECTORY")
    total = 0
    while got := guest.call("sys_getdents64", fd, guest.buffer, 1 << 15):
        total += got
    assert total > 10000 * 24


def test_names_and_values_that_are_no_text_come_back_as_they_were(load):
    guest = load(
        """
        from emu.linux.configfs import *
        from emu.linux.device import *
        from emu.linux.moduleparam import *

        whom = module_param("whom", "charp", "x", 0o644)

        def make(group, name):
            device_create(cls, None, 0, None, "%s", name)
            pr_info("made %s\\n", name)
            return config_item(name, config_item_type())

        kind = config_item_type(ct_group_ops=configfs_group_operations(make_item=make))
        subsys = configfs_subsystem(config_group(ci_namebuf="mine", ci_type=kind))

        @module_init
        def init():
            global cls
            cls = class_create("odd")
            return configfs_register_subsystem(subsys)
        """
    )
    odd = b"\xff\xfe\x80"
    assert guest.call("sys_mkdirat", -100, b"/sys/kernel/config/mine/" + odd, 0) == 0
    assert guest.call("sys_faccessat", -100, b"/sys/class/odd/" + odd + b"/uevent", 4) == 0
    fd = guest.open("/sys/module/mine/parameters/whom", "O_RDWR")
    assert guest.write(fd, odd) == 3
    assert guest.call("sys_pread64", fd, guest.buffer, 99, 0) == 4
    assert guest.task.mm.read(guest.buffer, 4) == odd + b"\n"
    assert "made \ufffd\ufffd\ufffd" in guest.dmesg()


def test_many_attributes_are_listed_in_linear_time(load):
    guest = load(
        """
        from emu.linux.kobject import *
        from emu.linux.sysfs import *

        def filled(count):
            kobj = kobject_create_and_add(f"many_{count}", kernel_kobj)
            attrs = [__ATTR(f"value_{n}", 0o444, lambda: 1, None) for n in range(count)]
            sysfs_create_files(kobj, attrs)
            return kobj

        @module_init
        def init():
            global kobjs
            kobjs = [filled(2500), filled(10000)]

        @module_exit
        def exit():
            for kobj in kobjs:
                kobject_put(kobj)
        """
    )

    def cost(count):
        """Calls of Python and C, which are the same every time; the clock's time is not."""
        calls = Counter()
        sys.setprofile(lambda frame, event, _: calls.update((event,)))
        try:
            names = guest.ls(f"/sys/kernel/many_{count}/")
        finally:
            sys.setprofile(None)
        assert len(names) == count
        return calls["call"] + calls["c_call"]

    few, many = cost(2500), cost(10000)
    assert few > 2500
    assert many < 4.1 * few, f"4 times as many cost {many / few:.1f} times as much"
    assert guest.rmmod() == 0
