"""The path walk: dots, links, slashes, mounts and roots. See path_resolution(7)."""

import pytest

AT_FDCWD = -100
NO_XDEV, NO_MAGICLINKS, NO_SYMLINKS, BENEATH, IN_ROOT = 1, 2, 4, 8, 16


@pytest.fixture
def tree(guest):
    guest.mkdir("/a")
    guest.mkdir("/a/b")
    guest.make("/a/b/file", b"data")
    guest.symlink("b/file", "/a/link")
    guest.symlink("/a/b", "/a/dirlink")
    guest.symlink("nowhere", "/a/dangling")
    guest.symlink("loop2", "/a/loop1")
    guest.symlink("loop1", "/a/loop2")
    return guest


def openat2(guest, dfd, name, resolve, flags="O_RDONLY", mode=0):
    how = guest.put("open_how", flags=guest.bits(flags), mode=mode, resolve=resolve)
    return guest.sys("openat2", dfd, name, how, 24)


@pytest.mark.parametrize(
    "name", ["/a/b/file", "/a/./b//file", "/a/b/../b/file", "/../../a/b/file", "//a/b/file",
             "/a/link", "/a/dirlink/file", "/a/dirlink/../b/file", "a/b/file"],
)  # fmt: skip
def test_reaches_the_file_by(tree, name):
    assert tree.cat(name) == b"data"


@pytest.mark.parametrize(
    ("name", "error"),
    [
        ("", "ENOENT"),
        ("/a/none/file", "ENOENT"),
        ("/a/b/file/", "ENOTDIR"),
        ("/a/b/file/x", "ENOTDIR"),
        ("/a/b/file/..", "ENOTDIR"),
        ("/a/dangling", "ENOENT"),
        ("/a/loop1", "ELOOP"),
        ("/a/loop1/x", "ELOOP"),
        ("/" + "x" * 256, "ENAMETOOLONG"),
        ("/a/" + "x" * 256 + "/y", "ENAMETOOLONG"),
        ("/" + "a/../" * 900, "ENAMETOOLONG"),
    ],
)
def test_says_why_not(tree, name, error):
    assert tree.cat(name) == error


def test_a_name_of_255_bytes_is_allowed(guest):
    guest.make("/" + "x" * 255)
    assert "x" * 255 in guest.ls("/")


def test_forty_links_are_followed_and_no_more(guest):
    guest.make("/end", b"x")
    guest.symlink("end", "/l1")
    for n in range(2, 42):
        guest.symlink(f"l{n - 1}", f"/l{n}")
    assert guest.cat("/l40") == b"x"
    assert guest.cat("/l41") == "ELOOP"


def test_a_slash_at_the_end_follows_a_link_to_a_directory(tree):
    assert tree.stat("/a/dirlink", "AT_SYMLINK_NOFOLLOW")["stx_mode"] >> 12 == 0o12
    assert tree.stat("/a/dirlink/", "AT_SYMLINK_NOFOLLOW")["stx_mode"] >> 12 == 0o04


def test_relative_names_start_at_the_working_directory_or_descriptor(tree):
    assert tree.sys("chdir", "/a") == 0
    assert tree.cat("b/file") == b"data"
    fd = tree.open("/a/b", "O_RDONLY|O_DIRECTORY")
    assert isinstance(tree.open("file", dfd=fd), int)
    assert tree.open("file", dfd=77) == "EBADF"
    assert isinstance(tree.open("/a/b/file", dfd=77), int)
    file = tree.open("/a/b/file")
    assert tree.open("x", dfd=file) == "ENOTDIR"


def test_o_path_and_nofollow_open_the_link_itself(tree):
    assert tree.open("/a/link", "O_RDONLY|O_NOFOLLOW") == "ELOOP"
    fd = tree.open("/a/link", "O_PATH|O_NOFOLLOW")
    assert tree.sys("readlinkat", fd, "", tree.buffer, 100) == 6
    assert tree.read(fd) == "EBADF"
    assert tree.sys("fcntl", fd, 1, 0) == 0


def test_chroot_confines_dots_and_absolute_links(tree):
    tree.make("/outside")
    assert tree.sys("chroot", "/a") == 0
    assert tree.sys("chdir", "/") == 0
    assert tree.ls("/../..") == ["loop2", "loop1", "dangling", "dirlink", "link", "b"]
    assert tree.cat("/outside") == "ENOENT"
    assert tree.cat("/dirlink/file") == "ENOENT"
    assert tree.cat("/link") == b"data"


def test_dots_leave_a_mount(guest):
    assert guest.ls("/tmp/..") == guest.ls("/")
    assert guest.cat("/dev/../etc/passwd").startswith(b"root:")


def test_beneath_forbids_to_leave(tree):
    fd = tree.open("/a", "O_PATH|O_DIRECTORY")
    assert isinstance(openat2(tree, fd, "b/../b/file", BENEATH), int)
    for name in ("../etc/passwd", "/a/b/file", "dirlink/file", "b/../../a/b/file", ".."):
        assert openat2(tree, fd, name, BENEATH) == "EXDEV", name


def test_in_root_makes_the_descriptor_the_root(tree):
    fd = tree.open("/a", "O_PATH|O_DIRECTORY")
    assert isinstance(openat2(tree, fd, "/b/file", IN_ROOT), int)
    assert isinstance(openat2(tree, fd, "../../b/file", IN_ROOT), int)
    assert openat2(tree, fd, "dirlink/file", IN_ROOT) == "ENOENT"


def test_no_symlinks_and_no_xdev(tree):
    assert openat2(tree, AT_FDCWD, "/a/link", NO_SYMLINKS) == "ELOOP"
    assert openat2(tree, AT_FDCWD, "/a/dirlink/file", NO_SYMLINKS) == "ELOOP"
    assert openat2(tree, AT_FDCWD, "/tmp", NO_XDEV) == "EXDEV"
    assert isinstance(openat2(tree, AT_FDCWD, "/a", NO_XDEV), int)


def test_magic_links_can_be_forbidden(tree):
    tree.open("/a/b/file")
    assert tree.cat("/proc/self/fd/0") == b"data"
    assert openat2(tree, AT_FDCWD, "/proc/self/fd/0", NO_MAGICLINKS) == "ELOOP"
    assert openat2(tree, AT_FDCWD, "/proc/self/fd/0", BENEATH) == "EXDEV"


def test_openat2_checks_its_struct(tree):
    how = tree.put("open_how", flags=0, mode=0, resolve=0)
    assert tree.sys("openat2", AT_FDCWD, "/a", how, 8) == "EINVAL"
    assert tree.sys("openat2", AT_FDCWD, "/a", how, 5000) == "E2BIG"
    assert openat2(tree, AT_FDCWD, "/a", 0x40) == "EINVAL"
    assert openat2(tree, AT_FDCWD, "/a/b/file", 0, mode=0o644) == "EINVAL"
    bad = tree.put("open_how", flags=1 << 40)
    assert tree.sys("openat2", AT_FDCWD, "/a", bad, 24) == "EINVAL"
    tree.mm.write(tree.buffer, bytes(40) + b"\1")
    assert tree.sys("openat2", AT_FDCWD, "/a", tree.buffer, 48) == "E2BIG"


def test_a_removed_directory_stays_a_place(tree):
    tree.mkdir("/gone")
    tree.sys("chdir", "/gone")
    tree.rmdir("/gone")
    assert tree.sys("getcwd", tree.buffer, 100) == "ENOENT"
    assert tree.open("x", "O_CREAT|O_WRONLY") == "ENOENT"
    assert tree.mkdir("y") == "ENOENT"
    assert tree.cat("../a/b/file") == b"data"


def test_getcwd_names_the_place_seen_from_the_root(tree):
    tree.sys("chdir", "/a/dirlink")
    assert tree.sys("getcwd", tree.buffer, 100) == 5
    assert tree.mm.read(tree.buffer, 5) == b"/a/b\0"
    assert tree.sys("getcwd", tree.buffer, 4) == "ERANGE"
    tree.sys("chdir", "/dev/shm")
    assert tree.sys("getcwd", tree.buffer, 100) == len("/dev/shm") + 1


def test_names_that_do_not_exist_cost_bounded_memory(guest):
    for n in range(5000):
        assert guest.access(f"/none{n}", 0) == "ENOENT"
    assert len(guest.kernel.root_mount.root.children) < 4200
    guest.make("/none4999", b"now")
    assert guest.cat("/none4999") == b"now"
