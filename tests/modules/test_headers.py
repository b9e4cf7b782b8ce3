"""Every header can be imported, and the issue's own example runs as it stands."""

import importlib
import pkgutil

import emu.linux


def test_every_header_is_importable_in_any_order():
    names = [info.name for info in pkgutil.iter_modules(emu.linux.__path__)]
    assert len(names) > 60
    for name in names:
        importlib.import_module(f"emu.linux.{name}")


def test_the_literal_port_works(load):
    guest = load(
        """
        from emu.linux.debugfs import debugfs_create_dir, debugfs_create_u8
        from emu.linux.fs import file_operations, simple_open, simple_read_from_buffer
        from emu.linux.kobject import kernel_kobj, kobject_create_and_add, kobject_put
        from emu.linux.proc_fs import proc_create
        from emu.linux.sysfs import __ATTR, attribute_group, sysfs_create_group

        system_enabled = True
        system_state = u8(0)
        clock = u64(0)

        def system_state_read(file, buf, count, ppos):
            tmp = "The system is enabled\\n" if system_enabled else "The system is disabled\\n"
            return simple_read_from_buffer(buf, count, ppos, tmp, len(tmp))

        system_state_fops = file_operations(open=simple_open, read=system_state_read)

        def clock_show(kobj, attr, buf):
            return snprintf(buf, PAGE_SIZE, "%llu\\n", clock.post_increment())

        def clock_store(kobj, attr, buf, count):
            rc, val = sscanf(buf, "%llu")
            if rc != 1:
                return -EINVAL
            clock.value = val
            return count

        def system_state_show(kobj, attr, buf):
            return sprintf(buf, "%d\\n", system_state.value)

        system_state_attribute = __ATTR("system_enabled", 0o400, system_state_show, None)
        clock_attribute = __ATTR("clock", 0o600, clock_show, clock_store)
        attr_group = attribute_group(attrs=[system_state_attribute, clock_attribute])
        start = module_param("start", "uint", 7, 0o444)

        @module_init
        def my_state_init():
            clock.value = start.value
            my_state_kobj = kobject_create_and_add("my_state", kernel_kobj)
            if not my_state_kobj:
                return -ENOMEM
            retval = sysfs_create_group(my_state_kobj, attr_group)
            if retval:
                kobject_put(my_state_kobj)
            proc_create("state", 0, None, system_state_fops)
            my_state_dir = debugfs_create_dir("my_state", None)
            debugfs_create_u8("system_state", 0o444, my_state_dir, system_state)
            return retval
        """,
        abi="mips-n32",
    )
    assert guest.cat("/proc/state") == "The system is enabled\n"
    clock = "/sys/kernel/my_state/clock"
    assert [guest.cat(clock), guest.cat(clock)] == ["7\n", "8\n"]
    assert [guest.echo("abc", clock), guest.cat(clock)] == ["EINVAL", "9\n"]
    assert [guest.echo("123", clock), guest.cat(clock)] == [4, "123\n"]
    assert guest.cat("/sys/kernel/debug/my_state/system_state") == "0\n"
