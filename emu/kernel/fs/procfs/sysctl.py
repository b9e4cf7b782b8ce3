"""/proc/sys: the kernel's variables. See sysctl(8) and Documentation/admin-guide/sysctl."""

from __future__ import annotations

from typing import TYPE_CHECKING

from emu.kernel.errno import EINVAL
from emu.kernel.fs.anon_inode import AnonInodeFs
from emu.kernel.fs.pipe_buffer import round_pipe_size
from emu.kernel.fs.procfs.ipc_sysctl import add_ipc_sysctls, add_mqueue_sysctls
from emu.kernel.rlimits import NR_OPEN
from emu.kernel.uts import NEW_UTS_LEN

if TYPE_CHECKING:
    from emu.kernel.fs.procfs.inode import ProcDirectory
    from emu.kernel.kernel import Kernel
    from emu.kernel.vfs.super_block import SuperBlock

PID_MAX = 32768
UUID_VERSION = 4


def add_sysctls(root: ProcDirectory) -> None:
    """Put the variables into /proc/sys."""
    kernel = root.sb.vfs.kernel
    _add_kernel(root.add_directory(b"kernel"), kernel)
    memory = root.add_directory(b"vm")
    memory.add_file(b"overcommit_memory", lambda: b"0\n")
    memory.add_file(b"overcommit_ratio", lambda: b"50\n")
    memory.add_file(b"max_map_count", lambda: b"65530\n")
    memory.add_file(b"mmap_min_addr", lambda: b"65536\n")
    memory.add_file(b"swappiness", lambda: b"60\n")
    files = root.add_directory(b"fs")
    files.add_file(b"file-max", lambda: b"%d\n" % ((1 << 63) - 1))
    files.add_file(b"nr_open", lambda: b"%d\n" % NR_OPEN)
    pipes = root.sb.vfs.pipe_memory

    def set_pipe_max_size(data: bytes) -> None:
        pipes.max_size = round_pipe_size(_number(data))

    _add_epoll(files.add_directory(b"epoll"), root.sb.vfs.anon_inode_mount.sb)
    files.add_file(b"pipe-max-size", lambda: b"%d\n" % pipes.max_size, set_pipe_max_size)
    add_mqueue_sysctls(files.add_directory(b"mqueue"))
    files.add_file(b"protected_hardlinks", lambda: b"0\n")
    files.add_file(b"protected_symlinks", lambda: b"0\n")


def _add_kernel(directory: ProcDirectory, kernel: Kernel) -> None:
    uts = kernel.uts
    directory.add_file(b"ostype", lambda: uts.sysname + b"\n")
    directory.add_file(b"osrelease", lambda: uts.release + b"\n")
    directory.add_file(b"version", lambda: uts.version + b"\n")

    def set_hostname(data: bytes) -> None:
        name = data.rstrip(b"\n")
        if len(name) > NEW_UTS_LEN:
            raise EINVAL("name too long")
        uts.nodename = name

    def set_domainname(data: bytes) -> None:
        name = data.rstrip(b"\n")
        if len(name) > NEW_UTS_LEN:
            raise EINVAL("name too long")
        uts.domainname = name

    directory.add_file(b"hostname", lambda: uts.nodename + b"\n", set_hostname)
    directory.add_file(b"domainname", lambda: uts.domainname + b"\n", set_domainname)
    directory.add_file(b"pid_max", lambda: b"%d\n" % PID_MAX)
    directory.add_file(b"threads-max", lambda: b"%d\n" % PID_MAX)
    directory.add_file(b"cap_last_cap", lambda: b"40\n")
    directory.add_file(b"ngroups_max", lambda: b"65536\n")
    directory.add_file(b"overflowuid", lambda: b"65534\n")
    directory.add_file(b"overflowgid", lambda: b"65534\n")
    directory.add_file(b"randomize_va_space", lambda: b"0\n")
    core = kernel.core
    directory.add_file(b"core_pattern", lambda: core.pattern + b"\n", core.set_pattern)

    def set_uses_pid(data: bytes) -> None:
        core.uses_pid = bool(_number(data))

    directory.add_file(b"core_uses_pid", lambda: b"%d\n" % core.uses_pid, set_uses_pid)
    add_ipc_sysctls(directory)
    random = directory.add_directory(b"random")
    boot_id = _uuid(kernel)
    random.add_file(b"boot_id", lambda: boot_id)
    random.add_file(b"uuid", lambda: _uuid(kernel))
    random.add_file(b"entropy_avail", lambda: b"256\n")
    random.add_file(b"poolsize", lambda: b"256\n")


def _add_epoll(directory: ProcDirectory, anon_inodes: SuperBlock) -> None:
    assert isinstance(anon_inodes, AnonInodeFs)

    def set_watches(data: bytes) -> None:
        anon_inodes.max_user_watches = _number(data)

    directory.add_file(
        b"max_user_watches", lambda: b"%d\n" % anon_inodes.max_user_watches, set_watches
    )


def _number(data: bytes) -> int:
    """What was written to a variable. EINVAL."""
    text = data.strip()
    if not text.isdigit() or len(text) > 10:
        raise EINVAL("not a number, or too large")
    return int(text)


def _uuid(kernel: Kernel) -> bytes:
    """A random UUID of version 4."""
    raw = bytearray(kernel.random.randbytes(16))
    raw[6] = raw[6] & 0x0F | UUID_VERSION << 4
    raw[8] = raw[8] & 0x3F | 0x80
    digits = raw.hex()
    parts = (digits[:8], digits[8:12], digits[12:16], digits[16:20], digits[20:])
    return "-".join(parts).encode() + b"\n"
