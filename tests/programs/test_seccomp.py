"""seccomp(2): filters of system calls, one program of many cases for every ABI.

`seccomp/expected.txt` is what Linux answers; it holds for all ABIs. See `test_ptrace.py`, whose
helpers the traced cases have. QEMU's user mode has no filters for its guests.
"""

import re
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


@pytest.mark.parametrize("run", [natively, emu], ids=["linux", "emu"])
def test_filters_see_by_which_way_a_call_came(run):
    path = or_skip(alone, "ways", "x86-64")
    if run is natively and not is_native("i386"):
        pytest.skip("the host does not run i386")
    assert answers(run(path).output) == {
        "a_careful_filter": [
            "syscall: -1", "int 0x80: -2", "syscall of x32: -3",
            "the other number by int 0x80: yes", "end: exit 0",
        ],
        "a_careless_filter": ["syscall: -1", "int 0x80: yes", "end: exit 0"],
        "a_trap_says_which_way": ["number: 64", "of i386: yes", "end: exit 0"],
    }  # fmt: skip


@pytest.mark.parametrize("abi", ABIS)
def test_the_log_tells_of_what_was_refused(abi):
    found = answers(emu(or_skip(alone, "log", abi)).output)["log"]
    numbers = dict(line.split(": ") for line in found[-3:])
    everything = "kill_process kill_thread trap errno user_notif trace log"
    assert found[:6] == [
        f"available: {everything} allow", f"logged: {everything}", "nonsense: EINVAL",
        "what is allowed: EINVAL", "others: 0", "logged then: kill_process trap",
    ]  # fmt: skip
    lines = [re.sub(r" arch=\w+| compat=.| ip=0x\w+", "", line) for line in found[6:-3]]
    killed = f"line:  sig=31 syscall={numbers['sync']} code=0x80000000"
    assert lines == [
        f"line:  sig=0 syscall={numbers['getppid']} code=0x50000",
        f"line:  sig=0 syscall={numbers['getsid']} code=0x7ffc0000",
        killed,
        killed,
    ]


def test_a_kernel_without_it_refuses():
    end = emu(or_skip(alone, "ways", "x86-64"), options=("--config", "CONFIG_SECCOMP=n"))
    assert b"a_careless_filter: syscall: -1" not in end.output


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
def alone(name: str, abi: str) -> str:
    sources = [HARNESS, FOLDER / "filtering.c", FOLDER / "alone" / f"{name}.c"]
    return str(build(sources, abi, FLAGS, ["-lm"]))


@cache
def expected() -> Answers:
    return by_case((FOLDER / "expected.txt").read_text())


def answers(output: bytes) -> Answers:
    found = by_case(output.decode(errors="replace"))
    assert found.pop("harness", None) == ["end: reached"], output
    return found
