"""Reads a file of models and makes what is in it."""

from __future__ import annotations

import os
import tomllib
from typing import TYPE_CHECKING, Any

from emu.device_models.behaviour import BadModel, Store, command, reader, writer
from emu.device_models.files import ModelFile
from emu.device_models.place import place_device, place_file

if TYPE_CHECKING:
    from emu.kernel.kernel import Kernel

KEYS = {"path", "mode", "read", "write", "ioctl", "number"}


def load_models(kernel: Kernel, path: str) -> None:
    """Make all files and devices that a TOML file names. `BadModel`."""
    try:
        with open(path, "rb") as file:
            content = tomllib.load(file)
    except (OSError, tomllib.TOMLDecodeError) as error:
        raise BadModel(f"{path}: {error}") from None
    if set(content) - {"file", "device"}:
        strange = ", ".join(sorted(set(content) - {"file", "device"}))
        raise BadModel(f"{path}: there are [[file]] and [[device]], not {strange}")
    folder = os.path.dirname(os.path.abspath(path))
    for spec in content.get("file", ()):
        make(kernel, spec, folder, is_device=False)
    for spec in content.get("device", ()):
        make(kernel, spec, folder, is_device=True)


def make(kernel: Kernel, spec: dict[str, Any], folder: str, *, is_device: bool) -> None:
    """Make one file or device."""
    path = spec.get("path")
    if not isinstance(path, str) or not path.startswith("/"):
        raise BadModel(f"a model needs an absolute path, not {path!r}")
    if set(spec) - KEYS:
        raise BadModel(f"{path}: unknown {', '.join(sorted(set(spec) - KEYS))}")
    store = Store(b"")
    read = reader(spec["read"], path, store, folder) if "read" in spec else None
    write = writer(spec["write"], path, store) if "write" in spec else None
    commands = [command(row, path) for row in spec.get("ioctl", ())]
    operations = ModelFile(read, write, commands)
    mode = mode_of(spec, path, default=(0o444 if read else 0) | (0o222 if write else 0) or 0o666)
    if is_device:
        place_device(kernel, path, mode, number_of(spec, path), operations)
    else:
        place_file(kernel, path, mode, operations)


def mode_of(spec: dict[str, Any], path: str, default: int) -> int:
    """The permissions: an octal text."""
    text = spec.get("mode")
    if text is None:
        return default
    try:
        return int(str(text), 8) & 0o7777
    except ValueError:
        raise BadModel(f"{path}: {text!r} is no mode such as '0644'") from None


def number_of(spec: dict[str, Any], path: str) -> tuple[int, int] | None:
    """The device number, ``[major, minor]``; None for a free one."""
    number = spec.get("number")
    if number is None:
        return None
    match number:
        case [int(major), int(minor)] if major > 0 and minor >= 0:
            return major, minor
    raise BadModel(f"{path}: a number is [major, minor], not {number!r}")
