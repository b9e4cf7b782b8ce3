"""Ways that lead, or would lead if something were wrong, out of what a guest was given.

Each is a function of a guest and a place, and answers what the guest got. `place.path` is where the
guest sees the host's folder `place.host`, beside which lie `place.outside` and `place.elsewhere`.
"""

import os
import stat

SECRET = b"the host's own secret"
CLONE_TREE, RECURSIVE, F_EMPTY = 1, 0x8000, 4
BIND, MOVE, REMOUNT, DETACH = 0x1000, 0x2000, 0x20, 2
PROT_READ, PROT_WRITE, MAP_SHARED = 1, 2, 1
AT_FDCWD, AT_SYMLINK_FOLLOW, AT_EMPTY_PATH, EXCHANGE = -100, 0x400, 0x1000, 2
UPWARDS = "../" * 40

ATTACKS = {}


def attack(function):
    assert function.__name__ not in ATTACKS
    ATTACKS[function.__name__] = function
    return function


def furnish(folder, outside):
    """What the host's owner has in a folder: also links and special files."""
    (folder / "sub" / "deep").mkdir(parents=True)
    (folder / "file").write_bytes(b"inside")
    (folder / "sub" / "file").write_bytes(b"inside too")
    (folder / "script").write_text(f"#!{outside}/secret\n")
    for name in ("script", "setuid"):
        (folder / name).touch()
        (folder / name).chmod(0o4755)
    links = {
        "absolute": outside / "secret", "relative": "../outside/secret",
        "folder": outside, "relative_folder": "../outside", "root": "/", "up": "..",
        "chain": "folder/secret", "far": UPWARDS + str(outside)[1:] + "/secret",
        "missing": outside / "made_by_guest", "slash": f"{outside}/",
        "magic": "/proc/self/root" + str(outside) + "/secret", "cwd": "/proc/self/cwd/../outside",
    }  # fmt: skip
    for name, target in links.items():
        (folder / name).symlink_to(target)
    os.mkfifo(folder / "fifo")
    os.mknod(folder / "socket", stat.S_IFSOCK | 0o666)


def fd_of(guest, name, flags="O_RDONLY"):
    """A descriptor, or -1."""
    fd = guest.open(name, flags)
    return fd if isinstance(fd, int) else -1


def cat_at(guest, dfd, name):
    fd = guest.open(name, dfd=dfd)
    return guest.read(fd) if isinstance(fd, int) else fd


def cat(guest, name):
    return cat_at(guest, AT_FDCWD, name)


def write_to(guest, name, flags="O_WRONLY"):
    fd = guest.open(name, flags)
    return guest.write(fd, b"written by the guest") if isinstance(fd, int) else fd


def link_attack(name, tail=""):
    def through(guest, place):
        return [
            cat(guest, f"{place.path}/{name}{tail}"),
            guest.ls(f"{place.path}/{name}{tail}"),
            write_to(guest, f"{place.path}/{name}{tail}"),
        ]

    through.__name__ = (
        f"reading_and_writing_through_{name}{tail.replace('/', '_').replace('.', 'd')}"
    )
    attack(through)


for _name in ("absolute", "relative", "chain", "far", "magic"):
    link_attack(_name)
for _name in ("folder", "relative_folder", "slash", "cwd"):
    link_attack(_name, "/secret")
link_attack("root", "/../../outside/secret")
link_attack("up", "/outside/secret")
link_attack("up", "/../../../../outside/secret")


@attack
def dots_from_the_place_itself(guest, place):
    name = str(place.outside)
    return [cat(guest, f"{place.path}/{dots}{name}/secret") for dots in ("..", UPWARDS[:-1])] + [
        cat(guest, f"{place.path}/../outside/secret"),
        cat(guest, f"{place.path}/sub/../../outside/secret"),
        cat(guest, f"{place.path}/./sub/.//../../outside/secret"),
    ]


@attack
def a_name_as_long_as_can_be(guest, place):
    long = f"{place.path}/" + "sub/../" * 500 + "../outside/secret"
    return [cat(guest, long), cat(guest, "/" + "../" * 1300 + str(place.outside)[1:] + "/secret")]


@attack
def strange_names(guest, place):
    names = ("..\\outside\\secret", "%2e%2e/outside/secret", "..\n", ".. ", "...", "\u2025/outside")
    return [cat(guest, f"{place.path}/{name}") for name in names]


@attack
def dots_after_the_host_moved_an_open_folder(guest, place):
    fd = fd_of(guest, f"{place.path}/sub/deep", "O_RDONLY|O_DIRECTORY")
    os.rename(place.host / "sub" / "deep", place.elsewhere / "deep1")
    return [cat_at(guest, fd, "../secret"), cat_at(guest, fd, "../../outside/secret")]


@attack
def dots_after_the_host_moved_the_working_directory(guest, place):
    guest.sys("chdir", f"{place.path}/sub/deep")
    os.rename(place.host / "sub" / "deep", place.elsewhere / "deep2")
    return [cat(guest, "../secret"), cat(guest, "../../outside/secret"), guest.ls("..")]


@attack
def dots_after_the_guest_moved_a_folder(guest, place):
    guest.mkdir(f"{place.path}/own")
    guest.mkdir(f"{place.path}/own/inner")
    fd = fd_of(guest, f"{place.path}/own/inner", "O_RDONLY|O_DIRECTORY")
    guest.rename(f"{place.path}/own/inner", f"{place.path}/inner")
    return [cat_at(guest, fd, "../../outside/secret"), cat_at(guest, fd, "../outside/secret")]


@attack
def a_path_descriptor_and_fchdir(guest, place):
    fd = fd_of(guest, f"{place.path}/sub", "O_PATH|O_DIRECTORY")
    guest.sys("fchdir", fd)
    return [cat(guest, "../../outside/secret"), cat(guest, UPWARDS + str(place.outside)[1:])]


@attack
def a_path_descriptor_of_a_link(guest, place):
    fd = fd_of(guest, f"{place.path}/absolute", "O_PATH|O_NOFOLLOW")
    return [
        cat(guest, f"/proc/self/fd/{fd}"),
        cat_at(guest, fd, ""),
        cat_at(guest, fd, "secret"),
        guest.sys("openat", fd, "", 0, 0),
    ]


@attack
def links_of_proc_to_descriptors(guest, place):
    fd = fd_of(guest, f"{place.path}/sub", "O_PATH")
    return [
        cat(guest, f"/proc/self/fd/{fd}/../../outside/secret"),
        cat(guest, f"/proc/self/fd/{fd}/../folder/secret"),
    ]


@attack
def links_of_proc_to_root_and_working_directory(guest, place):
    guest.sys("chdir", f"{place.path}/sub")
    secret = f"{place.outside}/secret"
    return [
        cat(guest, f"/proc/{who}/{what}{up}{secret}")
        for who in ("self", "thread-self", "1", "2")
        for what in ("root", "cwd")
        for up in ("", "/..", "/../../..")
    ]


@attack
def a_subfolder_bound_elsewhere(guest, place):
    guest.mkdir("/bound")
    guest.sys("mount", f"{place.path}/sub/deep", "/bound", 0, BIND, 0)
    return [cat(guest, "/bound/../../outside/secret"), cat(guest, "/bound/../secret")]


@attack
def a_link_bound(guest, place):
    guest.mkdir("/bound2")
    guest.make("/bound_file")
    return [
        guest.sys("mount", f"{place.path}/folder", "/bound2", 0, BIND, 0),
        cat(guest, "/bound2/secret"),
        guest.sys("mount", f"{place.path}/absolute", "/bound_file", 0, BIND, 0),
        cat(guest, "/bound_file"),
    ]


@attack
def dots_from_a_mount_that_was_moved(guest, place):
    guest.mkdir("/from")
    guest.mkdir("/to")
    guest.sys("mount", f"{place.path}/sub", "/from", 0, BIND, 0)
    fd = fd_of(guest, "/from/deep", "O_RDONLY|O_DIRECTORY")
    guest.sys("mount", "/from", "/to", 0, MOVE, 0)
    return [
        cat_at(guest, fd, "../../outside/secret"),
        cat(guest, "/to/deep/../../../outside/secret"),
    ]


@attack
def dots_from_a_mount_that_is_gone(guest, place):
    guest.mkdir("/gone")
    guest.sys("mount", f"{place.path}/sub", "/gone", 0, BIND, 0)
    fd = fd_of(guest, "/gone/deep", "O_RDONLY|O_DIRECTORY")
    guest.sys("umount", "/gone", DETACH)
    return [
        cat_at(guest, fd, "../../outside/secret"),
        cat_at(guest, fd, "../../../elsewhere/secret"),
    ]


@attack
def dots_from_a_detached_tree(guest, place):
    fd = guest.sys("open_tree", AT_FDCWD, f"{place.path}/sub/deep", CLONE_TREE)
    return [cat_at(guest, fd, "../../outside/secret"), cat_at(guest, fd, "../../../outside/secret")]


@attack
def a_detached_tree_of_a_link(guest, place):
    fd = guest.sys("open_tree", AT_FDCWD, f"{place.path}/folder", CLONE_TREE)
    return [fd, cat_at(guest, fd, "secret")] if isinstance(fd, int) else [fd]


@attack
def dots_in_a_chroot(guest, place):
    outer = fd_of(guest, "/", "O_RDONLY|O_DIRECTORY")
    guest.sys("chroot", f"{place.path}/sub")
    found = [cat(guest, UPWARDS + "outside/secret"), cat(guest, "/../../outside/secret")]
    guest.sys("fchdir", outer)
    return [*found, cat(guest, str(place.outside)[1:] + "/secret"), cat(guest, "../outside/secret")]


@attack
def a_new_root_in_the_place(guest, place):
    guest.mkdir("/newroot")
    guest.sys("mount", f"{place.path}/sub", "/newroot", 0, BIND, 0)
    guest.sys("chdir", "/newroot")
    return [
        guest.sys("pivot_root", ".", "."),
        cat(guest, "/../../outside/secret"),
        cat(guest, str(place.outside) + "/secret"),
    ]


@attack
def links_made_by_the_guest(guest, place):
    texts = (
        f"{place.outside}/secret", "../outside/secret", UPWARDS + str(place.outside)[1:],
        "x/" * 1000 + "../" * 1001 + "outside/secret", "/proc/self/root/../outside/secret",
    )  # fmt: skip
    found = []
    for number, text in enumerate(texts):
        guest.symlink(text, f"{place.path}/made{number}")
        found.append(cat(guest, f"{place.path}/made{number}"))
        found.append(write_to(guest, f"{place.path}/made{number}", "O_WRONLY|O_CREAT"))
    return found


@attack
def a_hard_link_to_what_a_link_names(guest, place):
    return [
        guest.link(f"{place.path}/absolute", f"{place.path}/hard1", "AT_SYMLINK_FOLLOW"),
        cat(guest, f"{place.path}/hard1"),
        guest.link(f"{place.path}/absolute", f"{place.path}/hard2"),
        cat(guest, f"{place.path}/hard2"),
        guest.link(f"{place.outside}/secret", f"{place.path}/hard3"),
        guest.link(f"{place.path}/file", f"{place.path}/folder/hard"),
    ]


@attack
def a_hard_link_through_proc(guest, place):
    fd = fd_of(guest, f"{place.path}/absolute", "O_PATH|O_NOFOLLOW")
    new = f"{place.path}/hard4"
    return [
        guest.link(f"/proc/self/fd/{fd}", new, "AT_SYMLINK_FOLLOW"),
        cat(guest, new),
        guest.sys("linkat", fd, "", AT_FDCWD, f"{place.path}/folder/hard", AT_EMPTY_PATH),
    ]


@attack
def a_link_exchanged_for_an_open_folder(guest, place):
    fd = fd_of(guest, f"{place.path}/sub", "O_RDONLY|O_DIRECTORY")
    return [
        guest.rename(f"{place.path}/sub", f"{place.path}/folder", EXCHANGE),
        cat_at(guest, fd, "secret"),
        cat(guest, f"{place.path}/sub/secret"),
    ]


@attack
def the_host_exchanges_an_open_folder_for_a_link(guest, place):
    fd = fd_of(guest, f"{place.path}/sub", "O_RDONLY|O_DIRECTORY")
    guest.ls(f"{place.path}/sub")
    os.rename(place.host / "sub", place.host / "was_sub")
    (place.host / "sub").symlink_to(place.outside)
    found = [
        cat_at(guest, fd, "secret"),
        cat(guest, f"{place.path}/sub/secret"),
        guest.ls(f"{place.path}/sub"),
        guest.sys("mkdirat", fd, "made", 0o755),
        guest.sys("unlinkat", fd, "secret", 0),
    ]
    (place.host / "sub").unlink()
    os.rename(place.host / "was_sub", place.host / "sub")
    return found


@attack
def the_host_exchanges_a_known_file_for_a_link(guest, place):
    guest.stat(f"{place.path}/sub/file")
    (place.host / "sub" / "file").unlink()
    (place.host / "sub" / "file").symlink_to(place.outside / "secret")
    return [
        cat(guest, f"{place.path}/sub/file"),
        guest.chmod(f"{place.path}/sub/file", 0o777),
        guest.sys("truncate", f"{place.path}/sub/file", 0),
        write_to(guest, f"{place.path}/sub/file", "O_WRONLY|O_TRUNC"),
    ]


@attack
def the_host_exchanges_an_open_file_for_a_link(guest, place):
    fd = fd_of(guest, f"{place.path}/file", "O_RDWR")
    (place.host / "file").unlink()
    (place.host / "file").symlink_to(place.outside / "secret")
    return [
        guest.pread(fd, 100, 0),
        guest.sys("ftruncate", fd, 0),
        guest.sys("fchmod", fd, 0o777),
        guest.sys("fchown", fd, 1, 1),
        guest.write(fd, b"x"),
        cat(guest, f"/proc/self/fd/{fd}"),
    ]


@attack
def the_host_exchanges_the_place_itself(guest, place):
    os.rename(place.host, place.host.with_name("was_here"))
    place.host.symlink_to(place.outside)
    found = [
        cat(guest, f"{place.path}/secret"),
        guest.ls(place.path),
        guest.mkdir(f"{place.path}/m"),
    ]
    place.host.unlink()
    os.rename(place.host.with_name("was_here"), place.host)
    return found
