"""``emu coverage`` tells which calls work, which partly, and which answer ENOSYS."""

import pytest

from emu.arch.abi import Abi, abi_names
from emu.cli import coverage, main
from emu.conformance.ran import load_ran
from emu.kernel import sys as handlers
from emu.kernel.syscall import collect


def test_every_abi_is_counted(capsys):
    assert main(["coverage"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert [line.split()[0] for line in lines] == list(abi_names())


@pytest.mark.parametrize("abi", abi_names())
def test_what_does_not_wholly_work_is_listed_and_what_works_is_not(abi, capsys):
    assert main(["coverage", abi]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert "io_uring_setup" in " ".join(lines[lines.index("ENOSYS:") :]).split()
    assert any(line.startswith("  prctl: PR_SET_MM") for line in lines)
    assert "getpid" not in " ".join(lines).split()


def test_a_call_only_works_if_a_test_ran_it(monkeypatch):
    monkeypatch.setattr(coverage, "load_ran", lambda: {"sys_getpid": {"arm64"}})
    states = {call.name: call.state for call in coverage.calls_of(Abi.load("arm64"))}
    assert (states["getpid"], states["getppid"]) == (coverage.WORKS, coverage.UNTRIED)
    assert {call.state for call in coverage.calls_of(Abi.load("riscv64"))} == {
        coverage.UNTRIED, coverage.MISSING,
    }  # fmt: skip


def test_the_record_names_entry_points_and_abis_that_there_are():
    declared = collect(handlers.modules())
    ran = load_ran()
    assert set(ran) <= set(declared)
    assert set().union(*ran.values()) <= set(abi_names())


def test_an_unknown_abi_is_refused(capsys):
    assert main(["coverage", "vax"]) == 2
    assert "vax" in capsys.readouterr().err
