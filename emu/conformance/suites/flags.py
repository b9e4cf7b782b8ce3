"""Flag values: each does what its name says in the ABI's own number."""

from __future__ import annotations

from emu.conformance.checks import Argument, Checks, Missing
from emu.conformance.files import AT_FDCWD, in_folder, make_file, pipe


def status_flags(c: Checks) -> None:
    """F_GETFL answers the flags a file was opened with."""
    for flag in ("O_APPEND", "O_NONBLOCK", "O_NOATIME", "O_ASYNC"):
        c.check(f"{flag} is seen by F_GETFL")
        with in_folder(c):
            c.call("close", make_file(c, "file", b""))
            if flag == "O_ASYNC":
                file = c.open("file")
                c.call("fcntl", file, c.constant("F_SETFL"), c.constant("O_ASYNC|O_NONBLOCK"))
                flag = "O_NONBLOCK"  # a regular file has no fasync: the bit does not stay
            else:
                file = c.open("file", f"O_RDWR|{flag}")
            c.call("fcntl", file, c.constant("F_GETFL"))
            got = c.saved()
            c.value(got, c.constant(f"O_RDWR|{flag}"), c.constant(f"O_ACCMODE|{flag}"))
            c.call("close", file)


def close_on_exec(c: Checks) -> None:
    """O_CLOEXEC of every call that has it."""
    c.check("O_CLOEXEC of openat sets FD_CLOEXEC")
    file = c.open("/", "O_RDONLY|O_CLOEXEC")
    _is_cloexec(c, file)
    c.check("O_CLOEXEC of pipe2 sets FD_CLOEXEC on both ends")
    for end in pipe(c, "O_CLOEXEC"):
        _is_cloexec(c, end)
    c.check("O_CLOEXEC of dup3 sets FD_CLOEXEC")
    c.call("dup3", 1, 100, c.constant("O_CLOEXEC"))
    c.result(100)
    _is_cloexec(c, 100)
    for call, flag in (("eventfd2", "EFD_CLOEXEC"), ("epoll_create1", "EPOLL_CLOEXEC")):
        c.check(f"{flag} of {call} sets FD_CLOEXEC")
        c.call(call, *([0] if call == "eventfd2" else []), c.constant(flag))
        _is_cloexec(c, c.descriptor())
    c.check("F_DUPFD_CLOEXEC sets FD_CLOEXEC")
    c.call("fcntl", 1, c.constant("F_DUPFD_CLOEXEC"), 90)
    c.result(90)
    _is_cloexec(c, 90)


def _is_cloexec(c: Checks, file: Argument) -> None:
    c.call("fcntl", file, c.constant("F_GETFD"))
    c.result(c.constant("FD_CLOEXEC"))
    c.call("close", file)


def open_flags(c: Checks) -> None:
    """What openat(2) does for each flag."""
    cases = (
        ("O_DIRECTORY", "file", "O_RDONLY|O_DIRECTORY", "ENOTDIR"),
        ("O_EXCL", "file", "O_RDWR|O_CREAT|O_EXCL", "EEXIST"),
        ("O_NOFOLLOW", "here", "O_RDONLY|O_NOFOLLOW", "ELOOP"),
        ("O_TRUNC of a folder", "folder", "O_WRONLY|O_TRUNC", "EISDIR"),
        ("O_TMPFILE needs writing", "folder", "O_RDONLY|O_TMPFILE", "EINVAL"),
    )
    for what, name, flags, errno in cases:
        c.check(f"{what} gives {errno}")
        with in_folder(c):
            c.call("close", make_file(c, "file", b"x"))
            c.call("symlinkat", c.text("file"), AT_FDCWD, c.text("here"))
            c.call("mkdirat", AT_FDCWD, c.text("folder"), 0o700)
            c.call("openat", AT_FDCWD, c.text(name), c.constant(flags), 0o600)
            c.error(errno)
    c.check("O_TRUNC empties a file")
    with in_folder(c):
        c.call("close", make_file(c, "file", b"xyz"))
        file = c.open("file", "O_RDWR|O_TRUNC")
        c.call("read", file, c.space(4), 4)
        c.result(0)
        c.call("close", file)
    c.check("O_APPEND writes at the end")
    with in_folder(c):
        c.call("close", make_file(c, "file", b"ab"))
        file = c.open("file", "O_RDWR|O_APPEND")
        c.call("write", file, c.text("cd"), 2)
        c.call("close", file)
        file = c.open("file")
        got = c.space(8)
        c.call("read", file, got, 8)
        c.result(4)
        c.memory(got, b"abcd")
        c.call("close", file)
    c.check("O_PATH can be neither read nor written")
    file = c.open("/dev/null", "O_PATH|O_RDWR")
    c.call("read", file, c.space(1), 1)
    c.error("EBADF")
    c.call("close", file)


def mapping_flags(c: Checks) -> None:
    """mmap(2)'s flags."""
    call = "mmap2" if c.has("mmap2") else "mmap"
    if c.target.abi_name in ("i386", "arm-oabi") and call == "mmap":
        raise Missing("the old form")
    anonymous = c.constant("MAP_PRIVATE|MAP_ANONYMOUS")
    address = 0x30000000
    c.check("MAP_FIXED maps where it is told")
    c.call(call, address, 4096, 3, anonymous | c.constant("MAP_FIXED"), -1, 0)
    c.result(address)
    c.check("MAP_FIXED_NOREPLACE leaves what is there")
    c.call(call, address, 4096, 3, anonymous | c.constant("MAP_FIXED_NOREPLACE"), -1, 0)
    c.error("EEXIST")
    c.check("neither MAP_SHARED nor MAP_PRIVATE is EINVAL")
    c.call(call, 0, 4096, 3, c.constant("MAP_ANONYMOUS"), -1, 0)
    c.error("EINVAL")
    c.check("an anonymous mapping is zero")
    c.memory(address, bytes(64))
    c.check("PROT_READ|PROT_WRITE can be written")
    c.store(address, 4, 0x12345678)
    c.word(address, 4, 0x12345678)
    c.call("munmap", address, 4096)
    c.succeeds()


def signal_numbers(c: Checks) -> None:
    """A blocked signal that is sent is pending under its own number."""
    names = (
        "SIGHUP", "SIGINT", "SIGQUIT", "SIGUSR1", "SIGUSR2", "SIGALRM", "SIGTERM", "SIGCHLD",
        "SIGCONT", "SIGURG", "SIGIO", "SIGPWR", "SIGSYS", "SIGWINCH", "SIGPROF", "SIGVTALRM",
        "SIGXCPU", "SIGXFSZ", "SIGBUS", "SIGSEGV", "SIGTSTP", "SIGTTIN", "SIGTTOU",
    )  # fmt: skip
    how = c.constant("SIG_BLOCK"), c.constant("SIG_SETMASK")
    for name in names:
        c.check(f"{name} is pending under its number")
        mask = c.sigset(name)
        before, pending = c.space(16), c.space(16)
        c.call("rt_sigprocmask", how[0], c.data(mask), before, c.sigset_size)
        c.succeeds()
        c.call("getpid")
        c.call("kill", c.saved(), c.abi.signals[name])
        c.succeeds()
        c.call("rt_sigpending", pending, c.sigset_size)
        c.succeeds()
        c.memory(pending, mask)
        c.call("rt_sigtimedwait", c.data(mask), 0, c.data(bytes(16)), c.sigset_size)
        c.result(c.abi.signals[name])
        c.call("rt_sigprocmask", how[1], before, 0, c.sigset_size)
        c.succeeds()


def seek_and_access(c: Checks) -> None:
    """lseek's and faccessat's."""
    c.check("faccessat knows R_OK, W_OK and X_OK")
    for name in ("R_OK", "W_OK"):
        c.call("faccessat", AT_FDCWD, c.text("/dev/null"), c.constant(name))
        c.succeeds()
    c.check("AT_SYMLINK_NOFOLLOW looks at the link")
    with in_folder(c):
        c.call("symlinkat", c.text("nowhere"), AT_FDCWD, c.text("here"))
        c.call("readlinkat", AT_FDCWD, c.text("here"), c.space(32), 32)
        c.result(7)
        c.call("fchownat", AT_FDCWD, c.text("here"), -1, -1, c.constant("AT_SYMLINK_NOFOLLOW"))
        c.succeeds()
        c.call("fchownat", AT_FDCWD, c.text("here"), -1, -1, 0)
        c.error("ENOENT")
    c.check("RENAME_NOREPLACE refuses, RENAME_EXCHANGE changes places")
    with in_folder(c):
        c.call("close", make_file(c, "a", b"A"))
        c.call("close", make_file(c, "b", b"B"))
        names = AT_FDCWD, c.text("a"), AT_FDCWD, c.text("b")
        c.call("renameat2", *names, c.constant("RENAME_NOREPLACE"))
        c.error("EEXIST")
        c.call("renameat2", *names, c.constant("RENAME_EXCHANGE"))
        c.succeeds()
        file = c.open("a")
        got = c.space(1)
        c.call("read", file, got, 1)
        c.memory(got, b"B")
        c.call("close", file)


CHECKS = (
    status_flags,
    close_on_exec,
    open_flags,
    mapping_flags,
    signal_numbers,
    seek_and_access,
)
