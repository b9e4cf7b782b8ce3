"""Files: one program of many cases, for every ABI.

Each case is a function of `files/*.c` and works in a new directory of a tmpfs. `files/expected`
holds what Linux answers. See `test_processes.py`, which does the same about processes.
"""

from pathlib import Path

import pytest

from tests.support.cases import ABIS, CaseProgram, answers_in_advance, differences, report
from tests.support.running import End, emu, natively, under_qemu
from tests.support.toolchain import has_qemu, is_native, qemu

WARNINGS = ["-Wno-stringop-overflow", "-Wno-stringop-overread", "-Wno-restrict"]
FILES = CaseProgram(Path(__file__).parent / "files", ["files.c"], WARNINGS)
QEMU_ABIS = [abi for abi in ABIS if has_qemu(abi) and not is_native(abi)]


def linux(abi: str, *words: str) -> End:
    return natively(FILES.path(abi), *words)


def user_mode_qemu(abi: str, *words: str) -> End:
    hanging = (f"-{case}" for case in FILES.cases_that_hang(abi))
    return under_qemu(qemu(abi), FILES.path(abi), *words, *hanging)


def emulator(abi: str, *words: str) -> End:
    return emu(FILES.path(abi), *words)


@pytest.fixture(scope="module")
def answers(request):
    yield from answers_in_advance(FILES, request, WHOSE)


@pytest.mark.parametrize("abi", [abi for abi in ABIS if is_native(abi)])
def test_linux_answers_as_expected(abi, answers):
    """But for what a 64-bit kernel answers a 32-bit program in its own way."""
    found = differences(answers(linux, abi), FILES.expected(abi))
    known = FILES.known_differences("compat_differences.toml", abi)
    assert not found.keys() - known, report(found)


@pytest.mark.oracle
@pytest.mark.parametrize("abi", QEMU_ABIS)
def test_qemu_differs_from_linux_only_where_we_know(abi, answers):
    found = differences(answers(user_mode_qemu, abi), FILES.expected(abi))
    known = FILES.known_differences("qemu_differences.toml", abi)
    unknown = {case: lines for case, lines in found.items() if case not in known}
    assert not unknown, report(unknown)


@pytest.mark.parametrize("abi", ABIS)
def test_the_emulator_answers_as_linux(abi, answers):
    found = differences(answers(emulator, abi), FILES.expected(abi))
    known = FILES.known_differences("emulator_differences.toml", abi)
    unknown = {case: lines for case, lines in found.items() if case not in known}
    assert not unknown, report(unknown)
    assert known - found.keys() == set(), "these are right now: strike them off"


def test_the_lists_name_what_exists():
    FILES.check_lists()


WHOSE = {
    "test_linux_answers_as_expected": linux,
    "test_qemu_differs_from_linux_only_where_we_know": user_mode_qemu,
    "test_the_emulator_answers_as_linux": emulator,
}
