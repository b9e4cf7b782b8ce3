"""Handlers are called on the right stack, with the right mask, or not at all."""

import pytest

from emu.arch.cpu import Fault
from emu.kernel.signal.actions import Sigaction, sigmask
from emu.kernel.signal.delivery import deliver, force_fault
from emu.kernel.signal.frame import restore_frame
from emu.kernel.signal.send import send_signal
from emu.kernel.signal.state import AltStack
from emu.kernel.uapi.signal import (
    SA_NODEFER,
    SA_ONSTACK,
    SA_RESETHAND,
    SA_RESTORER,
    SA_SIGINFO,
    SIG_DFL,
    SIGSEGV,
    SIGTERM,
    SIGUSR1,
    SIGUSR2,
    SS_AUTODISARM,
)
from tests.unit.sys.caller import ABIS, BUFFER_SIZE, Caller

HANDLER, RESTORER = 0x4000, 0x5000


class Program:
    """A task with a stack in the middle of its memory and an alternate one at its start."""

    def __init__(self, abi="x86-64", byte_order=None):
        caller = self.caller = Caller(abi, byte_order)
        self.task, self.signals, self.mm = caller.task, caller.task.signals, caller.mm
        self.task.mm.sigreturn = (RESTORER, RESTORER)
        self.sp_register = caller.abi.convention.stack_pointer
        self.sp = caller.buffer + BUFFER_SIZE // 2
        self.altstack = AltStack(caller.buffer, BUFFER_SIZE // 4, 0)

    @property
    def sp(self):
        return self.caller.cpu.registers[self.sp_register]

    @sp.setter
    def sp(self, value):
        self.caller.cpu.registers[self.sp_register] = value

    @property
    def pc(self):
        return self.caller.cpu.pc

    def handle(self, signal, flags=0, mask=0, handler=HANDLER):
        flags |= SA_RESTORER
        self.signals.actions[signal] = Sigaction(handler, flags, mask, RESTORER)

    def take(self, *signals):
        for signal in signals:
            send_signal(self.task, signal)
        deliver(self.task)

    def is_on_altstack(self):
        return self.altstack.sp <= self.sp <= self.altstack.sp + self.altstack.size


@pytest.mark.parametrize("abi", ABIS)
def test_a_handler_begins_below_the_stack_pointer(abi):
    program = Program(abi)
    before = program.sp
    program.handle(SIGUSR1, SA_SIGINFO)
    program.take(SIGUSR1)
    assert program.pc == HANDLER
    size = program.task.image_abi.frames.size(True)
    assert before - size - 1500 < program.sp <= before - size + 8
    assert program.signals.blocked == sigmask(SIGUSR1)


@pytest.mark.parametrize("abi", ABIS)
def test_sigreturn_goes_back_to_where_the_signal_came(abi):
    program = Program(abi)
    program.signals.blocked = sigmask(SIGTERM)
    cpu = program.caller.cpu
    if program.task.cpu.isa.name == "arm":
        cpu.registers[15] = cpu.pc
    before = (cpu.registers[: len(cpu.isa.registers)], cpu.pc)
    program.handle(SIGUSR1, SA_SIGINFO)
    program.take(SIGUSR1)
    program.sp += {"x86-64": 8, "x32": 8, "i386": 4}.get(abi, 0)
    assert restore_frame(program.task, rt=True)
    assert (cpu.registers[: len(cpu.isa.registers)], cpu.pc) == before
    assert program.signals.blocked == sigmask(SIGTERM)


def test_of_several_signals_the_last_frame_is_on_top():
    program = Program()
    program.handle(SIGUSR1, handler=0x1000)
    program.handle(SIGUSR2, handler=0x2000)
    program.take(SIGUSR1, SIGUSR2)
    assert program.pc == 0x2000
    program.sp += 8
    restore_frame(program.task, rt=True)
    assert program.pc == 0x1000


def test_masks_and_one_shot_actions():
    program = Program()
    program.handle(SIGUSR1, SA_NODEFER | SA_RESETHAND, sigmask(SIGTERM))
    program.take(SIGUSR1)
    assert program.signals.blocked == sigmask(SIGTERM)
    assert program.signals.actions[SIGUSR1].handler == SIG_DFL


def test_only_who_asks_for_the_alternate_stack_gets_it():
    program = Program()
    program.signals.altstack = program.altstack
    program.handle(SIGUSR1)
    program.take(SIGUSR1)
    assert not program.is_on_altstack()
    program.handle(SIGUSR2, SA_ONSTACK)
    program.take(SIGUSR2)
    assert program.is_on_altstack()


def test_a_stack_that_disarms_itself_is_gone_in_the_handler_and_back_after_it():
    program = Program()
    program.signals.altstack = armed = AltStack(
        program.altstack.sp, program.altstack.size, SS_AUTODISARM
    )
    program.handle(SIGUSR1, SA_ONSTACK | SA_SIGINFO)
    program.take(SIGUSR1)
    assert program.is_on_altstack() and not program.signals.altstack.size
    program.sp += 8
    restore_frame(program.task, rt=True)
    assert program.signals.altstack == armed


@pytest.mark.parametrize("abi", ["x86-64", "i386", "riscv64", "mips-n64"])
def test_a_full_alternate_stack_is_a_segmentation_fault(abi):
    program = Program(abi)
    program.signals.altstack = program.altstack
    program.sp = program.altstack.sp + 200
    program.handle(SIGUSR1, SA_ONSTACK)
    program.take(SIGUSR1)
    assert program.task.exit_status == SIGSEGV


@pytest.mark.parametrize("abi", ABIS)
@pytest.mark.parametrize("sp", [0, 8, 0x1000, 0x20000, 0x7FFFFFF8])
def test_without_memory_for_a_frame_the_task_dies(abi, sp):
    program = Program(abi)
    program.sp = sp
    program.handle(SIGUSR1)
    program.take(SIGUSR1)
    assert program.task.exit_status == SIGSEGV


def test_a_handler_of_sigsegv_may_see_that_there_was_no_memory():
    program = Program()
    program.sp = 0x1000
    program.signals.altstack = program.altstack
    program.handle(SIGUSR1)
    program.handle(SIGSEGV, SA_ONSTACK, handler=0x6000)
    program.take(SIGUSR1)
    assert program.pc == 0x6000 and program.task.alive


def test_sigsegv_without_memory_is_the_end():
    program = Program()
    program.sp = 0x1000
    program.handle(SIGSEGV)
    program.take(SIGSEGV)
    assert program.task.exit_status == SIGSEGV


def test_x86_64_programs_must_bring_a_restorer():
    program = Program()
    program.signals.actions[SIGUSR1] = Sigaction(HANDLER)
    program.task.mm.sigreturn = None
    program.take(SIGUSR1)
    assert program.task.exit_status == SIGSEGV


def test_a_bad_frame_is_a_segmentation_fault():
    program = Program("arm64")
    program.sp = 0x1000
    assert not restore_frame(program.task, rt=True)
    info = program.signals.dequeue()
    assert (info.signal, info.code, info.address) == (SIGSEGV, "SEGV_ACCERR", 0x1000)
    program = Program("i386")
    program.sp = 0x1000
    assert not restore_frame(program.task, rt=True)
    info = program.signals.dequeue()
    assert (info.signal, info.code) == (SIGSEGV, 0x80)


def test_a_signal_that_was_waited_for_is_taken_under_the_waiters_mask():
    program = Program()
    program.signals.blocked = sigmask(SIGUSR1)
    program.signals.sleep_with(sigmask(SIGUSR2))
    program.handle(SIGUSR1, SA_SIGINFO)
    program.take(SIGUSR1)
    assert program.signals.blocked == sigmask(SIGUSR1, SIGUSR2)
    program.sp += 8
    restore_frame(program.task, rt=True)
    assert program.signals.blocked == sigmask(SIGUSR1)


def test_a_waiters_mask_goes_when_no_handler_runs():
    program = Program()
    program.signals.blocked = sigmask(SIGUSR1)
    program.signals.sleep_with(sigmask(SIGUSR2))
    deliver(program.task)
    assert program.signals.blocked == sigmask(SIGUSR1)
    assert program.signals.saved_blocked is None


@pytest.mark.parametrize(
    ("abi", "fields"),
    [
        ("x86-64", {"uc.uc_mcontext.trapno": 14, "uc.uc_mcontext.err": 6,
                    "uc.uc_mcontext.cr2": 0x1234}),
        ("arm64", {"uc.uc_mcontext.fault_address": 0x1234}),
        ("arm-eabi", {"sig.uc.uc_mcontext.trap_no": 14,
                      "sig.uc.uc_mcontext.error_code": 0x807,
                      "sig.uc.uc_mcontext.fault_address": 0x1234}),
    ],
)  # fmt: skip
def test_frames_tell_of_the_fault(abi, fields):
    program = Program(abi)
    program.handle(SIGSEGV, SA_SIGINFO)
    program.task.mm.last_fault_code = "SEGV_MAPERR"
    force_fault(program.task, Fault("SIGSEGV", "", 0x1234, 0x1000, access=2))
    deliver(program.task)
    layout = program.task.image_abi.layout("rt_sigframe")
    raw = program.mm.read(program.sp, layout.size)
    for name, value in fields.items():
        field = layout.find(name)
        order = program.task.image_abi.byte_order
        assert int.from_bytes(raw[field.offset :][: field.size], order) == value


def test_a_handlers_own_calls_are_not_the_broken_one():
    program = Program("arm-oabi")
    program.task.restarts = True
    program.handle(SIGUSR1)
    program.take(SIGUSR1)
    assert not program.task.restarts
