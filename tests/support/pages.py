"""Pages of the documentation, whose examples are run: what they print must be what the page says.

A ``console`` block holds commands, ``$ `` before each and ``> `` before its further lines, and what
they print. A line ``...`` stands for any lines. Python blocks are files to be written if their
first line is ``# NAME.py``.

    python -m tests.support.pages PAGE     runs a page, and fills in what is not there yet
"""

from __future__ import annotations

import os
import re
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path

from tests.support.userland import Unavailable, root

ROOT = Path(__file__).parents[2]
DOCS = ROOT / "docs"
BLOCK = re.compile(r"^```(console|python|c)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
EXAMPLE = re.compile(r"^\$ (.*\n(?:>(?: .*)?\n)*)((?:(?!\$ ).*\n)*)", re.MULTILINE)
ALIKE = (
    (re.compile(r"<\d\.\d{6}>"), "<TIME>"),
    (re.compile(r"0x(7fff)?ffffe[0-9a-f]{3}\b"), "STACK"),
    (re.compile(r"0xffff[0-9a-f]{8}"), "STACK"),
    (re.compile(r"\.py:\d+"), ".py:LINE"),
    (re.compile(r"in \d+(\.\d+)? s\b"), "in N s"),
    (re.compile(r" +$", re.MULTILINE), ""),
)
TIMEOUT_S = 120
PACKAGES = ["busybox-static", "base-files"]


@dataclass(frozen=True)
class Example:
    """A command of a page, and what it prints."""

    command: str
    expected: str


def examples(page: str) -> list[Example]:
    """The commands of a page's console blocks, in their order."""
    text = (DOCS / page).read_text()
    return [
        Example(re.sub(r"^> ?", "", command, flags=re.MULTILINE).rstrip("\n"), expected)
        for kind, block in BLOCK.findall(text)
        if kind == "console"
        for command, expected in EXAMPLE.findall(block)
    ]


def architectures(page: str) -> list[str]:
    """The root folders that a page uses: ``rootfs/ARCH``, or in a loop over ``$arch``."""
    text = "".join(example.command + "\n" for example in examples(page))
    looped = re.findall(r"for arch in ([\w ]+);", text)
    return sorted({*re.findall(r"rootfs/(\w+)", text), *" ".join(looped).split()})


class Session:
    """A folder in which a page's commands are run one after the other."""

    def __init__(self, page: str, folder: Path) -> None:
        """`Unavailable` if a root folder cannot be had."""
        self.folder = folder
        for name in ("samples", "tests"):
            (folder / name).symlink_to(ROOT / name)
        (folder / "rootfs").mkdir()
        for architecture in architectures(page):
            try:
                layer = root(architecture, PACKAGES)
            except Unavailable as why:
                raise Unavailable(f"no {architecture} root: {why}") from None
            (folder / "rootfs" / architecture).symlink_to(layer)
        for kind, block in BLOCK.findall((DOCS / page).read_text()):
            named = re.match(r"(?:# |/\* )(\S+\.(?:py|c))\b", block)
            if named and kind != "console":
                (folder / named[1]).write_text(block)

    def run(self, command: str) -> str:
        """What a command prints, errors last."""
        emu = f'emu() {{ {sys.executable} -m emu "$@"; }}\n'
        emu += f'python() {{ {sys.executable} "$@"; }}\n'
        done = subprocess.run(
            ["bash", "-c", emu + command], cwd=self.folder, stdin=subprocess.DEVNULL,
            capture_output=True, text=True, errors="replace", timeout=TIMEOUT_S, check=False,
            env={**os.environ, "PYTHONPATH": str(ROOT), "COLUMNS": "80"},
        )  # fmt: skip
        return done.stdout + done.stderr


def alike(text: str) -> str:
    """A text without what differs from run to run."""
    for pattern, name in ALIKE:
        text = pattern.sub(name, text)
    return text


def pattern_of(expected: str) -> str:
    """What is expected as a regular expression, ``...`` for any lines."""
    parts = [
        re.escape(part) for part in re.split(r"^\.\.\.\n", alike(expected), flags=re.MULTILINE)
    ]
    return r"(?:.*\n)*?".join(parts)


def is_as_expected(example: Example, printed: str) -> bool:
    """Whether a command printed what the page says."""
    return re.fullmatch(pattern_of(example.expected), alike(printed)) is not None


def fill_in(page: str) -> None:
    """Run a page, and write what commands print into blocks that say nothing of it."""
    path = DOCS / page
    with tempfile.TemporaryDirectory() as folder:
        session = Session(page, Path(folder))

        def block(found: re.Match[str]) -> str:
            if found[1] != "console":
                return found[0]
            return f"```console\n{EXAMPLE.sub(example, found[2])}```"

        def example(found: re.Match[str]) -> str:
            printed = session.run(re.sub(r"^> ?", "", found[1], flags=re.MULTILINE))
            return found[0] if found[2] else f"$ {found[1]}{printed}"

        path.write_text(BLOCK.sub(block, path.read_text()))


if __name__ == "__main__":
    for page_name in sys.argv[1:]:
        fill_in(Path(page_name).name)
