"""Debian's own strace, inside the machine, over busybox of the same architecture.

Its words come by ptrace(2): what was called, with which arguments read out of the tracee's memory,
and with which result.
"""

import re
import shutil

import pytest

from tests.support.running import emu, natively
from tests.support.userland import Unavailable, root

ARCHITECTURES = ("amd64", "i386", "arm64", "armhf", "armel", "riscv64", "mipsel", "mips64el")
NATIVE = ("amd64", "i386")
NEWER_THAN_STRACE = {"syscall_0x102": "riscv_hwprobe"}
PIPELINE = ("sh", "-c", "echo hi | cat; exit 3")


@pytest.fixture(params=ARCHITECTURES)
def folder(request):
    return root_of(request.param)


def root_of(architecture):
    try:
        return str(root(architecture, ["busybox-static", "strace"]))
    except Unavailable as reason:
        pytest.skip(str(reason))


def strace(folder, *words):
    return emu("/usr/bin/strace", *words, options=("-L", folder))


def test_every_call_of_a_program_is_shown(folder):
    end = strace(folder, "/bin/busybox", "echo", "hi")
    lines = end.errors.splitlines()
    assert end.status == 0
    assert end.output == b"hi\n"
    assert re.match(
        r'execve\("/bin/busybox", \["/bin/busybox", "echo", "hi"\], 0x\w+ /\* \d+ vars \*/\) += 0$',
        lines[0],
    )
    assert any(re.match(r'write\(1, "hi\\n", 3\) += 3$', line) for line in lines)
    assert re.match(r"exit_group\(0\) += \?$", lines[-2])
    assert lines[-1] == "+++ exited with 0 +++"


def test_it_agrees_with_our_own_trace(folder):
    theirs = calls(strace(folder, "/bin/busybox", "echo", "hi").errors)
    ours = calls(emu("/bin/busybox", "echo", "hi", options=("-L", folder, "--strace")).errors)
    assert theirs[0] == ("execve", "0")
    assert theirs[1:] == ours


def test_the_processes_of_a_pipeline_are_followed(folder):
    end = strace(folder, "-f", "/bin/busybox", *PIPELINE)
    text = end.errors
    assert end.status == 3
    assert end.output == b"hi\n"
    assert text.count("attached") == 2
    assert text.count("--- SIGCHLD {si_signo=SIGCHLD, si_code=CLD_EXITED") == 2
    assert len(re.findall(r"\+\+\+ exited with 0 \+\+\+", text)) == 2
    assert text.splitlines()[-1] == "+++ exited with 3 +++"


@pytest.mark.parametrize("architecture", NATIVE)
def test_it_prints_what_it_prints_on_this_host(architecture):
    if not shutil.which("strace"):
        pytest.skip("strace is not installed")
    folder = root_of(architecture)
    busybox = f"{folder}/bin/busybox"
    here = natively("strace", busybox, "echo", "hi").errors
    there = strace(folder, "/bin/busybox", "echo", "hi").errors
    assert [plain(line) for line in there.splitlines() if not is_of_the_place(line)] == [
        plain(line) for line in here.splitlines() if not is_of_the_place(line)
    ]


def calls(trace):
    """The name and result of every call; the place of memory is the system's to choose."""
    found = re.findall(r"^(\w+)\(.*\) += (\?|-?\w+)", trace, re.MULTILINE)
    found = [(NEWER_THAN_STRACE.get(name, name), result) for name, result in found]
    chosen = [name for name, result in found if result.startswith("0x")] + ["set_tid_address"]
    return [(name, "" if name in chosen else result) for name, result in found]


def plain(line):
    """A line without what differs from run to run: addresses and process ids."""
    line = re.sub(r"0x[0-9a-f]+|\\x[0-9a-f]{2}", "0x", line)
    line = re.sub(r"base_addr=\S+,|\(entry_number=\d+\)", "", line)
    line = re.sub(r" +=", " =", line)
    return re.sub(r"(set_tid_address\(0x\) = )\d+", r"\1", re.sub(r"\d+ vars", "vars", line))


def is_of_the_place(line):
    """Whether a line tells of the machine rather than of the program."""
    return line.startswith(("execve(", "readlink(", "rseq(", "[ Process"))
