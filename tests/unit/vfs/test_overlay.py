"""The overlay: host folders below, changes in memory, nothing of the host ever changed."""

import os

import pytest

from tests.unit.vfs.guest import Guest

PAGE = 4096


@pytest.fixture
def layers(tmp_path):
    """Two layers; the second lies on top."""
    low, top = tmp_path / "low", tmp_path / "top"
    (low / "etc").mkdir(parents=True)
    (low / "etc/passwd").write_bytes(b"root:x:0:0::/:/bin/sh\n")
    (low / "etc/both").write_bytes(b"low")
    (low / "data").mkdir()
    (low / "data/big").write_bytes(bytes(range(256)) * 64)
    (low / "data/one").write_bytes(b"linked")
    os.link(low / "data/one", low / "data/two")
    (low / "data/abs").symlink_to("/etc/passwd")
    (low / "hidden").mkdir()
    (low / "hidden/f").write_bytes(b"x")
    (top / "etc").mkdir(parents=True)
    (top / "etc/both").write_bytes(b"top")
    (top / "etc/new").write_bytes(b"new")
    (top / "hidden").write_bytes(b"a file now")
    return low, top


@pytest.fixture
def guest(layers):
    return Guest(layers=layers)


def snapshot(folder):
    def describe(path):
        info = path.lstat()
        content = path.read_bytes() if path.is_file() else b""
        return str(path.relative_to(folder)), info.st_mode, info.st_mtime_ns, content

    return sorted(map(describe, folder.rglob("*")))


def test_later_layers_lie_on_top(guest):
    assert guest.cat("/etc/both") == b"top"
    assert guest.cat("/etc/passwd") == b"root:x:0:0::/:/bin/sh\n"
    assert guest.ls("/etc") == ["both", "new", "passwd"]
    assert guest.cat("/hidden") == b"a file now"


def test_changes_never_reach_the_host(layers):
    before = [snapshot(layer) for layer in layers]
    g = Guest(layers=layers)
    g.make("/etc/both", b"changed")
    g.make("/data/new", b"x")
    g.unlink("/etc/passwd")
    g.chmod("/data/big", 0o600)
    g.rename("/data", "/moved")
    g.sys("truncate", "/moved/big", 3)
    assert g.cat("/moved/big") == b"\0\1\2"
    assert [snapshot(layer) for layer in layers] == before


def test_a_write_changes_one_page_and_leaves_the_rest(guest):
    fd = guest.open("/data/big", "O_RDWR")
    reader = guest.open("/data/big")
    assert guest.sys("pwrite64", fd, guest.name("XYZ"), 3, 5000) == 3
    expected = bytearray(bytes(range(256)) * 64)
    expected[5000:5003] = b"XYZ"
    assert guest.cat("/data/big") == expected
    assert guest.pread(reader, 5, 4999) == expected[4999:5004]
    inode = guest.task.fs.lookup(guest.task, b"/data/big").inode
    assert list(inode.pages.dirty) == [1]


def test_what_was_cut_off_does_not_come_back(guest):
    guest.sys("truncate", "/data/big", 5000)
    guest.sys("truncate", "/data/big", 9000)
    assert guest.cat("/data/big") == (bytes(range(256)) * 64)[:5000] + bytes(4000)


def test_punched_holes_hide_the_layer(guest):
    fd = guest.open("/data/big", "O_RDWR")
    assert guest.sys("fallocate", fd, 3, 100, 2 * PAGE) == 0
    data = guest.cat("/data/big")
    assert data[100 : 100 + 2 * PAGE] == bytes(2 * PAGE)
    assert data[:100] == bytes(range(100))
    assert data[100 + 2 * PAGE :] == (bytes(range(256)) * 64)[100 + 2 * PAGE :]


def test_removed_names_stay_removed(guest):
    guest.unlink("/etc/both")
    assert guest.cat("/etc/both") == "ENOENT"
    assert guest.ls("/etc") == ["new", "passwd"]
    guest.make("/etc/both", b"again")
    assert guest.cat("/etc/both") == b"again"
    guest.unlink("/etc/both")
    assert guest.cat("/etc/both") == "ENOENT"


def test_a_removed_directory_can_be_made_anew_and_is_empty(guest):
    assert guest.rmdir("/data") == "ENOTEMPTY"
    for name in guest.ls("/data"):
        guest.unlink(f"/data/{name}")
    assert guest.rmdir("/data") == 0
    assert guest.mkdir("/data") == 0
    assert guest.ls("/data") == []


def test_a_directory_of_a_layer_can_be_renamed(guest):
    assert guest.rename("/data", "/else") == 0
    assert guest.cat("/else/one") == b"linked"
    assert guest.cat("/data/one") == "ENOENT"
    guest.mkdir("/data")
    assert guest.ls("/data") == []


def test_hard_links_of_a_layer_stay_linked(guest):
    guest.make("/data/one", b"changed")
    assert guest.cat("/data/two") == b"changed"
    assert guest.stat("/data/one")["stx_ino"] == guest.stat("/data/two")["stx_ino"]
    assert guest.stat("/data/one")["stx_nlink"] == 2
    guest.unlink("/data/one")
    assert guest.stat("/data/two")["stx_nlink"] == 1


def test_listed_inode_numbers_are_the_files_own(guest):
    fd = guest.open("/data")
    listed = {name: ino for ino, _, name in guest.entries(fd)}
    assert listed["big"] == guest.stat("/data/big")["stx_ino"]
    assert listed[".."] == guest.stat("/")["stx_ino"]
    before = guest.stat("/data/big")["stx_ino"]
    guest.make("/data/big", b"x")
    assert guest.stat("/data/big")["stx_ino"] == before


def test_absolute_links_of_a_layer_stay_in_the_guest(guest):
    assert guest.cat("/data/abs") == b"root:x:0:0::/:/bin/sh\n"


def test_mapped_pages_see_writes(guest):
    fd = guest.open("/data/big", "O_RDWR")
    address = guest.mm.mmap(0, 4 * PAGE, 1, 1, guest.task.files[fd], 0)
    assert guest.mm.read(address + 5000, 4) == bytes([136, 137, 138, 139])
    guest.sys("pwrite64", fd, guest.name("XYZ"), 3, 5000)
    assert guest.mm.read(address + 5000, 4) == b"XYZ\x8b"


def test_metadata_is_the_hosts_until_changed(guest, layers):
    host = (layers[0] / "data/big").stat()
    found = guest.stat("/data/big")
    assert found["stx_mtime"]["tv_sec"] == int(host.st_mtime)
    assert found["stx_size"] == 16384
    assert guest.chown("/data/big", 5, 6) == 0
    assert (guest.stat("/data/big")["stx_uid"], guest.stat("/data/big")["stx_gid"]) == (5, 6)
