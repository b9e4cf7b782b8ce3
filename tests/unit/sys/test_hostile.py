"""Whatever words a program passes, these calls answer with a number or an error."""

import random

import pytest

from emu.kernel.errno import KernelError
from tests.unit.sys.caller import ABIS, HANDLERS, Asleep, row_of
from tests.unit.vfs.guest import Guest

SUBJECTS = (
    "admin", "aio", "arch_arm", "arch_mips", "arch_riscv", "arch_x86", "cacheflush", "capability",
    "chmod", "clock", "cred", "cred16", "eventfd", "fanotify", "fcntl", "fd", "fhandle", "futex",
    "getdents", "ids", "inotify", "ipc_mux", "kill", "memfd", "misc", "namei", "open", "paths",
    "pipe", "prctl", "process", "random", "read_write", "rlimit", "sched", "sendfile", "signal",
    "signal_old", "sleep", "socket", "socket_receive", "socket_send", "sockopt", "splice", "stat",
    "statfs", "sync", "sysinfo", "thread_area", "time", "truncate", "uname", "utime", "xattr",
)  # fmt: skip
ROUNDS = 12
CALLS_OF_ONE = 8
"""How many calls one program makes before the next one is made."""
ADDRESS_BITS = 0x7FFF


def entries(caller):
    """The entry points of these subjects that the ABI has."""
    for entry, syscall in sorted(HANDLERS.items()):
        if syscall.handler.__module__.rpartition(".")[2] in SUBJECTS:
            try:
                row_of(caller.abi, entry)
            except KeyError:
                continue
            yield entry, syscall


def word(dice, caller):
    """A word of any sort: small, huge, or the address of garbage that is mapped."""
    some = (0, 1, 2, 3, 9, 16, 48, 64, 128, 4096, 1 << 30, 1 << 31, (1 << 64) - 1, -100, -(1 << 63))
    return dice.choice([*some, *[caller.buffer + dice.randrange(0, ADDRESS_BITS) & ~7] * 6])


@pytest.mark.parametrize("abi", ABIS)
def test_every_call_answers(abi):
    dice = random.Random(abi)
    caller = Guest(abi)
    for number, (entry, syscall) in enumerate(entries(Guest(abi))):
        if number % CALLS_OF_ONE == 0:
            caller = Guest(abi)
        caller.mm.write(caller.buffer, dice.randbytes(ADDRESS_BITS))
        count = len(syscall.parameters())
        for _ in range(ROUNDS):
            try:
                result = caller.call(entry, *(word(dice, caller) for _ in range(count)))
            except (KernelError, Asleep):
                continue
            assert isinstance(result, int), entry
