"""Writes docs/modules-side-by-side.md: each lecture module in C, and its port to Python."""

from __future__ import annotations

from pathlib import Path

FOLDER = Path("samples/modules")
PAGE = "docs/modules-side-by-side.md"
ORDER = (
    "state_proc", "sequence", "my_state", "state_debugfs", "vnet", "knob", "hello", "mailbox",
    "clockwork", "clockface", "toybus", "square",
)  # fmt: skip
HEAD = """\
# Modules in C and in Python

Each module of [samples/modules](../samples/modules) beside the C module that it is a port of. The
names, the arguments and their order are the kernel's. What differs is what the language asks for:
what C passes by its address is an object (`value` is what is in it), a callback that sleeps is
`async`, a macro that needs a name gets it as a text. This page is written by
`python -m samples.side_by_side`.
"""


def pairs() -> list[tuple[Path, Path]]:
    """The Python and C files of each module."""
    return [(FOLDER / f"{name}.py", FOLDER / "c" / f"{name}.c") for name in ORDER]


def side_by_side() -> str:
    """The page."""
    parts = [HEAD]
    for python, c in pairs():
        parts.append(f"\n## {python.stem}\n\n```c\n{c.read_text()}```\n\n")
        parts.append(f"```python\n{python.read_text()}```\n")
    return "".join(parts)


if __name__ == "__main__":
    Path(PAGE).write_text(side_by_side())
