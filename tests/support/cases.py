"""Programs of many cases: each says lines ``case: what: value``, compared with what Linux answers.

The sources of such a program are in a folder, one for each subject; ``expected`` beside them holds
what Linux answers to the cases of each, the same for all ABIs but for what
``linux_differences.toml`` lists. `processes/harness.c` runs each case in a process of its own.
"""

from __future__ import annotations

import tomllib
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from difflib import unified_diff
from fnmatch import fnmatchcase
from functools import cache
from pathlib import Path

from tests.support.running import End
from tests.support.toolchain import TARGETS, build, or_skip

HARNESS = Path(__file__).parents[1] / "programs" / "processes" / "harness.c"
FLAGS = ["-O1", "-std=gnu11", "-D_GNU_SOURCE", "-D_FILE_OFFSET_BITS=64", "-pthread", "-static"]
FLAGS += ["-Wall", "-Wextra", "-Wno-unused-result", "-Wno-clobbered"]
# Without a C library in Debian: see test_libc.py.
ABIS = [abi for abi in TARGETS if abi not in ("x32", "arm-oabi", "riscv32")]
# Programs that run at the same time: most of a case's time is sleep.
AT_ONCE = 3
ENDS_AT_MOST = 20

Answers = dict[str, list[str]]
Differences = dict[str, tuple[list[str], list[str]]]
Run = Callable[..., End]
"""``run(abi, *words)``: runs the program with these words."""


class CaseProgram:
    """A folder of cases. `helpers` are sources without cases, `flags` are for the compiler."""

    def __init__(
        self, folder: Path, helpers: Sequence[str] = (), flags: Sequence[str] = ()
    ) -> None:
        self.folder = folder
        self.flags = [*FLAGS, *flags]
        shared = [HARNESS, *(folder / name for name in helpers)]
        self.subjects = sorted(set(folder.glob("*.c")) - set(shared))
        self.sources = [*shared, *self.subjects]
        self.path = cache(self._path)
        self.expected = cache(self._expected)

    def _path(self, abi: str) -> str:
        return str(build(self.sources, abi, self.flags, ["-lm"]))

    def _expected(self, abi: str) -> Answers:
        """What Linux answers on an ABI."""
        lines: Answers = {}
        for source in self.subjects:
            lines |= self.answers_of(source.stem)
        for entry in self.entries("linux_differences.toml", abi):
            lines |= dict.fromkeys(entry["cases"], entry["lines"])
        return lines

    def answers_of(self, subject: str) -> Answers:
        """What most ABIs answer to the cases of a source."""
        return by_case((self.folder / "expected" / f"{subject}.txt").read_text())

    def all_answers(self, run: Run, abi: str) -> Answers:
        """What every case says; a run that ends early costs the case in which it ended."""
        found: Answers = {}
        behind: list[str] = []
        cases = list(self.expected(abi))
        for _ in range(ENDS_AT_MOST):
            end = run(abi, *(f"-{case}" for case in behind))
            found = by_case(end.output.decode(errors="replace")) | found
            if "harness" in found:
                break
            reached = max((cases.index(case) for case in found if case in cases), default=-1)
            behind = cases[: max(reached + 1, len(behind) + 1)]
        found.pop("harness", None)
        return found

    def entries(self, table: str, abi: str) -> list[dict]:
        """The entries of a list of differences that are about an ABI."""
        return [
            entry
            for entry in tomllib.loads((self.folder / table).read_text())["difference"]
            if any(fnmatchcase(abi, name) for name in entry["abis"])
        ]

    def known_differences(self, table: str, abi: str) -> set[str]:
        """The cases that a list of differences names for an ABI."""
        return {case for entry in self.entries(table, abi) for case in entry["cases"]}

    def cases_that_hang(self, abi: str) -> list[str]:
        """Cases that QEMU would sleep in for long: they are not tried."""
        return [
            case
            for entry in self.entries("qemu_differences.toml", abi)
            if entry.get("hangs")
            for case in entry["cases"]
        ]

    def check_lists(self) -> None:
        """Every source has expected answers, and the lists of differences name what exists."""
        expected = {path.stem for path in (self.folder / "expected").glob("*.txt")}
        assert expected == {path.stem for path in self.subjects}
        cases = self.expected("x86-64").keys()
        for table in self.folder.glob("*_differences.toml"):
            for entry in tomllib.loads(table.read_text())["difference"]:
                assert set(entry["cases"]) <= cases, table.name
                names = [(abi, name) for abi in ABIS for name in entry["abis"]]
                assert any(fnmatchcase(*pair) for pair in names), table.name


def answers_in_advance(
    program: CaseProgram, request, whose: dict[str, Run]
) -> Iterator[Callable[[Run, str], Answers]]:
    """The answers of a run on an ABI; those of all selected tests are asked for in advance.

    `whose` names the run that each test of the module looks at.
    """
    with ThreadPoolExecutor(AT_ONCE) as pool:
        runs: dict[tuple[Run, str], Future[Answers]] = {}

        def of(run: Run, abi: str) -> Future[Answers]:
            if (run, abi) not in runs:
                runs[run, abi] = pool.submit(program.all_answers, run, abi)
            return runs[run, abi]

        for item in request.session.items:
            if item.path == request.path and hasattr(item, "callspec"):
                of(whose[item.originalname], item.callspec.params["abi"])
        yield lambda run, abi: or_skip(of(run, abi).result)


def by_case(text: str) -> Answers:
    """The lines of each case, in the order of the cases."""
    lines: Answers = {}
    for line in text.splitlines():
        case, _, rest = line.partition(": ")
        lines.setdefault(case, []).append(rest)
    return lines


def differences(found: Answers, wanted: Answers) -> Differences:
    """Case -> (expected, answered) for every case that is not as expected."""
    return {
        case: (wanted.get(case, []), found.get(case, []))
        for case in {**wanted, **found}
        if found.get(case, []) != wanted.get(case, [])
    }


def report(found: Differences) -> str:
    """Differences as a person reads them; ``PROGRAM --case NAME`` shows one by itself."""
    return "\n".join(
        f"{case}:\n" + "\n".join(unified_diff(*lines, "expected", "answered", lineterm="", n=99))
        for case, lines in found.items()
    )
