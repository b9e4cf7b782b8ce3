"""Signals, threads, and the lives of processes: one program of many cases, for every ABI.

Each case is a function of `processes/*.c`, runs in a process of its own and says a few lines,
``case: what: value``. `processes/expected` holds what Linux 6.12 answers, the same for all ABIs
but for what `linux_differences.toml` lists. The whole program is run at once; when that ends in
the middle of a case, the cases behind that one are run again.
"""

from pathlib import Path

import pytest

from tests.support.binfmt import has_private_binfmt, under_qemu_with_exec
from tests.support.cases import ABIS, CaseProgram, answers_in_advance, differences, report
from tests.support.running import End, emu, natively, under_qemu
from tests.support.toolchain import has_qemu, is_native, qemu

PROCESSES = CaseProgram(Path(__file__).parent / "processes")
QEMU_ABIS = [abi for abi in ABIS if has_qemu(abi) and not is_native(abi)]


def linux(abi: str, *words: str) -> End:
    return natively(PROCESSES.path(abi), *words)


def user_mode_qemu(abi: str, *words: str) -> End:
    """What executes itself runs in a namespace, which has a single user, and the rest does not."""
    program = PROCESSES.path(abi)
    words = (*words, *(f"-{case}" for case in PROCESSES.cases_that_hang(abi)))
    others = [source.stem for source in PROCESSES.subjects if source.stem != "exec"]
    end = under_qemu(qemu(abi), program, *others, *words)
    if not has_private_binfmt():
        return end
    executing = under_qemu_with_exec(qemu(abi), program, "exec", *words)
    return End(end.status, executing.output + end.output)


def emulator(abi: str, *words: str) -> End:
    return emu(PROCESSES.path(abi), *words)


@pytest.fixture(scope="module")
def answers(request):
    yield from answers_in_advance(PROCESSES, request, WHOSE)


@pytest.mark.parametrize("abi", [abi for abi in ABIS if is_native(abi)])
def test_linux_answers_as_expected(abi, answers):
    found = differences(answers(linux, abi), PROCESSES.expected(abi))
    assert not found, report(found)


@pytest.mark.oracle
@pytest.mark.parametrize("abi", QEMU_ABIS)
def test_qemu_differs_from_linux_only_where_we_know(abi, answers):
    found = differences(answers(user_mode_qemu, abi), PROCESSES.expected(abi))
    if not has_private_binfmt():
        executing = PROCESSES.answers_of("exec")
        found = {case: lines for case, lines in found.items() if case not in executing}
    known = PROCESSES.known_differences("qemu_differences.toml", abi)
    unknown = {case: lines for case, lines in found.items() if case not in known}
    assert not unknown, report(unknown)


@pytest.mark.parametrize("abi", ABIS)
def test_the_emulator_answers_as_linux(abi, answers):
    found = differences(answers(emulator, abi), PROCESSES.expected(abi))
    known = PROCESSES.known_differences("emulator_differences.toml", abi)
    unknown = {case: lines for case, lines in found.items() if case not in known}
    assert not unknown, report(unknown)
    assert known - found.keys() == set(), "these are right now: strike them off"


def test_the_lists_name_what_exists():
    PROCESSES.check_lists()


WHOSE = {
    "test_linux_answers_as_expected": linux,
    "test_qemu_differs_from_linux_only_where_we_know": user_mode_qemu,
    "test_the_emulator_answers_as_linux": emulator,
}
