"""Names: making, listing, moving and removing them."""

import struct

import pytest

from tests.unit.vfs.guest import ABIS, Guest

NOREPLACE, EXCHANGE, WHITEOUT = 1, 2, 4


def test_getdents64_lists_names_types_and_inodes(any_guest):
    g = any_guest
    g.mkdir("/d")
    g.make("/d/file")
    g.mkdir("/d/sub")
    g.symlink("x", "/d/link")
    fd = g.open("/d", "O_RDONLY|O_DIRECTORY")
    found = g.entries(fd, 64)
    assert [(kind, name) for _, kind, name in found] == [
        (4, "."), (4, ".."), (10, "link"), (4, "sub"), (8, "file"),
    ]  # fmt: skip
    assert found[4][0] == g.stat("/d/file")["stx_ino"]
    assert found[1][0] == g.stat("/")["stx_ino"]
    assert g.sys("getdents64", fd, g.buffer, 4096) == 0
    g.close(fd)
    fd = g.open("/d")
    assert g.sys("getdents64", fd, g.buffer, 8) == "EINVAL"


@pytest.mark.parametrize("abi", [a for a in ABIS if a not in ("arm64", "riscv64", "riscv32")])
def test_getdents_puts_the_type_last(abi):
    g = Guest(abi)
    g.mkdir("/d")
    g.make("/d/name")
    fd = g.open("/d")
    got = g.sys("getdents", fd, g.buffer, 4096)
    data = g.mm.read(g.buffer, got)
    word = g.abi.layout("linux_dirent").fields["d_ino"].size
    code = g.abi.isa.byte_order + ("QQ" if word == 8 else "II") + "H"
    names = []
    while data:
        ino, _, length = struct.unpack_from(code, data)
        assert length % word == 0
        name = data[struct.calcsize(code) : length - 1].partition(b"\0")[0]
        names.append((name, data[length - 1]))
        data = data[length:]
    assert names == [(b".", 4), (b"..", 4), (b"name", 8)]
    assert ino == g.stat("/d/name")["stx_ino"]


def test_old_readdir_gives_one_name_at_a_time():
    g = Guest("i386")
    g.mkdir("/d")
    g.make("/d/name")
    fd = g.open("/d")
    names = []
    while g.sys("old_readdir", fd, g.buffer, 1) == 1:
        entry = g.get("old_linux_dirent")
        names.append(g.mm.read(g.buffer + 10, entry["d_namlen"]))
    assert names == [b".", b"..", b"name"]


def test_a_listing_leaves_out_what_was_removed(guest):
    guest.mkdir("/d")
    for n in range(50):
        guest.make(f"/d/{n}")
    fd = guest.open("/d")
    first = guest.sys("getdents64", fd, guest.buffer, 200)
    assert isinstance(first, int)
    for n in range(40):
        guest.unlink(f"/d/{n}")
    assert 0 < len(guest.entries(fd)) < 10
    guest.sys("lseek", fd, 0, 0)
    assert len(guest.entries(fd)) == 12


def test_a_place_in_a_listing_can_be_returned_to(guest):
    guest.mkdir("/d")
    for n in range(5):
        guest.make(f"/d/{n}")
    fd = guest.open("/d")
    guest.sys("getdents64", fd, guest.buffer, 80)
    offset = struct.unpack_from("<Qq", guest.mm.read(guest.buffer, 16))[1]
    guest.sys("lseek", fd, offset, 0)
    assert guest.entries(fd)[0][2] == ".."


@pytest.mark.parametrize(
    ("act", "error"),
    [
        (lambda g: g.mkdir("/d"), "EEXIST"),
        (lambda g: g.mkdir("/d/.."), "EEXIST"),
        (lambda g: g.mkdir("/d/new/"), 0),
        (lambda g: g.mkdir("/none/x"), "ENOENT"),
        (lambda g: g.symlink("", "/d/s"), "ENOENT"),
        (lambda g: g.symlink("x", "/d/s/"), "ENOENT"),
        (lambda g: g.rmdir("/d"), "ENOTEMPTY"),
        (lambda g: g.rmdir("/d/f"), "ENOTDIR"),
        (lambda g: g.rmdir("/d/."), "EINVAL"),
        (lambda g: g.rmdir("/d/.."), "ENOTEMPTY"),
        (lambda g: g.rmdir("/"), "EBUSY"),
        (lambda g: g.rmdir("/tmp"), "EBUSY"),
        (lambda g: g.unlink("/d"), "EISDIR"),
        (lambda g: g.unlink("/d/f/"), "ENOTDIR"),
        (lambda g: g.unlink("/d/none"), "ENOENT"),
        (lambda g: g.link("/d", "/x"), "EPERM"),
        (lambda g: g.link("/d/f", "/tmp/f"), "EXDEV"),
        (lambda g: g.link("/d/f", "/d/f"), "EEXIST"),
        (lambda g: g.rename("/d/f", "/tmp/f"), "EXDEV"),
        (lambda g: g.rename("/d", "/d/sub"), "EINVAL"),
        (lambda g: g.rename("/d/f", "/d"), "ENOTEMPTY"),
        (lambda g: g.rename("/d", "/d/f"), "EINVAL"),
        (lambda g: g.rename("/d/f", "/d/sub2/"), "ENOTDIR"),
        (lambda g: g.rename("/d/f", "/e"), "EISDIR"),
        (lambda g: g.rename("/e", "/d/f"), "ENOTDIR"),
        (lambda g: g.rename("/e", "/d"), "ENOTEMPTY"),
        (lambda g: g.rename("/d/..", "/x"), "EBUSY"),
        (lambda g: g.rename("/tmp", "/x"), "EBUSY"),
        (lambda g: g.rename("/d/f", "/e", NOREPLACE), "EEXIST"),
        (lambda g: g.rename("/d/f", "/x", EXCHANGE), "ENOENT"),
        (lambda g: g.rename("/d/f", "/x", WHITEOUT | EXCHANGE), "EINVAL"),
        (lambda g: g.rename("/d/f", "/x", NOREPLACE | EXCHANGE), "EINVAL"),
    ],
)
def test_answers_as_linux_does(guest, act, error):
    guest.mkdir("/d")
    guest.make("/d/f")
    guest.mkdir("/e")
    assert act(guest) == error


def test_rename_replaces_at_once(guest):
    guest.make("/a", b"new")
    guest.make("/b", b"old")
    fd = guest.open("/b")
    assert guest.rename("/a", "/b") == 0
    assert guest.cat("/b") == b"new"
    assert guest.cat("/a") == "ENOENT"
    assert guest.read(fd) == b"old"
    assert guest.ls("/").count("b") == 1


def test_rename_moves_a_tree_and_counts_links(guest):
    guest.mkdir("/a")
    guest.mkdir("/a/sub")
    guest.make("/a/sub/f", b"x")
    guest.mkdir("/b")
    assert guest.rename("/a/sub", "/b/moved") == 0
    assert guest.cat("/b/moved/f") == b"x"
    assert guest.stat("/a")["stx_nlink"] == 2
    assert guest.stat("/b")["stx_nlink"] == 3
    assert guest.cat("/b/moved/../moved/f") == b"x"


def test_rename_of_two_names_for_one_file_does_nothing(guest):
    guest.make("/a", b"x")
    guest.link("/a", "/b")
    assert guest.rename("/a", "/b") == 0
    assert guest.stat("/a")["stx_nlink"] == 2


def test_exchange(guest):
    guest.mkdir("/d")
    guest.make("/d/in", b"1")
    guest.make("/f", b"2")
    assert guest.rename("/d", "/f", EXCHANGE) == 0
    assert guest.cat("/d") == b"2"
    assert guest.cat("/f/in") == b"1"


def test_an_unlinked_file_lives_on_while_it_is_open(guest):
    guest.make("/tmp/f", b"data")
    fd = guest.open("/tmp/f", "O_RDWR")
    guest.unlink("/tmp/f")
    assert guest.read(fd) == b"data"
    assert guest.sys("newfstat", fd, guest.buffer) == 0
    assert guest.get("stat")["st_nlink"] == 0
    assert guest.readlink(f"/proc/self/fd/{fd}") == b"/tmp/f (deleted)"


def test_hard_links_are_one_file(guest):
    guest.make("/a", b"1")
    assert guest.link("/a", "/b") == 0
    guest.make("/b", b"22")
    assert guest.cat("/a") == b"22"
    assert guest.stat("/a")["stx_ino"] == guest.stat("/b")["stx_ino"]
    assert guest.stat("/a")["stx_nlink"] == 2
    guest.symlink("a", "/s")
    assert guest.link("/s", "/s2") == 0
    assert guest.readlink("/s2") == b"a"
    assert guest.link("/s", "/s3", "AT_SYMLINK_FOLLOW") == 0
    assert guest.stat("/a")["stx_nlink"] == 3


def test_mknod_makes_all_types(guest):
    at = -100
    for name, mode in (("/p", 0o010600), ("/s", 0o140600), ("/c", 0o020600), ("/r", 0o100600)):
        assert guest.sys("mknodat", at, name, mode, 0x103) == 0
    assert guest.stat("/c")["stx_rdev_major"] == 1
    assert guest.open("/s") == "ENXIO"
    assert guest.write(guest.open("/c", "O_RDWR"), b"gone") == 4
    assert guest.sys("mknodat", at, "/d", 0o040755, 0) == "EPERM"
    assert guest.sys("mknodat", at, "/x", 0o170000, 0) == "EINVAL"


def test_readlink_is_cut_to_the_buffer(any_guest):
    g = any_guest
    g.symlink("target", "/l")
    assert g.sys("readlinkat", -100, "/l", g.buffer, 3) == 3
    assert g.mm.read(g.buffer, 3) == b"tar"
    assert g.sys("readlinkat", -100, "/l", g.buffer, 0) == "EINVAL"
    assert g.sys("readlinkat", -100, "/etc", g.buffer, 9) == "EINVAL"


def test_listing_cost_does_not_grow_with_the_square(guest):
    guest.mkdir("/d")
    for n in range(3000):
        guest.make(f"/d/{n}")
    assert len(guest.ls("/d")) == 3000
