"""Signals as strace shows them: the members that each code has."""

import pytest

from emu.arch.abi import Abi
from emu.kernel.signal.pending import SigInfo
from emu.kernel.uapi.signal import SIGCHLD, SIGSEGV, SIGTERM, SIGUSR1
from emu.trace.format.siginfo import delivered

X86 = Abi.load("x86-64")


@pytest.mark.parametrize(
    ("info", "text"),
    [
        (SigInfo(SIGTERM, 0, pid=5, uid=6), "si_code=SI_USER, si_pid=5, si_uid=6"),
        (SigInfo(SIGTERM, 0x80), "si_code=SI_KERNEL"),
        (SigInfo(SIGSEGV, 0x80), "si_code=SI_KERNEL, si_addr=NULL"),
        (SigInfo(SIGSEGV, "SEGV_MAPERR", address=16), "si_code=SEGV_MAPERR, si_addr=0x10"),
        (SigInfo(SIGUSR1, -6, pid=5), "si_code=SI_TKILL, si_pid=5, si_uid=0"),
        (SigInfo(SIGUSR1, -1, pid=5, value=9),
         "si_code=SI_QUEUE, si_pid=5, si_uid=0, si_int=9, si_ptr=0x9"),
        (SigInfo(SIGUSR1, -2, timer=1, overrun=2, value=3),
         "si_code=SI_TIMER, si_timerid=0x1, si_overrun=2, si_int=3, si_ptr=0x3"),
        (SigInfo(SIGCHLD, "CLD_EXITED", pid=5, status=7, utime=1),
         "si_code=CLD_EXITED, si_pid=5, si_uid=0, si_status=7, si_utime=1, si_stime=0"),
        (SigInfo(SIGCHLD, "CLD_KILLED", pid=5, status=15),
         "si_code=CLD_KILLED, si_pid=5, si_uid=0, si_status=SIGTERM, si_utime=0, si_stime=0"),
    ],
)  # fmt: skip
def test_members_are_those_of_the_code(info, text):
    shown = delivered(X86, info)
    name = shown.partition(" ")[0]
    assert shown == f"{name} {{si_signo={name}, {text}}}"


def test_codes_that_have_another_number_on_mips():
    mips = Abi.load("mips-o32")
    assert "si_code=SI_TIMER" in delivered(mips, SigInfo(SIGUSR1, mips.constants["SI_TIMER"]))
