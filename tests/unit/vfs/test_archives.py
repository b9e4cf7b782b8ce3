"""Archives as layers: their files are seen as they were packed; bad archives do no harm."""

import shutil
import stat
import struct
import tarfile
import zipfile

import pytest

from tests.unit.vfs.archives import (
    FILES,
    MTIME,
    compressed,
    cpio,
    cpio_bytes,
    tar,
    tar_member,
    zipped,
)
from tests.unit.vfs.guest import Guest

MAKERS = {
    "tar": tar,
    "tar.gz": lambda path: tar(path, "w:gz"),
    "tar.xz": lambda path: tar(path, "w:xz"),
    "tar.bz2": lambda path: tar(path, "w:bz2"),
    "cpio": cpio,
    "zip stored": lambda path: zipped(path, zipfile.ZIP_STORED),
    "zip deflated": lambda path: zipped(path, zipfile.ZIP_DEFLATED),
}


@pytest.fixture(params=MAKERS)
def archive(request, tmp_path):
    return MAKERS[request.param](tmp_path / "archive")


def layered(*layers):
    return Guest(layers=layers)


def test_an_archive_shows_its_files(archive):
    guest = layered(archive)
    for name, (bits, _, _, data) in FILES.items():
        found = guest.stat(f"/{name}", "AT_SYMLINK_NOFOLLOW")
        assert found["stx_mode"] == bits, name
        if stat.S_ISREG(bits):
            assert guest.cat(f"/{name}") == data
            assert found["stx_size"] == len(data)
    assert guest.readlink("/bin/link") == b"tool"
    assert guest.cat("/bin/link") == b"#!/bin/sh\n"
    assert guest.ls("/etc")[:3] == ["empty", "large", "motd"]


def test_parts_are_read_in_place(archive):
    guest = layered(archive)
    fd = guest.open("/etc/large")
    assert guest.pread(fd, 16, 15_990) == b"6789abcdef"
    assert guest.pread(fd, 4, 4094) == b"ef01"
    assert guest.pread(fd, 4, 16_000) == b""


@pytest.mark.parametrize("make", [tar, cpio])
def test_owners_and_times_are_kept(make, tmp_path):
    found = layered(make(tmp_path / "archive")).stat("/etc/motd")
    assert (found["stx_uid"], found["stx_gid"]) == (12, 34)
    assert found["stx_mtime"]["tv_sec"] == MTIME


def test_a_files_contents_change_in_memory_only(archive):
    before = archive.read_bytes()
    guest = layered(archive)
    fd = guest.open("/etc/large", "O_RDWR")
    guest.write(fd, b"changed")
    assert guest.cat("/etc/large")[:12] == b"changed789ab"
    assert guest.unlink("/etc/motd") == 0
    assert guest.cat("/etc/motd") == "ENOENT"
    assert archive.read_bytes() == before


def test_special_files_hard_links_and_attributes_are_kept(tmp_path):
    extra = [
        tar_member("dev", stat.S_IFDIR | 0o755),
        tar_member("etc/same", 0, target="etc/motd"),
        tar_member("disk", stat.S_IFBLK | 0o660, device=(8, 1)),
        tar_member("pipe", stat.S_IFIFO | 0o600),
        tar_member("marked", stat.S_IFREG | 0o644, xattrs=[("user.mark", "seen")]),
    ]
    guest = layered(tar(tmp_path / "a.tar", extra=extra))
    same, motd = guest.stat("/etc/same"), guest.stat("/etc/motd")
    assert same["stx_ino"] == motd["stx_ino"]
    assert same["stx_nlink"] == 2
    disk = guest.stat("/disk")
    assert (disk["stx_rdev_major"], disk["stx_rdev_minor"]) == (8, 1)
    assert guest.stat("/pipe")["stx_mode"] == stat.S_IFIFO | 0o600
    assert guest.sys("getxattr", "/marked", "user.mark", guest.buffer, 64) == 4
    assert guest.mm.read(guest.buffer, 4) == b"seen"


def test_a_later_member_replaces_an_earlier_one(tmp_path):
    path = tmp_path / "a.tar"
    tar(path)
    tar(path, "a", {"etc/motd": (stat.S_IFREG | 0o600, 0, 0, b"again\n")})
    guest = layered(path)
    assert guest.cat("/etc/motd") == b"again\n"
    assert guest.ls("/etc") == ["empty", "large", "motd", "passwd", "group"][:3]


def test_folders_that_no_member_names_are_there(tmp_path):
    path = tar(tmp_path / "a.tar", files={"a/b/c": (stat.S_IFREG | 0o600, 0, 0, b"deep")})
    guest = layered(path)
    assert guest.cat("/a/b/c") == b"deep"
    assert guest.stat("/a/b")["stx_mode"] == stat.S_IFDIR | 0o755


def test_layers_mix_folders_and_archives(tmp_path):
    folder = tmp_path / "folder"
    (folder / "etc").mkdir(parents=True)
    (folder / "etc" / "motd").write_text("from the folder\n")
    archive = tar(tmp_path / "a.tar")
    assert layered(archive, folder).cat("/etc/motd") == b"from the folder\n"
    assert layered(folder, archive).cat("/etc/motd") == b"hello\n"
    assert layered(archive, folder).ls("/etc") == ["empty", "large", "motd"]


def test_whiteouts_of_container_layers_hide(tmp_path):
    upper = {
        "bin/.wh.tool": (stat.S_IFREG, 0, 0, b""),
        "etc/.wh..wh..opq": (stat.S_IFREG, 0, 0, b""),
        "etc/new": (stat.S_IFREG | 0o644, 0, 0, b"new"),
    }
    guest = layered(tar(tmp_path / "a.tar"), tar(tmp_path / "b.tar", files=upper))
    assert guest.ls("/bin") == ["link"]
    assert guest.cat("/bin/tool") == "ENOENT"
    assert guest.ls("/etc") == ["new"]


def test_names_of_one_file_in_a_cpio(tmp_path):
    files = {"a": (stat.S_IFREG | 0o644, 0, 0, b""), "b": (stat.S_IFREG | 0o644, 0, 0, b"both")}
    data = bytearray(cpio_bytes(files, nlink=2))
    second = data.index(b"070701", 6)
    data[second + 6 : second + 14] = data[6:14]  # the inode number of the first
    path = tmp_path / "a.cpio"
    path.write_bytes(data)
    guest = layered(path)
    assert guest.cat("/a") == guest.cat("/b") == b"both"
    assert guest.stat("/a")["stx_nlink"] == 2


def test_cpio_archives_follow_each_other(tmp_path):
    path = tmp_path / "a.cpio"
    more = cpio_bytes({"more": (stat.S_IFREG | 0o644, 0, 0, b"x")})
    path.write_bytes(cpio_bytes() + bytes(512) + more)
    guest = layered(path)
    assert guest.cat("/more") == b"x"
    assert guest.cat("/etc/motd") == b"hello\n"


@pytest.mark.parametrize("command", ["gzip", "xz", "bzip2", "zstd"])
def test_compressors_of_the_host(command, tmp_path):
    if not shutil.which(command):
        pytest.skip(f"{command} is not installed")
    for path in (tar(tmp_path / "a.tar"), cpio(tmp_path / "a.cpio")):
        assert layered(compressed(path, command)).cat("/etc/motd") == b"hello\n"


def test_sparse_members_are_whole(tmp_path):
    if not shutil.which("tar"):
        pytest.skip("tar is not installed")
    import subprocess

    with open(tmp_path / "sparse", "wb") as file:
        file.seek(1 << 20)
        file.write(b"end")
    archive = tmp_path / "a.tar"
    subprocess.run(["tar", "-cSf", archive, "-C", tmp_path, "sparse"], check=True)
    assert archive.stat().st_size < 1 << 17
    guest = layered(archive)
    assert guest.stat("/sparse")["stx_size"] == (1 << 20) + 3
    assert guest.pread(guest.open("/sparse"), 10, (1 << 20) - 2) == b"\0\0end"


FILE = (stat.S_IFREG | 0o644, 0, 0, b"x")
LEAVING = ["../out", "a/../../out", "/../out", "a/..", "..", "./../out"]


@pytest.mark.parametrize("name", LEAVING)
@pytest.mark.parametrize("make", [tar, cpio, lambda p, files: zipped(p, 0, files)])
def test_a_member_that_leads_out_is_an_error(make, name, tmp_path):
    path = make(tmp_path / "archive", files={"etc/ok": FILE, name: FILE})
    with pytest.raises(OSError, match="leads out of the archive"):
        layered(path)


def test_absolute_names_are_names_from_the_root(tmp_path):
    guest = layered(tar(tmp_path / "a.tar", files={"//etc///motd": FILE}))
    assert guest.cat("/etc/motd") == b"x"


def test_links_lead_to_the_guests_own_files(tmp_path):
    secret = tmp_path / "secret"
    secret.write_text("the host's")
    extra = [
        tar_member("absolute", stat.S_IFLNK, target=str(secret)),
        tar_member("upwards", stat.S_IFLNK, target="../" * 40 + str(secret)[1:]),
    ]
    guest = layered(tar(tmp_path / "a.tar", extra=extra))
    assert guest.cat("/absolute") == "ENOENT"
    assert guest.cat("/upwards") == "ENOENT"


@pytest.mark.parametrize(
    "extra",
    [
        [tar_member("link", 0, target="../../etc/passwd")],
        [tar_member("link", 0, target="/etc/passwd")],
        [tar_member("link", 0, target="nothing")],
        [tar_member("link", 0, target="etc")],
        [tar_member("bin/link/below", stat.S_IFREG | 0o644)],
        [tar_member("etc/motd/below", stat.S_IFREG | 0o644)],
        [tar_member("x" * 256, stat.S_IFREG | 0o644)],
        [tar_member("a/" * 5000 + "x", stat.S_IFREG | 0o644)],
        [tar_member("link", stat.S_IFLNK, target="")],
        [tar_member("link", stat.S_IFLNK, target="x" * 5000)],
    ],
)  # fmt: skip
def test_what_no_root_can_hold_is_an_error(extra, tmp_path):
    with pytest.raises(OSError, match="archive"):
        layered(tar(tmp_path / "archive.tar", extra=extra))


@pytest.mark.parametrize("kind", ["tar", "cpio", "zip stored", "tar.gz", "tar.xz", "tar.bz2"])
def test_an_archive_that_is_cut_off_is_an_error(kind, tmp_path):
    whole = MAKERS[kind](tmp_path / "archive").read_bytes()
    for part in (1, 3, 100, len(whole) // 3, len(whole) // 2):
        path = tmp_path / "part"
        path.write_bytes(whole[:part])
        with pytest.raises(OSError, match="part"):
            layered(path)


def test_a_size_beyond_all_is_an_error(tmp_path):
    member = tarfile.TarInfo("huge")
    member.size = 1 << 62
    path = tmp_path / "a.tar"
    path.write_bytes(member.tobuf(tarfile.GNU_FORMAT) + bytes(1024))
    with pytest.raises(OSError, match=r"a\.tar"):
        layered(path)


def test_a_zip_that_lies_about_a_size_gives_an_error_to_who_reads(tmp_path):
    path = zipped(tmp_path / "a.zip", zipfile.ZIP_DEFLATED)
    data = bytearray(path.read_bytes())
    entry = data.rindex(b"etc/large") - 46
    struct.pack_into("<L", data, entry + 24, 1 << 20)
    path.write_bytes(data)
    guest = layered(path)
    assert guest.pread(guest.open("/etc/large"), 16, 0) == "EIO"
    assert guest.cat("/etc/motd") == b"hello\n"


def test_random_damage_never_breaks_the_machine(tmp_path):
    import random

    chance = random.Random(7)
    for kind in ("tar", "cpio", "zip deflated", "tar.gz"):
        whole = MAKERS[kind](tmp_path / "whole").read_bytes()
        for _ in range(12):
            data = bytearray(whole)
            for _ in range(chance.randrange(1, 8)):
                data[chance.randrange(len(data))] = chance.randrange(256)
            path = tmp_path / "damaged"
            path.write_bytes(data)
            try:
                guest = layered(path)
            except OSError:
                continue
            for name in FILES:
                guest.pread(guest.open(f"/{name}"), 100, 0)
                guest.ls(f"/{name}")


def test_what_is_no_archive_is_an_error(tmp_path):
    path = tmp_path / "text"
    path.write_text("not an archive\n" * 100)
    with pytest.raises(OSError, match="neither a folder nor"):
        layered(path)
    with pytest.raises(OSError, match="No such file"):
        layered(tmp_path / "missing")
