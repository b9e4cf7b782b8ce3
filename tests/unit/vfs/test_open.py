"""open(2): flags, modes and what they refuse."""

import pytest


def test_the_lowest_descriptor_is_given(any_guest):
    g = any_guest
    fds = [g.open("/etc/passwd") for _ in range(3)]
    assert fds == [0, 1, 2]
    g.close(1)
    assert g.open("/etc/passwd") == 1
    assert g.close(1) == 0
    assert g.close(1) == "EBADF"
    assert g.close(-1) == "EBADF"


def test_descriptors_are_limited(guest):
    guest.task.rlimits["RLIMIT_NOFILE"] = (2, 2)
    assert [guest.open("/etc/passwd") for _ in range(3)] == [0, 1, "EMFILE"]
    assert guest.kernel.root_mount.open_files == 2


def test_creating_obeys_the_umask(any_guest):
    g = any_guest
    g.sys("umask", 0o027)
    g.make("/f", b"x", 0o666)
    assert g.stat("/f")["stx_mode"] == 0o100640
    assert g.sys("umask", 0) == 0o027


def test_exclusive_creation_refuses_what_is_there(any_guest):
    g = any_guest
    g.make("/f", b"x")
    g.symlink("nowhere", "/l")
    assert g.open("/f", "O_CREAT|O_EXCL|O_RDWR") == "EEXIST"
    assert g.open("/l", "O_CREAT|O_EXCL|O_RDWR") == "EEXIST"
    assert isinstance(g.open("/l", "O_CREAT|O_RDWR"), int)
    assert g.stat("/nowhere")["stx_size"] == 0


def test_truncation(any_guest):
    g = any_guest
    g.make("/f", b"12345")
    g.close(g.open("/f", "O_WRONLY|O_TRUNC"))
    assert g.cat("/f") == b""


@pytest.mark.parametrize(
    ("name", "flags", "error"),
    [
        ("/etc", "O_RDWR", "EISDIR"),
        ("/etc", "O_CREAT|O_RDONLY", "EISDIR"),
        ("/", "O_CREAT|O_RDONLY", "EISDIR"),
        ("/new/", "O_CREAT|O_RDONLY", "EISDIR"),
        ("/etc/passwd", "O_DIRECTORY", "ENOTDIR"),
        ("/etc/passwd", "O_DIRECTORY|O_CREAT", "EINVAL"),
        ("/etc/passwd/x", "O_CREAT|O_RDWR", "ENOTDIR"),
        ("/none/x", "O_CREAT|O_RDWR", "ENOENT"),
        ("/tmp", "O_TMPFILE|O_RDONLY", "EINVAL"),
        ("/proc/version", "O_TMPFILE|O_RDWR", "ENOTDIR"),
        ("/proc", "O_TMPFILE|O_RDWR", "EOPNOTSUPP"),
        ("/proc/new", "O_CREAT|O_RDWR", "ENOENT"),
    ],
)
def test_refuses(guest, name, flags, error):
    assert guest.open(name, flags) == error


def test_append_writes_at_the_end(any_guest):
    g = any_guest
    g.make("/f", b"123")
    fd = g.open("/f", "O_WRONLY|O_APPEND")
    assert g.write(fd, b"45") == 2
    g.sys("lseek", fd, 0, 0) if g.abi.name != "riscv32" else None
    assert g.write(fd, b"6") == 1
    assert g.cat("/f") == b"123456"


def test_a_file_without_a_name_can_be_given_one(guest):
    fd = guest.open("/tmp", "O_TMPFILE|O_RDWR", 0o600)
    guest.write(fd, b"secret")
    assert guest.ls("/tmp") == []
    assert guest.link(f"/proc/self/fd/{fd}", "/tmp/named", "AT_SYMLINK_FOLLOW") == 0
    assert guest.cat("/tmp/named") == b"secret"
    assert guest.stat("/tmp/named")["stx_nlink"] == 1
    sealed = guest.open("/tmp", "O_TMPFILE|O_RDWR|O_EXCL", 0o600)
    assert guest.link(f"/proc/self/fd/{sealed}", "/tmp/no", "AT_SYMLINK_FOLLOW") == "ENOENT"


def test_getfl_tells_flags_in_the_callers_numbers(any_guest):
    g = any_guest
    fd = g.open("/etc/passwd", "O_RDWR|O_APPEND|O_NONBLOCK|O_CLOEXEC")
    entry = "fcntl64" if g.abi.name == "riscv32" else "fcntl"
    flags = g.sys(entry, fd, g.abi.constant("F_GETFL"), 0)
    small = g.abi.name in ("i386", "arm-eabi", "arm-oabi", "mips-o32")
    large = 0 if small else g.bits("O_LARGEFILE")
    assert flags == g.bits("O_RDWR|O_APPEND|O_NONBLOCK") | large
    assert g.sys(entry, fd, g.abi.constant("F_GETFD"), 0) == 1
    assert g.sys(entry, fd, g.abi.constant("F_SETFL"), g.bits("O_NONBLOCK")) == 0
    assert g.sys(entry, fd, g.abi.constant("F_GETFL"), 0) == g.bits("O_RDWR|O_NONBLOCK") | large


def test_close_on_exec_closes_only_marked_descriptors(guest):
    guest.open("/etc/passwd")
    guest.open("/etc/passwd", "O_RDONLY|O_CLOEXEC")
    guest.task.files.close_on_exec()
    assert guest.task.files.descriptors() == [0]


def test_close_range(guest):
    for _ in range(6):
        guest.open("/etc/passwd")
    assert guest.sys("close_range", 1, 2, 0) == 0
    assert guest.task.files.descriptors() == [0, 3, 4, 5]
    assert guest.sys("close_range", 4, 0xFFFFFFFF, 4) == 0
    assert guest.task.files.cloexec == {4, 5}
    assert guest.sys("close_range", 5, 4, 0) == "EINVAL"
    assert guest.sys("close_range", 0, 4, 1) == "EINVAL"


def test_a_forked_table_shares_open_files_but_not_descriptors(guest):
    guest.make("/f", b"abcdef")
    fd = guest.open("/f")
    child = guest.task.files.fork()
    assert guest.read(fd, 2) == b"ab"
    assert child[fd].pos == 2
    guest.close(fd)
    assert child[fd].count == 1
    child.put()
    assert guest.kernel.root_mount.open_files == 0


def test_a_program_that_runs_cannot_be_written(guest):
    guest.make("/prog")
    inode = guest.task.fs.lookup(guest.task, b"/prog").inode
    inode.write_count -= 1
    assert guest.open("/prog", "O_WRONLY") == "ETXTBSY"
    assert guest.sys("truncate", "/prog", 0) == "ETXTBSY"
    inode.write_count += 1
    assert isinstance(guest.open("/prog", "O_WRONLY"), int)
    assert inode.write_count == 1


def test_32_bit_callers_must_ask_for_large_files():
    from tests.unit.vfs.guest import Guest

    g = Guest("i386")
    g.make("/big")
    assert g.sys("truncate64", "/big", 1 << 31) == 0
    assert g.open("/big") == "EOVERFLOW"
    assert isinstance(g.open("/big", "O_LARGEFILE"), int)
