"""User and group ids, capabilities, and what root may do."""

import struct

import pytest

from emu.kernel.cred import Credentials
from emu.kernel.uapi.capability import CAP_CHOWN, CAP_FULL_SET, CAP_KILL, CAP_SETPCAP
from tests.unit.sys.caller import ABIS, Caller

MINUS_ONE = 0xFFFFFFFF


def uids(caller):
    cred = caller.task.cred
    return cred.uid, cred.euid, cred.suid


def test_setuid_of_root_is_for_good():
    caller = Caller()
    assert caller.call("sys_setuid", 1000) == 0
    assert uids(caller) == (1000, 1000, 1000)
    assert caller.task.cred.cap_effective == caller.task.cred.cap_permitted == 0
    assert caller.fails("sys_setuid", 0) == "EPERM"


def test_seteuid_of_root_can_be_taken_back():
    caller = Caller()
    caller.call("sys_setresuid", MINUS_ONE, 1000, MINUS_ONE)
    assert caller.task.cred.cap_effective == 0
    assert caller.task.cred.cap_permitted == CAP_FULL_SET
    caller.call("sys_setresuid", MINUS_ONE, 0, MINUS_ONE)
    assert caller.task.cred.cap_effective == CAP_FULL_SET


def test_setreuid_swaps_and_saves():
    caller = Caller(uid=5)
    caller.task.cred = Credentials(uid=5, euid=6, suid=6, cap_effective=0)
    assert caller.call("sys_setreuid", 6, 5) == 0
    assert uids(caller) == (6, 5, 5)
    assert caller.fails("sys_setreuid", 7, MINUS_ONE) == "EPERM"


def test_minus_one_is_no_id_for_setuid_and_no_change_for_setresuid():
    caller = Caller(uid=3)
    assert caller.fails("sys_setuid", MINUS_ONE) == "EINVAL"
    assert caller.call("sys_setresuid", MINUS_ONE, MINUS_ONE, MINUS_ONE) == 0
    assert uids(caller) == (3, 3, 3)


def test_setfsuid_answers_the_old_id_and_takes_the_file_capabilities():
    caller = Caller()
    assert caller.call("sys_setfsuid", 1000) == 0
    assert caller.task.cred.fsuid == 1000
    assert not caller.task.cred.capable(CAP_CHOWN)
    assert caller.task.cred.capable(CAP_KILL)
    assert caller.call("sys_setfsuid", 0) == 1000
    assert caller.task.cred.capable(CAP_CHOWN)


def test_keepcaps_keeps_the_permitted_capabilities():
    caller = Caller()
    assert caller.call("sys_prctl", 8, 1) == 0
    caller.call("sys_setuid", 1000)
    assert caller.task.cred.cap_permitted == CAP_FULL_SET
    assert caller.task.cred.cap_effective == 0


@pytest.mark.parametrize("abi", ABIS)
def test_getresuid_stores_three_words(abi):
    caller = Caller(abi, uid=70000)
    at = caller.buffer
    assert caller.call("sys_getresuid", at, at + 4, at + 8) == 0
    assert [caller.mm.read_u32(at + 4 * i) for i in range(3)] == [70000] * 3


@pytest.mark.parametrize("abi", ["i386", "arm-oabi"])
def test_large_ids_overflow_the_16_bit_calls(abi):
    caller = Caller(abi, uid=70000)
    assert caller.call("sys_getuid16") == 65534
    assert caller.call("sys_getresuid16", caller.buffer, caller.buffer + 2, caller.buffer + 4) == 0
    assert caller.mm.read(caller.buffer, 6) == b"\xfe\xff" * 3
    assert caller.call("sys_setresuid16", 0xFFFF, 0xFFFF, 0xFFFF) == 0
    assert uids(caller) == (70000,) * 3


@pytest.mark.parametrize("abi", ["x86-64", "mips-n64", "mips-o32"])
def test_groups_are_told_sorted_in_the_callers_byte_order(abi):
    caller = Caller(abi)
    order = caller.abi.isa.byte_order
    caller.mm.write(caller.buffer, struct.pack(order + "3I", 30, 10, 20))
    assert caller.call("sys_setgroups", 3, caller.buffer) == 0
    assert caller.call("sys_getgroups", 0, 0) == 3
    assert caller.fails("sys_getgroups", 2, caller.buffer) == "EINVAL"
    assert caller.call("sys_getgroups", 8, caller.buffer) == 3
    assert struct.unpack(order + "3I", caller.mm.read(caller.buffer, 12)) == (10, 20, 30)
    assert caller.task.cred.in_group(20) and not caller.task.cred.in_group(21)


def test_only_root_sets_groups():
    assert Caller(uid=1).fails("sys_setgroups", 0, 0) == "EPERM"
    assert Caller().fails("sys_setgroups", 65537, 0) == "EINVAL"


def test_capget_tells_64_bits_in_two_parts():
    caller = Caller()
    header = caller.put("__user_cap_header_struct", version=0x20080522)
    assert caller.call("sys_capget", header, caller.buffer + 64) == 0
    low, high = caller.get("__user_cap_data_struct", 64), caller.get("__user_cap_data_struct", 76)
    assert low["effective"] | high["effective"] << 32 == CAP_FULL_SET


def test_capget_answers_a_strange_version_with_its_own():
    caller = Caller()
    header = caller.put("__user_cap_header_struct", version=1)
    assert caller.call("sys_capget", header, 0) == 0
    assert caller.mm.read_u32(header) == 0x20080522
    caller.put("__user_cap_header_struct", version=1)
    assert caller.fails("sys_capget", header, caller.buffer + 64) == "EINVAL"


def test_capset_only_gives_up():
    caller = Caller()
    header = caller.put("__user_cap_header_struct", version=0x20080522)
    data = caller.put("__user_cap_data_struct", 64, effective=1, permitted=3)
    assert caller.call("sys_capset", header, data) == 0
    assert caller.task.cred.cap_effective == 1
    caller.put("__user_cap_data_struct", 64, effective=4, permitted=7)
    assert caller.fails("sys_capset", header, data) == "EPERM"


def test_a_dropped_capability_leaves_the_bounding_set():
    caller = Caller()
    assert caller.call("sys_prctl", 23, CAP_KILL) == 1
    assert caller.call("sys_prctl", 24, CAP_KILL) == 0
    assert caller.call("sys_prctl", 23, CAP_KILL) == 0
    assert caller.fails("sys_prctl", 23, 41) == "EINVAL"
    caller.task.cred = Credentials.for_user(1, 1)
    assert not caller.task.cred.capable(CAP_SETPCAP)
    assert caller.fails("sys_prctl", 24, 1) == "EPERM"
