"""``emu module``: starters that work, and a check that finds mistakes."""

import subprocess
import sys

import pytest

from emu.module_tools.check import check
from emu.module_tools.starters import KINDS, starter
from emu.module_tools.testing import Guest

SAMPLES = "samples/modules"


def emu_module(*words):
    command = [sys.executable, "-m", "emu", "module", *words]
    return subprocess.run(command, capture_output=True, text=True, check=False)


def test_starters_pass_their_own_tests_and_the_check(tmp_path):
    for kind in KINDS:
        for name, text in starter(f"my_{kind}", kind).items():
            (tmp_path / name).write_text(text)
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", f"{tmp_path}"]
    run = subprocess.run(
        [*command, f"--rootdir={tmp_path}"], capture_output=True, text=True, check=False
    )
    assert run.returncode == 0, run.stdout
    assert " passed" in run.stdout
    for kind in KINDS:
        assert check(str(tmp_path / f"my_{kind}.py"), "", "mips-o32").problems == []


def test_new_writes_two_files_and_no_file_twice(tmp_path):
    run = emu_module("new", "mine", "--kind", "sysfs", "--to", str(tmp_path))
    assert run.stdout.split() == [f"{tmp_path}/mine.py", f"{tmp_path}/test_mine.py"]
    assert emu_module("new", "mine", "--to", str(tmp_path)).returncode == 2


def test_check_tells_what_is_wrong_and_where():
    report = check(f"{SAMPLES}/buggy.py", "", "arm64")
    assert "BUG: module buggy: KeyError: 'seven'" in report.problems
    assert "BUG: module buggy: soft lockup: it did not come to an end" in report.problems
    assert " loops at buggy.py:47: while True:" in report.problems
    assert "module buggy left 100 bytes from kmalloc behind, made at buggy.py:59" in report.problems


@pytest.mark.parametrize("name", ["my_state", "sequence", "vnet", "mailbox", "clockface"])
def test_samples_pass_the_check(name):
    for abi in ("x86-64", "mips-n64", "arm-oabi"):
        assert check(f"{SAMPLES}/{name}.py", "", abi).problems == []


def test_the_command_says_ok_for_each_abi():
    run = emu_module("check", f"{SAMPLES}/state_proc.py", "--abi", "i386", "--abi", "mips-n32")
    lines = run.stdout.splitlines()
    assert lines[0] == "makes /proc/system_state"
    assert lines[1:] == ["i386: ok", "mips-n32 (big-endian): ok", "mips-n32 (little-endian): ok"]
    assert run.returncode == 0


def test_modules_are_told_about_in_a_machine_of_their_own():
    first, second = (Guest(f"{SAMPLES}/my_state.py", f"start={n}") for n in (1, 20))
    clock = "/sys/kernel/my_state/clock"
    assert [first.cat(clock), second.cat(clock), first.cat(clock)] == ["1\n", "20\n", "2\n"]
