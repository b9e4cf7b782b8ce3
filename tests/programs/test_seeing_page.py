"""docs/seeing.md says what the commands really print."""

import re
import shlex
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs" / "seeing.md").read_text()
BLOCKS = re.findall(r"```console\n(.*?)```", PAGE, re.DOTALL)
EXAMPLES = [
    (command, expected)
    for block in BLOCKS
    for command, expected in re.findall(r"^\$ (.*)\n((?:(?!\$ ).*\n)*)", block, re.MULTILINE)
]
ALIKE = (
    (re.compile(r"<\d\.\d{6}>"), "<TIME>"),
    (re.compile(r"0x(7fff)?ffffe[0-9a-f]{3}\b"), "STACK"),
    (re.compile(r"0xffff[0-9a-f]{8}"), "STACK"),
    (re.compile(r"\.py:\d+"), ".py:LINE"),
    (re.compile(r" +$", re.MULTILINE), ""),
)


def alike(text):
    for pattern, name in ALIKE:
        text = pattern.sub(name, text)
    return text


def pattern_of(expected):
    """What is expected as a regular expression, ``...`` for any lines."""
    parts = [
        re.escape(part) for part in re.split(r"^\.\.\.\n", alike(expected), flags=re.MULTILINE)
    ]
    return r"(?:.*\n)*?".join(parts)


@pytest.mark.parametrize(("command", "expected"), EXAMPLES, ids=[c for c, _ in EXAMPLES])
def test_an_example_prints_what_the_page_says(command, expected):
    program, *arguments = shlex.split(command)
    assert program == "emu"
    run = subprocess.run(
        [sys.executable, "-m", "emu", *arguments], cwd=ROOT, stdin=subprocess.DEVNULL,
        capture_output=True, text=True, timeout=120, check=False,
    )  # fmt: skip
    printed = alike(run.stdout + run.stderr)
    assert re.fullmatch(pattern_of(expected), printed), printed


def test_the_python_example_runs():
    (code,) = re.findall(r"```python\n(.*?)```", PAGE, re.DOTALL)
    exec(compile(code, "docs/seeing.md", "exec"), {})
