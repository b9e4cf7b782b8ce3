"""Lines of calls that wait, as strace 6.1 writes them."""

import pytest

from emu.kernel.fs.setup import mount_root
from emu.kernel.vfs.fdtable import FileTable
from tests.unit.trace.test_strace import lines
from tests.unit.trace.tracing import Traced


def traced(*args):
    made = Traced(*args)
    mount_root(made.kernel, [])
    made.task.files = FileTable()
    made.kernel.sched.current = made.task
    return made


@pytest.mark.parametrize("abi", ["x86-64", "mips-n64", "arm-eabi"])
def test_epolls_show_their_events(abi):
    t = traced(abi)
    at = t.buffer
    t.put("epoll_event", events=1 | 1 << 31, data=7)
    low = 0 if t.abi.big_endian else 7
    assert lines(
        t,
        ("sys_epoll_create1", t.abi.constant("EPOLL_CLOEXEC")),
        ("sys_eventfd2", 3, t.abi.constant("EFD_SEMAPHORE")),
        ("sys_epoll_ctl", 0, 1, 1, at),
        ("sys_epoll_wait", 0, at, 4, -1),
        ("sys_epoll_wait", 0, at, 4, 0),
        ("sys_epoll_ctl", 0, 2, 1, 0),
    ) == [
        "epoll_create1(EPOLL_CLOEXEC) = 0",
        "eventfd2(3, EFD_SEMAPHORE) = 1",
        "epoll_ctl(0, EPOLL_CTL_ADD, 1, "
        f"{{events=EPOLLIN|EPOLLET, data={{u32={low}, u64=7}}}}) = 0",
        f"epoll_wait(0, [{{events=EPOLLIN, data={{u32={low}, u64=7}}}}], 4, -1) = 1",
        "epoll_wait(0, [], 4, 0) = 0",
        "epoll_ctl(0, EPOLL_CTL_DEL, 1, NULL) = 0",
    ]


def test_timers_show_how_they_notify():
    t = traced()
    at = t.buffer
    t.put("sigevent", sigev_value={"sival_ptr": 33}, sigev_signo=35, sigev_notify=0)
    assert lines(t, ("sys_timer_create", 1, at, at + 64), ("sys_timer_delete", 0)) == [
        "timer_create(CLOCK_MONOTONIC, {sigev_value={sival_int=33, sival_ptr=0x21}, "
        "sigev_signo=SIGRT_3, sigev_notify=SIGEV_SIGNAL}, [0]) = 0",
        "timer_delete(0) = 0",
    ]


def test_seals_have_names():
    t = traced()
    t.mm.write(t.buffer, b"name\0")
    assert lines(
        t,
        ("sys_memfd_create", t.buffer, 2),
        ("sys_fcntl", 0, 1033, 0x18),
        ("sys_fcntl", 0, 1034, 0),
    ) == [
        'memfd_create("name", MFD_ALLOW_SEALING) = 0',
        "fcntl(0, F_ADD_SEALS, F_SEAL_WRITE|F_SEAL_FUTURE_WRITE) = 0",
        "fcntl(0, F_GET_SEALS) = 0x18 (seals F_SEAL_WRITE|F_SEAL_FUTURE_WRITE)",
    ]


def test_a_select_shows_its_sets_and_what_is_ready():
    t = traced()
    at = t.buffer
    t.call("sys_eventfd2", 1, 0)
    t.mm.write_u64(at, 1)
    t.mm.write_u64(at + 8, 0)
    t.put("__kernel_timespec", 64, tv_sec=5)
    assert lines(t, ("sys_pselect6", 3, at, at + 8, 0, at + 64, 0)) == [
        "pselect6(3, [0], [], NULL, {tv_sec=5, tv_nsec=0}, NULL) = 1 "
        "(in [0], left {tv_sec=5, tv_nsec=0})"
    ]
    t.mm.write_u64(at, 0)
    t.put("__kernel_timespec", 64, tv_sec=0)
    assert lines(t, ("sys_pselect6", 3, at, 0, 0, at + 64, 0)) == [
        "pselect6(3, [], NULL, NULL, {tv_sec=0, tv_nsec=0}, NULL) = 0 (Timeout)"
    ]
