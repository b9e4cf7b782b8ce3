"""/proc/PID/status: a process in words. See proc_pid_status in fs/proc/array.c."""

from __future__ import annotations

from typing import TYPE_CHECKING

from emu.arch.cpu import PAGE_SIZE
from emu.kernel.fs.procfs.access import mm_of, present
from emu.kernel.fs.procfs.counts import count_pages
from emu.kernel.signal.actions import DEFAULT
from emu.kernel.uapi.signal import SIG_IGN

if TYPE_CHECKING:
    from emu.kernel.mm.address_space import AddressSpace
    from emu.kernel.task import Task

NR_SIGNALS = 64
LEAST_FD_TABLE = 64
STATE_NAMES = {
    "R": "running", "S": "sleeping", "D": "disk sleep", "T": "stopped", "t": "tracing stop",
    "Z": "zombie",
}  # fmt: skip

Lines = list[tuple[str, object]]


def state_of(task: Task) -> str:
    """R running, S sleeping, D sleeping through signals, T stopped, t by its tracer, Z ended."""
    if not task.alive:
        return "Z"
    if task.ptrace is not None and task.ptrace.stop is not None:
        return "t"
    if task.group.stop_signal:
        return "T"
    call = task.call
    if call is None or call.sleep is None or task.kernel.sched.current is task:
        return "R"
    return "D" if call.sleep.killable else "S"


def show_status(task: Task) -> bytes:
    """What stat says and more, in words."""
    present(task)
    mm = mm_of(task)
    lines = [
        *_identity(task),
        *(_memory(mm) if mm is not None else ()),
        ("Threads", len(task.group.threads)),
        *_signals(task),
        *_privileges(task),
        ("Cpus_allowed", "1"),
        ("Cpus_allowed_list", "0"),
        ("Mems_allowed", "1"),
        ("Mems_allowed_list", "0"),
        ("voluntary_ctxt_switches", task.nvcsw),
        ("nonvoluntary_ctxt_switches", task.nivcsw),
    ]
    name = task.comm.replace(b"\\", b"\\\\").replace(b"\n", b"\\n")
    rest = "".join(f"{name}:\t{value}\n" for name, value in lines)
    return b"Name:\t" + name + b"\n" + rest.encode()


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


def _identity(task: Task) -> Lines:
    cred, state = task.cred, state_of(task)
    mask: Lines = [("Umask", f"{task.fs.umask:04o}")] if task.alive else []
    return [
        *mask,
        ("State", f"{state} ({STATE_NAMES[state]})"),
        ("Tgid", task.tgid),
        ("Ngid", 0),
        ("Pid", task.pid),
        ("PPid", task.ppid),
        ("TracerPid", 0 if task.ptrace is None else task.ptrace.tracer.tgid),
        ("Uid", f"{cred.uid}\t{cred.euid}\t{cred.suid}\t{cred.fsuid}"),
        ("Gid", f"{cred.gid}\t{cred.egid}\t{cred.sgid}\t{cred.fsgid}"),
        ("FDSize", _table_size(task)),
        ("Groups", " ".join(map(str, cred.groups)) + " "),
        ("NStgid", task.tgid),
        ("NSpid", task.pid),
        ("NSpgid", task.pgid),
        ("NSsid", task.sid),
        ("Kthread", 0),
    ]


def _table_size(task: Task) -> int:
    """How many descriptors there is room for: a power of two."""
    if not task.alive:
        return 0
    highest = max(task.files.descriptors(), default=0)
    return max(LEAST_FD_TABLE, 1 << highest.bit_length())


def _memory(mm: AddressSpace) -> Lines:
    pages = count_pages(mm)
    most = max(mm.most_pages, pages.resident)
    sizes = [
        ("VmSize", pages.total),
        ("VmLck", pages.locked),
        ("VmPin", 0),
        ("VmHWM", most),
        ("VmRSS", pages.resident),
        ("RssAnon", pages.anonymous),
        ("RssFile", pages.file),
        ("RssShmem", pages.shmem),
        ("VmData", pages.data),
        ("VmStk", pages.stack),
        ("VmExe", pages.text),
        ("VmLib", pages.library),
        ("VmPTE", pages.tables),
        ("VmSwap", 0),
        ("HugetlbPages", 0),
    ]
    return [
        *((name, f"{count * PAGE_SIZE // 1024:8} kB") for name, count in sizes),
        ("CoreDumping", 0),
        ("THP_enabled", 0),
    ]


def _signals(task: Task) -> Lines:
    signals = task.signals
    ignored, caught = signal_sets(task)
    queued = len(signals.private.queue) + len(signals.shared.queue)
    limit = task.rlimits["RLIMIT_SIGPENDING"][0]
    return [
        ("SigQ", f"{queued}/{limit}"),
        ("SigPnd", f"{signals.private.signals:016x}"),
        ("ShdPnd", f"{signals.shared.signals:016x}"),
        ("SigBlk", f"{signals.blocked:016x}"),
        ("SigIgn", f"{ignored:016x}"),
        ("SigCgt", f"{caught:016x}"),
    ]


def _privileges(task: Task) -> Lines:
    cred, seccomp = task.cred, task.seccomp
    filter = seccomp.filter if seccomp is not None else None
    return [
        ("CapInh", f"{cred.cap_inheritable:016x}"),
        ("CapPrm", f"{cred.cap_permitted:016x}"),
        ("CapEff", f"{cred.cap_effective:016x}"),
        ("CapBnd", f"{cred.cap_bset:016x}"),
        ("CapAmb", f"{cred.cap_ambient:016x}"),
        ("NoNewPrivs", int(task.attributes.no_new_privs)),
        ("Seccomp", 0 if seccomp is None else seccomp.mode),
        ("Seccomp_filters", 0 if filter is None else filter.depth),
    ]
