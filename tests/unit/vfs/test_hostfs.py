"""Binds of host folders: what goes through, and that nothing leads out."""

import os

import pytest

from emu.kernel.fs.setup import bind_host, open_host_program
from tests.unit.vfs.guest import Guest


@pytest.fixture
def host(tmp_path):
    """A folder to bind, with a secret beside it."""
    (tmp_path / "secret").write_bytes(b"SECRET")
    folder = tmp_path / "bound"
    (folder / "sub").mkdir(parents=True)
    (folder / "file").write_bytes(b"hello")
    (folder / "sub/deep").write_bytes(b"deep")
    (folder / "up").symlink_to("../secret")
    (folder / "abs").symlink_to(tmp_path / "secret")
    (folder / "dir").symlink_to("sub")
    return folder


def bound(host, writable):
    g = Guest()
    bind_host(g.kernel, str(host), b"/mnt/host", writable)
    return g


@pytest.fixture
def reader(host):
    return bound(host, False)


@pytest.fixture
def writer(host):
    return bound(host, True)


def test_files_can_be_read(reader):
    assert reader.cat("/mnt/host/file") == b"hello"
    assert reader.cat("/mnt/host/dir/deep") == b"deep"
    assert reader.ls("/mnt/host") == ["abs", "dir", "file", "sub", "up"]


@pytest.mark.parametrize(
    "name",
    ["up", "abs", "sub/../../secret", "../secret", "dir/../../secret", "dir/../up", "./up",
     "sub/../up", "up/", "up/."],
)  # fmt: skip
def test_nothing_leads_out(writer, tmp_path, name):
    assert b"SECRET" not in str(writer.cat(f"/mnt/host/{name}")).encode()
    writer.open(f"/mnt/host/{name}", "O_CREAT|O_WRONLY|O_TRUNC")
    assert (tmp_path / "secret").read_bytes() == b"SECRET"


def test_links_made_by_the_guest_lead_nowhere_outside(writer, tmp_path):
    for target in (str(tmp_path / "secret"), "../secret", "../../../../../etc/hostname"):
        assert writer.symlink(target, "/mnt/host/evil") == 0
        assert writer.cat("/mnt/host/evil") == "ENOENT"
        assert writer.link("/mnt/host/evil", "/mnt/host/hard", "AT_SYMLINK_FOLLOW") == "ENOENT"
        assert writer.unlink("/mnt/host/evil") == 0
    assert writer.link("/mnt/host/up", "/mnt/host/uplink") == 0
    assert writer.cat("/mnt/host/uplink") == "ENOENT"


def test_a_folder_exchanged_for_a_link_on_the_host_is_not_followed(writer, host, tmp_path):
    outside = tmp_path / "outside"
    outside.mkdir()
    (outside / "deep").write_bytes(b"SECRET")
    fd = writer.open("/mnt/host/sub", "O_RDONLY|O_DIRECTORY")
    (host / "sub").rename(host / "was")
    (host / "sub").symlink_to(outside)
    assert writer.cat("/mnt/host/sub/deep") == "ENOENT"
    found = writer.open("deep", dfd=fd)
    assert found in ("ENOENT", "ENOTDIR", "ELOOP") or writer.read(found) == b"deep"


def test_a_moved_folder_does_not_open_a_way_out(writer, host):
    writer.mkdir("/mnt/host/a")
    writer.mkdir("/mnt/host/a/b")
    fd = writer.open("/mnt/host/a/b", "O_RDONLY|O_DIRECTORY")
    writer.rename("/mnt/host/a/b", "/mnt/host/b")
    found = writer.open("../../secret", dfd=fd)
    assert found == "ENOENT"


def test_read_only_binds_refuse_every_change(reader, host):
    before = sorted(os.listdir(host))
    assert reader.open("/mnt/host/file", "O_WRONLY") == "EROFS"
    assert reader.open("/mnt/host/new", "O_CREAT|O_RDWR") == "EROFS"
    assert reader.mkdir("/mnt/host/x") == "EROFS"
    assert reader.unlink("/mnt/host/file") == "EROFS"
    assert reader.rename("/mnt/host/file", "/mnt/host/g") == "EROFS"
    assert reader.chmod("/mnt/host/file", 0) == "EROFS"
    assert reader.sys("truncate", "/mnt/host/file", 0) == "EROFS"
    remount = 0x20
    assert reader.sys("mount", 0, "/mnt/host", 0, remount, 0) == "EPERM"
    assert sorted(os.listdir(host)) == before


def test_writable_binds_change_the_host(writer, host):
    writer.make("/mnt/host/new", b"made", 0o640)
    assert (host / "new").read_bytes() == b"made"
    assert (host / "new").stat().st_mode & 0o777 == 0o640
    writer.mkdir("/mnt/host/d", 0o700)
    assert writer.rename("/mnt/host/new", "/mnt/host/d/moved") == 0
    assert (host / "d/moved").read_bytes() == b"made"
    assert writer.chmod("/mnt/host/d/moved", 0o600) == 0
    assert (host / "d/moved").stat().st_mode & 0o777 == 0o600
    assert writer.sys("truncate", "/mnt/host/d/moved", 2) == 0
    assert (host / "d/moved").read_bytes() == b"ma"
    assert writer.link("/mnt/host/file", "/mnt/host/second") == 0
    assert (host / "second").stat().st_nlink == 2
    assert writer.unlink("/mnt/host/second") == 0
    assert writer.unlink("/mnt/host/d/moved") == 0
    assert writer.rmdir("/mnt/host/d") == 0
    assert not (host / "d").exists()


def test_the_hosts_changes_are_seen(reader, host):
    assert reader.cat("/mnt/host/later") == "ENOENT"
    (host / "later").write_bytes(b"now")
    assert reader.cat("/mnt/host/later") == b"now"
    (host / "file").write_bytes(b"longer than before")
    assert reader.stat("/mnt/host/file")["stx_size"] == 18
    (host / "later").unlink()
    assert reader.cat("/mnt/host/later") == "ENOENT"


def test_shared_mappings_and_writes_agree(writer, host):
    fd = writer.open("/mnt/host/file", "O_RDWR")
    address = writer.mm.mmap(0, 4096, 3, 1, writer.task.files[fd], 0)
    writer.mm.write(address, b"J")
    assert writer.pread(fd, 10, 0) == b"Jello"
    assert (host / "file").read_bytes() == b"Jello"
    writer.sys("pwrite64", fd, writer.name("y"), 1, 4)
    assert writer.mm.read(address, 5) == b"Jelly"


def test_an_unlinked_file_lives_on_while_it_is_open(writer):
    fd = writer.open("/mnt/host/file", "O_RDWR")
    writer.unlink("/mnt/host/file")
    assert writer.read(fd) == b"hello"
    assert writer.write(fd, b"!") == 1
    assert writer.sys("newfstat", fd, writer.buffer) == 0
    assert writer.get("stat")["st_nlink"] == 0


def test_host_descriptors_are_given_back(writer, host):
    for n in range(300):
        (host / "sub" / str(n)).write_bytes(b"x")
    before = len(os.listdir("/proc/self/fd"))
    for n in range(300):
        assert writer.cat(f"/mnt/host/sub/{n}") == b"x"
    assert len(os.listdir("/proc/self/fd")) <= before + 100


def test_no_devices_are_made_on_the_host(writer):
    assert writer.sys("mknodat", -100, "/mnt/host/dev", 0o020666, 0x103) == "EPERM"


def test_a_named_pipe_of_the_host_is_the_guests_own(writer, host):
    os.mkfifo(host / "pipe")
    fd = writer.open("/mnt/host/pipe", "O_RDWR")
    assert writer.write(fd, b"inside") == 6
    assert writer.read(fd) == b"inside"


def test_one_file_can_be_bound(host):
    g = Guest()
    bind_host(g.kernel, str(host / "file"), b"/opt/one", False)
    assert g.cat("/opt/one") == b"hello"
    assert g.ls("/opt") == ["one"]
    assert g.cat("/opt/../opt/one") == b"hello"


def test_a_host_program_is_visible_alone(host):
    g = Guest()
    name, path = open_host_program(g.kernel, str(host / "file"))
    assert name == os.fsencode(host / "file")
    assert path.inode.is_regular
    assert g.ls(str(host)) == ["file"]
    assert g.open(name.decode(), "O_WRONLY") == "EROFS"
    with pytest.raises(FileNotFoundError):
        open_host_program(g.kernel, str(host / "none"))
