"""Micro benchmarks: what the kernel's own part of a trap costs. ``pytest bench``."""

import pytest

from emu.kernel.errno import EBADF
from emu.kernel.sys.ids import getppid
from emu.kernel.syscall import syscall
from tests.unit.kernel.fakes import machine


@syscall("sys_dup")
def fails(task) -> int:
    raise EBADF


@pytest.mark.parametrize("abi", ["x86-64", "i386", "arm64", "mips-o32"])
def test_a_call_without_arguments(benchmark, abi):
    m = machine(abi, None, getppid)
    m.task.parent = None
    prepare(m, "getppid")
    registers, number = m.cpu.registers, m.abi.convention.number
    nr = registers[number]
    gate = next(iter(m.cpu.ways.values()))

    def call():
        registers[number] = nr
        gate()

    benchmark(call)
    assert m.cpu.registers[m.abi.convention.result] == 1


def test_an_error(benchmark):
    m = machine("x86-64", None, fails)
    prepare(m, "dup")
    gate = m.cpu.ways["syscall"]

    def call():
        m.cpu.registers[0] = 32
        gate()

    benchmark(call)
    assert m.cpu.registers[0] == (1 << 64) - 9


def prepare(m, name):
    """Put the call's number where it is read; restored by hand where the result lands there."""
    number = next(row.nr for row in m.abi.syscalls.values() if row.name == name)
    m.cpu.registers[m.abi.convention.number] = number
