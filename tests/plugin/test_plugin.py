"""The pytest plugin, in sessions of its own."""

import subprocess
import sys
from pathlib import Path

import pytest

from emu.testing.selection import all_abis, select

pytest_plugins = ("pytester",)
PROGRAMS = Path("samples/programs").absolute()


@pytest.fixture
def session(pytester, monkeypatch):
    """Runs a test file with the plugin and no other."""
    monkeypatch.setenv("PYTEST_DISABLE_PLUGIN_AUTOLOAD", "1")

    def run(source, *options):
        pytester.makepyfile(test_it=f"PROGRAMS = {str(PROGRAMS)!r}\n{source}")
        return pytester.runpytest_inprocess(
            "-p", "emu.testing.plugin", "--strict-markers", *options
        )

    return run


def test_programs_of_chosen_abis_are_run(session):
    ended = session("""
import pytest
@pytest.mark.abis("all", "!x86-64", "!x32", "!i386", "!arm-*", "!arm64")
def test_hello(abi, run):
    way = "ecall" if "riscv" in abi else "syscall"
    ended = run(f"{PROGRAMS}/{abi}/hello-{way}")
    assert ended.status == 0 and ended.errors == b""
    assert ended.text == f"hello from {abi} by {way}\\n"
    assert [call.name for call in ended.calls] == ["write", "exit"]
    assert ended.abi == abi and abi.tables.name == abi.base
""")
    ended.assert_outcomes(passed=8)


def test_without_a_mark_the_abi_is_x86_64(session):
    session("""
def test_it(abi, machine):
    assert abi == "x86-64"
    assert machine.syscall("getpid") > 1
""").assert_outcomes(passed=1)


def test_each_test_has_a_fresh_machine_of_the_kind_it_asks_for(session):
    session("""
import emu, pytest
def test_writes(machine):
    machine.write_file("/here", b"x")
def test_does_not_see_it(machine):
    with pytest.raises(emu.errno.ENOENT):
        machine.syscall("open", "/here", 0, 0)
    assert machine.config.deterministic
@pytest.mark.machine(seed=7, deterministic=False)
class TestOther:
    def test_settings(self, machine):
        assert (machine.config.seed, machine.config.deterministic) == (7, False)
    @pytest.mark.machine(seed=8)
    def test_the_nearer_mark_wins(self, machine):
        assert (machine.config.seed, machine.config.deterministic) == (8, False)
""").assert_outcomes(passed=4)


def test_a_program_may_be_bytes_or_a_name_in_the_root(session):
    session("""
from pathlib import Path
def test_it(run):
    image = Path(PROGRAMS, "arm64/hello-svc").read_bytes()
    assert run(image).text == "hello from arm64 by svc\\n"
    run.machine.write_file("/bin/hello", image, 0o755)
    assert run("hello").text == "hello from arm64 by svc\\n"
    assert run.machine.config.layers == ()
""").assert_outcomes(passed=1)


def test_faults_are_injected(session):
    session("""
import pytest
@pytest.mark.abis("arm64", "mips-o32")
def test_second_write_fails(abi, run, inject):
    way = "svc" if abi == "arm64" else "syscall"
    inject("write:error=EIO:when=2")
    inject("exit:delay_enter=1ms")
    ended = run(f"{PROGRAMS}/{abi}/errors-{way}")
    assert [call.error for call in ended.called("write")][:3] == ["", "EIO", ""]
    assert "(INJECTED)" in ended.strace
def test_without_an_effect_it_is_enosys(machine, inject):
    import emu
    inject("getpid")
    with pytest.raises(emu.errno.ENOSYS):
        machine.syscall("getpid")
""").assert_outcomes(passed=3)


GOLDEN = """
def test_hello(run, golden_trace):
    golden_trace("hello", run(f"{PROGRAMS}/x86-64/hello-syscall"))
"""


def test_golden_traces(session, pytester):
    missing = session(GOLDEN)
    missing.assert_outcomes(failed=1)
    missing.stdout.fnmatch_lines(["*hello.strace: --emu-update writes it*"])
    session(GOLDEN, "--emu-update").assert_outcomes(passed=1)
    session(GOLDEN).assert_outcomes(passed=1)
    golden = pytester.path / "golden" / "hello.strace"
    golden.write_text(golden.read_text().replace("exit(0)", "exit(1)"))
    other = session(GOLDEN)
    other.assert_outcomes(failed=1)
    other.stdout.fnmatch_lines(["*-exit(1) *= ?", "*+exit(0) *= ?"])


def test_programs_that_do_not_end_alike_are_told_apart(session):
    ended = session("""
from emu.testing import assert_same_on_all_abis
def test_same():
    loops = PROGRAMS + "/{abi}/loop-syscall"
    runs = assert_same_on_all_abis(loops, "3", aspects=["status", "called"])
    assert set(runs) >= {"x86-64", "mips-o32", "mips-o32el"}
def test_different():
    programs = {a: f"{PROGRAMS}/{a}/hello-ecall" for a in ("riscv32", "riscv64")}
    assert_same_on_all_abis(programs)
""")
    ended.assert_outcomes(passed=1, failed=1)
    ended.stdout.fnmatch_lines([
        "*1 of 2 ABIs end as riscv32 does*",
        "*--- output of riscv32*",
        "*-hello from riscv32 by ecall*",
        "*+hello from riscv64 by ecall*",
    ])  # fmt: skip


def test_oracles_are_compared_with_or_the_test_is_skipped_with_a_reason(session):
    ended = session(
        """
import pytest
from emu.testing import assert_same
@pytest.mark.emu_native
@pytest.mark.abis("x86-64", "mips-o32")
def test_native(abi, run, run_natively):
    program = f"{PROGRAMS}/{abi}/hello-syscall"
    assert_same(run_natively(program), run(program))
@pytest.mark.emu_qemu_user
@pytest.mark.abis("x32")
def test_qemu(abi):
    raise AssertionError("there is no qemu for x32")
def test_a_run_skips_too(run_under_qemu):
    run_under_qemu(f"{PROGRAMS}/x32/hello-syscall")
""",
        "-rs",
    )
    ended.assert_outcomes(passed=1, skipped=3)
    ended.stdout.fnmatch_lines(["*this machine's kernel does not run mips-o32*"])
    ended.stdout.fnmatch_lines(["*there is no qemu-user for x32*"])


def test_a_mark_that_names_no_abi_is_an_error(session):
    ended = session("""
import pytest
@pytest.mark.abis("vax")
def test_it(abi): pass
""")
    assert ended.ret != 0
    ended.stdout.fnmatch_lines(["*no ABI is called vax*"])


def test_a_projects_own_fixtures_and_marks_are_left_alone(session, pytester):
    pytester.makeini("[pytest]\nmarkers =\n    abis: of the project\n")
    session("""
import pytest
@pytest.fixture
def abi(): return 42
@pytest.fixture
def run(): return "mine"
@pytest.mark.abis("not ours")
def test_it(abi, run): assert (abi, run) == (42, "mine")
""").assert_outcomes(passed=1)


def test_a_session_that_does_not_use_it_imports_nothing_of_emu():
    code = (
        "import sys, pytest; before = set(sys.modules); import emu.testing.plugin;"
        "print(sorted(set(sys.modules) - before))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "['emu', 'emu.testing', 'emu.testing.plugin']\n"


def test_the_project_names_the_plugin():
    assert (
        '[project.entry-points.pytest11]\nemu = "emu.testing.plugin"'
        in Path("pyproject.toml").read_text()
    )


def test_abis_are_selected_in_their_order():
    assert select(["all"]) == list(all_abis())
    assert select(["mips-o*", "arm64"]) == ["arm64", "mips-o32", "mips-o32el"]
    assert "arm-oabi" not in select(["!arm-oabi"]) and len(select(["!arm-oabi"])) > 10
    with pytest.raises(ValueError, match="no ABI"):
        select(["pdp11"])
    assert [name.tables.big_endian for name in select(["mips-n64*"])] == [True, False]
