"""/proc/PID/stat, status and limits. See fs/proc/array.c."""

from __future__ import annotations

from typing import TYPE_CHECKING

from emu.arch.cpu import PAGE_SIZE
from emu.kernel.cpu_time import process_time_ns
from emu.kernel.fs.procfs.maps import memory_pages
from emu.kernel.signal.actions import DEFAULT
from emu.kernel.uapi.resource import RLIM_INFINITY, RLIMIT_NAMES
from emu.kernel.uapi.signal import SIG_IGN
from emu.kernel.vfs.dev import new_encode_dev

if TYPE_CHECKING:
    from emu.kernel.task import Task

USER_HZ = 100
NSEC_PER_TICK = 1_000_000_000 // USER_HZ
NR_SIGNALS = 64

LIMIT_TEXTS = {
    "RLIMIT_CPU": ("Max cpu time", "seconds"),
    "RLIMIT_FSIZE": ("Max file size", "bytes"),
    "RLIMIT_DATA": ("Max data size", "bytes"),
    "RLIMIT_STACK": ("Max stack size", "bytes"),
    "RLIMIT_CORE": ("Max core file size", "bytes"),
    "RLIMIT_RSS": ("Max resident set", "bytes"),
    "RLIMIT_NPROC": ("Max processes", "processes"),
    "RLIMIT_NOFILE": ("Max open files", "files"),
    "RLIMIT_MEMLOCK": ("Max locked memory", "bytes"),
    "RLIMIT_AS": ("Max address space", "bytes"),
    "RLIMIT_LOCKS": ("Max file locks", "locks"),
    "RLIMIT_SIGPENDING": ("Max pending signals", "signals"),
    "RLIMIT_MSGQUEUE": ("Max msgqueue size", "bytes"),
    "RLIMIT_NICE": ("Max nice priority", ""),
    "RLIMIT_RTPRIO": ("Max realtime priority", ""),
    "RLIMIT_RTTIME": ("Max realtime timeout", "us"),
}


def state_of(task: Task) -> str:
    """R running, S sleeping, T stopped, t stopped by its tracer, Z ended."""
    if not task.alive:
        return "Z"
    if task.ptrace is not None and task.ptrace.stop is not None:
        return "t"
    if task.group.stop_signal:
        return "T"
    running = task.call is None or task.kernel.sched.current is task
    return "R" if running else "S"


def show_stat(task: Task) -> bytes:
    """52 numbers in one line."""
    mm = task.mm
    size, resident, *_ = memory_pages(task)
    ignored, caught = signal_sets(task)
    ticks = process_time_ns(task) // NSEC_PER_TICK
    children_ticks = task.group.children_ns // NSEC_PER_TICK
    threads = len(task.group.threads)
    low = (1 << 31) - 1
    numbers = [
        task.ppid, task.pgid, task.sid, *terminal_of(task), 0, 0, 0, 0, 0, ticks, 0,
        children_ticks, 0,
        20 + task.scheduling.nice, task.scheduling.nice, threads, 0,
        task.start_time_ns // NSEC_PER_TICK, size * PAGE_SIZE, resident,
        task.rlimits["RLIMIT_RSS"][0], mm.start_code, mm.end_code, mm.start_stack, 0, 0,
        task.signals.pending & low, task.signals.blocked & low, ignored & low, caught & low,
        0, 0, 0, 17, 0, 0, 0, 0, 0, 0, mm.start_data, mm.end_data, mm.start_brk,
        mm.arg_start, mm.arg_end, mm.env_start, mm.env_end, 0,
    ]  # fmt: skip
    text = " ".join(map(str, numbers))
    return b"%d (%s) %s %s\n" % (task.pid, task.comm, state_of(task).encode(), text.encode())


def terminal_of(task: Task) -> tuple[int, int]:
    """The controlling terminal's device number and foreground group; 0 and -1 for none."""
    tty = task.group.tty
    if tty is None:
        return 0, -1
    return new_encode_dev(tty.device), tty.ctrl.pgrp


def show_status(task: Task) -> bytes:
    """The same in words."""
    cred = task.cred
    names = {
        "R": "running", "S": "sleeping", "T": "stopped", "t": "tracing stop", "Z": "zombie",
    }  # fmt: skip
    size, resident, shared, text, data = (pages * PAGE_SIZE // 1024 for pages in memory_pages(task))
    ignored, caught = signal_sets(task)
    threads = len(task.group.threads)
    state = state_of(task)
    lines = [
        ("Umask", f"{task.fs.umask:04o}"),
        ("State", f"{state} ({names[state]})"),
        ("Tgid", task.tgid),
        ("Ngid", 0),
        ("Pid", task.pid),
        ("PPid", task.ppid),
        ("TracerPid", 0 if task.ptrace is None else task.ptrace.tracer.tgid),
        ("Uid", f"{cred.uid}\t{cred.euid}\t{cred.suid}\t{cred.fsuid}"),
        ("Gid", f"{cred.gid}\t{cred.egid}\t{cred.sgid}\t{cred.fsgid}"),
        ("FDSize", max(64, len(task.files))),
        ("Groups", "".join(f"{gid} " for gid in cred.groups)),
        ("VmSize", f"{size:8} kB"),
        ("VmRSS", f"{resident:8} kB"),
        ("RssAnon", f"{resident - shared:8} kB"),
        ("RssFile", f"{shared:8} kB"),
        ("VmData", f"{data:8} kB"),
        ("VmExe", f"{text:8} kB"),
        ("Threads", threads),
        ("SigPnd", f"{task.signals.private.signals:016x}"),
        ("ShdPnd", f"{task.signals.shared.signals:016x}"),
        ("SigBlk", f"{task.signals.blocked:016x}"),
        ("SigIgn", f"{ignored:016x}"),
        ("SigCgt", f"{caught:016x}"),
        ("CapInh", f"{cred.cap_inheritable:016x}"),
        ("CapPrm", f"{cred.cap_permitted:016x}"),
        ("CapEff", f"{cred.cap_effective:016x}"),
        ("CapBnd", f"{cred.cap_bset:016x}"),
        ("CapAmb", f"{cred.cap_ambient:016x}"),
        ("NoNewPrivs", int(task.attributes.no_new_privs)),
        ("Seccomp", 0),
        ("Cpus_allowed", "1"),
        ("Cpus_allowed_list", "0"),
        ("voluntary_ctxt_switches", 0),
        ("nonvoluntary_ctxt_switches", 0),
    ]
    rest = "".join(f"{name}:\t{value}\n" for name, value in lines)
    return b"Name:\t" + task.comm.replace(b"\n", b"\\n") + b"\n" + rest.encode()


def signal_sets(task: Task) -> tuple[int, int]:
    """The ignored and the caught signals, bit 0 for signal 1."""
    ignored = caught = 0
    actions = task.signals.actions
    for signal in range(1, NR_SIGNALS + 1):
        handler = actions[signal].handler
        if handler == SIG_IGN:
            ignored |= 1 << signal - 1
        elif handler != DEFAULT.handler:
            caught |= 1 << signal - 1
    return ignored, caught


def show_limits(task: Task) -> bytes:
    """A table of the resource limits."""
    lines = [f"{'Limit':25} {'Soft Limit':20} {'Hard Limit':20} {'Units':10}\n"]
    for name in RLIMIT_NAMES:
        title, unit = LIMIT_TEXTS[name]
        soft, hard = ("unlimited" if n == RLIM_INFINITY else str(n) for n in task.rlimits[name])
        lines.append(f"{title:25} {soft:20} {hard:20} {unit:10}\n")
    return "".join(lines).encode()
