"""Classes of system calls for ``-e trace=%file``, by what their signatures take."""

from __future__ import annotations

import functools

from emu.arch.abi import Abi, abi_names, signatures

PATH_NAMES = (
    "filename", "pathname", "path", "oldname", "newname", "old", "new", "from", "to", "name",
    "dir_name", "new_root", "put_old", "specialfile", "from_pathname", "to_pathname", "u_path",
)  # fmt: skip
FD_NAMES = (
    "fd", "dfd", "olddfd", "newdfd", "fildes", "oldfd", "newfd", "fd_in", "fd_out", "in_fd",
    "out_fd", "epfd", "fdin", "fdout", "ufd", "fs_fd", "mqdes", "mountdirfd", "from_dfd", "to_dfd",
    "pidfd", "fanotify_fd", "ruleset_fd",
)  # fmt: skip

# Calls whose signatures do not tell, or whom strace counts otherwise.
ALSO_FILE = ("getcwd", "fsconfig", "quotactl", "umount2", "uselib")
NOT_FILE = (
    "memfd_create", "memfd_secret", "delete_module", "add_key", "mq_open", "mq_unlink",
    "fgetxattr", "fsetxattr", "fremovexattr",
)  # fmt: skip
NOT_DESC = (
    "accept", "accept4", "bind", "connect", "getpeername", "getsockname", "getsockopt", "listen",
    "recv", "recvfrom", "recvmsg", "recvmmsg", "recvmmsg_time64", "send", "sendto", "sendmsg",
    "sendmmsg", "setsockopt", "shutdown", "close_range",
)  # fmt: skip
ALSO_DESC = (
    "mmap", "mmap2", "old_mmap", "pipe", "pipe2", "poll", "ppoll", "ppoll_time64", "select",
    "_newselect", "pselect6", "pselect6_time64", "epoll_create", "epoll_create1", "eventfd",
    "eventfd2", "inotify_init", "inotify_init1", "fanotify_init", "timerfd_create", "memfd_create",
    "memfd_secret", "signalfd", "signalfd4", "perf_event_open", "userfaultfd", "dup", "dup2",
    "dup3", "open", "creat", "fsopen", "mq_open", "bpf", "kexec_file_load",
    "io_uring_setup", "open_by_handle_at", "pidfd_open", "landlock_create_ruleset",
)  # fmt: skip

IDS = tuple(
    f"{verb}{what}{suffix}"
    for verb in ("get", "set")
    for what in (
        "uid", "gid", "euid", "egid", "resuid", "resgid", "reuid", "regid", "groups", "fsuid",
        "fsgid",
    )
    for suffix in ("", "32")
)  # fmt: skip

BY_NAME: dict[str, tuple[str, ...]] = {
    "process": (
        "fork", "vfork", "clone", "clone2", "clone3", "execve", "execveat", "exit", "exit_group",
        "wait4", "waitid", "waitpid", "kill", "tkill", "tgkill", "rt_sigqueueinfo",
        "rt_tgsigqueueinfo", "pidfd_send_signal",
    ),
    "signal": (
        "signal", "kill", "tkill", "tgkill", "pause", "sigaction", "sigprocmask", "sigpending",
        "sigsuspend", "sigreturn", "sigaltstack", "sgetmask", "ssetmask", "siggetmask",
        "sigsetmask", "rt_sigaction", "rt_sigprocmask", "rt_sigpending", "rt_sigtimedwait",
        "rt_sigtimedwait_time64", "rt_sigqueueinfo", "rt_tgsigqueueinfo", "rt_sigsuspend",
        "rt_sigreturn", "signalfd", "signalfd4", "pidfd_send_signal", "io_uring_enter",
    ),
    "network": (
        "socket", "socketpair", "bind", "connect", "listen", "accept", "accept4", "getsockname",
        "getpeername", "send", "sendto", "sendmsg", "sendmmsg", "recv", "recvfrom", "recvmsg",
        "recvmmsg", "recvmmsg_time64", "shutdown", "setsockopt", "getsockopt", "socketcall",
        "sendfile", "sendfile64", "getpmsg", "putpmsg",
    ),
    "memory": (
        "brk", "mmap", "mmap2", "munmap", "mprotect", "mremap", "msync", "madvise", "mincore",
        "mlock", "mlock2", "munlock", "mlockall", "munlockall", "remap_file_pages", "mbind",
        "set_mempolicy", "get_mempolicy", "set_mempolicy_home_node", "migrate_pages", "move_pages",
        "shmat", "shmdt", "pkey_mprotect", "map_shadow_stack", "mseal", "io_setup", "io_destroy",
        "io_uring_register",
    ),
    "ipc": (
        "ipc", "msgctl", "msgget", "msgrcv", "msgsnd", "semctl", "semget", "semop", "semtimedop",
        "semtimedop_time64", "shmat", "shmctl", "shmdt", "shmget",
    ),
    "creds": (*IDS, "capget", "capset", "prctl"),
    "clock": (
        "time", "stime", "gettimeofday", "settimeofday", "adjtimex", "clock_gettime",
        "clock_settime", "clock_getres", "clock_adjtime", "clock_gettime64", "clock_settime64",
        "clock_getres_time64", "clock_adjtime64",
    ),
    "stat": ("stat", "stat64", "oldstat"),
    "lstat": ("lstat", "lstat64", "oldlstat"),
    "fstat": ("fstat", "fstat64", "fstatat64", "newfstatat", "oldfstat"),
    "statfs": ("statfs", "statfs64"),
    "fstatfs": ("fstatfs", "fstatfs64"),
    "ustat": ("ustat",),
    "pure": (
        "getpid", "getppid", "gettid", "getuid", "getuid32", "geteuid", "geteuid32", "getgid",
        "getgid32", "getegid", "getegid32", "getpgrp",
    ),
}  # fmt: skip
UNIONS = {
    "%stat": ("stat", "lstat", "fstat"),
    "%statfs": ("statfs", "fstatfs", "ustat"),
}
CLASSES = {"file", "desc", "net", *UNIONS, *BY_NAME}


@functools.cache
def of_class(name: str, group: str) -> bool:
    """Whether a call belongs to a class."""
    if group in UNIONS:
        statx = group == "%stat" and name == "statx"
        return statx or any(of_class(name, part) for part in UNIONS[group])
    if group == "net":
        group = "network"
    if group in BY_NAME:
        return name in BY_NAME[group]
    if group == "file":
        return name not in NOT_FILE and (name in ALSO_FILE or takes_path(name))
    return name not in NOT_DESC and (name in ALSO_DESC or takes_descriptor(name))


def takes_path(name: str) -> bool:
    """Whether a parameter is the name of a file."""
    return any(
        (kind.startswith("const char") and parameter in PATH_NAMES)
        or (kind.startswith("char") and parameter in ("dev_name", "dir_name", "pathname"))
        for kind, parameter in parameters().get(name, ())
    )


def takes_descriptor(name: str) -> bool:
    """Whether a parameter is a file descriptor."""
    return any(parameter in FD_NAMES for _, parameter in parameters().get(name, ()))


@functools.cache
def parameters() -> dict[str, tuple[tuple[str, str], ...]]:
    """All parameters of each call's name, of whatever entry points it has on all ABIs."""
    by_entry = signatures()
    found: dict[str, tuple[tuple[str, str], ...]] = {}
    for abi in abi_names():
        for row in Abi.load(abi).syscalls.values():
            for signature in by_entry.get(row.entry, ()):
                found[row.name] = found.get(row.name, ()) + signature.parameters
    return found
