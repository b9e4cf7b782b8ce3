"""/dev: memory devices, driver registration, memfd and xattrs."""

import pytest

from emu.kernel.errno import EBUSY
from emu.kernel.vfs.dev import MKDEV
from emu.kernel.vfs.file_operations import FileOperations


def test_null_zero_and_full(any_guest):
    g = any_guest
    null, zero, full = (g.open(f"/dev/{n}", "O_RDWR") for n in ("null", "zero", "full"))
    assert g.read(null) == b""
    assert g.write(null, b"abc") == 3
    g.mm.write(g.buffer, b"\1" * 10)
    assert g.read(zero, 10) == bytes(10)
    assert g.write(full, b"x") == "ENOSPC"
    assert g.read(full, 3) == bytes(3)
    assert g.stat("/dev/zero")["stx_mode"] == 0o020666


def test_random_bytes_repeat_with_the_seed(guest):
    from tests.unit.vfs.guest import Guest

    first = guest.read(guest.open("/dev/urandom"), 32)
    again = Guest()
    assert again.read(again.open("/dev/random"), 32) == first
    assert len(set(first)) > 10


def test_links_to_descriptors(guest):
    assert guest.readlink("/dev/fd") == b"/proc/self/fd"
    guest.open("/etc/passwd")
    assert guest.cat("/dev/fd/0").startswith(b"root:")
    assert guest.cat("/dev/stdin").startswith(b"root:")


class Echo(FileOperations):
    def write(self, file, buffer, pos):
        file.private_data = buffer.copy_from(buffer.count)
        return len(file.private_data)

    def read(self, file, buffer, pos):
        return buffer.copy_to((file.private_data or b"")[pos:])

    def unlocked_ioctl(self, file, task, cmd, arg):
        return cmd & 0xFFFF


def test_a_driver_answers_for_its_numbers(guest):
    devices = guest.kernel.root_mount.vfs.devices
    major = devices.register(0, 0, 2, b"echo", Echo())
    with pytest.raises(EBUSY):
        devices.register(major, 1, 1, b"other", Echo())
    dev = guest.task.fs.lookup(guest.task, b"/dev").dentry.sb
    assert guest.access("/dev/echo", 0) == "ENOENT"
    dev.add_node(b"echo", MKDEV(major, 1), 0o666)
    fd = guest.open("/dev/echo", "O_RDWR")
    assert guest.write(fd, b"sound") == 5
    assert guest.pread(fd, 10, 0) == b"sound"
    assert guest.sys("ioctl", fd, 0x40046B01, 0) == 0x6B01
    assert b"echo" in guest.cat("/proc/devices")
    devices.unregister(major, 0)
    assert guest.open("/dev/echo") == "ENXIO"
    dev.remove_node(b"echo")
    assert guest.open("/dev/echo") == "ENOENT"


def test_general_ioctls(any_guest):
    g = any_guest
    g.make("/f", b"12345")
    fd = g.open("/f")
    g.read(fd, 2)
    constant = g.abi.constant
    assert g.sys("ioctl", fd, constant("FIONREAD"), g.buffer) == 0
    assert g.mm.read_u32(g.buffer) == 3
    assert g.sys("ioctl", fd, constant("FIOCLEX"), 0) == 0
    assert g.task.files.cloexec == {fd}
    assert g.sys("ioctl", fd, constant("FIONCLEX"), 0) == 0
    assert g.task.files.cloexec == set()
    g.mm.write_u32(g.buffer, 1)
    assert g.sys("ioctl", fd, constant("FIONBIO"), g.buffer) == 0
    assert g.task.files[fd].flags & 0o4000
    assert g.sys("ioctl", fd, constant("TCGETS"), g.buffer) == "ENOTTY"
    assert g.sys("ioctl", fd, 0x12345678, 0) == "ENOTTY"


def test_a_memfd_is_a_file_without_a_name(any_guest):
    g = any_guest
    fd = g.sys("memfd_create", "buffer", 1)
    assert g.task.files.cloexec == {fd}
    assert g.write(fd, b"data") == 4
    assert g.pread(fd, 10, 0) == b"data"
    assert g.readlink(f"/proc/self/fd/{fd}") == b"/memfd:buffer (deleted)"
    assert g.sys("memfd_create", "x", 4) == "EINVAL"
    assert g.sys("memfd_create", "x" * 250, 0) == "EINVAL"


def test_user_attributes(guest):
    guest.make("/tmp/f")
    value = guest.name("blue")
    assert guest.sys("setxattr", "/tmp/f", "user.color", value, 4, 0) == 0
    assert guest.sys("setxattr", "/tmp/f", "user.color", value, 4, 1) == "EEXIST"
    assert guest.sys("setxattr", "/tmp/f", "user.none", value, 4, 2) == "ENODATA"
    assert guest.sys("getxattr", "/tmp/f", "user.color", guest.buffer, 100) == 4
    assert guest.mm.read(guest.buffer, 4) == b"blue"
    assert guest.sys("getxattr", "/tmp/f", "user.color", 0, 0) == 4
    assert guest.sys("getxattr", "/tmp/f", "user.color", guest.buffer, 3) == "ERANGE"
    assert guest.sys("listxattr", "/tmp/f", guest.buffer, 100) == len("user.color") + 1
    assert guest.sys("removexattr", "/tmp/f", "user.color") == 0
    assert guest.sys("getxattr", "/tmp/f", "user.color", guest.buffer, 100) == "ENODATA"
    assert guest.sys("getxattr", "/tmp/f", "system.posix_acl_access", 0, 0) == "ENODATA"
    assert guest.sys("getxattr", "/proc/version", "user.x", 0, 0) == "EOPNOTSUPP"
    assert guest.sys("lsetxattr", "/dev/fd", "user.x", value, 1, 0) == "EPERM"


def test_syncing(guest):
    guest.make("/f")
    fd = guest.open("/f")
    assert guest.sys("fsync", fd) == 0
    assert guest.sys("fdatasync", fd) == 0
    assert guest.sys("syncfs", fd) == 0
    assert guest.sys("sync") == 0
    assert guest.sys("fsync", guest.open("/dev/null")) == "EINVAL"
    assert guest.sys("fsync", 99) == "EBADF"
