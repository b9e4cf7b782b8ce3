"""Ways into the kernel that are replaced: other vectors, own tables, wrapped entries."""

import os

import pytest

from emu.arch.abi import Abi
from emu.kernel.added_gates import AddedGate
from emu.kernel.args import Int
from emu.kernel.task import Task
from emu.kernel.wait import Wait
from emu.machine import Config, Machine
from emu.record import replace
from tests.support.assembled import assembled

# A number, two arguments, the other trap, and exit with what it answered, by Linux's own way.
PROGRAMS = {
    "x86-64": "mov r13d, 3; mov edi, 40; mov esi, 2; {trap}; mov edi, r13d; mov eax, 60; syscall",
    "i386": "mov eax, 3; mov ebx, 40; mov ecx, 2; {trap}; mov ebx, eax; mov eax, 1; int 0x80",
    "arm64": "mov x8, #3; mov x0, #40; mov x1, #2; {trap}; mov x8, #93; svc #0",
    "arm-eabi": "mov r7, #3; mov r0, #40; mov r1, #2; {trap}; mov r7, #1; svc #0",
    "mips-o32": "li $v0, 3; li $a0, 40; li $a1, 2; {trap}; move $a0, $v0; li $v0, 4001; syscall",
    "mips-n64el": "li $v0, 3; li $a0, 40; li $a1, 2; {trap}; move $a0, $v0; li $v0, 5058; syscall",
}
TRAPS = {
    "x86-64": ("int 0x81", "x86-64", 0x81), "i386": ("int 0x90", "i386", 0x90),
    "arm64": ("svc #7", "arm64", 7), "arm-eabi": ("svc #0x123456", "arm", 0x123456),
    "mips-o32": ("syscall 5", "mips", 5), "mips-n64el": ("syscall 77", "mips64el", 77),
}  # fmt: skip


def add(task: Task, first: Int, second: Int) -> int:
    return first + second


async def add_later(task: Task, first: Int, second: Int) -> int:
    await Wait((), 1000)
    return first + second


def ended(machine, program):
    with open(os.devnull, "r+b", buffering=0) as null:
        task = machine.spawn(program, stdio=(null.fileno(),) * 3)
        machine.run()
    return task.exit_status


def convention(name):
    """x86-64's with the number, and the result, in r13."""
    abi = Abi.load(name.removesuffix("el"), "little" if name.endswith("el") else None)
    if name != "x86-64":
        return abi.convention
    r13 = abi.isa.number("r13")
    return replace(abi.convention, number=r13, result=r13)


@pytest.mark.parametrize("handler", [add, add_later])
@pytest.mark.parametrize("name", PROGRAMS)
def test_another_vector_leads_to_a_table_of_its_own(name, handler, tmp_path):
    trap, isa, vector = TRAPS[name]
    program = assembled(name, PROGRAMS[name].format(trap=trap), tmp_path / "program")
    machine = Machine(Config())
    abi = name.removesuffix("el")
    machine.install_gate(AddedGate(isa, vector, abi, convention(name), {3: handler}))
    assert ended(machine, program) == 42 << 8


def test_thumb_has_small_immediates(tmp_path):
    text = "movs r7, #3; movs r0, #40; movs r1, #2; svc #9; movs r7, #1; svc #0"
    program = assembled("arm-eabi", text, tmp_path / "program", thumb=True)
    machine = Machine(Config())
    machine.install_gate(AddedGate("arm", 9, "arm-eabi", table={3: add}))
    assert ended(machine, program) == 42 << 8


def test_a_vector_that_nobody_added_is_a_fault(tmp_path):
    program = assembled("x86-64", PROGRAMS["x86-64"].format(trap="int 0x81"), tmp_path / "program")
    machine = Machine(Config())
    machine.install_gate(AddedGate("x86-64", 0x82, "x86-64", table={3: add}))
    assert ended(machine, program) == 11


def test_a_vector_may_lead_to_the_whole_table_of_an_abi(tmp_path):
    text = "mov eax, 39; int 0x81; cmp eax, {pid}; setne dil; movzx edi, dil; mov eax, 60; int 0x81"
    machine = Machine(Config())
    machine.install_gate(AddedGate("x86-64", 0x81, "x86-64"))
    program = assembled("x86-64", text.format(pid=2), tmp_path / "program")
    assert ended(machine, program) == 0


def test_a_number_that_the_own_table_lacks_is_enosys(tmp_path):
    text = "mov eax, 4; int 0x81; cmp eax, -38; setne dil; movzx edi, dil; mov eax, 60; syscall"
    machine = Machine(Config())
    machine.install_gate(AddedGate("x86-64", 0x81, "x86-64", table={3: add}))
    assert ended(machine, assembled("x86-64", text, tmp_path / "program")) == 0


def test_a_thousand_traps_of_an_added_gate_all_arrive(tmp_path):
    text = (
        "mov r12d, 1000; xor ebx, ebx; again: mov eax, 3; mov edi, ebx; mov esi, 1; int 0x81; "
        "mov ebx, eax; dec r12d; jnz again; cmp ebx, 1000; setne dil; movzx edi, dil; "
        "mov eax, 60; syscall"
    )
    machine = Machine(Config())
    machine.install_gate(AddedGate("x86-64", 0x81, "x86-64", table={3: add}))
    assert ended(machine, assembled("x86-64", text, tmp_path / "program")) == 0


@pytest.mark.parametrize(
    ("isa", "vector"),
    [
        ("x86-64", 0x80), ("x86-64", 14), ("i386", 256), ("riscv64", 1), ("arm64", 0),
        ("mips", 1 << 20),
    ],
)  # fmt: skip
def test_vectors_that_are_not_to_be_had_are_refused(isa, vector):
    with pytest.raises(ValueError, match=r"vector|way in|immediate"):
        Machine(Config()).install_gate(AddedGate(isa, vector, "x86-64"))


def test_a_table_entry_can_be_wrapped_for_one_abi(tmp_path):
    """By getpid's number there, and by its number here."""
    text = (
        "mov eax, 39; syscall; mov ebx, eax; mov eax, 20; int 0x80; shl eax, 2; "
        "lea edi, [rax + rbx]; mov eax, 60; syscall"
    )
    seen = []

    def plus_ten(inner):
        def outer(task):
            seen.append(task.abi.name)
            return inner(task) + 10

        return outer

    machine = Machine(Config())
    machine.wrap("x86-64", "sys_getpid", plus_ten)
    program = assembled("x86-64", text, tmp_path / "program")
    assert ended(machine, program) == (12 + 4 * 2) << 8
    machine.wrap("i386", "sys_getpid", plus_ten)
    assert ended(machine, program) == (13 + 4 * 13) << 8
    assert seen == ["x86-64", "x86-64", "i386"]
