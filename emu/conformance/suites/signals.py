"""Signals: handlers and their frames, masks, queues, faults and interrupted calls."""

from __future__ import annotations

from emu.arch.layout import Layout
from emu.conformance.checks import Checks, Missing, field_place
from emu.conformance.files import pipe
from emu.conformance.preserved import fp_bytes, preserved
from emu.conformance.suites.memory import map_at, map_pages
from emu.conformance.suites.processes import fork

_SI_USER, _SI_TKILL, _SI_QUEUE = 0, -6, -1
_COUNT, _SIGNAL, _STACK, _INFO = 0, 8, 16, 24
_INFO_BYTES = 128
_FIRST_REAL_TIME = 34
_PAGE = 4096


def handle(c: Checks, signal: str | int, flags: str = "", mask: tuple[str, ...] = ()) -> int:
    """Install the runner's handler; answers the signal's number.

    `Missing` for int 0x80 in 64-bit code: the kernel makes a 32-bit frame for who asked so.
    """
    if c.target.is_foreign:
        raise Missing("a 32-bit frame in 64-bit code")
    number = c.abi.signals[signal] if isinstance(signal, str) else signal
    layout = c.layout("sigaction")
    value = c.constant("SA_SIGINFO" + (f"|{flags}" if flags else ""))
    fields = {"sa_handler": c.runner.handler}
    if c.target.isa in ("x86-64", "i386"):
        value |= c.constant("SA_RESTORER")
        fields["sa_restorer"] = c.runner.restorer
    act = c.copy(layout.pack(sa_flags=value, **fields))
    if mask:
        c.write(act + layout.fields["sa_mask"].offset, c.sigset(*mask))
    c.call("rt_sigaction", number, act, 0, c.sigset_size)
    c.succeeds()
    for offset in (_COUNT, _SIGNAL, _STACK):
        c.store(c.runner.records + offset, 8, 0)
    return number


def default(c: Checks, number: int) -> None:
    """Take the handler away."""
    c.call("rt_sigaction", number, c.copy(bytes(c.layout("sigaction").size)), 0, c.sigset_size)


def send(c: Checks, number: int) -> None:
    """kill(getpid(), number)."""
    c.call("getpid")
    c.call("kill", c.saved(), number)
    c.succeeds()


def handled(c: Checks, times: int) -> None:
    """How often the handler ran."""
    c.word(c.runner.records + _COUNT, 8, times)


def info(c: Checks) -> tuple[int, Layout]:
    """Where the last siginfo is, and its layout."""
    return c.runner.records + _INFO, c.layout("siginfo")


def handlers(c: Checks) -> None:
    """A handler is called with the signal's number and siginfo."""
    for name in ("SIGUSR1", "SIGUSR2", "SIGTERM", "SIGCHLD", "SIGURG", "SIGSYS"):
        c.check(f"{name}'s handler gets its number and who sent it")
        number = handle(c, name)
        send(c, number)
        handled(c, 1)
        c.word(c.runner.records + _SIGNAL, 8, number)
        at, layout = info(c)
        c.field(at, layout, "si_signo", number)
        c.field(at, layout, "si_code", _SI_USER)
        c.call("getpid")
        own = c.saved()
        c.value(c.read_field(at, layout, "_sifields._kill._pid"), own)
        default(c, number)


def registers(c: Checks) -> None:
    """A handler leaves no trace in the registers."""
    c.check("a call that a handler followed keeps the registers")
    number = handle(c, "SIGUSR1")
    c.call("getpid")
    own = c.saved()
    c.call("kill", own, number)
    c.succeeds()
    c.keeps(preserved(c.target))
    handled(c, 1)
    c.check("a call that a handler followed keeps the floating point registers")
    c.call("kill", own, number)
    c.keeps_fp(fp_bytes(c.target))
    default(c, number)


def dispositions(c: Checks) -> None:
    """SA_RESETHAND, SIG_IGN."""
    c.check("SA_RESETHAND takes the handler away")
    number = handle(c, "SIGUSR1", "SA_RESETHAND")
    send(c, number)
    handled(c, 1)
    layout = c.layout("sigaction")
    old = c.space(layout.size, 0xFF)
    c.call("rt_sigaction", number, 0, old, c.sigset_size)
    c.field(old, layout, "sa_handler", 0)
    c.check("an ignored signal does nothing")
    number = c.abi.signals["SIGTERM"]
    c.call("rt_sigaction", number, c.copy(layout.pack(sa_handler=1)), 0, c.sigset_size)
    c.succeeds()
    send(c, number)
    default(c, number)
    c.check("SIGKILL cannot be handled")
    c.call(
        "rt_sigaction",
        c.abi.signals["SIGKILL"],
        c.copy(layout.pack(sa_handler=1)),
        0,
        c.sigset_size,
    )
    c.error("EINVAL")
    c.check("signal 0 is no signal, the highest number plus one neither")
    c.call("rt_sigaction", 0, 0, 0, c.sigset_size)
    c.error("EINVAL")
    c.call("rt_sigaction", 8 * c.sigset_size + 1, 0, 0, c.sigset_size)
    c.error("EINVAL")


def masks(c: Checks) -> None:
    """A blocked signal waits; one of each kind, but every real-time one."""
    block, unblock = c.constant("SIG_BLOCK"), c.constant("SIG_UNBLOCK")
    c.check("a blocked signal is handled when it is unblocked, once")
    number = handle(c, "SIGUSR2")
    mask = c.data(c.sigset("SIGUSR2"))
    c.call("rt_sigprocmask", block, mask, 0, c.sigset_size)
    send(c, number)
    send(c, number)
    handled(c, 0)
    c.call("rt_sigprocmask", unblock, mask, 0, c.sigset_size)
    c.succeeds()
    handled(c, 1)
    default(c, number)
    c.check("real-time signals queue")
    number = handle(c, _FIRST_REAL_TIME)
    bits = 1 << number - 1
    width = c.abi.word_bits
    mask = c.data(c.words(*(bits >> n for n in range(0, 8 * c.sigset_size, width))))
    c.call("rt_sigprocmask", block, mask, 0, c.sigset_size)
    for _ in range(3):
        send(c, number)
    c.call("rt_sigprocmask", unblock, mask, 0, c.sigset_size)
    handled(c, 3)
    default(c, number)
    c.check("SIGKILL and SIGSTOP cannot be blocked")
    every = c.data(b"\xff" * c.sigset_size)
    before, now = c.space(16), c.space(16)
    c.call("rt_sigprocmask", block, every, before, c.sigset_size)
    c.call("rt_sigprocmask", c.constant("SIG_SETMASK"), before, now, c.sigset_size)
    bits = (1 << 8 * c.sigset_size) - 1
    for name in ("SIGKILL", "SIGSTOP"):
        bits &= ~(1 << c.abi.signals[name] - 1)
    c.memory(now, c.words(*(bits >> n for n in range(0, 8 * c.sigset_size, width))))


def senders(c: Checks) -> None:
    """What siginfo says of tgkill and rt_sigqueueinfo."""
    c.check("tgkill's si_code is SI_TKILL")
    number = handle(c, "SIGUSR1")
    c.call("getpid")
    own = c.saved()
    c.call("gettid")
    c.call("tgkill", own, c.saved(), number)
    c.succeeds()
    handled(c, 1)
    at, layout = info(c)
    c.field(at, layout, "si_code", _SI_TKILL)
    default(c, number)
    c.check("rt_sigqueueinfo carries a value")
    number = handle(c, "SIGUSR1")
    given = c.copy(layout.pack(si_signo=number, si_code=_SI_QUEUE))
    value, _, _ = field_place(layout, "_sifields._rt._sigval.sival_int")
    c.store(given + value, 4, 0x1BADCAFE)
    c.call("rt_sigqueueinfo", own, number, given)
    c.succeeds()
    handled(c, 1)
    c.field(at, layout, "si_code", _SI_QUEUE)
    c.word(at + value, 4, 0x1BADCAFE)
    default(c, number)


def waiting(c: Checks) -> None:
    """rt_sigtimedwait takes a pending signal, rt_sigsuspend is broken by one."""
    c.check("rt_sigtimedwait answers the signal and fills siginfo")
    mask = c.data(c.sigset("SIGUSR1"))
    number = c.abi.signals["SIGUSR1"]
    c.call("rt_sigprocmask", c.constant("SIG_BLOCK"), mask, 0, c.sigset_size)
    send(c, number)
    at = c.space(_INFO_BYTES)
    c.call("rt_sigtimedwait", mask, at, c.data(bytes(16)), c.sigset_size)
    c.result(number)
    c.field(at, c.layout("siginfo"), "si_signo", number)
    c.check("rt_sigtimedwait is EAGAIN after its time")
    c.call("rt_sigtimedwait", mask, 0, c.data(bytes(16)), c.sigset_size)
    c.error("EAGAIN")
    c.check("rt_sigsuspend runs the handler of a pending signal and is EINTR")
    handle(c, "SIGUSR1")
    send(c, number)
    handled(c, 0)
    c.call("rt_sigsuspend", c.data(bytes(c.sigset_size)), c.sigset_size)
    c.error("EINTR")
    handled(c, 1)
    c.call("rt_sigprocmask", c.constant("SIG_UNBLOCK"), mask, 0, c.sigset_size)
    default(c, number)


def alternate_stacks(c: Checks) -> None:
    """SA_ONSTACK."""
    c.check("SA_ONSTACK runs the handler on the alternate stack")
    layout = c.layout("sigaltstack")
    size = 16 * _PAGE
    stack = map_pages(c, 16)
    c.call("sigaltstack", c.copy(layout.pack(ss_sp=stack, ss_flags=0, ss_size=size)), 0)
    c.succeeds()
    number = handle(c, "SIGUSR1", "SA_ONSTACK")
    send(c, number)
    handled(c, 1)
    c.number_in(c.runner.records + _STACK, 8, stack, stack + size)
    disabled = layout.pack(ss_sp=0, ss_flags=c.constant("SS_DISABLE"), ss_size=0)
    c.call("sigaltstack", c.copy(disabled), 0)
    c.check("without it the handler runs where the program was")
    send(c, number)
    c.number_in(c.runner.records + _STACK, 8, c.runner.arguments - 16384, c.runner.arguments)
    default(c, number)
    c.call("munmap", stack, size)
    c.check("an alternate stack that is too small is ENOMEM")
    c.call("sigaltstack", c.copy(layout.pack(ss_sp=stack, ss_flags=0, ss_size=64)), 0)
    c.error("ENOMEM")


def interruption(c: Checks) -> None:
    """A read that waits, and a timer."""
    for flags, outcome in (("", "EINTR"), ("SA_RESTART", None)):
        how = "goes on after" if outcome is None else "is EINTR after"
        c.check(f"a read that waits {how} a handler{' with SA_RESTART' if flags else ''}")
        reader, writer = pipe(c)
        number = handle(c, "SIGUSR1", flags)
        c.call("getpid")
        own = c.saved()
        fork(c)
        child = c.saved()
        with c.child():
            _rest(c)
            c.call("kill", own, number)
            _rest(c)
            c.call("write", writer, c.text("x"), 1)
            c.call("exit_group", 0)
        c.call("read", reader, c.space(1), 1)
        c.result(1) if outcome is None else c.error(outcome)
        handled(c, 1)
        c.call("waitid", c.constant("P_PID"), child, 0, c.constant("WEXITED"), 0)
        c.succeeds()
        default(c, number)
        c.call("close", reader)
        c.call("close", writer)


def _rest(c: Checks) -> None:
    """Sleep for a moment."""
    time = c.words(0, 30_000_000, size=c.time_width("ppoll"))
    c.call("ppoll", 0, 0, c.copy(time), 0, c.sigset_size)


def faults(c: Checks) -> None:
    """The siginfo of a fault, seen by a parent that shares the handler's notes."""
    layout = c.layout("siginfo")
    cases = (
        ("SIGSEGV", "SEGV_MAPERR", 8, 0),
        ("SIGSEGV", "SEGV_ACCERR", 0x31000000, 0),
        ("SIGBUS", "BUS_ADRERR", 0x31000000, 1),
    )
    for signal, code, address, is_file in cases:
        c.check(f"a read of {'nothing' if address == 8 else 'a page'} is {signal} with {code}")
        share = c.constant("MAP_SHARED|MAP_ANONYMOUS|MAP_FIXED")
        map_at(c, c.runner.records, 1, share)
        c.result(c.runner.records)
        if is_file:
            c.call("memfd_create", c.text("conform"), 0)
            file = c.descriptor()
            map_pages(c, 1, "MAP_SHARED", file)
            c.call("close", file)
        elif address != 8:
            map_pages(c, 1)
            c.call("mprotect", address, _PAGE, 0)
        number = handle(c, signal, "SA_RESETHAND")
        fork(c)
        child = c.saved()
        with c.child():
            c.call("prctl", c.constant("PR_SET_DUMPABLE"), 0, 0, 0, 0)
            c.touch(address)
            c.call("exit_group", 0)
        at = c.space(_INFO_BYTES)
        c.call("waitid", c.constant("P_PID"), child, at, c.constant("WEXITED"), 0)
        c.field(at, layout, "_sifields._sigchld._status", number)
        handled(c, 1)
        noted, _ = info(c)
        c.field(noted, layout, "si_signo", number)
        c.field(noted, layout, "si_code", c.constant(code))
        c.field(noted, layout, "_sifields._sigfault._addr", address)
        default(c, number)
        c.call("munmap", 0x31000000, _PAGE)


def children(c: Checks) -> None:
    """SIGCHLD tells who ended and how."""
    c.check("SIGCHLD carries the child's pid and status")
    number = handle(c, "SIGCHLD", "SA_RESTART")
    fork(c)
    child = c.saved()
    with c.child():
        c.call("exit_group", 9)
    c.call("waitid", c.constant("P_PID"), child, 0, c.constant("WEXITED"), 0)
    c.succeeds()
    handled(c, 1)
    at, layout = info(c)
    c.field(at, layout, "si_code", c.constant("CLD_EXITED"))
    c.field(at, layout, "_sifields._sigchld._status", 9)
    c.value(c.read_field(at, layout, "_sifields._sigchld._pid"), child)
    default(c, number)


CHECKS = (
    handlers, registers, dispositions, masks, senders, waiting, alternate_stacks, interruption,
    faults, children,
)  # fmt: skip
