"""Functions called at addresses of programs, on every instruction set."""

from pathlib import Path

import pytest

import emu
from emu.arch.isa import ISAS
from samples.programs.abis import ABIS
from tests.support.assembled import assembled

# A loop of three turns, and then an exit with status 0.
LOOP = {
    "x86-64": "mov ebx, 3; again: dec ebx; jnz again; mov eax, 60; xor edi, edi; syscall",
    "i386": "mov esi, 3; again: dec esi; jnz again; mov eax, 1; xor ebx, ebx; int 0x80",
    "arm64": "mov x9, #3; again: subs x9, x9, #1; b.ne again; mov x8, #93; mov x0, #0; svc #0",
    "arm-eabi": "mov r4, #3; again: subs r4, r4, #1; bne again; mov r7, #1; mov r0, #0; svc #0",
}
COUNTER = {"x86-64": "rbx", "i386": "esi", "arm64": "x9", "arm-eabi": "r4"}
FIRST_SIZE = {"x86-64": 5, "i386": 5, "arm64": 4, "arm-eabi": 4}


def entry_of(path):
    data = Path(path).read_bytes()
    size = 8 if data[4] == 2 else 4
    return int.from_bytes(data[24 : 24 + size], "big" if data[5] == 2 else "little")


@pytest.mark.parametrize("abi", LOOP)
@pytest.mark.parametrize("deterministic", [False, True], ids=["", "deterministic"])
def test_a_hook_is_called_each_time_with_the_registers_of_that_moment(abi, deterministic, tmp_path):
    path = assembled(abi, LOOP[abi], tmp_path / "loop")
    machine = emu.Machine(emu.Config(deterministic=deterministic))
    isa = "arm" if abi == "arm-eabi" else abi
    seen = []

    def reached(task):
        number = ISAS[isa].number(COUNTER[abi])
        seen.append((task.cpu.pc, task.cpu.registers[number]))

    address = entry_of(path) + FIRST_SIZE[abi]
    machine.hook_address(isa, address, reached)
    assert emu.run(path, machine=machine).status == 0
    assert seen == [(address, 3), (address, 2), (address, 1)]
    # A second hook reaches code that was translated without it.
    more = []
    machine.hook_address(isa, entry_of(path), more.append)
    assert emu.run(path, machine=machine).status == 0
    assert len(more) == 1
    assert len(seen) == 6


def test_a_hook_may_change_registers(tmp_path):
    path = assembled("x86-64", LOOP["x86-64"], tmp_path / "loop")
    machine = emu.Machine()
    turns = []

    def reached(task):
        turns.append(task)
        task.cpu.registers[ISAS["x86-64"].number("rbx")] = 1

    machine.hook_address("x86-64", entry_of(path) + 5, reached)
    assert emu.run(path, machine=machine).status == 0
    assert len(turns) == 1


def test_what_a_hook_raises_comes_out_of_the_run():
    machine = emu.Machine()
    program = "samples/programs/x86-64/hello-syscall"

    def reached(task):
        raise ZeroDivisionError("on purpose")

    machine.hook_address("x86-64", entry_of(program), reached)
    with pytest.raises(Exception, match="on purpose") as caught:
        emu.run(program, machine=machine)
    assert isinstance(caught.value.__cause__, ZeroDivisionError)


@pytest.mark.parametrize(
    "abi", [abi.name for abi in ABIS if abi.name.startswith(("mips", "riscv"))]
)
def test_the_entry_of_a_sample_is_reached_once(abi):
    way = "ecall" if abi.startswith("riscv") else "syscall"
    path = f"samples/programs/{abi}/hello-{way}"
    machine = emu.Machine()
    seen = []
    for isa in ISAS:
        machine.hook_address(isa, entry_of(path), lambda task: seen.append(task.cpu.pc))
    assert emu.run(path, machine=machine).text.startswith("hello")
    assert seen == [entry_of(path)]
