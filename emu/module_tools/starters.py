"""What ``emu module new`` writes: a commented module of a kind, and its test."""

from __future__ import annotations

from importlib.resources import files

KINDS = ("proc", "sysfs", "debugfs", "configfs", "chardev", "netlink", "syscall")
NAME = "NAME"
"""What a template calls the module."""


def starter(name: str, kind: str) -> dict[str, str]:
    """Files by name, for one of the `KINDS`."""
    folder = files("emu.module_tools") / "templates"
    module = (folder / f"{kind}.txt").read_text(encoding="utf-8")
    test = (folder / f"{kind}_test.txt").read_text(encoding="utf-8")
    return {f"{name}.py": named(module, name), f"test_{name}.py": named(test, name)}


def named(text: str, name: str) -> str:
    """A template with the module's name, in capitals where a constant's is."""
    return (
        text.replace(f"_{NAME} ", f"_{name.upper()} ")
        .replace(f"_{NAME},", f"_{name.upper()},")
        .replace(NAME, name)
    )
