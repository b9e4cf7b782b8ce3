"""Character devices of modules: ioctl, vectors, user memory, mmap."""

import pytest

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


@pytest.mark.parametrize("abi", ["x86-64", "arm64", "riscv64"])
def test_memory_of_a_device_is_mapped(load, abi):
    guest = load(
        MISC,
        """
        from emu.linux.mm import *

        def mmap(file, vma):
            pr_info("%d pages\\n", (vma.vm_end - vma.vm_start) >> PAGE_SHIFT)
            return remap_vmalloc_range(vma, memory, vma.vm_pgoff)

        def read(file, buf, count, ppos):
            return simple_read_from_buffer(buf, count, ppos, memory, len(memory))

        fops = file_operations(mmap=mmap, read=read)
        dev = miscdevice(name="mine", fops=fops)

        @module_init
        def init():
            global memory
            memory = vmalloc_user(3 * PAGE_SIZE)
            memory[PAGE_SIZE - 2 : PAGE_SIZE + 3] = b"hello"
            return misc_register(dev)
        """,
        abi=abi,
    )
    fd = guest.open("/dev/mine", "O_RDWR")
    shared = guest.abi.constant("MAP_SHARED")
    address = guest.call("sys_mmap", 0, 2 * 4096, 3, shared, fd, 0)
    assert guest.task.mm.read(address + 4094, 5) == b"hello"
    guest.task.mm.write(address + 4096, b"XYZ")
    assert guest.read(fd, 5000)[4094:4100] == b"heXYZ\0"
    assert guest.call("sys_mmap", 0, 4 * 4096, 3, shared, fd, 0) == "EINVAL"
    behind = guest.call("sys_mmap", 0, 4096, 1, shared, fd, 4096)
    assert guest.task.mm.read(behind, 3) == b"XYZ"
    assert "2 pages" in guest.dmesg()


def test_a_poll_that_goes_wrong_is_pollerr(load):
    guest = load(
        MISC,
        """
        def poll(file, wait): return 1 // 0
        fops = file_operations(poll=poll)
        """,
        REGISTER,
    )
    fd = guest.open("/dev/mine", "O_RDWR")
    guest.task.mm.write(guest.buffer, fd.to_bytes(4, "little") + b"\1\0\0\0")
    assert guest.call("sys_poll", guest.buffer, 1, 0) == 1
    assert guest.task.mm.read(guest.buffer + 6, 2) == b"\x08\0"
    assert any("ZeroDivisionError" in line for line in guest.dmesg())


def test_appending_to_a_device_goes_on_at_its_own_position(load):
    """O_APPEND is a matter of what a file system stores: see generic_write_checks."""
    guest = load(
        MISC,
        """
        def write(file, buf, count, ppos):
            pr_info("write at %d\\n", ppos.value)
            ppos.value += count
            return count

        fops = file_operations(write=write)
        """,
        REGISTER,
    )
    fd = guest.open("/dev/mine", "O_WRONLY|O_APPEND")
    for _ in range(2):
        assert guest.call("sys_write", fd, b"abc", 3) == 3
    assert "write at 0" in guest.dmesg()
    assert "write at 3" in guest.dmesg()


def test_an_open_may_choose_other_operations(load):
    guest = load(
        """
        from emu.linux.fs import *
        from emu.linux.miscdevice import *

        def tell(text):
            def read(file, buf, count, ppos):
                return simple_read_from_buffer(buf, count, ppos, text, len(text))
            return read

        def closed(inode, file):
            pr_info("closed\\n")
            return 0

        even = file_operations(read=tell("even"), release=closed)
        odd = file_operations(read=tell("odd"), release=closed)
        opens = 0

        def open(inode, file):
            global opens
            opens += 1
            if opens % 2:
                file.f_op = odd
            else:
                replace_fops(file, even)
            return 0

        dev = miscdevice(name="mine", fops=file_operations(open=open))

        @module_init
        def init():
            return misc_register(dev)

        @module_exit
        def exit():
            misc_deregister(dev)
        """
    )
    assert [guest.cat("/dev/mine") for _ in range(3)] == ["odd", "even", "odd"]
    assert guest.dmesg().count("closed") == 3
    assert guest.rmmod() == 0


def test_what_a_callback_returns_that_is_no_number_is_an_error_and_no_more(load):
    guest = load(
        """
        from emu.linux.fs import *
        from emu.linux.miscdevice import *

        def write(file, buf, count, ppos):
            return "everything"

        def read(file, buf, count, ppos):
            return [1]

        dev = miscdevice(name="mine", fops=file_operations(read=read, write=write))

        @module_init
        def init():
            return misc_register(dev)
        """
    )
    assert guest.echo("x", "/dev/mine") == "EIO"
    assert guest.cat("/dev/mine") == "EIO"
