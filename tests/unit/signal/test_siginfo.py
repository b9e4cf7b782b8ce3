"""siginfo_t in each ABI's layout."""

import struct

import pytest

from emu.arch.abi import Abi
from emu.kernel.signal.pending import SigInfo
from emu.kernel.signal.siginfo import pack_siginfo, unpack_siginfo
from emu.kernel.uapi.signal import SIGCHLD, SIGSEGV, SIGTERM, SIGUSR1

QUEUE = -1


def packed(name, info, order=None):
    return pack_siginfo(Abi.load(name, order), info)


def test_a_sender_is_told():
    info = SigInfo(SIGTERM, 0, pid=77, uid=1000)
    assert packed("x86-64", info)[:24] == struct.pack("<iiiiiI", 15, 0, 0, 0, 77, 1000)
    assert packed("i386", info)[:20] == struct.pack("<iiiiI", 15, 0, 0, 77, 1000)
    assert packed("mips-n64", info)[:24] == struct.pack(">iiiiiI", 15, 0, 0, 0, 77, 1000)
    assert len(packed("arm64", info)) == 128


def test_mips_has_the_code_before_the_error_and_numbers_of_its_own():
    info = SigInfo(SIGUSR1, QUEUE, pid=7, value=0x1234)
    assert packed("mips-o32", info)[:24] == struct.pack(">iiiiII", 16, -1, 0, 7, 0, 0x1234)
    assert packed("mips-o32", info, "little")[:24] == struct.pack(
        "<iiiiII", 16, -1, 0, 7, 0, 0x1234
    )


def test_a_value_has_the_readers_word():
    info = SigInfo(SIGUSR1, QUEUE, pid=7, value=0x1_2345_6789)
    assert packed("riscv64", info)[24:32] == struct.pack("<Q", 0x1_2345_6789)
    assert packed("riscv32", info)[20:24] == struct.pack("<I", 0x2345_6789)


def test_a_fault_has_its_address_and_code():
    info = SigInfo(SIGSEGV, "SEGV_ACCERR", address=0x7FFF_FFFF_F000)
    assert packed("x86-64", info)[:24] == struct.pack("<iiiiQ", 11, 0, 2, 0, 0x7FFF_FFFF_F000)
    assert packed("arm-eabi", SigInfo(SIGSEGV, "SEGV_MAPERR", address=16))[:16] == struct.pack(
        "<iiiI", 11, 0, 1, 16
    )


def test_a_childs_times_are_wide_on_x32():
    info = SigInfo(SIGCHLD, "CLD_EXITED", pid=7, uid=1, status=3, utime=5, stime=6)
    assert packed("i386", info)[12:32] == struct.pack("<iIiii", 7, 1, 3, 5, 6)
    assert packed("x32", info)[12:40] == struct.pack("<iIiqq", 7, 1, 3, 5, 6)
    assert packed("x86-64", info)[16:48] == struct.pack("<iIi4xqq", 7, 1, 3, 5, 6)


def test_a_childs_signal_is_in_the_readers_numbers():
    info = SigInfo(SIGCHLD, "CLD_KILLED", pid=7, status=SIGUSR1)
    assert packed("mips-o32", info)[20:24] == struct.pack(">i", 16)
    assert packed("arm64", info)[24:28] == struct.pack("<i", 10)


def test_timers_polls_and_seccomp_have_members_of_their_own():
    abi = Abi.load("mips-n64")
    timer = SigInfo(SIGUSR1, abi.constants["SI_TIMER"], timer=4, overrun=9, value=5)
    assert pack_siginfo(abi, timer)[:32] == struct.pack(">iii4xiiQ", 16, -3, 0, 4, 9, 5)
    poll = SigInfo(29, "POLL_IN", band=65, fd=3)
    assert packed("i386", poll)[8:20] == struct.pack("<iii", 1, 65, 3)
    bad = SigInfo(31, "SYS_SECCOMP", address=0x1000, syscall=59, audit_arch=0xC000003E)
    assert packed("x86-64", bad)[8:32] == struct.pack("<i4xQiI", 1, 0x1000, 59, 0xC000003E)


@pytest.mark.parametrize("name", ["x86-64", "x32", "i386", "mips-o32", "mips-n32", "mips-n64"])
def test_what_is_queued_comes_back(name):
    abi = Abi.load(name)
    given = SigInfo(SIGUSR1, QUEUE, pid=7, uid=8, value=9, errno=4)
    got = unpack_siginfo(abi, pack_siginfo(abi, given))
    assert (got.code, got.pid, got.uid, got.value, got.errno) == (QUEUE, 7, 8, 9, 4)
