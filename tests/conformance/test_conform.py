"""The conformance suite: it passes here, on Linux, and under qemu but for known bugs."""

import os
from pathlib import Path

import pytest

from emu.arch.convention import Location
from emu.conformance import program
from emu.conformance.known import explanation
from emu.conformance.run import EMU, NATIVE, QEMU, CannotRun, command_for, run, run_program, write
from emu.conformance.runner.build import COMPILERS, build
from emu.conformance.suite import SUITES, program_of
from emu.conformance.tap import Outcome, parse
from emu.conformance.target import TARGETS
from emu.kernel import binding, gates
from emu.kernel.errno import EBADF, EINVAL
from emu.machine import Machine
from tests.support.toolchain import ROOT, is_native

each_target = pytest.mark.parametrize("name", TARGETS)
NATIVE_TARGETS = [n for n, t in TARGETS.items() if is_native(t.runner)]


def failures(outcomes: list[Outcome]) -> list[str]:
    return [f"{o.name}: {o.detail}" for o in outcomes if not o.passed]


def outcomes_of(name: str, where: str, folder: Path) -> list[Outcome]:
    """All suites in one program."""
    target = TARGETS[name]
    image, names = program_of(target, SUITES, f"test-{os.getpid()}")
    return run_program(write(folder / "checks", image), names, command_for(target, where))


@each_target
def test_the_emulator_passes_every_check(name, tmp_path):
    outcomes = outcomes_of(name, EMU, tmp_path)
    assert len(outcomes) > 450
    assert failures(outcomes) == []


@pytest.mark.parametrize("name", NATIVE_TARGETS)
def test_linux_passes_every_check(name, tmp_path):
    assert failures(outcomes_of(name, NATIVE, tmp_path)) == []


@pytest.mark.parametrize("name", [n for n, t in TARGETS.items() if t.qemu])
def test_every_failure_under_qemu_is_explained(name):
    try:
        outcomes = run(TARGETS[name], ["conventions", "flags", "structures", "signals"], QEMU)
    except CannotRun as why:
        pytest.skip(str(why))
    unexplained = [
        f"{o.name}: {o.detail}"
        for o in outcomes
        if not o.passed and not explanation(QEMU, name, o.name)
    ]
    assert unexplained == []


def test_the_suite_has_as_many_checks_as_it_says():
    count = sum(len(program_of(target)[1]) for target in TARGETS.values())
    assert count > 8000


# Bugs planted on purpose, each in one place of the machine.


def fails_on(machine: Machine, name: str, suite: str, tmp_path: Path) -> list[str]:
    """The checks of a suite that fail on a machine in this process."""
    image, names = program_of(TARGETS[name], [suite], f"planted-{os.getpid()}")
    machine.write_file("/checks", image, 0o755)
    with (tmp_path / "out").open("w+b", buffering=0) as out, open(os.devnull) as null:
        machine.spawn("/checks", ["/checks"], stdio=(null.fileno(), out.fileno(), out.fileno()))
        with machine.ticking():
            machine.run()
    outcomes = parse((tmp_path / "out").read_text(), names, "the end")
    return [o.name.partition(": ")[2] for o in outcomes if not o.passed]


@pytest.mark.parametrize("name", ["arm-eabi", "mips-o32", "i386"])
def test_a_swapped_pair_is_caught(monkeypatch, tmp_path, name):
    right = binding._Row.source

    def swapped(self, place):
        return right(self, Location(place.high, place.low) if place.high else place)

    monkeypatch.setattr(binding._Row, "source", swapped)
    found = fails_on(Machine(), name, "conventions", tmp_path)
    assert "a 64-bit size arrives" in found


@pytest.mark.parametrize("name", ["arm64", "riscv64"])
def test_a_clobbered_register_is_caught(monkeypatch, tmp_path, name):
    right = gates.make_gate

    def clobbering(kernel, cpu, table, number_in=None):
        enter = right(kernel, cpu, table, number_in)

        def enter_and_clobber():
            enter()
            cpu.registers[20] = 1

        return enter_and_clobber

    monkeypatch.setattr(gates, "make_gate", clobbering)
    found = fails_on(Machine(), name, "conventions", tmp_path)
    assert "getppid that succeeds keeps the registers" in found


@pytest.mark.parametrize("name", ["x86-64", "mips-n64"])
def test_a_wrong_errno_is_caught(tmp_path, name):
    machine = Machine()

    def wrong(close):
        def close_or_einval(task, fd):
            try:
                return close(task, fd)
            except EBADF:
                raise EINVAL from None

        return close_or_einval

    machine.wrap(TARGETS[name].abi_name, "sys_close", wrong)
    assert fails_on(machine, name, "errnos", tmp_path)[0] == "EBADF from close"


# The pieces.


def test_a_child_that_fails_makes_its_check_fail():
    output = "TAP version 14\n1..1\nnot ok 1 - a: b\n  # the result is 1\nok 1 - a: b\n"
    assert parse(output, ["a: b"], "") == [Outcome("a: b", False, "the result is 1")]


def test_what_printed_nothing_failed_by_the_programs_end():
    assert parse("ok 1 - a: b\n", ["a: b", "a: c"], "it died") == [
        Outcome("a: b", True),
        Outcome("a: c", False, "no answer: it died"),
    ]


def test_runners_are_small():
    sizes = [path.stat().st_size for path in (ROOT / "emu/conformance/runners").iterdir()]
    assert len(sizes) == 14
    assert max(sizes) < 16_000


@pytest.mark.parametrize("name", COMPILERS)
def test_a_runner_that_is_built_anew_gives_the_same_answers(name, tmp_path, monkeypatch):
    try:
        build(name, tmp_path)
    except FileNotFoundError as compiler:
        pytest.skip(f"{compiler} is not installed")
    monkeypatch.setattr(program, "RUNNERS", tmp_path)
    program.load_runner.cache_clear()
    try:
        image, names = program_of(TARGETS[name], ["entry"], "anew")
    finally:
        program.load_runner.cache_clear()
    outcomes = run_program(
        write(tmp_path / "checks", image), names, command_for(TARGETS[name], EMU)
    )
    assert failures(outcomes) == []
