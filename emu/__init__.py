"""A Linux system call ABI laboratory: see docs/python-api.md.

The names of the Python API are imported when they are first used.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from emu.arch.abi import Abi as Abi
    from emu.arch.abi import abi_names as abi_names
    from emu.caller.caller import Caller as Caller
    from emu.caller.caller import CallerEnded as CallerEnded
    from emu.caller.caller import UnknownCall as UnknownCall
    from emu.kernel import errno as errno
    from emu.kernel.sched import Deadlock as Deadlock
    from emu.machine import Bind as Bind
    from emu.machine import Config as Config
    from emu.machine import Machine as Machine
    from emu.machine import ModuleFile as ModuleFile
    from emu.machine import ProgramNotFound as ProgramNotFound
    from emu.outcome import Outcome as Outcome
    from emu.outcome import TookTooLong as TookTooLong
    from emu.outcome import run as run

_PLACES = {
    "Abi": "emu.arch.abi",
    "abi_names": "emu.arch.abi",
    "Caller": "emu.caller.caller",
    "CallerEnded": "emu.caller.caller",
    "UnknownCall": "emu.caller.caller",
    "Deadlock": "emu.kernel.sched",
    "Bind": "emu.machine",
    "Config": "emu.machine",
    "Machine": "emu.machine",
    "ModuleFile": "emu.machine",
    "ProgramNotFound": "emu.machine",
    "Outcome": "emu.outcome",
    "TookTooLong": "emu.outcome",
    "run": "emu.outcome",
}
__all__ = [*_PLACES, "errno"]


def __getattr__(name: str) -> Any:
    import importlib

    if name == "errno":
        return importlib.import_module("emu.kernel.errno")
    if name not in _PLACES:
        raise AttributeError(f"module 'emu' has no attribute {name!r}")
    return getattr(importlib.import_module(_PLACES[name]), name)
