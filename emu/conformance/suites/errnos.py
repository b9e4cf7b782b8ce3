"""Each errno by a call that must fail with it, in the ABI's own number."""

from __future__ import annotations

from collections.abc import Callable

from emu.conformance.checks import Argument, Checks, Wide
from emu.conformance.files import AT_FDCWD, in_folder, make_file, pipe

_BAD = 8
_NOBODY = 0x3FFFFFFF


def one_call(c: Checks) -> None:
    """Errnos that one call with wrong arguments gives."""
    fails(c, "EBADF", "close", 1000)
    fails(c, "EFAULT", "write", 1, _BAD, 1)
    fails(c, "ESRCH", "kill", _NOBODY, 0)
    fails(c, "ECHILD", "wait4", -1, 0, 0, 0)
    fails(c, "ENOENT", "openat", AT_FDCWD, c.text("/no such file"), 0, 0)
    fails(c, "ENOTDIR", "openat", AT_FDCWD, c.text("/dev/null/x"), 0, 0)
    fails(c, "EISDIR", "openat", AT_FDCWD, c.text("/"), c.constant("O_WRONLY"), 0)
    fails(c, "EEXIST", "mkdirat", AT_FDCWD, c.text("/"), 0o700)
    fails(c, "ENAMETOOLONG", "openat", AT_FDCWD, c.text("a" * 300), 0, 0)
    fails(c, "ENAMETOOLONG", "openat", AT_FDCWD, c.text("a/" * 2100), 0, 0)
    fails(c, "EINVAL", "dup3", 1, 1, 0)
    fails(c, "ERANGE", "getcwd", c.space(1), 1)
    fails(c, "EBUSY", "unlinkat", AT_FDCWD, c.text("/"), c.constant("AT_REMOVEDIR"))
    fails(c, "EAFNOSUPPORT", "socket", 99, 1, 0)
    fails(c, "E2BIG", "sched_setattr", 0, c.copy(c.words(8192, size=4) + bytes(60)), 0)


def fails(c: Checks, errno: str, call: str, *arguments: Argument) -> None:
    """One check: this call fails so."""
    if not c.has(call):
        return
    c.check(f"{errno} from {call}")
    c.call(call, *arguments)
    c.error(errno)


def of_a_pipe(c: Checks) -> None:
    """ESPIPE, EAGAIN, EPIPE."""
    for errno, use in (("ESPIPE", _seek), ("EAGAIN", _empty), ("EBADF", _wrong_end)):
        c.check(f"{errno} from a pipe")
        reader, writer = pipe(c, "O_NONBLOCK")
        use(c, reader)
        c.error(errno)
        c.call("close", reader)
        c.call("close", writer)
    c.check("EPIPE from a pipe that nobody reads, and SIGPIPE")
    reader, writer = pipe(c)
    c.call("close", reader)
    mask = c.data(c.sigset("SIGPIPE"))
    c.call("rt_sigprocmask", c.constant("SIG_BLOCK"), mask, 0, c.sigset_size)
    c.call("write", writer, c.text("x"), 1)
    c.error("EPIPE")
    c.call("rt_sigtimedwait", mask, 0, c.data(bytes(16)), c.sigset_size)
    c.result(c.abi.signals["SIGPIPE"])
    c.call("rt_sigprocmask", c.constant("SIG_UNBLOCK"), mask, 0, c.sigset_size)
    c.call("close", writer)


def _seek(c: Checks, reader: Argument) -> None:
    call = "lseek" if c.has("lseek") else "_llseek"
    c.call(call, reader, 0, 0, c.space(8), 0)


def _empty(c: Checks, reader: Argument) -> None:
    c.call("read", reader, c.space(8), 8)


def _wrong_end(c: Checks, reader: Argument) -> None:
    c.call("write", reader, c.space(8), 8)


def of_folders(c: Checks) -> None:
    """ENOTEMPTY, ELOOP, EXDEV, ENOEXEC, EACCES of files in a folder of our own."""
    steps: list[tuple[str, Callable[[Checks], None]]] = [
        ("ENOTEMPTY", _remove_full),
        ("ELOOP", _endless_link),
        ("ENOEXEC", _run_text),
        ("EACCES", _run_data),
        ("EXDEV", _over_mounts),
        ("ENOTTY", _terminal),
        ("EPERM", _link_folder),
        ("EINVAL", _too_far),
        ("ENXIO", _past_the_end),
        ("ENODATA", _no_attribute),
        ("EOPNOTSUPP", _trusted),
    ]
    for errno, use in steps:
        c.check(f"{errno} from files")
        with in_folder(c):
            use(c)
            c.error(errno)


def _remove_full(c: Checks) -> None:
    c.call("mkdirat", AT_FDCWD, c.text("full"), 0o700)
    c.call("mkdirat", AT_FDCWD, c.text("full/inner"), 0o700)
    c.call("unlinkat", AT_FDCWD, c.text("full"), c.constant("AT_REMOVEDIR"))


def _endless_link(c: Checks) -> None:
    c.call("symlinkat", c.text("self"), AT_FDCWD, c.text("self"))
    c.call("openat", AT_FDCWD, c.text("self"), 0, 0)


def _run_text(c: Checks) -> None:
    c.call("close", make_file(c, "text", b"no program", 0o700))
    c.call("execve", c.text("text"), 0, 0)


def _run_data(c: Checks) -> None:
    c.call("close", make_file(c, "data", b"no program", 0o600))
    c.call("execve", c.text("data"), 0, 0)


def _over_mounts(c: Checks) -> None:
    c.call("close", make_file(c, "here", b""))
    c.call("linkat", AT_FDCWD, c.text("/proc/self/status"), AT_FDCWD, c.text("there"), 0)


def _terminal(c: Checks) -> None:
    c.call("ioctl", make_file(c, "file", b""), c.constant("TCGETS"), c.space(64))


def _link_folder(c: Checks) -> None:
    c.call("mkdirat", AT_FDCWD, c.text("folder"), 0o700)
    c.call("linkat", AT_FDCWD, c.text("folder"), AT_FDCWD, c.text("other"), 0)


def _too_far(c: Checks) -> None:
    c.call("pwrite64", make_file(c, "file", b""), c.text("x"), 1, Wide((1 << 63) - 1))


def _past_the_end(c: Checks) -> None:
    file = make_file(c, "file", b"x")
    if c.has("lseek"):
        c.call("lseek", file, 100, c.constant("SEEK_DATA"))
    else:
        c.call("_llseek", file, 0, 100, c.space(8), c.constant("SEEK_DATA"))


def _no_attribute(c: Checks) -> None:
    c.call("fgetxattr", make_file(c, "file", b""), c.text("trusted.none"), 0, 0)


def _trusted(c: Checks) -> None:
    c.call("fsetxattr", make_file(c, "file", b""), c.text("nobodys.name"), c.text("x"), 1, 0)


CHECKS = (one_call, of_a_pipe, of_folders)
