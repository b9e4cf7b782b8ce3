"""Sockets: one program of many cases, for every ABI.

Each case is a function of `sockets/*.c`. `sockets/expected` holds what Linux answers. See
`test_processes.py`, which does the same about processes.
"""

from pathlib import Path

import pytest

from tests.support.cases import ABIS, CaseProgram, answers_in_advance, differences, report
from tests.support.running import End, emu, natively, under_qemu
from tests.support.toolchain import has_qemu, is_native, qemu

WARNINGS = ["-Wno-stringop-overflow", "-Wno-stringop-overread", "-Wno-restrict"]
SOCKETS = CaseProgram(Path(__file__).parent / "sockets", ["sockets.c"], WARNINGS)
QEMU_ABIS = [abi for abi in ABIS if has_qemu(abi) and not is_native(abi)]


def linux(abi: str, *words: str) -> End:
    return natively(SOCKETS.path(abi), *words)


def user_mode_qemu(abi: str, *words: str) -> End:
    hanging = (f"-{case}" for case in SOCKETS.cases_that_hang(abi))
    return under_qemu(qemu(abi), SOCKETS.path(abi), *words, *hanging)


def emulator(abi: str, *words: str) -> End:
    return emu(SOCKETS.path(abi), *words)


@pytest.fixture(scope="module")
def answers(request):
    yield from answers_in_advance(SOCKETS, request, WHOSE)


@pytest.mark.parametrize("abi", [abi for abi in ABIS if is_native(abi)])
def test_linux_answers_as_expected(abi, answers):
    """But for what a 64-bit kernel answers a 32-bit program in its own way."""
    found = differences(answers(linux, abi), SOCKETS.expected(abi))
    known = SOCKETS.known_differences("compat_differences.toml", abi)
    assert not found.keys() - known, report(found)


@pytest.mark.oracle
@pytest.mark.parametrize("abi", QEMU_ABIS)
def test_qemu_differs_from_linux_only_where_we_know(abi, answers):
    found = differences(answers(user_mode_qemu, abi), SOCKETS.expected(abi))
    known = SOCKETS.known_differences("qemu_differences.toml", abi)
    unknown = {case: lines for case, lines in found.items() if case not in known}
    assert not unknown, report(unknown)


@pytest.mark.parametrize("abi", ABIS)
def test_the_emulator_answers_as_linux(abi, answers):
    found = differences(answers(emulator, abi), SOCKETS.expected(abi))
    known = SOCKETS.known_differences("emulator_differences.toml", abi)
    unknown = {case: lines for case, lines in found.items() if case not in known}
    assert not unknown, report(unknown)
    assert known - found.keys() == set(), "these are right now: strike them off"


def test_the_lists_name_what_exists():
    SOCKETS.check_lists()


WHOSE = {
    "test_linux_answers_as_expected": linux,
    "test_qemu_differs_from_linux_only_where_we_know": user_mode_qemu,
    "test_the_emulator_answers_as_linux": emulator,
}
