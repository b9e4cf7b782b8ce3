"""The files of /proc about the whole machine. See fs/proc/*.c."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from emu.kernel.fs.procfs.inode import ProcDirectory
    from emu.kernel.kernel import Kernel
    from emu.kernel.vfs.vfs import Vfs

NSEC_PER_SEC = 1_000_000_000
NSEC_PER_TICK = 10_000_000

X86 = "vendor_id\t: GenuineIntel\nmodel name\t: emu\nflags\t\t: fpu tsc cx8 cmov mmx sse sse2"
ARM64 = "Features\t: fp asimd\nCPU implementer\t: 0x41\nCPU architecture: 8"
ARM = "Features\t: half thumb fastmult vfp edsp neon vfpv3 tls\nCPU architecture: 7"

CPU_NAMES = {
    "x86-64": X86,
    "i386": X86,
    "arm64": ARM64,
    "arm": ARM,
    "riscv64": "hart\t\t: 0\nisa\t\t: rv64imafdc",
    "riscv32": "hart\t\t: 0\nisa\t\t: rv32imafdc",
}
"""What /proc/cpuinfo says below the processor's number, by ISA; MIPS is the rest."""


def add_system_files(root: ProcDirectory) -> None:
    """Put the files into /proc."""
    vfs = root.sb.vfs
    kernel = vfs.kernel
    root.add_file(b"cmdline", lambda: b"\n")
    root.add_file(b"cpuinfo", lambda: show_cpuinfo(kernel))
    root.add_file(b"devices", lambda: show_devices(vfs))
    root.add_file(b"filesystems", lambda: show_filesystems(vfs))
    root.add_file(b"loadavg", lambda: show_loadavg(kernel))
    root.add_file(b"meminfo", lambda: show_meminfo(kernel))
    root.add_file(b"stat", lambda: show_stat(kernel))
    root.add_file(b"uptime", lambda: show_uptime(kernel))
    root.add_file(b"version", lambda: show_version(kernel))


def show_cpuinfo(kernel: Kernel) -> bytes:
    """One processor, of the ISA of who asks."""
    task = kernel.sched.current
    isa = task.image_abi.isa.name if task is not None else "x86-64"
    name = CPU_NAMES.get(isa, "system type\t\t: emu\ncpu model\t\t: MIPS")
    return f"processor\t: 0\n{name}\n\n".encode()


def show_devices(vfs: Vfs) -> bytes:
    """The drivers of character devices."""
    lines = [b"Character devices:\n"]
    lines += [b"%3d %s\n" % (major, name) for major, name in vfs.devices.names()]
    return b"".join([*lines, b"\nBlock devices:\n"])


def show_filesystems(vfs: Vfs) -> bytes:
    """The types that can be mounted."""
    return b"".join(
        (b"nodev" if kind.nodev else b"") + b"\t" + name + b"\n"
        for name, kind in vfs.file_systems.items()
    )


def show_loadavg(kernel: Kernel) -> bytes:
    """No load is measured; the tasks are counted."""
    running = sum(task.call is None for task in kernel.tasks.values())
    last = max(kernel.tasks, default=0)
    return b"0.00 0.00 0.00 %d/%d %d\n" % (running, len(kernel.tasks), last)


def show_meminfo(kernel: Kernel) -> bytes:
    """The machine's memory in kB."""
    total, free = kernel.ram.size // 1024, kernel.ram.free_bytes // 1024
    lines = [
        ("MemTotal", total),
        ("MemFree", free),
        ("MemAvailable", free),
        ("Buffers", 0),
        ("Cached", 0),
        ("SwapCached", 0),
        ("SwapTotal", 0),
        ("SwapFree", 0),
        ("Shmem", 0),
    ]
    return "".join(f"{name + ':':<16}{value:8} kB\n" for name, value in lines).encode()


def show_stat(kernel: Kernel) -> bytes:
    """CPU time in ticks, and when the machine was started."""
    clock = kernel.clock
    user = clock.cpu_ns() // NSEC_PER_TICK
    idle = max(0, clock.boottime_ns() // NSEC_PER_TICK - user)
    boot = (clock.realtime_ns() - clock.boottime_ns()) // NSEC_PER_SEC
    running = sum(task.call is None for task in kernel.tasks.values())
    return (
        f"cpu  {user} 0 0 {idle} 0 0 0 0 0 0\ncpu0 {user} 0 0 {idle} 0 0 0 0 0 0\nintr 0\nctxt 0\n"
        f"btime {boot}\nprocesses {max(kernel.tasks, default=0)}\n"
        f"procs_running {running}\nprocs_blocked 0\n"
    ).encode()


def show_uptime(kernel: Kernel) -> bytes:
    """Seconds since the start, and idle seconds."""
    up, used = kernel.clock.boottime_ns(), kernel.clock.cpu_ns()
    return f"{up / NSEC_PER_SEC:.2f} {max(0, up - used) / NSEC_PER_SEC:.2f}\n".encode()


def show_version(kernel: Kernel) -> bytes:
    """What uname tells, in one line."""
    uts = kernel.uts
    return b"%s version %s (emu@emu) %s\n" % (uts.sysname, uts.release, uts.version)
