"""A raw ABI probe says the same, line by line, on Linux, under QEMU and under the emulator.

`probes/expected/ABI.txt` holds what Linux 6.12 answers: observed on x86, read in its source for the
others. ``a | b`` on a line means that Linux gives either, depending on its configuration.
"""

import tomllib
from fnmatch import fnmatchcase
from pathlib import Path

import pytest

from tests.support.running import End, emu, natively, under_qemu
from tests.support.toolchain import (
    TARGETS,
    build_freestanding,
    has_qemu,
    has_sysenter,
    is_native,
    or_skip,
    qemu,
)

PROBES = Path(__file__).parent / "probes"
EXPECTED = PROBES / "expected"
ARGUMENTS = ["one", "two three"]
PARTS = ["probe", "start", "say", "entry", "registers", "errors", "files", "mappings"]
PARTS += ["faults", "structures"]
OWN_PARTS = {  # by the beginning of the ABI's name
    "x86-64": "abi_x86_64",
    "x32": "abi_x86_64",
    "i386": "abi_i386",
    "arm64": "abi_arm64",
    "arm-": "abi_arm",
    "riscv": "abi_riscv",
    "mips": "abi_mips",
}
ABIS = sorted(path.stem for path in EXPECTED.glob("*.txt"))

each_abi = pytest.mark.parametrize("abi", ABIS)


def test_every_target_with_a_probe_has_expected_answers():
    assert set(ABIS) == set(TARGETS) - {"arm-eabihf"}


@each_abi
def test_expected_lines_have_names_of_their_own(abi):
    names = [line.partition(": ")[0] for line in expected_text(abi).splitlines()]
    assert [name for name in names if names.count(name) > 1] == ["entry argument"] * 2


@pytest.mark.parametrize("abi", [abi for abi in ABIS if is_native(abi)])
def test_linux_answers_as_expected(abi):
    found = differences(abi, natively(or_skip(probe, abi), *ARGUMENTS))
    if abi == "i386" and not has_sysenter():
        # The probe ends there, as its child did.
        assert found.pop("sysenter in a child")[1] == "signal 04"
        never_said = {name for name, answers in found.items() if answers[1] == "nothing"}
        assert all(name.startswith("sysenter ") or name == "end" for name in never_said)
        found = {name: found[name] for name in found.keys() - never_said}
    assert found == {}


@pytest.mark.parametrize("abi", [abi for abi in ABIS if has_qemu(abi)])
def test_qemu_differs_from_linux_only_where_we_know(abi):
    end = under_qemu(or_skip(qemu, abi), or_skip(probe, abi), *ARGUMENTS)
    found = differences(abi, end)
    known = known_differences(abi, "qemu_differences.toml")
    unknown = {
        name: answers
        for name, answers in found.items()
        if not any(fnmatchcase(name, pattern) for pattern in known)
    }
    assert unknown == {}


@each_abi
@pytest.mark.parametrize("window", ["1", "0"], ids=["window", "no-window"])
def test_the_emulator_answers_as_linux(abi, window):
    """Whether it reaches the CPU's registers directly or through the library's interface."""
    settings = {"EMU_REGISTER_WINDOW": window}
    end = emu(or_skip(probe, abi), *ARGUMENTS, settings=settings)
    found = differences(abi, end)
    missing = known_differences(abi, "emulator_differences.toml")
    assert set(found) == set(missing), end.errors
    assert end.status == 0


def probe(abi: str) -> str:
    """The path of the probe's program for an ABI."""
    own = next(part for start, part in OWN_PARTS.items() if abi.startswith(start))
    return str(build_freestanding([PROBES / f"{name}.c" for name in [*PARTS, own]], abi))


def differences(abi: str, end: End) -> dict[str, tuple[str, str]]:
    """Line name -> (expected, answered) for every line that is not as expected."""
    wanted, answered = by_name(expected_text(abi)), by_name(end.output.decode())
    return {
        name: (wanted.get(name, "nothing"), answered.get(name, "nothing"))
        for name in {**wanted, **answered}
        if answered.get(name, "nothing") not in wanted.get(name, "nothing").split(" | ")
    }


def by_name(text: str) -> dict[str, str]:
    """The lines of a probe. The two lines "entry argument" become one."""
    lines: dict[str, str] = {}
    for line in text.splitlines():
        name, _, value = line.partition(": ")
        lines[name] = f"{lines[name]}, {value}" if name in lines else value
    return lines


def expected_text(abi: str) -> str:
    return (EXPECTED / f"{abi}.txt").read_text()


def known_differences(abi: str, table_name: str) -> list[str]:
    """Patterns of the line names in which QEMU, or the emulator, is known to differ from Linux."""
    table = tomllib.loads((PROBES / table_name).read_text())
    return [
        pattern
        for entry in table["difference"]
        if any(fnmatchcase(abi, name) for name in entry["abis"])
        for pattern in entry["lines"]
    ]
