"""The ways into the kernel: complete, sourced, and counted as the manuals say."""

import re

import pytest

from emu.arch.abi import Abi, abi_names
from emu.arch.entry import PATHS, Counts, entry_path, paths_of
from emu.arch.isa import ISAS

NAMED = [pytest.param(path, id=f"{path.isa}-{path.way}-{path.abi}") for path in PATHS]


def path(isa, way, abi):
    return entry_path(isa, way, abi)


def test_every_abi_has_its_own_ways_in():
    for name in abi_names():
        for isa in Abi.load(name).isas:
            ways = {path.way for path in paths_of(isa) if path.abi == name}
            assert ways >= set(Abi.load(name).ways), (name, isa)


@pytest.mark.parametrize("each", NAMED)
def test_every_step_says_who_does_what_and_by_which_source(each):
    for step in (*each.steps, *each.returns):
        assert step.does
        assert re.search(r"SDM|ARM ARM|Arm ARM|Privileged|MIPS Architecture|arch/", step.source)
        assert (step.actor == "kernel") == ("arch/" in step.source.split(";")[0]), step
        assert bool(step.follows) <= bool(step.memory_reads), "a followed pointer is read"
    assert each.steps[0].actor == "cpu"
    assert {step.actor for step in each.returns} == {"cpu", "kernel"}


@pytest.mark.parametrize("each", NAMED)
def test_clobbers_are_registers_of_the_isa(each):
    assert set(each.clobbers) <= set(ISAS[each.isa].registers)


def test_an_interrupt_gate_reads_the_gate_the_descriptor_and_the_tss_and_pushes_five_words():
    for isa in ("x86-64", "i386"):
        interrupt = path(isa, "int80", "i386")
        assert interrupt.hardware() == Counts(6, memory_reads=4, memory_writes=5, indirections=3)


def test_fast_instructions_touch_no_memory():
    for each in PATHS:
        if each.way != "int80":
            hardware = each.hardware()
            assert (hardware.memory_reads, hardware.memory_writes, hardware.indirections) == (
                0,
                0,
                0,
            )


def test_syscall_bypasses_the_levels_that_the_gate_the_selector_and_the_tss_are():
    """The lecture's sentence, as a number."""
    interrupt, instruction = path("x86-64", "int80", "i386"), path("x86-64", "syscall", "x86-64")
    assert interrupt.counts.indirections - instruction.counts.indirections == 3
    bypassed = set(interrupt.indirections()) - set(instruction.indirections())
    assert {text.partition(" ->")[0] for text in bypassed} == {
        "IDT[0x80]", "the gate's selector", "TSS.RSP0",
    }  # fmt: skip


def test_iretq_pops_what_the_gate_pushed():
    interrupt = path("x86-64", "int80", "i386")
    pushed = next(step for step in interrupt.steps if step.name == "five pushes")
    assert interrupt.returns[-1].reads[0].words == pushed.memory_writes == 5


@pytest.mark.parametrize(
    ("isa", "way", "abi", "indirections"),
    [
        ("x86-64", "syscall", "x86-64", 1),
        ("arm", "svc", "arm-eabi", 2),
        ("arm64", "svc", "arm64", 1),
        ("riscv64", "ecall", "riscv64", 3),
        ("mips", "syscall", "mips-o32", 3),
        ("mips64el", "syscall", "mips-n64", 3),
    ],
)
def test_levels_of_indirection(isa, way, abi, indirections):
    assert path(isa, way, abi).counts.indirections == indirections


def test_only_the_old_arm_abi_reads_the_programs_instruction():
    words = [
        sum(place.words for step in path("arm", "svc", abi).steps for place in step.reads
            if "program's" in place.what)
        for abi in ("arm-eabi", "arm-oabi")
    ]  # fmt: skip
    assert words == [0, 1]


def test_an_added_way_is_described_as_its_isas_own():
    added = path("x86-64", "int81", "x86-64")
    assert added.instruction == "int 0x81"
    assert added.counts == path("x86-64", "int80", "i386").counts
    assert path("arm64", "svc-7", "arm64").instruction == "svc 0x7"
    with pytest.raises(KeyError):
        path("arm64", "int80", "arm64")
    with pytest.raises(KeyError):
        path("riscv64", "svc", "riscv64")
