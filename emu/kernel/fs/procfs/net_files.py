"""/proc/net and /proc/sys/net: the network's tables, counters and variables.

What is in them is known when somebody first looks: a program without a network imports none of it.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial

from emu.kernel.fs.procfs.inode import ProcDirectory
from emu.kernel.vfs.inode import DirEntry, Inode


class _Later(ProcDirectory):
    """A directory that is filled at the first look."""

    __slots__ = ("_is_filled",)

    def _fill(self) -> None:
        raise NotImplementedError

    def _look(self) -> None:
        if not getattr(self, "_is_filled", False):
            self._is_filled = True
            self._fill()

    def lookup(self, name: bytes) -> Inode | None:
        """See `Inode.lookup`."""
        self._look()
        return super().lookup(name)

    def iterate(self) -> Sequence[DirEntry]:
        """See `Inode.iterate`."""
        self._look()
        return super().iterate()


class NetFiles(_Later):
    """/proc/net."""

    __slots__ = ()

    def _fill(self) -> None:
        from emu.kernel.net.proc.table import NET_FILES, show_net_file

        kernel = self.sb.vfs.kernel
        for name in NET_FILES:
            self.add_file(name, partial(show_net_file, kernel, name))


class NetVariables(_Later):
    """/proc/sys/net."""

    __slots__ = ()

    def _fill(self) -> None:
        from emu.kernel.net.proc.table import (
            NET_VARIABLES,
            show_net_variable,
            store_net_variable,
        )

        kernel = self.sb.vfs.kernel
        for name in NET_VARIABLES:
            *folders, last = name.split(b"/")
            directory: ProcDirectory = self
            for folder in folders:
                directory = directory.add_directory(folder)
            store = partial(store_net_variable, kernel, name)
            directory.add_file(last, partial(show_net_variable, kernel, name), store)


def add_net_files(root: ProcDirectory) -> None:
    """Put them into /proc."""
    root.add(b"net", NetFiles(root.sb))
    root.add_directory(b"sys").add(b"net", NetVariables(root.sb))
