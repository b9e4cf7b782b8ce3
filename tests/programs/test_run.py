"""``emu run``: options, exit status, and one clear line for what cannot be run."""

import signal
from pathlib import Path

import pytest

from tests.fuzz.elf import static_elf
from tests.support.running import ROOT, emu

PROGRAMS = ROOT / "samples" / "programs"
HELLO = PROGRAMS / "arm64" / "hello-svc"


@pytest.fixture
def program(tmp_path):
    """Makes an executable file of these bytes."""

    def make(data, mode=0o755):
        path = tmp_path / "program"
        path.write_bytes(data)
        path.chmod(mode)
        return str(path)

    return make


def fails(end, status, *words):
    assert end.status == status
    assert end.output == b""
    assert "Traceback" not in end.errors
    line = end.errors.strip()
    assert len(line.splitlines()) == 1
    assert all(word in line for word in words), line


def test_a_file_that_is_no_program_cannot_be_run(program):
    fails(emu(program(b"hello\n")), 126, "Exec format error")


@pytest.mark.parametrize("size", [4, 16, 52, 63, 100])
def test_a_truncated_program_cannot_be_run(program, size):
    fails(emu(program(HELLO.read_bytes()[:size])), 126, "Exec format error")


def test_an_unsupported_machine_is_named(program):
    data = bytearray(HELLO.read_bytes())
    data[18:20] = (2).to_bytes(2, "little")
    fails(emu(program(bytes(data))), 126, "machine 2 is not supported")


def test_a_wrong_class_is_refused(program):
    data = bytearray(HELLO.read_bytes())
    data[4] = 1
    fails(emu(program(bytes(data))), 126, "Exec format error")


def test_a_file_without_execute_permission_is_refused(program):
    fails(emu(program(HELLO.read_bytes(), 0o644)), 126, "Permission denied")


def test_a_missing_program_is_not_found():
    fails(emu("/no/such/program"), 127, "/no/such/program", "not found")


def test_a_missing_script_interpreter_is_named(program):
    fails(emu(program(b"#!/no/such/interpreter\n")), 127, "/no/such/interpreter")


@pytest.mark.parametrize(
    "options",
    [("-L", "/no/such/root"), ("--cpu", "no-such-model"), ("--strace", "-e", "bad=x")],
    ids=["layer", "cpu", "expression"],
)
def test_a_bad_option_is_told_in_one_line(options):
    fails(emu(str(HELLO), options=options), 2)


def test_a_missing_working_directory_is_named():
    fails(emu(str(HELLO), options=("--cwd", "/no/such/place")), 127, "/no/such/place")


def test_death_by_signal_is_passed_on(program):
    # mov eax, [0]
    crash = program(static_elf("x86-64", bytes.fromhex("8b042500000000")))
    assert emu(crash).status == -signal.SIGSEGV


def test_an_exit_status_is_passed_on(program):
    # mov edi, 7; mov eax, 60; syscall
    leave = program(static_elf("x86-64", bytes.fromhex("bf07000000b83c0000000f05")))
    assert emu(leave).status == 7


def test_a_trace_has_straces_form():
    end = emu(str(PROGRAMS / "x86-64" / "errors-syscall"), options=("--strace",))
    lines = end.errors.splitlines()
    assert lines[0] == "close(-1)                               = -1 EBADF (Bad file descriptor)"
    assert lines[-1] == "+++ exited with 0 +++"


def test_a_trace_can_be_limited_and_written_to_a_file(tmp_path):
    trace = tmp_path / "trace"
    options = ("--strace", "-o", str(trace), "-e", "trace=close")
    end = emu(str(PROGRAMS / "x86-64" / "errors-syscall"), options=options)
    assert end.errors == ""
    assert [line.partition("(")[0] for line in Path(trace).read_text().splitlines()][:-1] == [
        "close"
    ]


def test_strict_ends_at_a_call_without_a_handler(program):
    # mov eax, 185 (security); syscall
    unimplemented = program(static_elf("x86-64", bytes.fromhex("b8b90000000f05")))
    fails(emu(unimplemented, options=("--strict",)), 126, "--strict", "not implemented")


def test_a_bad_bind_says_what_it_should_be(tmp_path):
    program = PROGRAMS / "x86-64" / "hello-syscall"
    end = emu(str(program), options=("--bind", f"{tmp_path}:/x:rx"))
    assert end.status == 2
    assert "HOST:GUEST:rw" in end.errors
