"""strace's options, one by one, beside Debian's strace on the host's kernel."""

import difflib
import re
import shutil
from pathlib import Path

import pytest

from tests.programs.test_strace_text import LEFT_OUT, comparable
from tests.support.assembled import assembled
from tests.support.strace_lines import here, natively, tasks
from tests.support.toolchain import build_with_libc, is_native, or_skip

SOURCE = Path(__file__).parent / "strace" / "options.c"
OPTIONS = [
    "", "-x", "-xx", "-y", "-yy -s 8", "-a 70",
    "-n -e trace=write,kill,umask -e signal=!SIGCHLD", "-s 4", "-z", "-Z",
    "-qq", "-P /dev/null", "-v -e trace=poll,rt_sigaction,wait4",
    "-e raw=getuid,umask,lseek,write", "-e verbose=none -e trace=writev,poll,rt_sigaction",
    "-e trace=%file", "-e trace=%desc", "-e trace=!write,read", "-e trace=/^w",
    "-e trace=%clock,%creds,%pure", "-e trace=write@64,lseek@32,umask", "-e trace=?nosuchcall,dup",
    "-e signal=none", "-e signal=!SIGCHLD", "-e status=unfinished", "-e status=!failed",
    "-e quiet=exit", "-e write=all", "-e read=3,4",
    "-e inject=getuid:error=EPERM:when=2", "-e inject=getuid:error=5:when=2..3",
    "-e inject=getuid:retval=42:when=2+2", "-e inject=getuid:signal=SIGUSR1:when=3",
    "-e inject=getuid:delay_enter=10:delay_exit=20:when=1",
    "-e inject=/get.id:error=ENOENT:signal=USR1:when=1", "-e fault=lseek",
]  # fmt: skip


@pytest.mark.skipif(not shutil.which("strace"), reason="strace is not installed")
@pytest.mark.parametrize("options", OPTIONS)
def test_an_option_does_what_it_does_to_debians_strace(options, tmp_path):
    check(options.split(), "x86-64", tmp_path)


@pytest.mark.skipif(not shutil.which("strace"), reason="strace is not installed")
def test_a_32_bit_program_is_traced_alike(tmp_path):
    if not is_native("i386"):
        pytest.skip("the host does not run i386")
    check(["-e", "trace=write@64,lseek@32,_llseek@32,umask"], "i386", tmp_path)


def check(options, abi, tmp_path):
    program = str(or_skip(build_with_libc, SOURCE, abi))
    native = tasks(natively(program, cwd=tmp_path, options=options), LEFT_OUT)
    ours = tasks(here(program, cwd=tmp_path, options=options), LEFT_OUT)
    assert len(native) == len(ours)
    for theirs, mine in zip(native, ours, strict=True):
        expected, children = comparable(theirs)
        got, my_children = comparable(mine)
        different = difflib.unified_diff(expected, got, "strace", "emu", lineterm="", n=0)
        assert [line[:200] for line in different] == []
        assert children == my_children


def of_lines(options, tmp_path, name="x86-64"):
    program = str(or_skip(build_with_libc, SOURCE, name))
    return here(program, cwd=tmp_path, options=options.split()).splitlines()


def test_durations_and_counters_have_their_places(tmp_path):
    lines = of_lines("-T -i -e trace=umask,exit_group", tmp_path)
    umask = next(line for line in lines if "umask" in line)
    assert re.fullmatch(r"20001 \[[0-9a-f]{16}\] umask\(022\) += 022 <0\.\d{6}>", umask)
    assert lines[-1].endswith("+++ exited with 0 +++")
    assert "[????????????????]" in lines[-1]


def test_a_table_of_counts_is_strace_s(tmp_path):
    lines = of_lines("-c -S calls -e trace=getuid,umask,openat", tmp_path)
    assert lines[0] == "% time     seconds  usecs/call     calls    errors syscall"
    assert lines[1] == "------ ----------- ----------- --------- --------- ----------------"
    rows = [line.split() for line in lines[2:-2]]
    assert [(row[-1], row[3]) for row in rows] == [("getuid", "4"), ("openat", "3"), ("umask", "1")]
    assert rows[1][4] == "1"
    assert lines[-1].split()[-1] == "total"


def test_each_task_can_have_a_file(tmp_path):
    of_lines("-ff -e trace=close,exit_group,wait4", tmp_path)
    first, second = sorted(tmp_path.glob("emu.strace.*"), key=lambda path: int(path.suffix[1:]))
    assert "wait4(-1, [{WIFEXITED" in first.read_text()
    assert first.read_text().endswith("+++ exited with 0 +++\n")
    assert second.read_text().splitlines()[0].startswith("close(3)")
    assert "wait4" not in second.read_text()


def test_the_stack_is_told_or_that_there_is_none(tmp_path):
    text = "\n".join(of_lines("-k -e trace=umask", tmp_path))
    assert re.search(r"umask\(022\).*\n > /\S+\(\w*umask\+0x[0-9a-f]+\) \[0x[0-9a-f]+\]\n > ", text)


def test_calls_inside_ipc_are_shown_by_their_own_names(tmp_path):
    found = set()
    for name in ("shm", "sem", "msg"):
        program = str(or_skip(build_with_libc, SOURCE.parents[1] / "ipc" / f"{name}.c", "i386"))
        text = here(program, cwd=tmp_path, options=["-e", "trace=/^(shm|sem|msg|ipc)"])
        found |= set(re.findall(r"^\d+ (\w+)\(", text, re.MULTILINE))
    assert found >= {"shmget", "shmat", "shmdt", "shmctl", "semget", "semctl", "msgget", "msgsnd",
                     "msgrcv", "msgctl"}  # fmt: skip
    assert "ipc" not in found
    assert re.search(r'msgrcv\(\d+, \{mtype=2, mtext="two', text)


def test_a_change_of_abi_is_told(tmp_path):
    text = "mov eax, 39; syscall; mov eax, 20; int 0x80; mov eax, 60; mov edi, 0; syscall"
    program = assembled("x86-64", text, tmp_path / "program")
    lines = here(program, cwd=tmp_path, options=["-q"]).splitlines()
    assert not any("mode" in line for line in lines)
    lines = [line.partition(" ")[2] for line in here(program, cwd=tmp_path).splitlines()]
    assert [" ".join(line.split()) for line in lines] == [
        "getpid() = 20001",
        "[ Process PID=20001 runs in 32 bit mode. ]",
        "getpid() = 20001",
        "[ Process PID=20001 runs in 64 bit mode. ]",
        "exit(0) = ?",
        "+++ exited with 0 +++",
    ]


@pytest.mark.skipif(not shutil.which("strace"), reason="strace is not installed")
def test_a_child_that_stops_is_told_alike(tmp_path):
    program = str(or_skip(build_with_libc, SOURCE.with_name("stops.c"), "x86-64"))
    options = ["-e", "trace=tgkill,exit_group"]
    theirs, ours = (
        next(lines for lines in tasks(run(program, cwd=tmp_path, options=options))
             if any("tgkill" in line for line in lines))
        for run in (natively, here)
    )  # fmt: skip
    assert "--- stopped by SIGSTOP ---" in ours
    assert ours == theirs
