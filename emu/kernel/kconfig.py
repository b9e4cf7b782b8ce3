"""What is built into this kernel, by the names of Linux's Kconfig, and what its owner left out.

A symbol stands for file systems that can be mounted, for system calls that have handlers, or for
a part of /proc. ``emu run --config CONFIG_DEBUG_FS=n`` leaves one out: mounting it answers ENODEV,
its calls ENOSYS, and /proc/config.gz says so.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable

from emu.record import record

PREFIX = "CONFIG_"


@record
class Symbol:
    """One part: it is built in if a file system or a call of it is there, or if it is `fixed`."""

    name: str
    file_systems: tuple[bytes, ...] = ()
    calls: str | None = None
    """A pattern for the entry points without ``sys_``."""
    fixed: bool = False

    def has_call(self, entry: str) -> bool:
        """Whether an entry point is one of its calls."""
        return self.calls is not None and bool(
            re.fullmatch(f"(?:compat_)?sys_(?:{self.calls})", entry)
        )


SYMBOLS = (
    Symbol("ADVISE_SYSCALLS", calls=r"madvise|fadvise64\w*|process_madvise"),
    Symbol("AIO", calls=r"io_(setup|submit|cancel|destroy|p?getevents)\w*"),
    Symbol("BINFMT_ELF", fixed=True),
    Symbol("BINFMT_SCRIPT", fixed=True),
    Symbol("BPF_SYSCALL", calls=r"bpf"),
    Symbol("CGROUPS", (b"cgroup2", b"cgroup")),
    Symbol("CONFIGFS_FS", (b"configfs",)),
    Symbol("CROSS_MEMORY_ATTACH", calls=r"process_vm_\w+"),
    Symbol("DEBUG_FS", (b"debugfs",)),
    Symbol("DEVTMPFS", (b"devtmpfs",)),
    Symbol("EPOLL", calls=r"epoll_\w+"),
    Symbol("EVENTFD", calls=r"eventfd2?"),
    Symbol("FANOTIFY", calls=r"fanotify_\w+"),
    Symbol("FHANDLE", calls=r"(name_to|open_by)_handle_at"),
    Symbol("FILE_LOCKING", calls=r"flock"),
    Symbol("FUTEX", calls=r"futex\w*|[gs]et_robust_list"),
    Symbol("IKCONFIG_PROC", fixed=True),
    Symbol("INOTIFY_USER", calls=r"inotify_\w+"),
    Symbol("IO_URING", calls=r"io_uring_\w+"),
    Symbol("KALLSYMS", fixed=True),
    Symbol("KCMP", calls=r"kcmp"),
    Symbol("KEYS", calls=r"add_key|request_key|keyctl"),
    Symbol("MEMBARRIER", calls=r"membarrier"),
    Symbol("MEMFD_CREATE", calls=r"memfd_create"),
    Symbol("MMU", fixed=True),
    Symbol("MODULES", calls=r"f?init_module|delete_module"),
    Symbol("MULTIUSER", fixed=True),
    Symbol("NET", calls=r"socket"),
    Symbol("OVERLAY_FS", (b"overlay",)),
    Symbol("POSIX_MQUEUE", (b"mqueue",), r"mq_\w+"),
    Symbol("POSIX_TIMERS", calls=r"timer_\w+"),
    Symbol("PROC_FS", (b"proc",)),
    Symbol("PROC_SYSCTL", fixed=True),
    Symbol("RSEQ", calls=r"rseq"),
    Symbol("SECCOMP", calls=r"seccomp"),
    Symbol("SECCOMP_FILTER", calls=r"seccomp"),
    Symbol("SIGNALFD", calls=r"signalfd4?"),
    Symbol("SYSFS", (b"sysfs",)),
    Symbol("SYSVIPC", calls=r"(msg|sem|shm)(get|ctl|snd|rcv|op|at|dt|timedop)\w*|ipc"),
    Symbol("TIMERFD", calls=r"timerfd_\w+"),
    Symbol("TMPFS", (b"tmpfs",)),
    Symbol("UNIX98_PTYS", (b"devpts",)),
    Symbol("USERFAULTFD", calls=r"userfaultfd"),
)


class KernelConfig:
    """One machine's choice. `ValueError` for a symbol that this kernel does not know."""

    def __init__(self, left_out: Collection[str] = ()) -> None:
        known = {symbol.name: symbol for symbol in SYMBOLS}
        unknown = sorted(set(left_out) - known.keys())
        if unknown:
            raise ValueError(f"{PREFIX}{unknown[0]} is no option of this kernel")
        self._left_out = [known[name] for name in left_out]
        self._file_systems = {fs for symbol in self._left_out for fs in symbol.file_systems}

    def allows(self, name: str) -> bool:
        """Whether a symbol was not left out."""
        return all(symbol.name != name for symbol in self._left_out)

    def allows_file_system(self, name: bytes) -> bool:
        """Whether a type may be registered."""
        return name not in self._file_systems

    def allows_call(self, entry: str) -> bool:
        """Whether an entry point may have its handler."""
        return not any(symbol.has_call(entry) for symbol in self._left_out)

    def text(self, file_systems: Iterable[bytes], entries: Iterable[str]) -> str:
        """The .config of what is there: registered file systems and entry points."""
        types, calls = set(file_systems), list(entries)
        lines = ["#", "# Linux kernel configuration, as it is built into this machine", "#"]
        for symbol in SYMBOLS:
            built_in = self.allows(symbol.name) and (
                symbol.fixed
                or any(fs in types for fs in symbol.file_systems)
                or any(symbol.has_call(entry) for entry in calls)
            )
            name = PREFIX + symbol.name
            lines.append(f"{name}=y" if built_in else f"# {name} is not set")
        return "\n".join(lines) + "\n"


def check_choice(text: str) -> tuple[str, bool]:
    """``CONFIG_X=n`` as a symbol of this kernel and whether it is wanted. `ValueError`."""
    name, _, value = text.partition("=")
    if not name.startswith(PREFIX) or value not in ("y", "n"):
        raise ValueError(f"{text!r} is not CONFIG_NAME=y or CONFIG_NAME=n")
    name = name.removeprefix(PREFIX)
    KernelConfig([name])
    return name, value == "y"
