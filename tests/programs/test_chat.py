"""The sample chat: two processes of different instruction sets on one kernel talk over AF_UNIX."""

import os
from pathlib import Path

import pytest

from emu.machine import Bind, Config, Machine
from tests.support.toolchain import build, or_skip

CHAT = Path(__file__).parents[2] / "samples" / "chat" / "chat.c"
FLAGS = ["-O1", "-D_GNU_SOURCE", "-static", "-w"]
NAMES = {"arm64": "arm64", "mips-o32": "mips", "x86-64": "x86", "mips-n64el": "mipsel"}
KINDS = {
    "arm64": "64-bit, little-endian", "mips-o32": "32-bit, big-endian",
    "x86-64": "64-bit, little-endian", "mips-n64el": "64-bit, little-endian",
}  # fmt: skip


def chat(listener, caller):
    """What both print, sorted: which of two that run at once prints first is nobody's business."""
    binds = [
        Bind(str(or_skip(build, [CHAT], abi, FLAGS, [])), f"/{role}")
        for role, abi in (("listen", listener), ("call", caller))
    ]
    machine = Machine(Config(binds=binds))
    reader, writer = os.pipe()
    tasks = [
        machine.spawn(f"/{role}", [role, role, "/tmp/chat"], stdio=(writer,) * 3)
        for role in ("listen", "call")
    ]
    machine.run()
    os.close(writer)
    with os.fdopen(reader) as output:
        lines = sorted(output.read().splitlines())
    assert [task.exit_status for task in tasks] == [0, 0], lines
    return lines


@pytest.mark.parametrize(
    ("listener", "caller"), [("arm64", "mips-o32"), ("mips-o32", "arm64"), ("x86-64", "mips-n64el")]
)
def test_a_chat_across_instruction_sets(listener, caller):
    one, other = NAMES[listener], NAMES[caller]
    assert chat(listener, caller) == sorted(
        [
            f"{other} talks to user 0, another process",
            f"{one} hears {other} ({KINDS[caller]}): hello?",
            f"{one} talks to user 0, another process",
            f"{other} hears {one} ({KINDS[listener]}): hello, who is there?",
            f"{one} hears {other} ({KINDS[caller]}): here is a pipe, write to it",
            f"{other} reads 'written by {one}' from its pipe",
        ]
    )
