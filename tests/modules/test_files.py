"""Files of modules: proc, seq_file, debugfs, configfs."""

PROC = """
from emu.linux.fs import *
from emu.linux.proc_fs import *
from emu.linux.seq_file import *
from emu.linux.uaccess import *
"""


def test_the_position_is_the_driver_s_own(load):
    guest = load(
        PROC,
        """
        def read(file, buf, count, ppos):
            text = sprintf_text(ppos.value)
            if copy_to_user(buf, text, len(text)):
                return -EFAULT
            return len(text)

        def sprintf_text(value):
            return b"at %d\\n" % value

        @module_init
        def init():
            proc_create("mine", 0o444, None, proc_ops(proc_read=read, proc_lseek=default_llseek))
        """,
    )
    fd = guest.open("/proc/mine", "O_RDONLY")
    assert [guest.read(fd, 99), guest.read(fd, 99)] == [b"at 0\n", b"at 0\n"]
    assert guest.call("sys_lseek", fd, 7, 0) == 7
    assert guest.read(fd, 99) == b"at 7\n"
    assert guest.call("sys_pread64", fd, guest.buffer, 99, 5) == 5
    assert guest.read(fd, 99) == b"at 7\n"


def test_without_llseek_there_is_no_seeking(load):
    guest = load(
        PROC,
        """
        def read(file, buf, count, ppos): return simple_read_from_buffer(buf, count, ppos, "abc", 3)

        @module_init
        def init():
            proc_create("mine", 0, None, proc_ops(proc_read=read))
        """,
    )
    fd = guest.open("/proc/mine", "O_RDONLY")
    assert guest.call("sys_lseek", fd, 0, 0) == "ESPIPE"
    assert [guest.read(fd, 2), guest.read(fd, 2), guest.read(fd, 2)] == [b"ab", b"c", b""]
    assert guest.call("sys_pread64", fd, guest.buffer, 9, 1) == 2


def test_the_legacy_interface_is_limited_to_a_page(load):
    guest = load(
        PROC,
        """
        def read_proc(page, start, off, count, eof, data):
            eof.value = 1
            return sprintf(page, "%s: %s", data, "x" * 4000)

        @module_init
        def init():
            create_proc_read_entry("mine", 0, None, read_proc, "old")
        """,
    )
    assert guest.cat("/proc/mine") == "old: " + "x" * 4000


def test_directories_links_data_and_duplicates(load):
    guest = load(
        PROC,
        """
        def show(m, v): seq_printf(m, "%s\\n", m.private)

        @module_init
        def init():
            global top
            top = proc_mkdir("mine", None)
            proc_create_single_data("one", 0o400, top, show, "first")
            proc_create_single_data("mine/two", 0, None, show, "second")
            proc_symlink("link", top, "two")
            again = proc_create("one", 0, top, proc_ops())
            pr_info("again: %d\\n", again is None)

        @module_exit
        def exit():
            proc_remove(top)
        """,
    )
    assert [guest.cat(f"/proc/mine/{n}") for n in ("one", "two", "link")] == [
        "first\n", "second\n", "second\n",
    ]  # fmt: skip
    assert "again: 1" in guest.dmesg()
    assert "proc_dir_entry 'mine/one' already registered" in guest.dmesg()
    fd = guest.open("/proc/mine/one", "O_RDONLY")
    assert guest.rmmod() == "EAGAIN"
    guest.call("sys_close", fd)
    assert guest.rmmod() == 0
    assert guest.cat("/proc/mine") == "ENOENT"


def test_a_file_that_was_removed_while_open_answers_eio(load):
    guest = load(
        PROC,
        """
        def show(m, v): seq_puts(m, "here\\n")
        def write(file, buf, count, ppos):
            remove_proc_entry("mine", None)
            return count

        @module_init
        def init():
            proc_create_single("mine", 0, None, show)
            proc_create("gone", 0o200, None, proc_ops(proc_write=write))
        """,
    )
    fd = guest.open("/proc/mine", "O_RDONLY")
    assert guest.echo("x", "/proc/gone") == 2
    assert guest.read(fd, 9) == "EIO"


def test_seq_file_skips_reports_errors_and_a_next_that_stands_still(load):
    guest = load(
        PROC,
        """
        def start(m, pos): return pos.value if pos.value < 6 else None
        def next(m, v, pos):
            if v != 3:
                pos.value += 1
            return v + 1 if v < 5 else None
        def stop(m, v): pass
        def show(m, v):
            seq_puts(m, "record ")
            if v == 1:
                return SEQ_SKIP
            if v == 5:
                return -ENOMEM
            seq_printf(m, "%d\\n", v)
            return 0

        @module_init
        def init():
            proc_create_seq("mine", 0, None, seq_operations(start, next, stop, show))
        """,
    )
    fd = guest.open("/proc/mine", "O_RDONLY")
    assert guest.read(fd, 4096) == b"".join(b"record %d\n" % n for n in (0, 2, 3, 4))
    assert guest.read(fd, 4096) == "ENOMEM"
    assert "buggy .next function next did not update position index" in guest.dmesg()


def test_the_short_form_of_a_proc_file(load):
    guest = load(
        PROC,
        """
        state = {"n": 1}
        def store(value: int): state["n"] = value

        @module_init
        def init():
            proc_file("mine", lambda: "x" * state["n"], store)
        """,
    )
    assert guest.echo("9000", "/proc/mine") == 5
    assert len(guest.cat("/proc/mine")) == 9001
    assert guest.echo("-", "/proc/mine") == "EINVAL"


def test_debugfs_files_of_every_kind(load):
    guest = load(
        """
        from emu.linux.debugfs import *
        from emu.linux.fs import *

        cells = u8(200), u16(60000), u32(1 << 31), u64(1 << 63), atomic_t(-5)
        flag, text = bool_(True), charp("hello")
        number = u64(7)

        def get(data, val):
            val.value = data.value
            return 0

        def set(data, val):
            if val > 100:
                return -ERANGE
            data.value = val
            return 0

        def short(data): return data.value + 1

        fops = DEFINE_DEBUGFS_ATTRIBUTE(get, set, "%llu!\\n")
        shorter = DEFINE_SIMPLE_ATTRIBUTE(short, None, "0x%04llx\\n")

        @module_init
        def init():
            global top
            top = debugfs_create_dir("mine", None)
            debugfs_create_u8("u8", 0o644, top, cells[0])
            debugfs_create_x16("x16", 0o644, top, cells[1])
            debugfs_create_u32("u32", 0o644, top, cells[2])
            debugfs_create_x64("x64", 0o644, top, cells[3])
            debugfs_create_atomic_t("atomic", 0o644, top, cells[4])
            debugfs_create_bool("bool", 0o644, top, flag)
            debugfs_create_str("str", 0o644, top, text)
            debugfs_create_blob("blob", 0o644, top, debugfs_blob_wrapper(b"raw", 2))
            debugfs_create_u32_array("array", 0o444, top, [1, 2, 3])
            regs = debugfs_regset32([debugfs_reg32("ctl", 0), debugfs_reg32("sts", 4)], 2, bytes(range(8)))
            debugfs_create_regset32("regs", 0o444, top, regs)
            debugfs_create_file("attr", 0o644, top, number, fops)
            debugfs_create_file("short", 0o444, top, number, shorter)
            again = debugfs_create_dir("mine", None)
            debugfs_create_u8("none", 0o644, again, cells[0])
            pr_info("%d\\n", again)

        @module_exit
        def exit():
            debugfs_remove(top)
        """
    )
    names = [
        "u8",
        "x16",
        "u32",
        "x64",
        "atomic",
        "bool",
        "str",
        "blob",
        "array",
        "regs",
        "attr",
        "short",
    ]
    assert [guest.cat(f"/sys/kernel/debug/mine/{n}") for n in names] == [
        "200\n", "0xea60\n", "2147483648\n", "0x8000000000000000\n", "-5\n", "Y\n", "hello\n", "ra",
        "1 2 3\n", "ctl = 0x03020100\nsts = 0x07060504\n", "7!\n", "0x0008\n",
    ]  # fmt: skip
    root = "/sys/kernel/debug/mine"
    assert [guest.echo("300", f"{root}/u8"), guest.cat(f"{root}/u8")] == [4, "44\n"]
    assert [guest.echo("-9", f"{root}/atomic"), guest.cat(f"{root}/atomic")] == [3, "-9\n"]
    assert [guest.echo("101", f"{root}/attr"), guest.cat(f"{root}/attr")] == ["ERANGE", "7!\n"]
    assert [guest.echo("42", f"{root}/attr"), guest.cat(f"{root}/attr")] == [3, "42!\n"]
    assert "-17" in guest.dmesg()
    assert guest.rmmod() == 0
    assert guest.ls("/sys/kernel/debug") == ["sched"]  # the scheduler's own


def test_configfs_links_defaults_and_dependents(load):
    guest = load(
        """
        from emu.linux.configfs import *

        def link(src, target):
            if config_item_name(target) == "bad":
                return -EPERM
            pr_info("link %s to %s\\n", config_item_name(src), config_item_name(target))
            return 0

        item = config_item_type(
            ct_item_ops=configfs_item_operations(allow_link=link, drop_link=lambda s, t: pr_info("drop\\n")),
            ct_attrs=[CONFIGFS_ATTR_RO("", "fixed", lambda item: config_item_name(item))])

        def make(group, name): return None if name == "none" else config_item(name, item)

        kind = config_item_type(ct_group_ops=configfs_group_operations(make_item=make))
        inner = config_group(ci_namebuf="inner", ci_type=kind)
        subsys = configfs_subsystem(config_group(ci_namebuf="mine", ci_type=kind))
        configfs_add_default_group(inner, subsys.su_group)

        @module_init
        def init():
            return configfs_register_subsystem(subsys)

        @module_exit
        def exit():
            configfs_unregister_subsystem(subsys)
        """
    )
    root = "/sys/kernel/config/mine"
    assert [guest.mkdir(f"{root}/{n}") for n in ("a", "b", "inner/c", "bad", "none")] == [
        0, 0, 0, 0, "ENOMEM",
    ]  # fmt: skip
    assert guest.cat(f"{root}/inner/c/fixed") == "c\n"
    assert guest.call("sys_symlinkat", guest._name(f"{root}/b"), -100, 0) == "EFAULT"
    mm, text = guest.task.mm, guest.buffer + 0x4000

    def symlink(target, name):
        mm.write(text, target.encode() + b"\0")
        return guest.call("sys_symlinkat", text, -100, name)

    assert symlink(f"{root}/b", f"{root}/a/to_b") == 0
    assert symlink(f"{root}/bad", f"{root}/a/to_bad") == "EPERM"
    assert symlink("/proc", f"{root}/a/to_proc") == "EPERM"
    assert guest.cat(f"{root}/a/to_b/fixed") == "b\n"
    assert [guest.rmdir(f"{root}/{n}") for n in ("a", "b", "inner", "inner/c")] == [
        "EBUSY", "EBUSY", "EPERM", 0,
    ]  # fmt: skip
    assert guest.call("sys_unlinkat", -100, f"{root}/a/to_b", 0) == 0
    assert guest.call("sys_unlinkat", -100, f"{root}/a/fixed", 0) == "EPERM"
    assert [guest.rmdir(f"{root}/{n}") for n in ("a", "b", "bad")] == [0, 0, 0]
    assert {"link a to b", "drop"} <= set(guest.dmesg())
    assert guest.rmmod() == 0


def test_variables_in_proc_sys(load):
    guest = load(
        """
        from emu.linux.sysctl import *

        level, pair, name, flag = s32(3), [s32(1), s32(2)], charp("old"), bool_(True)

        def loud(table, write, buffer, lenp, ppos):
            ret = proc_dointvec_minmax(table, write, buffer, lenp, ppos)
            if write and not ret:
                pr_info("level is %d\\n", level.value)
            return ret

        table = [
            ctl_table("level", level, 4, 0o644, loud, extra1=0, extra2=10),
            ctl_table("pair", pair, 8, 0o644, proc_dointvec),
            ctl_table("name", name, 8, 0o644, proc_dostring),
            ctl_table("flag", flag, 1, 0o644, proc_dobool),
        ]

        @module_init
        def init():
            global header
            header = register_sysctl("dev/mine", table)
            pr_info("again: %d\\n", register_sysctl("dev/mine", table) is None)

        @module_exit
        def exit():
            unregister_sysctl_table(header)
        """
    )
    root = "/proc/sys/dev/mine"
    assert [guest.cat(f"{root}/{n}") for n in ("level", "pair", "name", "flag")] == [
        "3\n", "1\t2\n", "old\n", "1\n",
    ]  # fmt: skip
    assert [guest.echo("11", f"{root}/level"), guest.cat(f"{root}/level")] == ["EINVAL", "3\n"]
    assert [guest.echo("0x7", f"{root}/level"), guest.cat(f"{root}/level")] == [4, "7\n"]
    assert [guest.echo("-5", f"{root}/pair"), guest.cat(f"{root}/pair")] == [3, "-5\t2\n"]
    assert guest.echo("1 2 3", f"{root}/pair") == "EINVAL"
    assert [guest.echo("much too long", f"{root}/name"), guest.cat(f"{root}/name")] == [
        14,
        "much to\n",
    ]
    assert [guest.echo("0", f"{root}/flag"), guest.cat(f"{root}/flag")] == [2, "0\n"]
    assert {"level is 7", "again: 1"} <= set(guest.dmesg())
    assert guest.rmmod() == 0
    assert guest.cat(f"{root}/level") == "ENOENT"
