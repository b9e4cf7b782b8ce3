"""More ways out: changes through links, special files, mounts on the place, mappings, handles."""

import os
import stat
import struct

from tests.unit.sys.caller import HANDLERS
from tests.unit.vfs.escapes import (
    AT_FDCWD,
    BIND,
    DETACH,
    MAP_SHARED,
    PROT_READ,
    PROT_WRITE,
    REMOUNT,
    attack,
    cat,
    cat_at,
    fd_of,
    write_to,
)


def change_through(name, call):
    def through(guest, place):
        return [
            call(guest, f"{place.path}/{link}/secret") for link in ("folder", "relative_folder")
        ]

    through.__name__ = f"{name}_through_a_linked_folder"
    attack(through)


change_through("truncate", lambda g, n: g.sys("truncate", n, 0))
change_through("chmod", lambda g, n: g.chmod(n, 0o777))
change_through("chown", lambda g, n: g.chown(n, 1, 1))
change_through("utimensat", lambda g, n: g.sys("utimensat", AT_FDCWD, n, 0, 0))
change_through("unlink", lambda g, n: g.unlink(n))
change_through("rename", lambda g, n: g.rename(n, n + "2"))
change_through("setxattr", lambda g, n: g.sys("setxattr", n, "user.x", g.name("v"), 1, 0))
change_through("mkdir", lambda g, n: g.mkdir(n + "_made"))
change_through("mkfifo", lambda g, n: g.sys("mknodat", AT_FDCWD, n + "_made", 0o010644, 0))
change_through("symlink", lambda g, n: g.symlink("x", n + "_made"))
change_through("create", lambda g, n: write_to(g, n + "_made", "O_WRONLY|O_CREAT"))
change_through("tmpfile", lambda g, n: g.open(n[: n.rindex("/")], "O_RDWR|__O_TMPFILE|O_DIRECTORY"))
change_through("mount", lambda g, n: g.sys("mount", "x", n[: n.rindex("/")], "tmpfs", 0, 0))


@attack
def creating_through_a_link_that_leads_nowhere(guest, place):
    return [
        write_to(guest, f"{place.path}/missing", "O_WRONLY|O_CREAT"),
        write_to(guest, f"{place.path}/missing", "O_WRONLY|O_CREAT|O_EXCL"),
        guest.mkdir(f"{place.path}/missing"),
        guest.mkdir(f"{place.path}/missing/"),
    ]


@attack
def moving_things_into_a_linked_folder(guest, place):
    return [
        guest.rename(f"{place.path}/file", f"{place.path}/folder/stolen"),
        guest.rename(f"{place.path}/file", f"{place.path}/relative_folder/secret"),
        guest.rename(f"{place.path}/sub", f"{place.path}/folder/secret/x"),
    ]


@attack
def the_hosts_named_pipe(guest, place):
    host = os.open(place.host / "fifo", os.O_RDONLY | os.O_NONBLOCK)
    try:
        done = write_to(guest, f"{place.path}/fifo", "O_RDWR|O_NONBLOCK")
        try:
            through = os.read(host, 100)
        except BlockingIOError:
            through = b""
        assert through == b"", "the guest wrote into a pipe of the host"
        return [done]
    finally:
        os.close(host)


@attack
def the_hosts_socket(guest, place):
    return [guest.open(f"{place.path}/socket", "O_RDWR"), cat(guest, f"{place.path}/socket")]


@attack
def making_devices(guest, place):
    kinds = ((stat.S_IFBLK, 0x800), (stat.S_IFCHR, 0x101), (stat.S_IFCHR, 0x103))
    found = []
    for number, (kind, device) in enumerate(kinds):
        name = f"{place.path}/device{number}"
        found.append(guest.sys("mknodat", AT_FDCWD, name, kind | 0o666, device))
        if (place.host / f"device{number}").exists():
            mode = (place.host / f"device{number}").lstat().st_mode
            assert stat.S_ISREG(mode), "a device on the host"
    return found


@attack
def the_hosts_devices(guest, place):
    if os.getuid():
        return []
    os.mknod(place.host / "mem", stat.S_IFCHR | 0o666, os.makedev(1, 1))
    os.mknod(place.host / "zero", stat.S_IFCHR | 0o666, os.makedev(1, 5))
    os.mknod(place.host / "disk", stat.S_IFBLK | 0o666, os.makedev(7, 0))
    return [cat(guest, f"{place.path}/{name}") for name in ("mem", "disk")]


@attack
def setuid_files(guest, place):
    before = (place.host / "setuid").stat().st_uid
    found = [write_to(guest, f"{place.path}/setuid"), guest.chmod(f"{place.path}/setuid", 0o6777)]
    assert (place.host / "setuid").stat().st_uid == before
    return found


@attack
def a_script_whose_interpreter_is_outside(guest, place):
    return [guest.sys("execve", f"{place.path}/script", 0, 0)]


@attack
def making_it_writable(guest, place):
    fd = guest.sys("fspick", AT_FDCWD, place.path, 0)
    attr = guest.buffer + 0x100
    guest.mm.write(attr, struct.pack("<QQQQ", 0, 1, 0, 0))
    return [
        guest.sys("mount", 0, place.path, 0, REMOUNT, 0),
        guest.sys("mount", 0, place.path, 0, REMOUNT | BIND, 0),
        guest.sys("mount_setattr", AT_FDCWD, place.path, 0, attr, 32),
        guest.sys("fsconfig", fd, 0, "rw", 0, 0) if isinstance(fd, int) else fd,
        guest.sys("fsconfig", fd, 7, 0, 0, 0) if isinstance(fd, int) else fd,
    ]


@attack
def an_overlay_over_links(guest, place):
    guest.mkdir("/merged")
    options = f"lowerdir={place.path}/folder:{place.path}/sub"
    return [
        guest.sys("mount", "o", "/merged", "overlay", 0, guest.name(options)),
        cat(guest, "/merged/secret"),
    ]


@attack
def an_overlay_whose_upper_is_in_the_place(guest, place):
    for name in ("/m2", f"{place.path}/upper", f"{place.path}/work"):
        guest.mkdir(name)
    options = f"lowerdir={place.path}/sub,upperdir={place.path}/upper,workdir={place.path}/work"
    return [
        guest.sys("mount", "o", "/m2", "overlay", 0, guest.name(options)),
        guest.unlink("/m2/file"),
        guest.symlink(f"{place.outside}/secret", "/m2/link"),
        cat(guest, "/m2/link"),
        guest.rename("/m2/link", "/m2/deep/link"),
        cat(guest, "/m2/deep/../../../outside/secret"),
    ]


@attack
def covering_and_uncovering_the_place(guest, place):
    guest.sys("mount", "x", f"{place.path}/sub", "tmpfs", 0, 0)
    fd = fd_of(guest, f"{place.path}/sub", "O_RDONLY|O_DIRECTORY")
    guest.sys("umount", f"{place.path}/sub", DETACH)
    return [cat_at(guest, fd, "../outside/secret"), cat_at(guest, fd, "../../outside/secret")]


@attack
def mapping_what_is_exchanged_afterwards(guest, place):
    fd = fd_of(guest, f"{place.path}/sub/file", "O_RDWR")
    address = guest.sys("mmap", 0, 4096, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0)
    os.replace(place.host / "sub" / "file", place.elsewhere / "moved_file")
    (place.host / "sub" / "file").symlink_to(place.outside / "secret")
    if not isinstance(address, int):
        return [address]
    found = []
    try:
        found.append(guest.mm.read(address, 10))
        guest.mm.write(address, b"mapped")
        guest.sys("msync", address, 4096, 4)
    except Exception as error:
        found.append(str(error))
    return found


@attack
def resolve_flags_do_not_open_ways(guest, place):
    found = []
    sub = fd_of(guest, f"{place.path}/sub", "O_PATH")
    for resolve in (0, 0x08, 0x10, 0x04, 0x02, 0x01):
        how = guest.buffer + 0x200
        guest.mm.write(how, struct.pack("<QQQ", 0, 0, resolve))
        for name in ("../../outside/secret", "../folder/secret", f"{place.outside}/secret"):
            fd = guest.sys("openat2", sub, name, how, 24)
            found.append(guest.read(fd) if isinstance(fd, int) else fd)
    return found


@attack
def handles_of_files(guest, place):
    if "sys_open_by_handle_at" not in HANDLERS:
        return []  # programs get ENOSYS
    handle = guest.buffer + 0x300
    guest.mm.write(handle, struct.pack("<Ii", 128, 0) + bytes(128))
    fd = fd_of(guest, place.path, "O_RDONLY|O_DIRECTORY")
    inode = os.stat(place.outside / "secret").st_ino
    forged = struct.pack("<IiQ", 8, 1, inode)
    found = [
        guest.sys("name_to_handle_at", AT_FDCWD, f"{place.path}/absolute", handle, handle + 200, 0)
    ]
    guest.mm.write(handle, forged)
    got = guest.sys("open_by_handle_at", fd, handle, 0)
    return [*found, guest.read(got) if isinstance(got, int) else got]


@attack
def reading_folders_as_files(guest, place):
    return [
        cat(guest, place.path),
        cat(guest, f"{place.path}/sub"),
        guest.readlink(f"{place.path}/up"),
    ]


@attack
def a_folder_moved_below_itself(guest, place):
    return [
        guest.rename(f"{place.path}/sub", f"{place.path}/sub/deep/x"),
        guest.rename(f"{place.path}/sub/deep", f"{place.path}/.."),
        guest.rename(f"{place.path}/sub/deep", f"{place.path}/../outside/x"),
        guest.rename(place.path, f"{place.path}/sub/x"),
    ]


@attack
def removing_the_place_and_what_is_above(guest, place):
    return [
        guest.rmdir(place.path),
        guest.rmdir(f"{place.path}/.."),
        guest.rmdir(f"{place.path}/."),
        guest.unlink(f"{place.path}/folder/secret"),
        guest.rmdir(f"{place.path}/folder"),
    ]
