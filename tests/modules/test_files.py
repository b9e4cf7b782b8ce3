"""Files of modules: proc, seq_file, character devices, ioctl, user memory."""

import pytest

PROC = """
from emu.linux.fs import *
from emu.linux.proc_fs import *
from emu.linux.seq_file import *
from emu.linux.uaccess import *
"""
MISC = """
from emu.linux.fs import *
from emu.linux.ioctl import *
from emu.linux.ioctl import _IO, _IOR, _IOW, _IOWR, _IOC_DIR, _IOC_NR, _IOC_SIZE, _IOC_TYPE
from emu.linux.miscdevice import *
from emu.linux.uaccess import *
"""
REGISTER = """
dev = miscdevice(name="mine", fops=fops, mode=0o666)

@module_init
def init():
    return misc_register(dev)

@module_exit
def exit():
    misc_deregister(dev)
"""
ABIS = ("x86-64", "i386", "arm-oabi", "mips-o32", "mips-n64")


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


@pytest.mark.parametrize("abi", ABIS)
def test_typed_ioctl_methods(load, abi):
    guest = load(
        MISC,
        """
        class pair(struct):
            first: c_long
            second: u64

        SET, GET, SWAP, BEEP = _IOW("m", 1, c_long), _IOR("m", 2, c_long), _IOWR("m", 3, pair), _IO("m", 4)
        ioctl, level = ioctls(), c_long(0)

        @ioctl(SET)
        def set_level(file, value):
            if value < 0:
                return -EINVAL
            level.value = value

        @ioctl(GET)
        def get_level(file): return level.value

        @ioctl(SWAP)
        def swap(file, value): return pair(value.second, value.first)

        @ioctl(BEEP)
        async def beep(file, arg): return arg * 2

        @module_init
        def numbers():
            pr_info("%x %x %x %x\\n", SET, GET, SWAP, BEEP)

        fops = file_operations(unlocked_ioctl=ioctl)
        """,
        REGISTER,
        abi=abi,
    )
    encoding = {"mips-o32": (0x8004, 0x4004), "mips-n64": (0x8008, 0x4008)}
    write, read = encoding.get(abi, (0x4008, 0x8008) if abi == "x86-64" else (0x4004, 0x8004))
    word, order = guest.abi.word_bytes, guest.abi.byte_order
    fd, put = guest.open("/dev/mine", "O_RDWR"), guest.task.mm.write
    put(guest.buffer, (1234).to_bytes(word, order))
    assert guest.call("sys_ioctl", fd, write << 16 | 0x6D01, guest.buffer) == 0
    put(guest.buffer, (-1).to_bytes(word, order, signed=True))
    assert guest.call("sys_ioctl", fd, write << 16 | 0x6D01, guest.buffer) == "EINVAL"
    assert guest.call("sys_ioctl", fd, read << 16 | 0x6D02, guest.buffer) == 0
    assert int.from_bytes(guest.task.mm.read(guest.buffer, word), order) == 1234
    assert guest.call("sys_ioctl", fd, read << 16 | 0x6D02, 8) == "EFAULT"
    none = 0x2000 if abi.startswith("mips") else 0
    assert guest.call("sys_ioctl", fd, none << 16 | 0x6D04, 21) == 42
    size = {"x86-64": 16, "mips-n64": 16, "mips-o32": 16}.get(abi, 12)
    both = (0xC000 | size) << 16 | 0x6D03
    at = size - 8
    put(guest.buffer, (5).to_bytes(word, order) + bytes(at - word) + (6).to_bytes(8, order))
    assert guest.call("sys_ioctl", fd, both, guest.buffer) == 0
    assert int.from_bytes(guest.task.mm.read(guest.buffer, word), order) == 6
    assert guest.call("sys_ioctl", fd, both + (1 << 16), guest.buffer) == "ENOTTY"


@pytest.mark.parametrize("abi", ["x86-64", "i386", "arm-eabi", "mips-o32"])
def test_callers_of_32_bits_reach_compat_ioctl(load, abi):
    guest = load(
        MISC,
        """
        GET, GET32 = _IOR("m", 1, c_long), _IOR("m", 1, compat_long_t)
        def native(file, cmd, arg): return 64 if cmd == GET else -ENOTTY
        def compat(file, cmd, arg): return 32 if cmd == GET32 else -ENOTTY
        fops = file_operations(unlocked_ioctl=native, compat_ioctl=compat)
        """,
        REGISTER,
        abi=abi,
    )
    read = 0x4000 if abi.startswith("mips") else 0x8000
    fd = guest.open("/dev/mine", "O_RDWR")
    for size in (4, 8):
        fits = size * 8 == guest.abi.word_bits
        expected = guest.abi.word_bits if fits else "ENOTTY"
        assert guest.call("sys_ioctl", fd, (read | size) << 16 | 0x6D01, 0) == expected


def test_parts_of_a_command(load):
    guest = load(
        MISC,
        """
        def ioctl(file, cmd, arg):
            pr_info("%d %c %d %d\\n", _IOC_DIR(cmd), _IOC_TYPE(cmd), _IOC_NR(cmd), _IOC_SIZE(cmd))
            return -ENOTTY
        fops = file_operations(unlocked_ioctl=ioctl)
        """,
        REGISTER,
        abi="mips-n32",
    )
    fd = guest.open("/dev/mine", "O_RDWR")
    assert guest.call("sys_ioctl", fd, 0x40046D07, 0) == "ENOTTY"
    assert "2 m 7 4" in guest.dmesg()


def test_readv_and_writev_call_the_driver_for_each_piece(load):
    guest = load(
        MISC,
        """
        got = bytearray()
        def write(file, buf, count, ppos):
            piece = bytearray(count)
            if copy_from_user(piece, buf, count):
                return -EFAULT
            got.extend(piece + b"|")
            return count
        def read(file, buf, count, ppos): return simple_read_from_buffer(buf, count, ppos, got, len(got))
        fops = file_operations(read=read, write=write)
        """,
        REGISTER,
    )
    fd = guest.open("/dev/mine", "O_RDWR")
    mm, buffer = guest.task.mm, guest.buffer
    mm.write(buffer, b"onetwothree")
    words = (buffer, 3, buffer + 3, 3, buffer + 6, 5)
    mm.write(buffer + 64, b"".join(w.to_bytes(8, "little") for w in words))
    assert guest.call("sys_writev", fd, buffer + 64, 3) == 11
    assert guest.call("sys_readv", fd, buffer + 64, 2) == 6
    assert mm.read(buffer, 6) == b"one|tw"


def test_user_memory_faults_are_told_not_raised(load):
    guest = load(
        MISC,
        """
        def ioctl(file, cmd, arg):
            cell, text = u64(0), bytearray(16)
            pr_info("%d %d %d %d %d %d %d\\n", copy_to_user(arg, bytes(8), 8),
                copy_from_user(text, arg, 16), get_user(cell, arg), put_user(cell, arg),
                strncpy_from_user(text, arg, 16), strnlen_user(arg, 16), clear_user(arg, 3))
            return 0
        fops = file_operations(unlocked_ioctl=ioctl)
        """,
        REGISTER,
    )
    fd = guest.open("/dev/mine", "O_RDWR")
    guest.call("sys_ioctl", fd, 1, 8)
    assert "8 16 -14 -14 -14 0 3" in guest.dmesg()
    guest.task.mm.write(guest.buffer, b"0123456789\0")
    guest.call("sys_ioctl", fd, 1, guest.buffer)
    assert "0 0 0 0 0 1 0" in guest.dmesg()


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
    assert guest.ls("/sys/kernel/debug") == []


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
