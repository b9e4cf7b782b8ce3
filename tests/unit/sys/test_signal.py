"""Signal actions, masks and numbers at the boundary of each ABI."""

import pytest

from emu.kernel.signal.numbers import signal_numbers
from emu.kernel.signal.send import send_signal
from emu.kernel.signal.sigset import pack_sigset, sigset_size, unpack_sigset
from emu.kernel.uapi.signal import (
    SA_RESTART,
    SA_SIGINFO,
    SIGCHLD,
    SIGSEGV,
    SIGTERM,
    SIGUSR1,
)
from tests.unit.sys.caller import ABIS, Caller

HANDLER = 0x4000


def bit(signal):
    return 1 << (signal - 1)


def action(caller, name, **flags):
    constants = caller.abi.constants
    return caller.put("sigaction", 0, sa_handler=HANDLER, sa_flags=constants.get(name, 0))


@pytest.mark.parametrize("abi", ABIS)
def test_an_action_comes_back_as_it_was_given(abi):
    caller = Caller(abi)
    usr1 = caller.abi.signals["SIGUSR1"]
    size = sigset_size(caller.abi)
    layout = caller.abi.layout("sigaction")
    flags = caller.abi.constants["SA_SIGINFO"] | caller.abi.constants["SA_RESTART"]
    caller.put("sigaction", sa_handler=HANDLER, sa_flags=flags)
    mask_at = caller.buffer + layout.fields["sa_mask"].offset
    caller.mm.write(mask_at, pack_sigset(caller.abi, bit(SIGTERM)))
    given = caller.mm.read(caller.buffer, layout.size)
    assert caller.call("sys_rt_sigaction", usr1, caller.buffer, 0, size) == 0
    kept = caller.task.signals.actions[SIGUSR1]
    assert (kept.handler, kept.flags, kept.mask) == (
        HANDLER, SA_SIGINFO | SA_RESTART, bit(SIGTERM),
    )  # fmt: skip
    assert caller.call("sys_rt_sigaction", usr1, 0, caller.buffer + 512, size) == 0
    assert caller.mm.read(caller.buffer + 512, layout.size) == given


def test_the_set_must_have_its_size():
    assert Caller().fails("sys_rt_sigaction", 10, 0, 0, 4) == "EINVAL"
    assert Caller("mips-o32").fails("sys_rt_sigprocmask", 1, 0, 0, 8) == "EINVAL"


@pytest.mark.parametrize("signal", [0, 9, 19, 65])
def test_some_signals_have_no_action_to_set(signal):
    caller = Caller()
    caller.put("sigaction", sa_handler=HANDLER)
    assert caller.fails("sys_rt_sigaction", signal, caller.buffer, 0, 8) == "EINVAL"


def test_mips_has_signals_that_others_do_not():
    caller = Caller("mips-n64")
    caller.put("sigaction", sa_handler=HANDLER)
    assert caller.call("sys_rt_sigaction", 128, caller.buffer, 0, 16) == 0
    assert caller.fails("sys_rt_sigaction", 129, caller.buffer, 0, 16) == "EINVAL"


@pytest.mark.parametrize("abi", ABIS)
def test_a_mask_survives_the_boundary(abi):
    caller = Caller(abi)
    size = sigset_size(caller.abi)
    wanted = bit(SIGUSR1) | bit(SIGCHLD) | bit(40) | bit(64)
    caller.mm.write(caller.buffer, pack_sigset(caller.abi, wanted))
    set_mask = caller.abi.constants["SIG_SETMASK"]
    assert caller.call("sys_rt_sigprocmask", set_mask, caller.buffer, 0, size) == 0
    assert caller.task.signals.blocked == wanted
    assert caller.call("sys_rt_sigprocmask", 0, 0, caller.buffer + 64, size) == 0
    assert unpack_sigset(caller.abi, caller.mm.read(caller.buffer + 64, size)) == wanted


def test_big_endian_words_keep_their_order():
    caller = Caller("mips-o32")
    raw = pack_sigset(caller.abi, bit(SIGUSR1))
    assert raw == bytes([0, 0, 0x80, 0]) + bytes(12)
    n64 = Caller("mips-n64").abi
    assert pack_sigset(n64, bit(SIGUSR1)) == bytes([0, 0, 0, 0, 0, 0, 0x80, 0]) + bytes(8)


def test_sigkill_and_sigstop_are_never_blocked():
    caller = Caller()
    caller.mm.write(caller.buffer, b"\xff" * 8)
    caller.call("sys_rt_sigprocmask", 2, caller.buffer, 0, 8)
    assert caller.task.signals.blocked == ((1 << 64) - 1) & ~bit(9) & ~bit(19)


def test_an_unknown_way_to_change_the_mask_is_einval():
    caller = Caller()
    assert caller.fails("sys_rt_sigprocmask", 3, caller.buffer, 0, 8) == "EINVAL"
    assert caller.call("sys_rt_sigprocmask", 3, 0, 0, 8) == 0


def test_a_blocked_signal_is_pending():
    caller = Caller("mips-o32")
    caller.task.signals.blocked = bit(SIGUSR1)
    send_signal(caller.task, SIGUSR1)
    assert caller.call("sys_rt_sigpending", caller.buffer, 16) == 0
    assert unpack_sigset(caller.abi, caller.mm.read(caller.buffer, 16)) == bit(SIGUSR1)
    assert not caller.task.work


def test_unblocking_a_pending_signal_calls_for_delivery():
    caller = Caller()
    caller.task.signals.blocked = bit(SIGUSR1)
    send_signal(caller.task, SIGUSR1)
    caller.mm.write(caller.buffer, b"\xff" * 8)
    caller.call("sys_rt_sigprocmask", 1, caller.buffer, 0, 8)
    assert caller.task.work


def test_ignoring_a_pending_signal_discards_it():
    caller = Caller()
    caller.task.signals.blocked = bit(SIGUSR1)
    send_signal(caller.task, SIGUSR1)
    caller.put("sigaction", sa_handler=1)
    caller.call("sys_rt_sigaction", 10, caller.buffer, 0, 8)
    assert not caller.task.signals.pending


@pytest.mark.parametrize("abi", ["i386", "arm-oabi", "mips-o32"])
def test_the_old_calls_see_the_first_word(abi):
    caller = Caller(abi)
    constants = caller.abi.constants
    caller.task.signals.blocked = bit(40)
    usr1 = caller.abi.signals["SIGUSR1"]
    caller.mm.write_u32(caller.buffer, bit(usr1))
    caller.call("sys_sigprocmask", constants["SIG_SETMASK"], caller.buffer, caller.buffer + 4)
    assert caller.task.signals.blocked == bit(SIGUSR1) | bit(40)
    assert caller.mm.read_u32(caller.buffer + 4) == 0


@pytest.mark.parametrize("abi", ["i386", "arm-oabi", "mips-o32"])
def test_old_sigaction_sets_the_same_actions(abi):
    caller = Caller(abi)
    caller.put("old_sigaction", sa_handler=HANDLER)
    usr1 = caller.abi.signals["SIGUSR1"]
    assert caller.call("sys_sigaction", usr1, caller.buffer, 0) == 0
    assert caller.task.signals.actions[SIGUSR1].handler == HANDLER
    assert caller.call("sys_sigaction", usr1, 0, caller.buffer + 256) == 0
    assert caller.get("old_sigaction", 256)["sa_handler"] == HANDLER


def test_signal_answers_the_old_handler():
    caller = Caller("i386")
    assert caller.call("sys_signal", 10, HANDLER) == 0
    assert caller.call("sys_signal", 10, 1) == HANDLER


def test_the_alternate_stack_is_noted():
    caller = Caller()
    caller.put("sigaltstack", ss_sp=0x10000, ss_size=8192)
    assert caller.call("sys_sigaltstack", caller.buffer, 0) == 0
    assert caller.call("sys_sigaltstack", 0, caller.buffer + 64) == 0
    assert caller.get("sigaltstack", 64) == {"ss_sp": 0x10000, "ss_flags": 0, "ss_size": 8192}
    caller.put("sigaltstack", ss_sp=0x10000, ss_size=100)
    assert caller.fails("sys_sigaltstack", caller.buffer, 0) == "ENOMEM"
    caller.put("sigaltstack", ss_flags=4)
    assert caller.fails("sys_sigaltstack", caller.buffer, 0) == "EINVAL"


def test_a_stack_in_use_cannot_be_changed():
    caller = Caller()
    caller.put("sigaltstack", ss_sp=0x10000, ss_size=8192)
    caller.call("sys_sigaltstack", caller.buffer, 0)
    caller.cpu.registers[caller.abi.convention.stack_pointer] = 0x11000
    assert caller.fails("sys_sigaltstack", caller.buffer, 0) == "EPERM"
    caller.call("sys_sigaltstack", 0, caller.buffer)
    assert caller.get("sigaltstack")["ss_flags"] == 1


def test_an_autodisarm_flag_fits_the_field():
    caller = Caller()
    caller.put("sigaltstack", ss_sp=0x10000, ss_size=8192, ss_flags=-(1 << 31))
    assert caller.call("sys_sigaltstack", caller.buffer, caller.buffer + 64) == 0
    assert caller.call("sys_sigaltstack", 0, caller.buffer + 64) == 0
    assert caller.get("sigaltstack", 64)["ss_flags"] == -(1 << 31)


def test_every_classic_signal_has_one_number_in_each_direction():
    for abi in ABIS:
        numbers = signal_numbers(Caller(abi).abi)
        assert [numbers.decode(numbers.encode(s)) for s in range(1, 32)] == list(range(1, 32))
    assert signal_numbers(Caller("mips-o32").abi).encode(SIGSEGV) == 11
    assert signal_numbers(Caller("mips-o32").abi).encode(SIGUSR1) == 16
