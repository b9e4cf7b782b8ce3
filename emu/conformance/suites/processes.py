"""Making processes, waiting for them, and what they inherit."""

from __future__ import annotations

from emu.conformance.checks import Checks, Wide
from emu.conformance.files import pipe
from emu.conformance.table import Value


def fork(c: Checks) -> None:
    """clone(SIGCHLD): the same in every ABI's argument order, as all others are 0."""
    c.call("clone", c.abi.signals["SIGCHLD"], 0, 0, 0, 0)


def exits(c: Checks) -> None:
    """The status that waitid finds."""
    for status in (0, 1, 77, 255):
        c.check(f"a child's exit status {status} is found by waitid")
        fork(c)
        child = c.saved()
        with c.child():
            c.call("exit_group", status)
        _wait(c, child, "CLD_EXITED", status)
    c.check("only the low byte of a status counts")
    fork(c)
    child = c.saved()
    with c.child():
        c.call("exit", 0x1234)
    _wait(c, child, "CLD_EXITED", 0x34)


def deaths(c: Checks) -> None:
    """A signal that ends a child."""
    for name in ("SIGKILL", "SIGTERM", "SIGUSR1", "SIGHUP"):
        c.check(f"a child that {name} ends is found killed by it")
        fork(c)
        child = c.saved()
        with c.child():
            c.call("getpid")
            c.call("kill", c.saved(), c.abi.signals[name])
            c.call("exit", 99)
        _wait(c, child, "CLD_KILLED", c.abi.signals[name])


def _wait(c: Checks, child: Value, code: str, status: int) -> None:
    layout = c.layout("siginfo")
    at = c.space(128)
    wexited = c.constant("WEXITED")
    c.call("waitid", c.constant("P_PID"), child, at, wexited, 0)
    c.succeeds()
    c.field(at, layout, "si_signo", c.abi.signals["SIGCHLD"])
    c.field(at, layout, "si_code", c.constant(code))
    c.field(at, layout, "_sifields._sigchld._status", status)
    c.value(c.read_field(at, layout, "_sifields._sigchld._pid"), child)


def wait_status(c: Checks) -> None:
    """wait4's status word."""
    c.number("wait4")
    c.check("wait4's status of an exit is the code times 256")
    fork(c)
    child = c.saved()
    with c.child():
        c.call("exit_group", 5)
    at = c.space(4)
    c.call("wait4", child, at, 0, 0)
    c.value(c.saved(), child)
    c.word(at, 4, 5 << 8)
    c.check("wait4's status of a death is the signal's number")
    fork(c)
    child = c.saved()
    with c.child():
        c.call("getpid")
        c.call("kill", c.saved(), c.abi.signals["SIGKILL"])
        c.call("exit", 99)
    c.call("wait4", child, at, 0, 0)
    c.value(c.saved(), child)
    c.word(at, 4, c.abi.signals["SIGKILL"])
    c.check("WNOHANG does not wait")
    reader, writer = pipe(c)
    fork(c)
    child = c.saved()
    with c.child():
        c.call("close", writer)
        c.call("read", reader, c.runner.scratch + 1024, 1)
        c.call("exit_group", 0)
    c.call("wait4", child, at, c.constant("WNOHANG"), 0)
    c.result(0)
    c.call("close", writer)
    c.call("wait4", child, at, 0, 0)
    c.value(c.saved(), child)
    c.call("close", reader)


def identity(c: Checks) -> None:
    """Process ids as parent and child see them."""
    c.check("gettid is getpid in a process of one thread")
    c.call("getpid")
    own = c.saved()
    c.call("gettid")
    c.result(own)
    c.check("a child's parent is who made it")
    ends = pipe(c)
    c.call("getpid")
    own = c.saved()
    fork(c)
    child = c.saved()
    with c.child():
        c.call("getppid")
        c.store(c.runner.scratch + 2048, 4, c.saved())
        c.call("write", ends[1], c.runner.scratch + 2048, 4)
        c.call("exit_group", 0)
    at = c.space(4)
    c.call("read", ends[0], at, 4)
    c.result(4)
    c.value(c.read(at, 4), own)
    _reap(c, child)
    for end in ends:
        c.call("close", end)


def _reap(c: Checks, child: Value) -> None:
    c.call("waitid", c.constant("P_PID"), child, 0, c.constant("WEXITED"), 0)
    c.succeeds()


def memory(c: Checks) -> None:
    """A child has a copy of its own."""
    c.check("what a child stores, its parent does not see")
    at = c.space(4)
    c.store(at, 4, 1)
    fork(c)
    child = c.saved()
    with c.child():
        c.store(at, 4, 2)
        c.call("exit_group", 0)
    _reap(c, child)
    c.word(at, 4, 1)


def descriptors(c: Checks) -> None:
    """A child shares positions, not the table."""
    c.check("parent and child share a file's position")
    c.call("memfd_create", c.text("conform"), 0)
    file = c.descriptor()
    c.call("write", file, c.text("abcdef"), 6)
    c.call("pipe2", c.space(8), 0)
    fork(c)
    child = c.saved()
    with c.child():
        c.call("write", file, c.text("gh"), 2)
        c.call("close", file)
        c.call("exit_group", 0)
    _reap(c, child)
    c.call("write", file, c.text("ij"), 2)
    got = c.space(10)
    c.call("pread64", file, got, 10, Wide(0))
    c.result(10)
    c.memory(got, b"abcdefghij")
    c.call("close", file)


def groups_and_sessions(c: Checks) -> None:
    """setsid, setpgid."""
    c.check("a child that calls setsid leads its session and group")
    fork(c)
    child = c.saved()
    with c.child():
        c.call("setsid")
        own = c.saved()
        c.call("getpid")
        c.value(c.saved(), own)
        c.call("getsid", 0)
        c.value(c.saved(), own)
        c.call("getpgid", 0)
        c.value(c.saved(), own)
        c.call("setsid")
        c.error("EPERM")
        c.call("exit_group", 0)
    _reap(c, child)
    c.check("setpgid puts a child into a group of its own")
    fork(c)
    child = c.saved()
    with c.child():
        c.call("setpgid", 0, 0)
        c.succeeds()
        c.call("getpid")
        own = c.saved()
        c.call("getpgid", 0)
        c.value(c.saved(), own)
        c.call("exit_group", 0)
    _reap(c, child)


def pidfds(c: Checks) -> None:
    """pidfd_open and waiting by it."""
    c.check("P_PIDFD waits for the process of a descriptor")
    fork(c)
    child = c.saved()
    with c.child():
        c.call("exit_group", 3)
    c.call("pidfd_open", child, 0)
    file = c.descriptor()
    at = c.space(128)
    c.call("waitid", c.constant("P_PIDFD"), file, at, c.constant("WEXITED"), 0)
    c.succeeds()
    c.field(at, c.layout("siginfo"), "_sifields._sigchld._status", 3)
    c.call("close", file)


def attributes(c: Checks) -> None:
    """prctl's name, umask, and priorities."""
    c.check("PR_SET_NAME keeps fifteen characters")
    c.call("prctl", c.constant("PR_SET_NAME"), c.text("a-rather-long-name"), 0, 0, 0)
    c.succeeds()
    at = c.space(16, 0xFF)
    c.call("prctl", c.constant("PR_GET_NAME"), at, 0, 0, 0)
    c.succeeds()
    c.memory(at, b"a-rather-long-n\0")
    c.check("getpriority answers 20 less the nice value")
    c.call("getpriority", 0, 0)
    c.result_in(1, 40)
    c.check("a child inherits its umask")
    c.call("umask", 0o31)
    fork(c)
    child = c.saved()
    with c.child():
        c.call("umask", 0)
        c.call("exit_group", c.saved())
    _wait(c, child, "CLD_EXITED", 0o31)
    c.call("umask", 0o22)


CHECKS = (
    exits, deaths, wait_status, identity, memory, descriptors, groups_and_sessions, pidfds,
    attributes,
)  # fmt: skip
