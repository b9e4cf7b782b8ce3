"""/proc/sys: the kernel's variables. See sysctl(8) and Documentation/admin-guide/sysctl.

What a variable would decide in Linux and nothing decides here is not in the table.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from emu.kernel.errno import EINVAL
from emu.kernel.fs.anon_inode import AnonInodeFs
from emu.kernel.fs.pipe_buffer import round_pipe_size
from emu.kernel.fs.procfs.ipc_sysctl import IPC, MQUEUE
from emu.kernel.fs.procfs.net_sysctl import NET_SYSCTL
from emu.kernel.fs.procfs.rows import Table, TableDirectory
from emu.kernel.fs.procfs.seccomp_sysctl import SECCOMP
from emu.kernel.fs.procfs.variables import (
    INT_MAX,
    computed,
    fixed,
    group,
    number,
    parse_number,
    string,
)
from emu.kernel.mm.layout import MMAP_MIN_ADDR
from emu.kernel.rlimits import NR_OPEN
from emu.kernel.uapi.capability import CAP_LAST_CAP
from emu.kernel.uts import NEW_UTS_LEN

if TYPE_CHECKING:
    from emu.kernel.kernel import Kernel

PID_MAX_LIMIT = 1 << 22
LEAST_PID_MAX = 301
UUID_VERSION = 4
NGROUPS_MAX = 65536
OVERFLOW_ID = 65534
POOL_BITS = 256

RANDOM: Table = {
    b"boot_id": computed("sysctl:show_boot_id", line=True),
    b"entropy_avail": fixed(POOL_BITS),
    b"poolsize": fixed(POOL_BITS),
    b"uuid": computed("sysctl:show_uuid", line=True),
}

KERNEL: Table = {
    b"arch": computed("sysctl:show_arch", line=True),
    b"cap_last_cap": fixed(CAP_LAST_CAP),
    b"core_pattern": computed("sysctl:show_core_pattern", "sysctl:set_core_pattern", line=True),
    b"core_uses_pid": number("core.uses_pid", 0, 1),
    b"domainname": string("uts.domainname", NEW_UTS_LEN),
    b"hostname": string("uts.nodename", NEW_UTS_LEN),
    **IPC,
    b"ngroups_max": fixed(NGROUPS_MAX),
    b"ns_last_pid": number("last_pid", 0, PID_MAX_LIMIT),
    b"osrelease": string("uts.release", NEW_UTS_LEN, mode=0o444),
    b"ostype": string("uts.sysname", NEW_UTS_LEN, mode=0o444),
    b"overflowgid": fixed(OVERFLOW_ID),
    b"overflowuid": fixed(OVERFLOW_ID),
    b"pid_max": number("pid_max", LEAST_PID_MAX, PID_MAX_LIMIT),
    b"random": group(RANDOM),
    b"randomize_va_space": fixed(0),
    b"seccomp": group(SECCOMP),
    b"tainted": fixed(0),
    b"threads-max": number("options.limit_tasks", 1, PID_MAX_LIMIT),
    b"version": string("uts.version", NEW_UTS_LEN, mode=0o444),
}

VM: Table = {
    b"drop_caches": computed("sysctl:show_drop_caches", "sysctl:drop_caches", mode=0o200),
    b"max_map_count": number("ram.max_map_count", 0),
    b"mmap_min_addr": fixed(MMAP_MIN_ADDR),
    b"overcommit_memory": fixed(0),
    b"overcommit_ratio": fixed(50),
    b"swappiness": fixed(60),
}

EPOLL: Table = {
    b"max_user_watches": computed("sysctl:show_epoll_watches", "sysctl:set_epoll_watches"),
}

INOTIFY: Table = {
    name.encode(): number(f"notify_limits.{name}")
    for name in ("max_queued_events", "max_user_instances", "max_user_watches")
}

FS: Table = {
    b"epoll": group(EPOLL),
    b"file-max": fixed((1 << 63) - 1),
    b"file-nr": computed("sysctl:show_file_nr"),
    b"inotify": group(INOTIFY),
    b"mqueue": group(MQUEUE),
    b"nr_open": fixed(NR_OPEN),
    b"overflowgid": fixed(OVERFLOW_ID),
    b"overflowuid": fixed(OVERFLOW_ID),
    b"pipe-max-size": computed("sysctl:show_pipe_max_size", "sysctl:set_pipe_max_size"),
    b"protected_hardlinks": fixed(0),
    b"protected_symlinks": fixed(0),
    b"suid_dumpable": fixed(0),
}

SYSCTL: Table = {
    b"fs": group(FS),
    b"kernel": group(KERNEL),
    b"net": group(NET_SYSCTL),
    b"vm": group(VM),
}


def sysctl_directory(parent: TableDirectory, mode: int, ino: int) -> TableDirectory:
    """/proc/sys."""
    return TableDirectory(parent.sb, parent.subject, SYSCTL, mode, ino=ino)


def show_arch(kernel: Kernel) -> bytes:
    """What uname -m tells who asks."""
    task = kernel.sched.current
    assert task is not None
    return task.image_abi.uname_machine.encode() + b"\n"


def show_core_pattern(kernel: Kernel) -> bytes:
    """How core dumps are named."""
    return kernel.core.pattern + b"\n"


def set_core_pattern(kernel: Kernel, data: bytes) -> None:
    """Name them otherwise. EINVAL."""
    kernel.core.set_pattern(data)


def show_file_nr(kernel: Kernel) -> bytes:
    """Open files, free ones, and how many there may be."""
    tables = {id(task.files): task.files for task in kernel.tasks.values() if task.alive}
    files = {id(t.get(fd)) for t in tables.values() for fd in t.descriptors()}
    return b"%d\t0\t%d\n" % (len(files), (1 << 63) - 1)


def show_drop_caches(kernel: Kernel) -> bytes:
    """It can only be written."""
    raise EINVAL("write only")


def drop_caches(kernel: Kernel, data: bytes) -> None:
    """1 forgets file pages, 2 would names and inodes: none are kept that must be. EINVAL."""
    value = parse_number(data, 4)
    if value < 1:
        raise EINVAL("from 1 to 4")
    if value & 1:
        kernel.ram.reclaim()


def show_epoll_watches(kernel: Kernel) -> bytes:
    """How many files a user may watch."""
    return b"%d\n" % _anon_inodes(kernel).max_user_watches


def set_epoll_watches(kernel: Kernel, data: bytes) -> None:
    """Change it. EINVAL."""
    value = parse_number(data, INT_MAX)
    if value < 0:
        raise EINVAL("negative")
    _anon_inodes(kernel).max_user_watches = value


def show_pipe_max_size(kernel: Kernel) -> bytes:
    """How large the unprivileged may make a pipe."""
    return b"%d\n" % kernel.root_mount.vfs.pipe_memory.max_size


def set_pipe_max_size(kernel: Kernel, data: bytes) -> None:
    """Change it. EINVAL."""
    value = parse_number(data, INT_MAX)
    if value < 0:
        raise EINVAL("negative")
    kernel.root_mount.vfs.pipe_memory.max_size = round_pipe_size(value)


def show_boot_id(kernel: Kernel) -> bytes:
    """A random number for as long as the machine runs."""
    if not kernel.boot_id:
        kernel.boot_id = show_uuid(kernel)
    return kernel.boot_id


def show_uuid(kernel: Kernel) -> bytes:
    """A random UUID of version 4, a new one each time."""
    raw = bytearray(kernel.random.randbytes(16))
    raw[6] = raw[6] & 0x0F | UUID_VERSION << 4
    raw[8] = raw[8] & 0x3F | 0x80
    digits = raw.hex()
    parts = (digits[:8], digits[8:12], digits[12:16], digits[16:20], digits[20:])
    return "-".join(parts).encode() + b"\n"


def _anon_inodes(kernel: Kernel) -> AnonInodeFs:
    sb = kernel.root_mount.vfs.anon_inode_mount.sb
    assert isinstance(sb, AnonInodeFs)
    return sb
