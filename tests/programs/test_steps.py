"""Traps one by one: what is recorded of them, on every ABI, and how it is shown."""

import json
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from emu.arch.entry import paths_of
from emu.machine import Config, Machine
from emu.trace.filter import Filter
from emu.trace.step_page import page, plain, result_registers
from emu.trace.traps import TrapRecorder
from tests.support.assembled import assembled

ROOT = Path(__file__).parents[2]
SAMPLES = ROOT / "samples" / "programs"
PROGRAMS = sorted(
    str(path.relative_to(SAMPLES))
    for path in SAMPLES.glob("*/*-*")
    if not path.suffix and not path.name.startswith("loop")
)


def traps_of(program, *arguments, filtered=None, count=True):
    """The traps of a program, and its exit status."""
    machine = Machine(Config(count_instructions=count))
    traps = []
    machine.watch(TrapRecorder(traps.append, filtered))
    with open(os.devnull, "r+b", buffering=0) as null:
        task = machine.spawn(str(program), [str(program), *arguments], stdio=(null.fileno(),) * 3)
        machine.run()
    return traps, task.exit_status


@pytest.mark.parametrize("name", PROGRAMS)
def test_every_trap_goes_a_known_way_and_changes_only_what_it_may(name):
    traps, status = traps_of(SAMPLES / name)
    assert status == 0
    assert len(traps) >= 2
    assert [trap.index for trap in traps] == list(range(1, len(traps) + 1))
    for trap in traps:
        assert trap.path in paths_of(trap.isa)
        assert trap.unexpected(result_registers(trap)) == []
        here = [each.text.split()[0] for each in trap.code if each.address == trap.pc]
        assert here in (["int"], ["syscall"], ["sysenter"], ["svc"], ["ecall"]), trap.code
        assert trap.instructions > 1
    assert traps[-1].name == "exit"


@pytest.mark.parametrize("name", PROGRAMS)
def test_pages_fit_into_80_columns(name):
    traps, _ = traps_of(SAMPLES / name)
    for trap in traps:
        text = plain(page(trap, sources=True))
        assert [line for line in text.splitlines() if len(line) > 80] == []
        assert trap.result.split(" (")[0] in " ".join(text.split())
        assert trap.path.table in text


def test_syscall_changes_rcx_and_r11_and_the_interrupt_does_not():
    """Both overwritten by the instruction itself, which is seen as well."""
    fast, _ = traps_of(SAMPLES / "x86-64/hello-syscall")
    slow, _ = traps_of(SAMPLES / "x86-64/hello-int80")
    assert set(fast[0].changed) == {"rax", "rcx", "r11"}
    assert fast[0].changed["rcx"][1] == fast[0].pc + 2
    assert set(slow[0].changed) == {"rax"}


def test_what_an_interrupt_cuts_off_a_64_bit_pointer_is_told(tmp_path):
    text = (
        "sub rsp, 64; mov eax, 4; mov edi, 5; mov ebx, 1; mov rcx, rsp; mov edx, 3; int 0x80; "
        "mov eax, 60; mov edi, 0; syscall"
    )
    (written, _), _ = traps_of(assembled("x86-64", text, tmp_path / "program"))
    pointer = next(argument for argument in written.arguments if argument.name == "buf")
    assert pointer.lost == pointer.word & ~0xFFFFFFFF != 0
    assert written.error == "EFAULT"
    shown = " ".join(plain(page(written)).split())
    assert f"the upper bits {pointer.lost:#x} are cut off" in shown
    assert "int 0x80 passes 32 bits" in shown


def test_bits_above_a_c_type_are_told_as_such(tmp_path):
    text = "mov rdi, 0x100000001; mov eax, 3; syscall; mov eax, 60; mov edi, 0; syscall"
    (closed, _), _ = traps_of(assembled("x86-64", text, tmp_path / "program"))
    assert closed.call == "close(1)"
    assert "its C type has no more" in plain(page(closed))


def test_filters_choose_traps():
    traps, _ = traps_of(SAMPLES / "arm64/errors-svc", filtered=Filter(["write"]))
    assert {trap.name for trap in traps} == {"write"}


def test_without_counting_there_are_no_counts():
    traps, _ = traps_of(SAMPLES / "arm64/hello-svc", count=False)
    assert [trap.instructions for trap in traps] == [0, 0]


def command(*arguments, stdin=""):
    run = subprocess.run(
        [sys.executable, "-m", "emu", "steps", *arguments], cwd=ROOT, input=stdin,
        capture_output=True, text=True, timeout=60, check=False,
    )  # fmt: skip
    assert run.returncode == 0, run.stderr
    return run.stdout


def test_the_command_shows_the_steps_of_each_way_once():
    shown = command("samples/programs/x86-64/errors-int80")
    assert shown.count("IDT[0x80] -> the entry code") == 1
    assert shown.count("as in trap 1") >= 5
    assert "\x1b" not in shown, "no colour when piped"
    assert "handler  emu/kernel/sys/" in shown


def test_json_has_one_object_for_each_trap(tmp_path):
    out = tmp_path / "out"
    command("--json", "-o", str(out), "--count", "2", "samples/programs/mips-n64/errors-syscall")
    closed, _ = [json.loads(line) for line in out.read_text().splitlines()]
    assert closed["name"] == "close"
    assert closed["changed"]["a3"] == [0, 1]
    assert closed["path"]["indirections"][0].startswith("exception_handlers[8]")


def test_the_walk_goes_forwards_and_back():
    shown = command("--interactive", "samples/programs/x86-64/hello-syscall", stdin="n\np\n2\nq\n")
    places = re.findall(r"── trap (\d+)", shown)
    assert places == ["1", "2", "1", "2"]
