"""seccomp(2): filters of system calls, one program of many cases for every ABI.

`seccomp/expected.txt` is what Linux answers; it holds for all ABIs. See `test_ptrace.py`, whose
helpers the traced cases have. QEMU's user mode has no filters for its guests.
"""

from functools import cache
from pathlib import Path

import pytest

from tests.support.cases import ABIS, FLAGS, HARNESS, Answers, by_case, differences, report
from tests.support.running import emu, natively
from tests.support.toolchain import build, is_native, or_skip

FOLDER = Path(__file__).parent / "seccomp"
SOURCES = [HARNESS, FOLDER.parent / "ptrace" / "tracing.c", *sorted(FOLDER.glob("*.c"))]


@pytest.mark.parametrize("abi", [abi for abi in ABIS if is_native(abi)])
def test_linux_answers_as_expected(abi):
    found = answers(natively(or_skip(program, abi)).output)
    assert not differences(found, expected()), report(differences(found, expected()))


@pytest.mark.parametrize("abi", ABIS)
def test_the_emulator_answers_as_linux(abi):
    end = emu(or_skip(program, abi))
    found = differences(answers(end.output), expected())
    assert not found, report(found) + end.errors


def test_every_case_has_an_expected_answer():
    cases = {
        line.partition("(")[2].rstrip(")")
        for source in SOURCES
        for line in source.read_text().splitlines()
        if line.startswith("CASE(")
    }
    assert cases == expected().keys()


@cache
def program(abi: str) -> str:
    return str(build(SOURCES, abi, FLAGS, ["-lm"]))


@cache
def expected() -> Answers:
    return by_case((FOLDER / "expected.txt").read_text())


def answers(output: bytes) -> Answers:
    found = by_case(output.decode(errors="replace"))
    assert found.pop("harness", None) == ["end: reached"], output
    return found
