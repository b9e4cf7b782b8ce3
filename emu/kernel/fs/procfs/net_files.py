"""/proc/net and /proc/sys/net: the network's tables, counters and variables."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from emu.kernel.net.proc.table import (
    NET_FILES,
    NET_VARIABLES,
    show_net_file,
    show_net_variable,
    store_net_variable,
)

if TYPE_CHECKING:
    from emu.kernel.fs.procfs.inode import ProcDirectory


def add_net_files(root: ProcDirectory) -> None:
    """Put them into /proc."""
    kernel = root.sb.vfs.kernel
    files = root.add_directory(b"net")
    for name in NET_FILES:
        files.add_file(name, partial(show_net_file, kernel, name))
    variables = root.add_directory(b"sys").add_directory(b"net")
    for name in NET_VARIABLES:
        *folders, last = name.split(b"/")
        directory = variables
        for folder in folders:
            directory = directory.add_directory(folder)
        store = partial(store_net_variable, kernel, name)
        directory.add_file(last, partial(show_net_variable, kernel, name), store)
