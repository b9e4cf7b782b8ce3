"""Small archives of every kind with the same files in them."""

import io
import os
import stat
import subprocess
import tarfile
import zipfile

FILES = {
    "bin": (stat.S_IFDIR | 0o755, 0, 0, b""),
    "bin/tool": (stat.S_IFREG | 0o4755, 0, 0, b"#!/bin/sh\n"),
    "bin/link": (stat.S_IFLNK | 0o777, 0, 0, b"tool"),
    "etc": (stat.S_IFDIR | 0o750, 3, 4, b""),
    "etc/motd": (stat.S_IFREG | 0o640, 12, 34, b"hello\n"),
    "etc/large": (stat.S_IFREG | 0o644, 0, 0, b"0123456789abcdef" * 1000),
    "etc/empty": (stat.S_IFREG | 0o644, 0, 0, b""),
}
MTIME = 1_000_000_007


def tar(path, mode="w", files=FILES, extra=()):
    with tarfile.open(path, mode, format=tarfile.PAX_FORMAT) as archive:
        for name, (bits, uid, gid, data) in files.items():
            member = tar_member(name, bits, uid, gid)
            if stat.S_ISLNK(bits):
                member.linkname = data.decode()
                archive.addfile(member)
            else:
                member.size = len(data)
                archive.addfile(member, io.BytesIO(data))
        for member in extra:
            archive.addfile(member)
    return path


def tar_member(name, bits, uid=0, gid=0, target="", device=(0, 0), xattrs=()):
    types = {
        stat.S_IFDIR: tarfile.DIRTYPE, stat.S_IFLNK: tarfile.SYMTYPE,
        stat.S_IFREG: tarfile.REGTYPE, stat.S_IFCHR: tarfile.CHRTYPE,
        stat.S_IFBLK: tarfile.BLKTYPE, stat.S_IFIFO: tarfile.FIFOTYPE,
        0: tarfile.LNKTYPE,
    }  # fmt: skip
    member = tarfile.TarInfo(name)
    member.type = types[stat.S_IFMT(bits)]
    member.mode, member.uid, member.gid, member.mtime = bits & 0o7777, uid, gid, MTIME
    member.linkname = target
    member.devmajor, member.devminor = device
    member.pax_headers = {f"SCHILY.xattr.{name}": value for name, value in xattrs}
    return member


def zipped(path, compression, files=FILES):
    with zipfile.ZipFile(path, "w", compression) as archive:
        for name, (bits, _, _, data) in files.items():
            member = zipfile.ZipInfo(name + "/" * stat.S_ISDIR(bits), (2001, 9, 9, 1, 46, 46))
            member.create_system, member.external_attr = 3, bits << 16
            member.compress_type = compression
            archive.writestr(member, data)
    return path


def cpio_bytes(files=FILES, nlink=1):
    """The "newc" format, as the kernel's documentation describes it."""
    out = bytearray()
    members = [*enumerate(files.items(), 1), (0, ("TRAILER!!!", (0, 0, 0, b"")))]
    for ino, (name, (bits, uid, gid, data)) in members:
        numbers = (ino, bits, uid, gid, nlink, MTIME, len(data), 0, 0, 0, 0, len(name) + 1, 0)
        out += b"070701" + b"".join(b"%08x" % number for number in numbers)
        out += name.encode() + b"\0"
        out += bytes(-len(out) % 4) + data
        out += bytes(-len(out) % 4)
    return bytes(out)


def cpio(path, **how):
    path.write_bytes(cpio_bytes(**how))
    return path


def compressed(path, command):
    """The same file through a compressor of the host."""
    done = subprocess.run([command, "-c", path], check=True, capture_output=True)
    result = path.with_name(f"{path.name}.{command}")
    result.write_bytes(done.stdout)
    return result


def host_tree(folder):
    """Everything below a folder of the host, with what must not change."""
    found = {}
    for where, folders, names in os.walk(folder):
        for name in [*folders, *names]:
            path = os.path.join(where, name)
            info = os.lstat(path)
            data = None
            if stat.S_ISREG(info.st_mode):
                with open(path, "rb") as file:
                    data = file.read()
            found[path] = (info.st_mode, info.st_uid, info.st_nlink, info.st_mtime_ns, data)
    return found
