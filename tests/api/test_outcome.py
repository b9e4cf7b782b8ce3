"""emu.run: a program to its end, and what came of it."""

import subprocess
import sys
from pathlib import Path

import pytest

import emu
from emu.machine import ProgramNotFound
from emu.outcome import TookTooLong
from tests.support.assembled import assembled

HELLO = "samples/programs/arm64/hello-svc"


def test_a_program_of_the_host_gives_its_output_and_status():
    ended = emu.run(HELLO)
    assert (ended.abi, ended.status, ended.text) == ("arm64", 0, "hello from arm64 by svc\n")
    assert (ended.errors, ended.strace, ended.calls) == (b"", "", [])


def test_the_bytes_of_a_program_run_on_one_machine_again_and_again():
    machine = emu.Machine()
    for name in (HELLO, "samples/programs/mips-n64el/hello-syscall", HELLO):
        ended = emu.run(Path(name).read_bytes(), machine=machine)
        assert ended.text.startswith(f"hello from {ended.abi}")


def test_a_trace_tells_each_call():
    ended = emu.run("samples/programs/x86-64/errors-int80", trace=True)
    assert [call.error for call in ended.called("close")] == ["EBADF"]
    assert {(call.abi, call.way) for call in ended.calls} == {("i386", "int80")}
    assert ended.calls[-1].name == "exit" and ended.calls[-1].result is None
    assert ended.strace.splitlines()[0].startswith("close(-1) ")
    assert ended.strace.endswith("+++ exited with 0 +++\n")


def test_a_program_that_is_not_there():
    with pytest.raises(ProgramNotFound):
        emu.run("/none")


def test_a_signal_that_kills_is_told(tmp_path):
    ended = emu.run(assembled("x86-64", "mov al, [0]", tmp_path / "faults"))
    assert (ended.status, ended.signal) == (-11, "SIGSEGV")


def test_much_output_does_not_block(tmp_path):
    loop = "mov ebx, 4000; again: mov eax, 1; mov edi, 1; mov rsi, rsp; mov edx, 100; syscall"
    end = "; dec ebx; jnz again; mov eax, 60; xor edi, edi; syscall"
    ended = emu.run(assembled("x86-64", loop + end, tmp_path / "writes"))
    assert (ended.status, len(ended.output)) == (0, 400_000)


def test_a_program_that_does_not_end_is_killed():
    with pytest.raises(TookTooLong):
        emu.run("samples/programs/x86-64/loop-syscall", "100000000", timeout_s=0.1)


def test_importing_emu_imports_nothing_of_it():
    code = "import sys, emu; print(sorted(m for m in sys.modules if m.startswith('emu.')))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "[]\n"


def test_every_public_name_is_there_and_no_other():
    assert all(hasattr(emu, name) for name in emu.__all__)
    with pytest.raises(AttributeError, match="no attribute 'Nothing'"):
        emu.Nothing  # noqa: B018
