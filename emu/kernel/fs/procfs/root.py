"""The table of the system's files in /proc."""

from __future__ import annotations

from typing import TYPE_CHECKING

from emu.kernel.fs.procfs.access import current_of
from emu.kernel.fs.procfs.rows import Table, TableDirectory, folder, link, text

if TYPE_CHECKING:
    from emu.kernel.fs.procfs.super_block import ProcSuperBlock
    from emu.kernel.kernel import Kernel

LINKS: Table = {
    b"self": link("root:self_link"),
    b"thread-self": link("root:thread_self_link"),
}

SYSTEM: Table = {
    b"buddyinfo": text("memory_info:show_buddyinfo"),
    b"bus": folder("devices:bus_directory"),
    b"cgroups": text("system:show_cgroups"),
    b"cmdline": text("system:show_cmdline"),
    b"config.gz": text("config:show_config_gz"),
    b"consoles": text("devices:show_consoles"),
    b"cpuinfo": text("cpuinfo:show_cpuinfo"),
    b"crypto": text("system:show_crypto"),
    b"devices": text("devices:show_devices"),
    b"diskstats": text("devices:show_diskstats"),
    b"filesystems": text("system:show_filesystems"),
    b"interrupts": text("cpu_stat:show_interrupts"),
    b"kallsyms": text("kallsyms:show_kallsyms"),
    b"key-users": text("system:show_key_users"),
    b"loadavg": text("cpu_stat:show_loadavg"),
    b"locks": text("locks:show_locks"),
    b"meminfo": text("memory_info:show_meminfo"),
    b"misc": text("devices:show_misc"),
    b"modules": text("system:show_modules"),
    b"mounts": link("root:mounts_link"),
    b"net": link("root:net_link"),
    b"partitions": text("devices:show_partitions"),
    **LINKS,
    b"slabinfo": text("memory_info:show_slabinfo", mode=0o400),
    b"softirqs": text("cpu_stat:show_softirqs"),
    b"stat": text("cpu_stat:show_stat"),
    b"swaps": text("memory_info:show_swaps"),
    b"sys": folder("sysctl:sysctl_directory"),
    b"sysvipc": folder("sysvipc:sysvipc_directory"),
    b"tty": folder("devices:tty_directory"),
    b"uptime": text("cpu_stat:show_uptime"),
    b"version": text("system:show_version"),
    b"vmstat": text("memory_info:show_vmstat"),
    b"zoneinfo": text("memory_info:show_zoneinfo"),
}


PART_OF = {b"config.gz": "IKCONFIG_PROC", b"kallsyms": "KALLSYMS", b"sys": "PROC_SYSCTL"}
PART_OF |= {b"sysvipc": "SYSVIPC"}
"""Files that go with a part of the kernel that may be left out."""


def root_table(kernel: Kernel, *, pids_only: bool) -> Table:
    """The rows of one mount: what is built in, or with ``subset=pid`` what is about processes."""
    if pids_only:
        return LINKS
    config = kernel.config
    if config is None:
        return SYSTEM
    left_out = {name for name, part in PART_OF.items() if not config.allows(part)}
    return {name: row for name, row in SYSTEM.items() if name not in left_out}


def root_directory(sb: ProcSuperBlock) -> TableDirectory:
    """The system's files of one mount."""
    kernel = sb.vfs.kernel
    return TableDirectory(sb, kernel, root_table(kernel, pids_only=sb.options.pids_only))


def self_link(kernel: Kernel) -> bytes:
    """Who asks."""
    return b"%d" % current_of(kernel).tgid


def thread_self_link(kernel: Kernel) -> bytes:
    """Which thread asks."""
    task = current_of(kernel)
    return b"%d/task/%d" % (task.tgid, task.pid)


def mounts_link(kernel: Kernel) -> bytes:
    """Each process has mounts of its own."""
    return b"self/mounts"


def net_link(kernel: Kernel) -> bytes:
    """Each process has a network of its own."""
    return b"self/net"
