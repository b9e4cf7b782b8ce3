"""Sending signals, and what they do to those that have no handler."""

import pytest

from emu.arch.cpu import Fault
from emu.kernel.signal.actions import Sigaction
from emu.kernel.signal.delivery import deliver, force_fault
from emu.kernel.signal.pending import SigInfo
from emu.kernel.signal.send import force_signal, send_signal
from emu.kernel.uapi.signal import (
    SIG_IGN,
    SIGCHLD,
    SIGCONT,
    SIGKILL,
    SIGSEGV,
    SIGTERM,
    SIGTSTP,
    SIGUSR1,
    SIGWINCH,
)
from tests.unit.sys.caller import ABIS, Caller


@pytest.mark.parametrize("abi", ABIS)
def test_killing_oneself_by_the_abis_own_number(abi):
    caller = Caller(abi)
    assert caller.call("sys_kill", caller.task.pid, caller.abi.signals["SIGUSR1"]) == 0
    assert caller.task.work
    deliver(caller.task)
    assert caller.task.exit_status == SIGUSR1


def test_signal_0_only_asks():
    caller = Caller()
    assert caller.call("sys_kill", caller.task.pid, 0) == 0
    assert not caller.task.signals.pending


def test_who_is_not_there_cannot_be_signalled():
    caller = Caller()
    assert caller.fails("sys_kill", 4711, 15) == "ESRCH"
    assert caller.fails("sys_kill", -4711, 15) == "ESRCH"
    assert caller.fails("sys_kill", -1, 15) == "ESRCH"
    assert caller.fails("sys_kill", -(1 << 31), 15) == "ESRCH"
    assert caller.fails("sys_kill", caller.task.pid, 65) == "EINVAL"
    assert caller.fails("sys_tgkill", 1, caller.task.pid, 15) == "ESRCH"
    assert caller.fails("sys_tkill", 0, 15) == "EINVAL"


def test_another_users_process_is_eperm():
    root = Caller()
    user = Caller(uid=1000, kernel=root.kernel)
    assert user.fails("sys_kill", root.task.pid, 15) == "EPERM"
    assert root.call("sys_kill", user.task.pid, 15) == 0
    assert user.task.signals.pending == 1 << 14


def test_a_group_gets_the_signal():
    caller = Caller()
    assert caller.call("sys_kill", 0, 15) == 0
    assert caller.call("sys_kill", -caller.task.pgid, 15) == 0


def test_mips_signals_beyond_64_stay_among_mips():
    mips = Caller("mips-o32")
    other = Caller("i386", kernel=mips.kernel)
    assert mips.fails("sys_kill", other.task.pid, 100) == "EINVAL"


def test_a_queued_value_travels_with_the_signal_and_whoever_its_sender_says_it_is():
    caller = Caller()
    said = {"_rt": {"_pid": 5, "_uid": 6, "_sigval": {"sival_ptr": 77}}}
    caller.put("siginfo", si_code=-1, _sifields=said)
    assert caller.call("sys_rt_sigqueueinfo", caller.task.pid, 40, caller.buffer) == 0
    assert caller.task.signals.dequeue() == SigInfo(40, -1, pid=5, uid=6, value=77)


def test_classic_signals_do_not_queue_and_real_time_ones_do():
    signals = Caller().task.signals
    task = Caller().task
    for signal in (SIGUSR1, SIGUSR1, 40, 40):
        send_signal(task, signal)
    taken = []
    while (info := task.signals.dequeue()) is not None:
        taken.append(info.signal)
    assert taken == [SIGUSR1, 40, 40]
    assert signals.dequeue() is None


def test_the_queue_has_a_limit():
    caller = Caller()
    caller.task.rlimits["RLIMIT_SIGPENDING"] = (1, 1)
    caller.put("siginfo", si_code=-1)
    caller.call("sys_rt_sigqueueinfo", caller.task.pid, 40, caller.buffer)
    assert caller.fails("sys_rt_sigqueueinfo", caller.task.pid, 40, caller.buffer) == "EAGAIN"


@pytest.mark.parametrize("signal", [SIGCHLD, SIGWINCH, SIGCONT])
def test_ignored_signals_vanish(signal):
    task = Caller().task
    send_signal(task, signal)
    assert not task.signals.pending and not task.work


def test_what_the_code_did_itself_comes_before_lower_numbers():
    task = Caller().task
    send_signal(task, SIGUSR1, to_thread=True)
    send_signal(task, SIGSEGV, to_thread=True)
    assert task.signals.dequeue().signal == SIGSEGV


def test_sigcont_cancels_stop_signals():
    task = Caller().task
    task.signals.blocked = (1 << 64) - 1
    send_signal(task, SIGTSTP)
    send_signal(task, SIGCONT)
    assert task.signals.pending == 1 << (SIGCONT - 1)


def test_a_fault_kills_even_who_ignores_it():
    task = Caller().task
    task.signals.actions[SIGSEGV] = Sigaction(SIG_IGN)
    task.signals.blocked = 1 << (SIGSEGV - 1)
    force_fault(task, Fault("SIGSEGV", "SEGV_MAPERR", 0, 0))
    deliver(task)
    assert task.exit_status == SIGSEGV


def test_a_page_fault_asks_the_address_space_what_it_was():
    task = Caller().task
    task.mm.last_fault_code = "SEGV_ACCERR"
    force_fault(task, Fault("SIGSEGV", "", 0x5000, 0x1000))
    assert task.signals.dequeue() == SigInfo(SIGSEGV, "SEGV_ACCERR", address=0x5000)


def test_sigkill_cannot_be_escaped():
    task = Caller().task
    task.signals.block_only((1 << 64) - 1)
    force_signal(task, SigInfo(SIGKILL))
    deliver(task)
    assert task.exit_status == SIGKILL


def test_a_forked_process_starts_with_nothing_pending():
    task = Caller().task
    task.signals.blocked = 5
    send_signal(task, SIGTERM)
    child = task.signals.fork()
    assert child.blocked == 5 and not child.pending
    child.actions[SIGTERM] = Sigaction(0x4000)
    assert task.signals.actions[SIGTERM].handler == 0


def test_a_new_program_keeps_ignored_signals_only():
    task = Caller().task
    task.signals.actions[SIGTERM] = Sigaction(0x4000)
    task.signals.actions[SIGUSR1] = Sigaction(SIG_IGN)
    task.signals.after_exec()
    assert task.signals.actions[SIGTERM].handler == 0
    assert task.signals.actions.ignores(SIGUSR1)
