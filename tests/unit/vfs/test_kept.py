"""A root whose changes are kept in a folder of the host: `emu run --upper DIR`."""

import gc
import os
import stat

import pytest

from tests.unit.vfs.archives import host_tree
from tests.unit.vfs.guest import Guest


@pytest.fixture
def layer(tmp_path):
    folder = tmp_path / "layer"
    (folder / "etc" / "deep").mkdir(parents=True)
    (folder / "etc" / "motd").write_text("hello\n")
    (folder / "etc" / "deep" / "file").write_text("deep\n")
    (folder / "gone").write_text("x")
    return folder


@pytest.fixture
def start(layer, tmp_path):
    """A machine on the same folders; the one before it is forgotten first."""
    machines = []

    def begin(**how):
        machines.clear()
        gc.collect()
        machines.append(Guest(layers=[layer], upper=tmp_path / "kept", **how))
        return machines[0]

    return begin


def test_changes_are_there_in_the_next_machine(start, layer):
    before = host_tree(layer)
    guest = start()
    guest.make("/etc/motd", b"changed\n")
    guest.make("/etc/deep/new", b"new\n", 0o600)
    assert guest.unlink("/gone") == 0
    guest.mkdir("/own", 0o710)
    del guest
    guest = start()
    assert guest.cat("/etc/motd") == b"changed\n"
    assert guest.cat("/etc/deep/new") == b"new\n"
    assert guest.cat("/etc/deep/file") == b"deep\n"
    assert guest.cat("/gone") == "ENOENT"
    assert guest.stat("/own")["stx_mode"] == stat.S_IFDIR | 0o710
    assert host_tree(layer) == before


def test_owners_devices_links_and_attributes_are_kept(start):
    guest = start()
    guest.make("/tool", b"", 0o755)
    assert guest.chown("/tool", 1000, 2000) == 0
    assert guest.chmod("/tool", 0o6755) == 0
    assert guest.sys("mknodat", -100, "/disk", stat.S_IFBLK | 0o660, 0x801) == 0
    assert guest.symlink("/etc/motd", "/link") == 0
    assert guest.link("/tool", "/same") == 0
    assert guest.sys("setxattr", "/tool", "user.mark", guest.name("seen"), 4, 0) == 0
    del guest
    guest = start()
    tool = guest.stat("/tool")
    assert (tool["stx_uid"], tool["stx_gid"], tool["stx_nlink"]) == (1000, 2000, 2)
    assert tool["stx_mode"] == stat.S_IFREG | 0o6755
    assert guest.stat("/same")["stx_ino"] == tool["stx_ino"]
    disk = guest.stat("/disk")
    assert (disk["stx_mode"], disk["stx_rdev_major"], disk["stx_rdev_minor"]) == (
        stat.S_IFBLK | 0o640, 8, 1,
    )  # fmt: skip
    assert guest.readlink("/link") == b"/etc/motd"
    assert guest.cat("/link") == b"hello\n"
    assert guest.sys("getxattr", "/tool", "user.mark", guest.buffer, 64) == 4


def test_on_the_host_they_are_plain_files(start, tmp_path):
    guest = start()
    guest.make("/tool", b"", 0o755)
    guest.chmod("/tool", 0o6777)
    guest.sys("mknodat", -100, "/disk", stat.S_IFBLK | 0o660, 0x801)
    guest.sys("mknodat", -100, "/pipe", stat.S_IFIFO | 0o660, 0)
    guest.symlink("/etc/passwd", "/link")
    guest.unlink("/gone")
    kinds = {stat.S_IFMT(mode) for mode, *_ in host_tree(tmp_path / "kept").values()}
    assert kinds == {stat.S_IFREG, stat.S_IFDIR}
    for mode, uid, *_ in host_tree(tmp_path / "kept").values():
        assert not mode & 0o7077
        assert uid == os.getuid()


def test_a_link_put_there_by_somebody_else_leads_nowhere(start, tmp_path):
    secret = tmp_path / "secret"
    secret.write_text("the host's")
    del start().kernel
    (tmp_path / "kept" / "upper" / "planted").symlink_to(secret)
    (tmp_path / "kept" / "upper" / "folder").symlink_to(tmp_path)
    guest = start()
    assert guest.cat("/planted") in ("EIO", "ENOENT", "ELOOP")
    assert guest.cat("/folder/secret") in ("EIO", "ENOENT", "ELOOP", "ENOTDIR")


def test_one_machine_at_a_time(start, layer, tmp_path):
    guest = start()
    with pytest.raises(OSError, match="another machine"):
        Guest(layers=[layer], upper=tmp_path / "kept")
    assert guest.cat("/etc/motd") == b"hello\n"


def test_what_says_nonsense_is_a_plain_file(start, tmp_path):
    guest = start()
    guest.make("/file", b"text")
    guest.mkdir("/folder")
    del guest
    upper = tmp_path / "kept" / "upper"
    os.setxattr(upper / "file", "user.emu.attributes", b"40755 0 0 0")
    os.setxattr(upper / "folder", "user.emu.attributes", b"\xff nonsense")
    guest = start()
    assert guest.cat("/file") == b"text"
    assert guest.ls("/folder") == []
