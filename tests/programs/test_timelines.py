"""Timelines and folded stacks of a program that waits, forks and is signalled."""

import io
import json
import os
from collections import Counter
from itertools import pairwise
from pathlib import Path

import pytest

from emu.kernel.events import Tracers
from emu.machine import Config, Machine
from emu.trace.folded import FoldedStacks
from emu.trace.jsonl import JsonLines
from emu.trace.summary import Summary
from emu.trace.timeline import Timeline
from tests.support.toolchain import build_with_libc, or_skip

SOURCE = Path(__file__).parent / "strace" / "options.c"


@pytest.fixture(scope="module")
def written():
    """What each tracer wrote of one run."""
    program = str(or_skip(build_with_libc, SOURCE, "arm64"))
    outs = {kind: io.StringIO() for kind in (Timeline, FoldedStacks, JsonLines, Summary)}
    tracers = [
        kind(out, **({"follow": True} if kind is Summary else {})) for kind, out in outs.items()
    ]
    machine = Machine(Config())
    machine.watch(Tracers(tracers))
    with open(os.devnull, "r+b", buffering=0) as null:
        task = machine.spawn(program, [program], stdio=(null.fileno(),) * 3)
        machine.run()
    assert task.exit_status == 0
    for tracer in tracers:
        tracer.close()
    return {kind: out.getvalue() for kind, out in outs.items()}


def test_a_timeline_is_json_that_perfetto_reads(written):
    events = json.loads(written[Timeline])
    assert {event["ph"] for event in events} == {"M", "X", "i"}
    for event in events:
        assert {"name", "pid", "tid"} <= event.keys()
        if event["ph"] == "X":
            assert event["dur"] >= 0
            assert event["ts"] >= 0


def test_a_timeline_has_calls_waits_signals_and_turns(written):
    events = json.loads(written[Timeline])
    kinds = Counter(event.get("cat") for event in events)
    assert kinds["sched"] >= 2
    calls = Counter(event["name"] for event in events if event.get("cat") == "syscall")
    assert calls["getuid"] == 4
    (wait,) = [e for e in events if e.get("cat") == "wait" and e["args"]["in"] == "wait4"]
    (call,) = [e for e in events if e["name"] == "wait4" and e["cat"] == "syscall"]
    assert call["ts"] <= wait["ts"]
    assert wait["ts"] + wait["dur"] == pytest.approx(call["ts"] + call["dur"])
    signals = {event["name"] for event in events if event.get("cat") == "signal"}
    assert signals == {"SIGUSR2"}
    names = {event["args"]["name"] for event in events if event["name"] == "thread_name"}
    assert any(name.endswith("(arm64)") for name in names)
    assert "arm64" in names, "a track for the CPU"


def test_slices_of_one_task_nest(written):
    events = [e for e in json.loads(written[Timeline]) if e["ph"] == "X" and e["pid"]]
    for task in {event["tid"] for event in events}:
        calls = sorted((e["ts"], e["ts"] + e["dur"]) for e in events
                       if e["tid"] == task and e["cat"] == "syscall")  # fmt: skip
        for (_, end), (start, _) in pairwise(calls):
            assert start >= end - 1e-6


def test_folded_stacks_add_up(written):
    stacks = dict(line.rsplit(" ", 1) for line in written[FoldedStacks].splitlines())
    assert all(int(time) > 0 for time in stacks.values())
    assert all(len(stack.split(";")) >= 3 for stack in stacks)
    assert any(stack.endswith(";user") for stack in stacks)


def test_json_lines_say_which_way_a_call_came(written):
    events = [json.loads(line) for line in written[JsonLines].splitlines()]
    assert {e["way"] for e in events if e["event"] == "enter"} == {"svc"}


def test_children_are_counted_with_follow(written):
    rows = {line.split()[-1]: line.split() for line in written[Summary].splitlines()}
    assert rows["getuid"][3] == "4"
    assert rows["close"][3] == "2"
