"""Ids of processes, groups and sessions; ending; what prctl(2) and personality(2) note."""

import pytest

from tests.unit.sys.caller import ABIS, Caller

PR_SET_NAME, PR_GET_NAME = 15, 16


def test_ids_of_the_first_task():
    caller = Caller()
    pid = caller.task.pid
    assert caller.call("sys_getpid") == caller.call("sys_gettid") == pid
    assert caller.call("sys_getppid") == 1
    assert caller.call("sys_getpgrp") == caller.call("sys_getpgid", 0) == pid
    assert caller.call("sys_getsid", pid) == pid


def test_other_processes_are_found_by_pid():
    caller = Caller()
    other = Caller(kernel=caller.kernel)
    assert caller.call("sys_getpgid", other.task.pid) == other.task.pid
    assert caller.fails("sys_getpgid", 4711) == "ESRCH"
    assert caller.fails("sys_getsid", -1) == "ESRCH"


def test_a_group_leader_cannot_start_a_session():
    caller = Caller()
    assert caller.fails("sys_setsid") == "EPERM"
    caller.task.group.pgid = caller.task.group.sid = 1
    assert caller.call("sys_setsid") == caller.task.pid
    assert caller.task.sid == caller.task.pgid == caller.task.pid


def test_setpgid_keeps_to_the_session():
    caller = Caller()
    assert caller.fails("sys_setpgid", 0, 0) == "EPERM"
    caller.task.group.sid = caller.task.group.pgid = 1
    assert caller.call("sys_setpgid", 0, 0) == 0
    assert caller.task.pgid == caller.task.pid
    assert caller.fails("sys_setpgid", 0, 4711) == "EPERM"
    assert caller.fails("sys_setpgid", 0, -1) == "EINVAL"
    assert caller.fails("sys_setpgid", 4711, 0) == "ESRCH"
    stranger = Caller(kernel=caller.kernel)
    assert caller.fails("sys_setpgid", stranger.task.pid, 0) == "ESRCH"


@pytest.mark.parametrize("entry", ["sys_exit", "sys_exit_group"])
def test_the_exit_code_has_eight_bits(entry):
    caller = Caller()
    caller.call(entry, 0x1FF)
    assert caller.task.exit_status == 0xFF00


def test_waiting_without_children():
    caller = Caller()
    assert caller.fails("sys_wait4", -1, 0, 0, 0) == "ECHILD"
    assert caller.fails("sys_wait4", -1, 0, 0x10, 0) == "EINVAL"
    assert caller.fails("sys_waitid", 0, 0, 0, 4, 0) == "ECHILD"
    assert caller.fails("sys_waitid", 0, 0, 0, 1, 0) == "EINVAL"
    assert caller.fails("sys_waitid", 9, 0, 0, 4, 0) == "EINVAL"


@pytest.mark.parametrize("abi", ABIS)
def test_the_name_is_cut_at_15_bytes(abi):
    caller = Caller(abi)
    caller.mm.write(caller.buffer, b"a-rather-long-name\0")
    assert caller.call("sys_prctl", PR_SET_NAME, caller.buffer) == 0
    assert caller.task.comm == b"a-rather-long-n"
    assert caller.call("sys_prctl", PR_GET_NAME, caller.buffer + 64) == 0
    assert caller.mm.read(caller.buffer + 64, 16) == b"a-rather-long-n\0"


def test_no_new_privileges_is_for_good():
    caller = Caller()
    assert caller.call("sys_prctl", 39, 0, 0, 0, 0) == 0
    assert caller.fails("sys_prctl", 38, 0) == "EINVAL"
    assert caller.call("sys_prctl", 38, 1, 0, 0, 0) == 0
    assert caller.call("sys_prctl", 39, 0, 0, 0, 0) == 1


def test_the_death_signal_has_the_callers_number():
    caller = Caller("mips-o32")
    assert caller.call("sys_prctl", 1, 16) == 0
    assert caller.task.attributes.pdeath_signal == 10
    caller.call("sys_prctl", 2, caller.buffer)
    assert caller.mm.read_u32(caller.buffer) == 16
    assert caller.fails("sys_prctl", 1, 129) == "EINVAL"


@pytest.mark.parametrize("option", [0, 33, 45, 0x53564D41, 0x7FFFFFFF])
def test_options_that_are_missing_are_einval(option):
    assert Caller().fails("sys_prctl", option, 1, 2, 3, 4) == "EINVAL"


def test_ambient_capabilities_must_be_inheritable():
    caller = Caller()
    assert caller.fails("sys_prctl", 47, 2, 5, 0, 0) == "EPERM"
    assert caller.call("sys_prctl", 47, 1, 5, 0, 0) == 0
    assert caller.call("sys_prctl", 47, 4, 0, 0, 0) == 0
    assert caller.fails("sys_prctl", 47, 2, 41, 0, 0) == "EINVAL"


def test_locked_securebits_stay():
    caller = Caller()
    assert caller.call("sys_prctl", 28, 0x3) == 0
    assert caller.fails("sys_prctl", 28, 0x0) == "EPERM"
    assert caller.call("sys_prctl", 27) == 3


def test_personality_changes_what_uname_tells():
    caller = Caller()
    assert caller.call("sys_personality", 0x20008) == 0
    assert caller.call("sys_personality", 0xFFFFFFFF) == 0x20008
    caller.call("sys_newuname", caller.buffer)
    names = caller.get("new_utsname")
    assert names["machine"].rstrip(b"\0") == b"i686"
    assert names["release"].rstrip(b"\0") == b"2.6.72"


def test_thread_setup_is_noted():
    caller = Caller("i386")
    assert caller.call("sys_set_tid_address", 0x1234) == caller.task.pid
    assert caller.call("sys_set_robust_list", 0x5678, 12) == 0
    assert caller.fails("sys_set_robust_list", 0x5678, 24) == "EINVAL"
    assert caller.call("sys_get_robust_list", 0, caller.buffer, caller.buffer + 4) == 0
    assert caller.mm.read_u32(caller.buffer) == 0x5678
    assert caller.mm.read_u32(caller.buffer + 4) == 12


def test_what_a_new_program_forgets():
    attributes = Caller().task.attributes
    attributes.clear_child_tid = 5
    attributes.no_new_privs = True
    attributes.after_exec()
    assert attributes.clear_child_tid == 0 and attributes.executed and attributes.no_new_privs
