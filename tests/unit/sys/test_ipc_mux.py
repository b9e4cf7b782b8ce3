"""ipc(2) and socketcall(2): the packed arguments reach the right entry point."""

import struct

import pytest

from emu.kernel.clock import VirtualClock
from emu.kernel.kernel import Kernel
from emu.kernel.mm.ram import Ram
from tests.unit.sys.caller import Caller, FakeCpu


@pytest.fixture(params=["i386", "arm-oabi", "mips-o32"])
def caller(request):
    caller = Caller(request.param)
    caller.inner = []

    def call(task, entry, *words):
        caller.inner.append((entry, *words))
        return 7

    caller.kernel.call = call
    return caller


def words(caller, *values):
    order = caller.abi.isa.byte_order
    caller.mm.write(caller.buffer, struct.pack(f"{order}{len(values)}I", *values))
    return caller.buffer


def test_a_socket_call_takes_as_many_words_as_it_has(caller):
    assert caller.call("sys_socketcall", 1, words(caller, 2, 1, 6, 99)) == 7
    assert caller.call("sys_socketcall", 11, words(caller, 1, 2, 3, 4, 5, 6)) == 7
    assert caller.inner == [("sys_socket", 2, 1, 6), ("sys_sendto", 1, 2, 3, 4, 5, 6)]


@pytest.mark.parametrize("number", [0, 21, -1])
def test_an_unknown_socket_call_is_einval(caller, number):
    assert caller.fails("sys_socketcall", number, caller.buffer) == "EINVAL"


def test_unreadable_words_are_efault(caller):
    assert caller.fails("sys_socketcall", 1, 8) == "EFAULT"


def test_ipc_calls_reorder_their_arguments(caller):
    at = words(caller, 0x5000, 3)
    caller.call("sys_ipc", 2, 1, 2, 3, 0, 0)
    caller.call("sys_ipc", 1, 10, 2, 0, 0x4000, 0)
    caller.call("sys_ipc", 3, 10, 2, 3, at, 0)
    caller.call("sys_ipc", 12, 10, 64, 5, at, 0)
    caller.call("sys_ipc", 1 << 16 | 12, 10, 64, 5, 0x4000, 9)
    assert caller.inner == [
        ("sys_semget", 1, 2, 3),
        ("sys_semtimedop_time32", 10, 0x4000, 2, 0),
        ("sys_old_semctl", 10, 2, 3, 0x5000),
        ("sys_msgrcv", 10, 0x5000, 64, 3, 5),
        ("sys_msgrcv", 10, 0x4000, 64, 9, 5),
    ]


def test_attaching_stores_the_address(caller):
    assert caller.call("sys_ipc", 21, 10, 0, caller.buffer, 0x4000, 0) == 0
    assert caller.mm.read_u32(caller.buffer) == 7
    assert caller.inner == [("sys_shmat", 10, 0x4000, 0)]


def test_an_unknown_ipc_call_is_enosys(caller):
    assert caller.fails("sys_ipc", 5, 0, 0, 0, 0, 0) == "ENOSYS"
    assert caller.fails("sys_ipc", 3, 0, 0, 0, 0, 0) == "EINVAL"


def test_calls_that_nobody_answers_are_enosys():
    ram = Ram(1 << 20)
    kernel = Kernel(ram=ram, clock=VirtualClock(), handlers={}, make_cpu=FakeCpu, seed=1)
    caller = Caller("i386", kernel=kernel)
    assert caller.fails("sys_socketcall", 20, words(caller, 2, 1, 6, 0)) == "ENOSYS"
