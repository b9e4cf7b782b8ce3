"""What programs asked for and did not get: files of the kernel's, devices, commands, calls.

Each is told once, with how often, and with a stub to paste into a file of device models.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from emu.kernel.errno import (
    ENODEV,
    ENOENT,
    ENOSYS,
    ENOTTY,
    ENXIO,
    EOPNOTSUPP,
    KernelError,
)
from emu.kernel.events import SyscallEvent, Tracer
from emu.kernel.kernel import PROBED
from emu.kernel.vfs.path import d_path

if TYPE_CHECKING:
    from emu.kernel.task import Task

TREES = ("/proc/", "/sys/", "/dev/")
NAMES = {
    "open": 0, "openat": 1, "openat2": 1, "stat": 0, "lstat": 0, "newfstatat": 1, "fstatat64": 1,
    "statx": 1, "stat64": 0, "lstat64": 0, "access": 0, "faccessat": 1, "faccessat2": 1,
    "readlink": 0, "readlinkat": 1, "chdir": 0, "oldstat": 0,
}  # fmt: skip
"""Which argument of a call is a file's name."""

PATH_MAX = 4096
Key = tuple[str, str]


class Missing(Tracer):
    """Collects what is missing; `report` is the list for the machine's owner."""

    def __init__(self) -> None:
        self.files: dict[str, int] = {}
        self.commands: dict[tuple[str, int], int] = {}
        self.calls: dict[Key, int] = {}

    def leave(self, event: SyscallEvent) -> None:
        """Note a call that failed for want of something."""
        error = event.error
        if error is None:
            return
        if isinstance(error, ENOSYS) and event.syscall is None and event.name not in PROBED:
            key = (event.task.abi.name, event.name)
            self.calls[key] = self.calls.get(key, 0) + 1
        elif isinstance(error, ENOENT | ENXIO | ENODEV) and event.name in NAMES:
            self._file(event)
        elif isinstance(error, ENOTTY | EOPNOTSUPP) and event.name == "ioctl":
            self._command(event)

    def _file(self, event: SyscallEvent) -> None:
        place = NAMES[event.name]
        if place >= len(event.arguments):
            return
        try:
            raw = event.task.mm.read_string(event.arguments[place], PATH_MAX)
        except KernelError:
            return
        name = raw.decode(errors="replace")
        if name.startswith(TREES) and not any(part.isdecimal() for part in name.split("/")):
            self.files[name] = self.files.get(name, 0) + 1

    def _command(self, event: SyscallEvent) -> None:
        name = self._path(event.task, event.arguments[0])
        if name is not None:
            key = (name, event.arguments[1] & 0xFFFFFFFF)
            self.commands[key] = self.commands.get(key, 0) + 1

    def _path(self, task: Task, fd: int) -> str | None:
        try:
            file = task.files[fd]
        except KernelError:
            return None
        name = d_path(file.path, task.fs.root)[0].decode(errors="replace")
        return name if name.startswith("/dev/") else None

    def report(self) -> str:
        """All of it, with stubs; empty if nothing is missing."""
        parts: list[str] = []
        for name, count in self.files.items():
            in_dev = name.startswith("/dev/") and "/" not in name.removeprefix("/dev/")
            kind = "device" if in_dev else "file"
            parts.append(
                f"# {times(count)}: {name} is not there\n"
                f'[[{kind}]]\npath = "{name}"\nread = {{ const = "" }}\nwrite = "discard"\n'
            )
        for (name, command), count in self.commands.items():
            parts.append(
                f"# {times(count)}: {name} has no ioctl {command:#x} ({described(command)})\n"
                f'[[device]]\npath = "{name}"\nioctl = [{{ cmd = {command:#x}, result = 0 }}]\n'
            )
        for (abi, name), count in self.calls.items():
            parts.append(f"# {times(count)}: {abi} call {name} is not implemented\n")
        return "\n".join(parts)


def times(count: int) -> str:
    """How often, in words."""
    return "once" if count == 1 else f"{count} times"


def described(command: int) -> str:
    """The parts of a command as most ABIs pack them."""
    letter = chr(command >> 8 & 0xFF)
    kind = f"'{letter}'" if letter.isprintable() else f"{command >> 8 & 0xFF:#x}"
    return f"type {kind}, number {command & 0xFF}, {command >> 16 & 0x3FFF} bytes"
