"""mount(2) and umount2(2), and what /proc says of it."""

BIND, MOVE, REMOUNT, RDONLY, NODEV, NOEXEC = 0x1000, 0x2000, 0x20, 1, 4, 8
DETACH = 2


def test_a_mount_covers_and_uncovers(guest):
    guest.mkdir("/m")
    guest.make("/m/below")
    assert guest.sys("mount", "none", "/m", "tmpfs", 0, 0) == 0
    assert guest.ls("/m") == []
    guest.make("/m/above")
    assert guest.sys("umount", "/m", 0) == 0
    assert guest.ls("/m") == ["below"]


def test_the_last_mount_at_a_place_is_on_top(guest):
    for name in ("one", "two"):
        assert guest.sys("mount", "none", "/root", "tmpfs", 0, 0) == 0
        guest.make(f"/root/{name}")
    assert guest.ls("/root") == ["two"]
    guest.sys("umount", "/root", 0)
    assert guest.ls("/root") == ["one"]


def test_a_busy_mount_stays_unless_detached(guest):
    guest.sys("mount", "none", "/root", "tmpfs", 0, 0)
    guest.make("/root/f", b"still here")
    fd = guest.open("/root/f")
    assert guest.sys("umount", "/root", 0) == "EBUSY"
    assert guest.sys("umount", "/root", DETACH) == 0
    assert guest.ls("/root") == []
    assert guest.read(fd) == b"still here"
    assert guest.sys("umount", "/root", 0) == "EINVAL"


def test_to_unmount_the_root_makes_it_read_only_as_linux_does(guest):
    assert guest.sys("umount", "/", 0) == 0
    assert guest.mkdir("/new") == "EROFS"
    assert guest.sys("mount", 0, "/", 0, REMOUNT, 0) == 0
    assert guest.mkdir("/new") == 0


def test_a_working_directory_keeps_a_mount_busy(guest):
    guest.sys("mount", "none", "/root", "tmpfs", 0, 0)
    guest.sys("chdir", "/root")
    assert guest.sys("umount", "/root", 0) == "EBUSY"


def test_binding_shows_a_part_elsewhere(guest):
    guest.mkdir("/a")
    guest.make("/a/f", b"x")
    guest.mkdir("/b")
    assert guest.sys("mount", "/a", "/b", 0, BIND, 0) == 0
    assert guest.cat("/b/f") == b"x"
    assert guest.ls("/b/..") == guest.ls("/")
    assert guest.rename("/a/f", "/b/g") == "EXDEV"
    assert guest.sys("mount", 0, "/b", 0, BIND | REMOUNT | RDONLY, 0) == 0
    assert guest.open("/b/f", "O_WRONLY") == "EROFS"
    assert isinstance(guest.open("/a/f", "O_WRONLY"), int)
    guest.make("/file")
    assert guest.sys("mount", "/file", "/b", 0, BIND, 0) == "ENOTDIR"


def test_a_mount_can_be_moved(guest):
    guest.mkdir("/a")
    guest.sys("mount", "none", "/root", "tmpfs", 0, 0)
    guest.make("/root/f")
    assert guest.sys("mount", "/root", "/a", 0, MOVE, 0) == 0
    assert guest.ls("/a") == ["f"]
    assert guest.ls("/root") == []
    assert guest.sys("mount", "/etc", "/root", 0, MOVE, 0) == "EINVAL"


def test_mount_options_are_obeyed(guest):
    guest.sys("mount", "none", "/root", "tmpfs", NODEV | NOEXEC, 0)
    guest.sys("mknodat", -100, "/root/null", 0o020666, 0x103)
    assert guest.open("/root/null") == "EACCES"
    guest.make("/root/prog", b"", 0o755)
    assert guest.access("/root/prog", 1) == "EACCES"


def test_unknown_types_and_targets(guest):
    assert guest.sys("mount", "none", "/root", "ext4", 0, 0) == "ENODEV"
    assert guest.sys("mount", "none", "/none", "tmpfs", 0, 0) == "ENOENT"
    assert guest.sys("mount", "none", "/etc/passwd", "tmpfs", 0, 0) == "ENOTDIR"
    assert guest.sys("mount", "none", "/root", 0, 0, 0) == "EINVAL"


def test_proc_lists_the_mounts(guest):
    guest.mkdir("/with space")
    guest.sys("mount", "my disk", "/with space", "tmpfs", RDONLY, guest.name("size=8k"))
    lines = guest.cat("/proc/mounts").decode().splitlines()
    assert lines[0].startswith("tmpfs / tmpfs rw,relatime")
    assert "my\\040disk /with\\040space tmpfs ro,relatime,size=8k 0 0" in lines
    info = guest.cat("/proc/self/mountinfo").decode().splitlines()
    assert len(info) == len(lines)
    assert info[-1].split()[4] == "/with\\040space"
