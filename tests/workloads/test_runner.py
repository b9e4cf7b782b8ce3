"""The runner of the workloads: what cannot be had is said, and takes nothing else down."""

import sys

import pytest

from tests.support.userland import Unavailable
from tests.workloads import __main__ as runner
from tests.workloads import extras
from tests.workloads.table import load


@pytest.fixture
def run(monkeypatch, capsys):
    def run_workloads(*ids, verdict="", missing=()):
        def root(architecture, packages):
            if gone := set(missing) & set(packages):
                raise Unavailable(f"no {gone.pop()}")
            return "/root/folder"

        def extra(package, architecture):
            raise Unavailable(f"{package} cannot be built")

        monkeypatch.setattr(runner, "root", root)
        monkeypatch.setattr(runner, "extra", extra)
        monkeypatch.setattr(runner, "run", lambda *_: (verdict, 0.0, 0.0))
        monkeypatch.setattr(sys, "argv", ["workloads", "--arch", "arm64", *ids])
        return runner.main(), capsys.readouterr().out

    return run_workloads


def test_a_missing_package_takes_only_its_own_workload_down(run):
    status, out = run("bb-echo", "bc-pi", "dc-fact", missing={"bc"})
    assert status == 0
    assert "bc-pi                cannot be had: no bc" in out
    assert out.count("ok\n") == 2
    assert out.endswith("2 ran, 0 failed\n")


def test_a_program_that_cannot_be_built_is_said(run):
    status, out = run("zig-musl", "bb-echo")
    assert status == 0
    assert "zig-musl             cannot be had: zig:hello cannot be built" in out


def test_running_nothing_at_all_is_a_failure(run):
    status, out = run("zig-musl")
    assert status == 1
    assert out.endswith("0 ran, 0 failed\n")


def test_a_wrong_verdict_is_a_failure(run):
    assert run("bb-echo", verdict="output differs")[0] == 1


def test_every_extra_of_the_table_has_a_maker():
    for workload in load()[1]:
        for package in filter(extras.is_extra, workload.packages):
            assert package.split(":")[0] in extras.MAKERS


def test_a_missing_tool_is_said_by_its_name():
    with pytest.raises(Unavailable, match="no-such-tool is not installed"):
        extras.run(["no-such-tool"])


def test_a_build_that_fails_leaves_no_program(tmp_path, monkeypatch):
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    monkeypatch.setitem(
        extras.MAKERS, "go", lambda name, architecture, program: extras.run(["false"])
    )
    with pytest.raises(Unavailable, match="false failed"):
        extras.extra("go:gor", "arm64")
    assert not list((tmp_path / "syscall-emu/extras/arm64").iterdir())
