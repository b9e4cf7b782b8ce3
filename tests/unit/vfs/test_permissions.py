"""Who may do what: mode bits, groups, sticky folders, capabilities."""

import pytest

from tests.unit.vfs.guest import Guest


@pytest.fixture
def root():
    g = Guest()
    g.make("/private", b"x", 0o600)
    g.make("/shared", b"x", 0o640)
    g.chown("/shared", 0, 1000)
    g.make("/public", b"x", 0o644)
    g.mkdir("/home")
    g.chown("/home", 1000, 1000)
    g.mkdir("/closed", 0o700)
    g.make("/closed/f", b"x")
    return g


@pytest.fixture
def user(root):
    return Guest(uid=1000, beside=root)


def test_mode_bits_are_checked(user):
    assert user.cat("/private") == "EACCES"
    assert user.cat("/shared") == b"x"
    assert user.cat("/public") == b"x"
    assert user.open("/public", "O_WRONLY") == "EACCES"
    assert user.cat("/closed/f") == "EACCES"
    assert user.ls("/closed") == "EACCES"
    assert user.open("/new", "O_CREAT|O_WRONLY") == "EACCES"
    assert user.mkdir("/new") == "EACCES"


def test_the_owner_class_comes_before_the_group(root, user):
    root.make("/home/f", b"x", 0o077)
    root.chown("/home/f", 1000, 1000)
    root.chmod("/home/f", 0o077)
    assert user.cat("/home/f") == "EACCES"


def test_root_may_all_but_run_what_nobody_may(root):
    assert root.cat("/closed/f") == b"x"
    assert root.access("/private", 1) == "EACCES"
    root.chmod("/private", 0o010)
    assert root.access("/private", 1) == 0


def test_access_asks_for_the_real_user(root):
    from emu.record import replace

    root.task.cred = replace(root.task.cred, uid=1000, gid=1000)
    assert root.access("/private", 4) == "EACCES"
    eaccess = root.abi.constant("AT_EACCESS")
    assert root.sys("faccessat2", -100, "/private", 4, eaccess) == 0
    assert root.access("/public", 8) == "EINVAL"


def test_only_the_owner_changes_mode_and_times(root, user):
    assert user.chmod("/public", 0o777) == "EPERM"
    times = user.put("__kernel_timespec", 0, tv_sec=1)
    assert user.sys("utimensat", -100, "/public", times, 0) == "EPERM"
    assert user.sys("utimensat", -100, "/public", 0, 0) == "EACCES"
    user.make("/home/mine", b"x")
    assert user.chmod("/home/mine", 0o604) == 0


def test_files_are_not_given_away(root, user):
    user.make("/home/mine", b"x")
    assert user.chown("/home/mine", 0, -1) == "EPERM"
    assert user.chown("/home/mine", -1, 50) == "EPERM"
    assert user.chown("/home/mine", 1000, 1000) == 0
    assert user.chown("/public", -1, 1000) == "EPERM"


def test_sticky_directories_protect_others_files(root, user):
    root.make("/tmp/roots", b"x", 0o666)
    assert user.unlink("/tmp/roots") == "EPERM"
    assert user.rename("/tmp/roots", "/tmp/mine") == "EPERM"
    user.make("/tmp/mine")
    assert user.unlink("/tmp/mine") == 0


def test_new_files_in_a_setgid_directory_get_its_group(root, user):
    root.mkdir("/team")
    root.chown("/team", 1000, 77)
    root.chmod("/team", 0o2777)
    user.make("/team/f")
    user.mkdir("/team/d")
    assert user.stat("/team/f")["stx_gid"] == 77
    assert user.stat("/team/d")["stx_mode"] & 0o2000


def test_writing_and_giving_away_drop_set_user_id(root, user):
    user.make("/home/prog", b"x", 0o755)
    user.chmod("/home/prog", 0o6755)
    fd = user.open("/home/prog", "O_WRONLY")
    user.write(fd, b"y")
    assert user.stat("/home/prog")["stx_mode"] == 0o100755
    user.chmod("/home/prog", 0o4755)
    root.chown("/home/prog", 0, 0)
    assert root.stat("/home/prog")["stx_mode"] == 0o100755


def test_privileged_calls_need_their_capability(user):
    assert user.sys("chroot", "/home") == "EPERM"
    assert user.sys("mount", "none", "/home", "tmpfs", 0, 0) == "EPERM"
    assert user.sys("umount", "/tmp", 0) == "EPERM"
    assert user.sys("mknodat", -100, "/home/c", 0o020666, 0x103) == "EPERM"
    assert user.sys("mknodat", -100, "/home/p", 0o010666, 0) == 0
