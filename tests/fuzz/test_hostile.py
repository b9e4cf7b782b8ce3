"""A few hundred of the hostile guests of ``make fuzz``: none may break out of its machine."""

import subprocess
import sys
from pathlib import Path

import pytest

from tests.fuzz.elf import MACHINES

ROOT = Path(__file__).parents[2]


def run_guests(kind, first, count):
    command = [sys.executable, "-X", "faulthandler", "-m", "tests.fuzz.worker"]
    return subprocess.run(
        [*command, kind, str(first), str(count)],
        cwd=ROOT, capture_output=True, text=True, timeout=120,
    )  # fmt: skip


@pytest.mark.parametrize("isa", MACHINES)
def test_random_programs_end_in_guest_errors(isa):
    done = run_guests(isa, 0, 200)
    assert (done.returncode, done.stderr) == (0, "")
    assert "signal 4" in done.stdout


def test_mutated_elf_files_end_in_guest_errors():
    done = run_guests("elf", 0, 300)
    assert (done.returncode, done.stderr) == (0, "")
    assert "ENOEXEC" in done.stdout


def test_a_branch_to_an_unaligned_address_leaves_the_machine_to_later_programs():
    """The first of these MIPS programs once made the last one crash the host process."""
    done = run_guests("elf", 5812, 65)
    assert (done.returncode, done.stderr) == (0, "")
    assert "signal 7" in done.stdout
