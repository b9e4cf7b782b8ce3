"""What ``emu module new`` writes: a commented module of a kind, and its test."""

from __future__ import annotations

from importlib.resources import files

KINDS = ("proc", "sysfs", "debugfs", "configfs", "chardev", "syscall")
NAME = "NAME"
"""What a template calls the module."""


def starter(name: str, kind: str) -> dict[str, str]:
    """Files by name. `NotImplementedError` for a kind that there is no template for."""
    if kind not in KINDS:
        raise NotImplementedError(f"modules cannot use {kind} yet; there are {', '.join(KINDS)}")
    folder = files("emu.module_tools") / "templates"
    module = (folder / f"{kind}.txt").read_text(encoding="utf-8")
    test = (folder / f"{kind}_test.txt").read_text(encoding="utf-8")
    return {f"{name}.py": module.replace(NAME, name), f"test_{name}.py": test.replace(NAME, name)}
