"""Files in memory: memfd_create(2). Their seals are fcntl's."""

from __future__ import annotations

from typing import Annotated

from emu.kernel.args import FlagsArg
from emu.kernel.errno import EINVAL
from emu.kernel.fs.memfd import create_memfd
from emu.kernel.sys.file_kinds import Name
from emu.kernel.syscall import syscall
from emu.kernel.task import Task
from emu.kernel.uapi.stat import (
    F_SEAL_EXEC,
    F_SEAL_SEAL,
    MEMFD_FLAGS,
    MFD_ALLOW_SEALING,
    MFD_CLOEXEC,
    MFD_EXEC,
    MFD_NOEXEC_SEAL,
)
from emu.kernel.vfs.fdtable import fd_install

MemfdFlags = Annotated[int, FlagsArg(family=MEMFD_FLAGS)]

MEMFD_NAME_MAX = 249


@syscall("sys_memfd_create", missing="huge pages")
def memfd_create(task: Task, uname: Name, flags: MemfdFlags) -> int:
    """Make a file in memory; huge pages are EINVAL. See memfd_create(2)."""
    if flags & ~(MFD_CLOEXEC | MFD_ALLOW_SEALING | MFD_EXEC | MFD_NOEXEC_SEAL):
        raise EINVAL("unknown or unsupported flag")
    if flags & MFD_EXEC and flags & MFD_NOEXEC_SEAL:
        raise EINVAL("executable or not")
    if len(uname) > MEMFD_NAME_MAX:
        raise EINVAL("name too long")
    seals = F_SEAL_SEAL
    if flags & MFD_NOEXEC_SEAL:
        seals = F_SEAL_EXEC
    elif flags & MFD_ALLOW_SEALING:
        seals = 0
    file = create_memfd(task, uname, seals, executable=not flags & MFD_NOEXEC_SEAL)
    return fd_install(task, file, cloexec=bool(flags & MFD_CLOEXEC))
