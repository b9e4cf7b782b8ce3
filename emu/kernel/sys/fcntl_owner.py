"""Who gets a file's signals: F_SETOWN_EX and F_GETOWN_EX."""

from __future__ import annotations

import struct

from emu.kernel.errno import EINVAL
from emu.kernel.signal.sigio import OWNER_KINDS, make_owner
from emu.kernel.task import Task
from emu.kernel.vfs.file import File


def set_owner_ex(task: Task, file: File, address: int) -> None:
    """A thread, process or group, by a struct f_owner_ex. EFAULT, EINVAL, ESRCH."""
    kind, pid = struct.unpack(f"{task.abi.isa.byte_order}ii", task.mm.read(address, 8))
    constants = task.abi.constants
    name = next((name for name in OWNER_KINDS if constants[name] == kind), None)
    if name is None:
        raise EINVAL("no such kind of owner")
    make_owner(task, file, name, pid)


def get_owner_ex(task: Task, file: File, address: int) -> None:
    """Fill a struct f_owner_ex. EFAULT."""
    owner = file.owner
    kind, pid = ("F_OWNER_TID", 0) if owner is None else (owner.kind, owner.pid)
    task.mm.write(
        address, struct.pack(f"{task.abi.isa.byte_order}ii", task.abi.constants[kind], pid)
    )
