"""/proc/PID: who may see what, and what the files about memory do."""

import gc
import struct

import pytest

from tests.unit.vfs.guest import Guest

PROT_NONE, PROT_READ, PROT_RW, PROT_RWX = 0, 1, 3, 7
MAP_PRIVATE_ANONYMOUS, MAP_SHARED_ANONYMOUS = 0x22, 0x21
PAGE = 4096


@pytest.fixture
def user(guest):
    return Guest(uid=1000, beside=guest)


def mapped(guest, prot, flags=MAP_PRIVATE_ANONYMOUS):
    return guest.mm.mmap(0, 2 * PAGE, prot, flags, None, 0)


@pytest.mark.parametrize(
    ("name", "answer"),
    [
        ("maps", "EACCES"),
        ("smaps", "EACCES"),
        ("environ", "EACCES"),
        ("auxv", "EACCES"),
        ("mem", "EACCES"),
        ("pagemap", "EACCES"),
        ("personality", "EACCES"),
        ("stack", "EACCES"),
        ("syscall", "EACCES"),
        ("fdinfo/0", "EACCES"),
        ("map_files/1-2", "EACCES"),
    ],
)
def test_another_users_process_is_closed(guest, user, name, answer):
    assert user.cat(f"/proc/{guest.task.pid}/{name}") == answer


@pytest.mark.parametrize("name", ["exe", "cwd", "root", "ns/uts", "fd/0"])
def test_another_users_links_lead_nowhere(guest, user, name):
    assert user.readlink(f"/proc/{guest.task.pid}/{name}") == "EACCES"


@pytest.mark.parametrize("name", ["stat", "status", "statm", "cmdline", "comm", "limits", "wchan"])
def test_what_ps_needs_is_open_to_all(guest, user, name):
    assert isinstance(user.cat(f"/proc/{guest.task.pid}/{name}"), bytes)


def test_addresses_are_hidden_from_others(guest, user):
    guest.mm.start_code, guest.mm.start_stack = 0x400000, 0x7000
    line = f"/proc/{guest.task.pid}/stat"
    assert guest.cat(line).split()[25:28] == [b"%d" % 0x400000, b"0", b"%d" % 0x7000]
    assert user.cat(line).split()[25:28] == [b"1", b"1", b"0"]


def test_only_a_process_itself_may_rename_its_threads(guest, user):
    fd = user.open(f"/proc/{guest.task.pid}/comm", "O_WRONLY")
    assert fd == "EACCES"
    fd = guest.open(f"/proc/{user.task.pid}/comm", "O_WRONLY")
    assert guest.write(fd, b"x") == "EINVAL"


def test_a_process_that_cannot_be_dumped_belongs_to_root(guest, user):
    name = f"/proc/{user.task.pid}"
    assert guest.stat(f"{name}/maps")["stx_uid"] == 1000
    user.task.attributes.dumpable = 0
    assert guest.stat(f"{name}/maps")["stx_uid"] == 0
    assert guest.stat(name)["stx_uid"] == 1000


def test_an_open_file_outlives_its_process(guest, user):
    fds = {name: guest.open(f"/proc/{user.task.pid}/{name}") for name in ("stat", "maps", "mem")}
    directory = guest.open(f"/proc/{user.task.pid}", "O_RDONLY|O_DIRECTORY")
    del guest.kernel.tasks[user.task.pid]
    user.task.exit_status = 0
    user.mm.users = 0
    assert guest.read(fds["stat"]) == "ESRCH"
    assert guest.read(fds["mem"]) == b""
    assert guest.entries(directory)[2:] == []
    assert guest.open("stat", dfd=directory) == "ENOENT"


def test_mem_reads_and_writes_past_rights(guest):
    address = mapped(guest, PROT_RW)
    guest.mm.write(address, b"before")
    guest.mm.mprotect(address, PAGE, PROT_READ)
    fd = guest.open("/proc/self/mem", "O_RDWR")
    assert guest.pread(fd, 6, address) == b"before"
    guest.mm.write(guest.buffer, b"after")
    assert guest.sys("pwrite64", fd, guest.buffer, 5, address) == 5
    assert guest.mm.read(address, 6) == b"aftere"
    guest.mm.mprotect(address, PAGE, PROT_NONE)
    assert guest.pread(fd, 6, address) == b"aftere"
    assert guest.pread(fd, 6, 0) == "EIO"


def test_mem_does_not_force_a_shared_page(guest):
    address = mapped(guest, PROT_READ, MAP_SHARED_ANONYMOUS)
    fd = guest.open("/proc/self/mem", "O_RDWR")
    assert guest.sys("pwrite64", fd, guest.buffer, 5, address) == "EIO"


def test_mem_stops_at_a_hole(guest):
    address = mapped(guest, PROT_RW)
    guest.mm.munmap(address + PAGE, PAGE)
    fd = guest.open("/proc/self/mem")
    assert guest.sys("lseek", fd, address + PAGE - 10, 0) == address + PAGE - 10
    assert guest.read(fd, 100) == bytes(10)
    assert guest.read(fd, 100) == "EIO"
    assert guest.sys("lseek", fd, 0, 2) == "EINVAL"


def test_pagemap_tells_pages_and_frames_only_to_root(guest, user):
    for who, shows_frame in ((guest, True), (user, False)):
        address = mapped(who, PROT_RW)
        who.mm.write(address, b"x")
        fd = who.open("/proc/self/pagemap")
        there, absent = struct.unpack("<QQ", who.pread(fd, 16, address // PAGE * 8))
        assert there >> 63 == 1
        assert bool(there & (1 << 55) - 1) == shows_frame
        assert absent == 0
        assert who.pread(fd, 7, 0) == "EINVAL"


def test_smaps_adds_up(guest):
    address = mapped(guest, PROT_RWX)
    guest.mm.write(address, b"x")
    text = guest.cat("/proc/self/smaps").decode()
    area = text[text.index(f"{address:08x}-") :].splitlines()
    values = dict(line.split(":", 1) for line in area[1:23])
    assert values["Size"].split() == ["8", "kB"]
    assert values["Rss"].split() == values["Private_Dirty"].split() == ["4", "kB"]
    rollup = guest.cat("/proc/self/smaps_rollup").decode()
    assert "[rollup]\nRss:" in rollup


def test_a_huge_sparse_mapping_is_counted_at_once(guest):
    guest.mm.mmap(0, 1 << 44, PROT_NONE, MAP_SHARED_ANONYMOUS, None, 0)
    assert int(guest.cat("/proc/self/statm").split()[0]) > 1 << 32


def test_the_most_memory_can_be_forgotten(guest):
    address = mapped(guest, PROT_RW)
    guest.mm.write(address, b"x")
    guest.mm.munmap(address, PAGE)
    assert guest.mm.most_pages
    guest.make("/proc/self/clear_refs", b"5\n")
    assert guest.mm.most_pages == 0
    fd = guest.open("/proc/self/clear_refs", "O_WRONLY")
    assert guest.write(fd, b"6") == "EINVAL"


def test_namespaces_are_magic_links_to_files(guest):
    assert guest.readlink("/proc/self/ns/uts") == b"uts:[4026531838]"
    uts = guest.open("/proc/self/ns/uts")
    ioctl = guest.abi.constant
    assert guest.sys("ioctl", uts, ioctl("NS_GET_NSTYPE"), 0) == 0x04000000
    user = guest.sys("ioctl", uts, ioctl("NS_GET_USERNS"), 0)
    assert guest.readlink(f"/proc/self/fd/{user}") == b"user:[4026531837]"
    assert guest.sys("ioctl", user, ioctl("NS_GET_OWNER_UID"), guest.buffer) == 0
    assert guest.sys("ioctl", user, ioctl("NS_GET_PARENT"), 0) == "EPERM"
    assert guest.sys("ioctl", uts, ioctl("NS_GET_PARENT"), 0) == "EINVAL"
    assert guest.stat("/proc/self/ns/uts") == guest.stat(f"/proc/{guest.task.pid}/ns/uts")


def test_map_files_lead_to_the_files(guest):
    guest.make("/lib.so", b"x" * 5000)
    address = guest.mm.mmap(0, 8192, 5, 2, guest.task.files[guest.open("/lib.so")], 0)
    name = f"/proc/self/map_files/{address:x}-{address + 8192:x}"
    assert guest.readlink(name) == b"/lib.so"
    assert guest.ls("/proc/self/map_files") == [name.rpartition("/")[2]]
    assert guest.readlink(name[:-1]) == "ENOENT"


@pytest.mark.parametrize(
    ("options", "listed", "stat"),
    [
        ("", True, True),
        ("hidepid=1", True, "EPERM"),
        ("hidepid=noaccess,gid=1000", True, True),
        ("hidepid=2", False, "ENOENT"),
        ("hidepid=ptraceable,gid=1000", False, "ENOENT"),
    ],
)
def test_a_mount_may_hide_others_processes(guest, user, options, listed, stat):
    guest.mkdir("/p")
    assert guest.sys("mount", "proc", "/p", "proc", 0, guest.name(options)) == 0
    pid = guest.task.pid
    assert (str(pid) in user.ls("/p")) == listed
    assert (isinstance(user.cat(f"/p/{pid}/stat"), bytes) or user.cat(f"/p/{pid}/stat")) == stat
    assert isinstance(user.cat("/p/self/stat"), bytes)
    assert isinstance(guest.cat(f"/p/{user.task.pid}/stat"), bytes)


def test_a_mount_may_show_only_processes(guest):
    guest.mkdir("/p")
    assert guest.sys("mount", "proc", "/p", "proc", 0, guest.name("subset=pid")) == 0
    assert guest.ls("/p") == ["self", "thread-self", str(guest.task.pid)]
    assert guest.cat("/p/meminfo") == "ENOENT"
    assert b"/p proc rw,relatime,subset=pid 0 0" in guest.cat("/proc/mounts")
    assert guest.sys("mount", "proc", "/p", "proc", 0, guest.name("hidepid=3")) == "EINVAL"


def test_locks_are_listed(guest):
    guest.make("/f", b"x")
    fd = guest.open("/f", "O_RDWR")
    assert guest.sys("flock", fd, 2) == 0
    ino = guest.stat("/f")["stx_ino"]
    line = guest.cat("/proc/locks").decode()
    assert line.startswith(f"1: FLOCK  ADVISORY  WRITE {guest.task.tgid} 00:")
    assert line.endswith(f":{ino} 0 EOF\n")
    guest.close(fd)
    assert guest.cat("/proc/locks") == b""


def test_an_open_directory_of_a_process_takes_signals(guest, user):
    fd = guest.open(f"/proc/{user.task.pid}", "O_RDONLY|O_DIRECTORY")
    assert guest.sys("pidfd_send_signal", fd, 0, 0, 0) == 0
    assert guest.sys("pidfd_send_signal", guest.open("/proc"), 0, 0, 0) == "EBADF"
    del guest.kernel.tasks[user.task.pid]
    assert guest.sys("pidfd_send_signal", fd, 0, 0, 0) == "ESRCH"


def test_a_procfs_that_nobody_keeps_is_told_nothing_more(guest):
    before = len(guest.kernel.pid_forgotten)
    guest.mkdir("/p")
    assert guest.sys("mount", "proc", "/p", "proc", 0, 0) == 0
    assert len(guest.kernel.pid_forgotten) == before + 1
    assert guest.sys("umount", "/p", 0) == 0
    gc.collect()
    assert len(guest.kernel.pid_forgotten) == before


def test_io_counts_what_was_read_and_written(any_guest):
    g = any_guest

    def counted():
        lines = g.cat("/proc/self/io").decode().splitlines()
        return {name: int(number) for name, _, number in (line.partition(": ") for line in lines)}

    fd = g.open("/f", "O_RDWR|O_CREAT")
    before = counted()
    assert list(before) == [
        "rchar", "wchar", "syscr", "syscw", "read_bytes", "write_bytes", "cancelled_write_bytes",
    ]  # fmt: skip
    g.write(fd, b"twelve bytes")
    assert g.sys("pread64", fd, g.buffer, 5, 0) == 5
    assert g.sys("read", 99, g.buffer, 5) == "EBADF"
    after = counted()
    assert after["wchar"] - before["wchar"] == 12
    assert after["syscw"] - before["syscw"] == 1
    reads = after["syscr"] - before["syscr"]
    assert reads >= 1
    assert after["rchar"] - before["rchar"] >= 5


def test_schedstat_has_three_numbers(guest):
    assert len(guest.cat("/proc/self/schedstat").split()) == 3
