"""Lines as strace 6.1 writes them; the expected ones were taken from its own output."""

import io

import pytest

from emu.kernel.errno import Restart
from emu.kernel.events import SyscallEvent
from emu.kernel.signal.delivery import deliver
from emu.kernel.signal.pending import SigInfo
from emu.kernel.signal.send import force_signal
from emu.trace.strace import Strace
from tests.unit.sys.caller import HANDLERS, Caller
from tests.unit.trace.tracing import Traced


def lines(traced, *calls):
    """The lines of some calls, with the buffer's address called BUF and columns squeezed."""
    return [squeezed(traced, traced.trace(*call)) for call in calls]


def squeezed(traced, text):
    return " ".join(text.replace(f"{traced.buffer:#x}", "BUF").split())


@pytest.fixture
def traced():
    return Traced()


def test_the_result_stands_in_column_40(traced):
    line = traced.trace("sys_getuid")
    assert line == "getuid()                                = 0\n"


def test_a_long_call_has_one_space_before_its_result(traced):
    traced.put("__kernel_timespec", tv_nsec=1000)
    line = traced.trace("sys_clock_nanosleep", 0, 1, traced.buffer, 0)
    assert line == (
        "clock_nanosleep(CLOCK_REALTIME, TIMER_ABSTIME, {tv_sec=0, tv_nsec=1000}, NULL) = 0\n"
    )


def test_errors_are_named_and_explained(traced):
    assert lines(traced, ("sys_clock_gettime", 77, traced.buffer)) == [
        "clock_gettime(0x4d /* CLOCK_??? */, BUF) = -1 EINVAL (Invalid argument)"
    ]


def test_limits(traced):
    at = traced.buffer
    assert lines(traced, ("sys_prlimit64", 0, 3, 0, at)) == [
        "prlimit64(0, RLIMIT_STACK, NULL, {rlim_cur=8192*1024, rlim_max=RLIM64_INFINITY}) = 0"
    ]
    traced.put("rlimit64", rlim_cur=0, rlim_max=2048 * 1024)
    assert lines(traced, ("sys_prlimit64", 0, 4, at, 0)) == [
        "prlimit64(0, RLIMIT_CORE, {rlim_cur=0, rlim_max=2048*1024}, NULL) = 0"
    ]


def test_names_and_usage_are_abbreviated(traced):
    at = traced.buffer
    assert lines(traced, ("sys_newuname", at), ("sys_getrusage", 0, at)) == [
        'uname({sysname="Linux", nodename="emu", ...}) = 0',
        "getrusage(RUSAGE_SELF, {ru_utime={tv_sec=0, tv_usec=0}, "
        "ru_stime={tv_sec=0, tv_usec=0}, ...}) = 0",
    ]


def test_signal_sets(traced):
    at = traced.buffer
    traced.mm.write(at, (1 << 1 | 1 << 16 | 1 << 39).to_bytes(8, "little"))
    assert lines(traced, ("sys_rt_sigprocmask", 0, at, at + 64, 8)) == [
        "rt_sigprocmask(SIG_BLOCK, [INT CHLD RT_8], [], 8) = 0"
    ]
    traced.mm.write(at, (((1 << 64) - 1) ^ (3 << 31)).to_bytes(8, "little"))
    assert lines(traced, ("sys_rt_sigprocmask", 2, at, 0, 8)) == [
        "rt_sigprocmask(SIG_SETMASK, ~[RTMIN RT_1], NULL, 8) = 0"
    ]


def test_signal_actions(traced):
    at = traced.buffer
    traced.put(
        "sigaction", sa_handler=0x4000, sa_flags=0x14000000, sa_restorer=0x5000,
        sa_mask={"sig": [1 << 9]},
    )  # fmt: skip
    assert lines(traced, ("sys_rt_sigaction", 12, at, at + 64, 8)) == [
        "rt_sigaction(SIGUSR2, {sa_handler=0x4000, sa_mask=[USR1], "
        "sa_flags=SA_RESTORER|SA_RESTART, sa_restorer=0x5000}, "
        "{sa_handler=SIG_DFL, sa_mask=[], sa_flags=0}, 8) = 0"
    ]
    assert lines(traced, ("sys_rt_sigaction", 33, 0, 0, 8), ("sys_rt_sigaction", 99, 0, 0, 8)) == [
        "rt_sigaction(SIGRT_1, NULL, NULL, 8) = 0",
        "rt_sigaction(99, NULL, NULL, 8) = -1 EINVAL (Invalid argument)",
    ]


def test_the_same_signal_has_another_number_on_mips():
    traced = Traced("mips-o32")
    traced.put("sigaction", sa_handler=1)
    assert lines(traced, ("sys_rt_sigaction", 16, traced.buffer, 0, 16)) == [
        "rt_sigaction(SIGUSR1, {sa_handler=SIG_IGN, sa_mask=[], sa_flags=0}, NULL, 16) = 0"
    ]


def test_the_alternate_stack(traced):
    at = traced.buffer
    assert lines(traced, ("sys_sigaltstack", 0, at)) == [
        "sigaltstack(NULL, {ss_sp=NULL, ss_flags=SS_DISABLE, ss_size=0}) = 0"
    ]


def test_ids_and_groups(traced):
    at = traced.buffer
    traced.mm.write(at + 64, b"\1\0\0\0\2\0\0\0")
    assert lines(
        traced,
        ("sys_setresuid", -1, -1, -1),
        ("sys_getresuid", at, at + 4, at + 8),
        ("sys_getgroups", 10, at),
        ("sys_setgroups", 2, at + 64),
    ) == [
        "setresuid(-1, -1, -1) = 0",
        "getresuid([0], [0], [0]) = 0",
        "getgroups(10, []) = 0",
        "setgroups(2, [1, 2]) = 0",
    ]


def test_prctl_shows_what_its_option_takes(traced):
    at = traced.buffer
    traced.mm.write(at, b"a\tname that is too long\0")
    assert lines(
        traced,
        ("sys_prctl", 15, at),
        ("sys_prctl", 16, at + 64),
        ("sys_prctl", 38, 1, 0, 0, 0),
        ("sys_prctl", 3),
        ("sys_prctl", 23, 5),
        ("sys_prctl", 1, 15),
        ("sys_prctl", 2, at),
        ("sys_prctl", 0x1234, 1, 2, 3, 4),
    ) == [
        'prctl(PR_SET_NAME, "a\\tname that is "...) = 0',
        f"prctl(PR_GET_NAME, {'{0}'}) = 0".format('"a\\tname that is "'),
        "prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) = 0",
        "prctl(PR_GET_DUMPABLE) = 1 (SUID_DUMP_USER)",
        "prctl(PR_CAPBSET_READ, CAP_KILL) = 1",
        "prctl(PR_SET_PDEATHSIG, SIGTERM) = 0",
        "prctl(PR_GET_PDEATHSIG, [SIGTERM]) = 0",
        "prctl(0x1234 /* PR_??? */, 0x1, 0x2, 0x3, 0x4) = -1 EINVAL (Invalid argument)",
    ]


def test_scheduling(traced):
    at = traced.buffer
    assert lines(
        traced,
        ("sys_sched_getaffinity", 0, 128, at),
        ("sys_sched_setaffinity", 0, 8, at),
        ("sys_sched_getscheduler", 0),
        ("sys_sched_getparam", 0, at),
        ("sys_getpriority", 9, 0),
    ) == [
        "sched_getaffinity(0, 128, [0]) = 8",
        "sched_setaffinity(0, 8, [0]) = 0",
        "sched_getscheduler(0) = 0 (SCHED_OTHER)",
        "sched_getparam(0, [0]) = 0",
        "getpriority(0x9 /* PRIO_??? */, 0) = -1 EINVAL (Invalid argument)",
    ]


def test_futex_operations_take_different_arguments(traced):
    at = traced.buffer
    traced.mm.write_u32(at, 1)
    traced.put("__kernel_timespec", 64, tv_sec=1)
    assert lines(
        traced,
        ("sys_futex", at, 129, 1),
        ("sys_futex", at, 128, 2, 0),
        ("sys_futex", at, 9 | 256, 1, at + 64, 0, 0xFFFFFFFF),
        ("sys_futex", at, 4, 1, 2, at, 1),
        ("sys_futex", at, 10, 1, 0, 0, 5),
        ("sys_futex", at, 99, 1, 2, 3, 4),
    ) == [
        "futex(BUF, FUTEX_WAKE_PRIVATE, 1) = 0",
        "futex(BUF, FUTEX_WAIT_PRIVATE, 2, NULL) = -1 EAGAIN (Resource temporarily unavailable)",
        "futex(BUF, FUTEX_WAIT_BITSET|FUTEX_CLOCK_REALTIME, 1, {tv_sec=1, tv_nsec=0}, "
        "FUTEX_BITSET_MATCH_ANY) = -1 ETIMEDOUT (Connection timed out)",
        "futex(BUF, FUTEX_CMP_REQUEUE, 1, 2, BUF, 1) = 0",
        "futex(BUF, FUTEX_WAKE_BITSET, 1, 0x5) = 0",
        "futex(BUF, 0x63 /* FUTEX_??? */, 1, 0x2, 0x3, 0x4) = -1 ENOSYS (Function not implemented)",
    ]


def test_personality_is_explained(traced):
    assert lines(
        traced, ("sys_personality", 0xFFFFFFFF), ("sys_personality", 0x40000),
        ("sys_personality", 0),
    ) == [
        "personality(0xffffffff) = 0 (PER_LINUX)",
        "personality(PER_LINUX|ADDR_NO_RANDOMIZE) = 0 (PER_LINUX)",
        "personality(PER_LINUX) = 0x40000 (PER_LINUX|ADDR_NO_RANDOMIZE)",
    ]  # fmt: skip


def test_random_bytes_are_hexadecimal_and_cut(traced):
    line = traced.trace("sys_getrandom", traced.buffer, 40, 1)
    assert line.count("\\x") == 32
    assert line.endswith('"..., 40, GRND_NONBLOCK) = 40\n')
    assert lines(traced, ("sys_getrandom", traced.buffer, 4, 0x100)) == [
        "getrandom(BUF, 4, 0x100 /* GRND_??? */) = -1 EINVAL (Invalid argument)"
    ]


def test_waiting_for_nobody(traced):
    at = traced.buffer
    assert lines(traced, ("sys_wait4", -1, at, 1, 0), ("sys_waitid", 0, 0, at, 5, 0)) == [
        "wait4(-1, BUF, WNOHANG, NULL) = -1 ECHILD (No child processes)",
        "waitid(P_ALL, 0, BUF, WNOHANG|WEXITED, NULL) = -1 ECHILD (No child processes)",
    ]


def test_times_are_dated(traced):
    assert lines(traced, ("sys_time", 0)) == ["time(NULL) = 946684800 (2000-01-01T00:00:00+0000)"]


def test_an_unknown_number_shows_six_words(traced):
    line = traced.unhandled("syscall_0x1f5", 0x1F5, (1, 2, 0x30, 4, 5, 6))
    assert line == (
        "syscall_0x1f5(0x1, 0x2, 0x30, 0x4, 0x5, 0x6) = -1 ENOSYS (Function not implemented)\n"
    )


def test_a_call_without_a_handler_is_shown_by_its_signature(traced):
    assert traced.unhandled("rseq", 334, (0x7000, 0x20, 0, 0x53053053, 0, 0)) == (
        "rseq(0x7000, 0x20, 0, 0x53053053)       = -1 ENOSYS (Function not implemented)\n"
    )
    assert traced.unhandled("pause", 34, (1, 2, 3, 4, 5, 6)).startswith("pause()  ")


def test_the_end_of_a_task(traced):
    assert traced.trace("sys_exit_group", 300) == (
        "exit_group(300)                         = ?\n+++ exited with 44 +++\n"
    )


def test_a_deadly_signal(traced):
    force_signal(traced.task, SigInfo(11, "SEGV_MAPERR", address=0))
    deliver(traced.task)
    assert traced.out.getvalue() == (
        "--- SIGSEGV {si_signo=SIGSEGV, si_code=SEGV_MAPERR, si_addr=NULL} ---\n"
        "+++ killed by SIGSEGV +++\n"
    )


def test_a_signal_that_was_sent(traced):
    traced.trace("sys_tgkill", traced.task.pid, traced.task.pid, 15)
    deliver(traced.task)
    assert traced.out.getvalue().splitlines()[1:] == [
        "--- SIGTERM {si_signo=SIGTERM, si_code=SI_TKILL, si_pid=2, si_uid=0} ---",
        "+++ killed by SIGTERM +++",
    ]


def test_a_sleeping_call_is_cut_in_two_when_another_task_calls():
    out = io.StringIO()
    tracer = Strace(out, follow=True)
    one = Caller()
    two = Caller(kernel=one.kernel)
    one.put("__kernel_timespec", tv_sec=1)
    sleep = SyscallEvent(one.task, "nanosleep", 35, HANDLERS["sys_nanosleep"], (one.buffer, 0))
    getuid = SyscallEvent(two.task, "getuid", 102, HANDLERS["sys_getuid"], ())
    tracer.enter(sleep)
    tracer.enter(getuid)
    getuid.result = 0
    tracer.leave(getuid)
    sleep.result = 0
    tracer.leave(sleep)
    assert [" ".join(line.split()) for line in out.getvalue().splitlines()] == [
        "[pid 2] nanosleep({tv_sec=1, tv_nsec=0}, <unfinished ...>",
        "[pid 3] getuid() = 0",
        "[pid 2] <... nanosleep resumed>NULL) = 0",
    ]


def test_an_interrupted_sleep_tells_what_is_left(traced):
    traced.put("__kernel_timespec", tv_sec=9)
    at = traced.buffer
    event = SyscallEvent(traced.task, "nanosleep", 35, HANDLERS["sys_nanosleep"], (at, at + 64))
    traced.tracer.enter(event)
    with pytest.raises(Restart) as broken:
        traced.finish(traced.start("sys_nanosleep", at, at + 64), True)
    event.broken = broken.value
    traced.tracer.leave(event)
    assert traced.out.getvalue() == (
        "nanosleep({tv_sec=9, tv_nsec=0}, {tv_sec=9, tv_nsec=0}) = "
        "? ERESTART_RESTARTBLOCK (Interrupted by signal)\n"
    )


def test_timestamps_come_first():
    traced = Traced(timestamps="tt")
    traced.clock.advance(1_500_000)
    assert traced.trace("sys_getuid").startswith("00:00:00.001500 getuid()")
