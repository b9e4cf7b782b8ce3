"""strace's -e expressions."""

import io
import json

import pytest

from emu.trace.classes import of_class
from emu.trace.filter import BadExpression, Filter
from emu.trace.jsonl import JsonLines
from tests.unit.trace.tracing import Traced


class Named:
    def __init__(self, name):
        self.name = name


def shown(expression, *names):
    chosen = Filter([expression])
    return [name for name in names if chosen.wants(Named(name))]


def test_names_are_chosen_or_left_out():
    assert shown("trace=open,close", "open", "read", "close") == ["open", "close"]
    assert shown("!open,close", "open", "read", "close") == ["read"]
    assert shown("all", "open") == ["open"]
    assert shown("none", "open") == []
    assert shown("t=?no_such_call,read", "read", "open") == ["read"]


def test_regular_expressions_match_anywhere():
    assert shown("/^f?stat", "stat", "fstat64", "lstat") == ["stat", "fstat64"]


@pytest.mark.parametrize(
    ("group", "members", "strangers"),
    [
        ("file", ["open", "openat", "execve", "mount", "readlink", "statfs64", "newfstatat"],
         ["read", "mmap", "getpid", "memfd_create", "sethostname", "prctl"]),
        ("desc", ["read", "close", "openat", "mmap", "pipe2", "fcntl64", "poll", "_llseek"],
         ["unlink", "getpid", "munmap", "kill", "sendto"]),
        ("process", ["clone", "exit_group", "wait4", "execve"], ["getpid", "open"]),
        ("memory", ["brk", "mmap2", "munmap"], ["open"]),
        ("signal", ["rt_sigaction", "kill"], ["open"]),
        ("network", ["socket", "sendto"], ["read"]),
        ("net", ["socket"], ["read"]),
        ("%stat", ["stat", "fstat64", "lstat", "statx"], ["statfs"]),
        ("creds", ["getuid32", "setresgid", "capget"], ["getpid"]),
    ],
)  # fmt: skip
def test_classes_are_known_by_what_calls_take(group, members, strangers):
    assert [name for name in members if not of_class(name, group)] == []
    assert [name for name in strangers if of_class(name, group)] == []


def test_classes_can_be_asked_for():
    assert shown("%file", "open", "read") == ["open"]
    assert shown("trace=%desc,getpid", "unlink", "read", "getpid") == ["read", "getpid"]


@pytest.mark.parametrize("expression", ["trace=%nonsense", "status=fine", "colour=red", "/("])
def test_nonsense_is_refused(expression):
    with pytest.raises(BadExpression):
        Filter([expression])


def test_only_failed_calls():
    traced = Traced(expressions=["status=failed"])
    assert traced.trace("sys_getuid") == ""
    assert traced.trace("sys_clock_gettime", 77, 0) == (
        "clock_gettime(0x4d /* CLOCK_??? */, NULL) = -1 EINVAL (Invalid argument)\n"
    )


def test_calls_left_out_leave_no_trace_but_the_end_does():
    traced = Traced(expressions=["trace=getpid"])
    assert traced.trace("sys_getuid") == ""
    assert traced.trace("sys_exit_group", 0) == "+++ exited with 0 +++\n"


def test_json_lines_hold_raw_words_and_reasons():
    traced = Traced()
    out = io.StringIO()
    traced.tracer = JsonLines(out)
    traced.trace("sys_clock_gettime", -1, 5)
    entered, left = (json.loads(line) for line in out.getvalue().splitlines())
    assert entered["event"] == "enter" and entered["arguments"] == [0xFFFFFFFF, 5]
    assert left["error"] == "EINVAL" and left["entry"] == "sys_clock_gettime"
