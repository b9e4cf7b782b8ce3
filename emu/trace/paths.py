"""``-P PATH``: only the calls that are about certain files."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from emu.kernel.args import FdArg, PathArg
from emu.kernel.errno import KernelError
from emu.kernel.vfs.path import file_name

if TYPE_CHECKING:
    from emu.trace.format.call import Call

PATH_LIMIT = 4096


class PathFilter:
    """Calls that name one of the paths as given, or use a descriptor that is open on it."""

    def __init__(self, paths: Iterable[str]) -> None:
        self._paths = frozenset(path.encode() for path in paths)

    def wants(self, call: Call) -> bool:
        """Whether a call is about one of the paths."""
        if len(call.event.arguments) < len(call.parameters):
            return False
        return any(self._is_about(call, index) for index in range(len(call.parameters)))

    def _is_about(self, call: Call, index: int) -> bool:
        arg, value = call.parameters[index].arg, call.value(index)
        if isinstance(arg, PathArg):
            try:
                return call.mm.read_string(value, PATH_LIMIT) in self._paths
            except KernelError:
                return False
        if not isinstance(arg, FdArg):
            return False
        task = call.event.task
        file = task.files.get(value)
        return file is not None and file_name(file.path, task.fs.root) in self._paths
