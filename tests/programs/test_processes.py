"""Signals, threads, and the lives of processes: one program of many cases, for every ABI.

Each case is a function of `processes/*.c`, runs in a process of its own and says a few lines,
``case: what: value``. `processes/expected` holds what Linux 6.12 answers, the same for all ABIs
but for what `linux_differences.toml` lists. The whole program is run at once; when that ends in
the middle of a case, the cases behind that one are run again.
"""

import tomllib
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from difflib import unified_diff
from fnmatch import fnmatchcase
from functools import cache
from pathlib import Path

import pytest

from tests.support.binfmt import has_private_binfmt, under_qemu_with_exec
from tests.support.running import End, emu, natively, under_qemu
from tests.support.toolchain import TARGETS, build, has_qemu, is_native, or_skip, qemu

FOLDER = Path(__file__).parent / "processes"
SOURCES = [FOLDER / "harness.c", *sorted(set(FOLDER.glob("*.c")) - {FOLDER / "harness.c"})]
FLAGS = ["-O1", "-std=gnu11", "-D_GNU_SOURCE", "-D_FILE_OFFSET_BITS=64", "-pthread", "-static"]
FLAGS += ["-Wall", "-Wextra", "-Wno-unused-result", "-Wno-clobbered"]
# Without a C library in Debian: see test_libc.py.
ABIS = [abi for abi in TARGETS if abi not in ("x32", "arm-oabi", "riscv32")]
QEMU_ABIS = [abi for abi in ABIS if has_qemu(abi) and not is_native(abi)]
# Programs that run at the same time: most of a case's time is sleep.
AT_ONCE = 3
ENDS_AT_MOST = 20

Answers = dict[str, list[str]]
Run = Callable[..., End]


def linux(abi: str, *words: str) -> End:
    return natively(program(abi), *words)


def user_mode_qemu(abi: str, *words: str) -> End:
    """What executes itself runs in a namespace, which has a single user, and the rest does not."""
    words = (*words, *(f"-{case}" for case in cases_that_hang(abi)))
    others = [source.stem for source in SOURCES[1:] if source.stem != "exec"]
    end = under_qemu(qemu(abi), program(abi), *others, *words)
    if not has_private_binfmt():
        return end
    executing = under_qemu_with_exec(qemu(abi), program(abi), "exec", *words)
    return End(end.status, executing.output + end.output)


def emulator(abi: str, *words: str) -> End:
    return emu(program(abi), *words)


@pytest.fixture(scope="module")
def answers(request) -> Iterator[Callable[[Run, str], Answers]]:
    """The answers of a run on an ABI; those of all selected tests are asked for in advance."""
    with ThreadPoolExecutor(AT_ONCE) as pool:
        runs: dict[tuple[Run, str], Future[Answers]] = {}

        def of(run: Run, abi: str) -> Future[Answers]:
            if (run, abi) not in runs:
                runs[run, abi] = pool.submit(all_answers, run, abi)
            return runs[run, abi]

        for item in request.session.items:
            if item.path == request.path and hasattr(item, "callspec"):
                of(WHOSE[item.originalname], item.callspec.params["abi"])
        yield lambda run, abi: or_skip(of(run, abi).result)


@pytest.mark.parametrize("abi", [abi for abi in ABIS if is_native(abi)])
def test_linux_answers_as_expected(abi, answers):
    found = differences(answers(linux, abi), expected(abi))
    assert not found, report(found)


@pytest.mark.parametrize("abi", QEMU_ABIS)
def test_qemu_differs_from_linux_only_where_we_know(abi, answers):
    found = differences(answers(user_mode_qemu, abi), expected(abi))
    if not has_private_binfmt():
        found = {case: lines for case, lines in found.items() if case not in answers_of("exec")}
    known = known_differences("qemu_differences.toml", abi)
    unknown = {case: lines for case, lines in found.items() if case not in known}
    assert not unknown, report(unknown)


@pytest.mark.parametrize("abi", ABIS)
def test_the_emulator_answers_as_linux(abi, answers):
    found = differences(answers(emulator, abi), expected(abi))
    known = known_differences("emulator_differences.toml", abi)
    unknown = {case: lines for case, lines in found.items() if case not in known}
    assert not unknown, report(unknown)
    assert known - found.keys() == set(), "these are right now: strike them off"


def test_every_source_has_expected_answers():
    sources = {path.stem for path in SOURCES[1:]}
    assert {path.stem for path in (FOLDER / "expected").glob("*.txt")} == sources


def test_the_lists_of_differences_name_cases_that_exist():
    cases = expected("x86-64").keys()
    for table in FOLDER.glob("*_differences.toml"):
        for entry in tomllib.loads(table.read_text())["difference"]:
            assert set(entry["cases"]) <= cases, table.name
            assert any(fnmatchcase(abi, name) for abi in ABIS for name in entry["abis"]), table.name


WHOSE: dict[str, Run] = {
    "test_linux_answers_as_expected": linux,
    "test_qemu_differs_from_linux_only_where_we_know": user_mode_qemu,
    "test_the_emulator_answers_as_linux": emulator,
}


@cache
def program(abi: str) -> str:
    return str(build(SOURCES, abi, FLAGS, ["-lm"]))


def all_answers(run: Run, abi: str) -> Answers:
    """What every case says; a run that ends early costs the case in which it ended."""
    found: Answers = {}
    behind: list[str] = []
    cases = list(expected(abi))
    for _ in range(ENDS_AT_MOST):
        end = run(abi, *(f"-{case}" for case in behind))
        found = by_case(end.output.decode(errors="replace")) | found
        if "harness" in found:
            break
        reached = max((cases.index(case) for case in found if case in cases), default=-1)
        behind = cases[: max(reached + 1, len(behind) + 1)]
    found.pop("harness", None)
    return found


def by_case(text: str) -> Answers:
    """The lines of each case, in the order of the cases."""
    lines: Answers = {}
    for line in text.splitlines():
        case, _, rest = line.partition(": ")
        lines.setdefault(case, []).append(rest)
    return lines


def differences(found: Answers, wanted: Answers) -> dict[str, tuple[list[str], list[str]]]:
    """Case -> (expected, answered) for every case that is not as expected."""
    return {
        case: (wanted.get(case, []), found.get(case, []))
        for case in {**wanted, **found}
        if found.get(case, []) != wanted.get(case, [])
    }


def report(found: dict[str, tuple[list[str], list[str]]]) -> str:
    """Differences as a person reads them; `processes --case NAME` shows one by itself."""
    return "\n".join(
        f"{case}:\n" + "\n".join(unified_diff(*lines, "expected", "answered", lineterm="", n=99))
        for case, lines in found.items()
    )


@cache
def expected(abi: str) -> Answers:
    """What Linux answers on an ABI."""
    lines: Answers = {}
    for source in SOURCES[1:]:
        lines |= answers_of(source.stem)
    for entry in entries("linux_differences.toml", abi):
        lines |= dict.fromkeys(entry["cases"], entry["lines"])
    return lines


def answers_of(subject: str) -> Answers:
    """What most ABIs answer to the cases of a source."""
    return by_case((FOLDER / "expected" / f"{subject}.txt").read_text())


def entries(table: str, abi: str) -> list[dict]:
    """The entries of a list of differences that are about an ABI."""
    return [
        entry
        for entry in tomllib.loads((FOLDER / table).read_text())["difference"]
        if any(fnmatchcase(abi, name) for name in entry["abis"])
    ]


def known_differences(table: str, abi: str) -> set[str]:
    return {case for entry in entries(table, abi) for case in entry["cases"]}


def cases_that_hang(abi: str) -> list[str]:
    """Cases that QEMU would sleep in for long: they are not tried."""
    return [
        case
        for entry in entries("qemu_differences.toml", abi)
        if entry.get("hangs")
        for case in entry["cases"]
    ]
