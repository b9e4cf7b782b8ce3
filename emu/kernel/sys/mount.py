"""The tree of mounts: mount(2), umount2(2), pivot_root(2)."""

from __future__ import annotations

from typing import Annotated

from emu.arch.cpu import PAGE_SIZE
from emu.kernel.args import FlagsArg, OptionalPath, Path, Pointer
from emu.kernel.errno import EFAULT
from emu.kernel.syscall import syscall
from emu.kernel.task import Task
from emu.kernel.uapi.mount import MOUNT_FLAGS, UMOUNT_FLAGS
from emu.kernel.vfs.namespace import do_mount
from emu.kernel.vfs.namespace import pivot_root as do_pivot_root
from emu.kernel.vfs.umount import do_umount

MountFlags = Annotated[int, FlagsArg(bits=0, family=MOUNT_FLAGS)]
UmountFlags = Annotated[int, FlagsArg(family=UMOUNT_FLAGS)]


@syscall("sys_mount")
def mount(
    task: Task,
    dev_name: OptionalPath,
    dir_name: Path,
    type: OptionalPath,
    flags: MountFlags,
    data: Pointer,
) -> int:
    """Mount, bind, move or remount a file system. See mount(2)."""
    do_mount(task, dev_name, dir_name, type, flags, _options(task, data))
    return 0


@syscall("sys_umount")
def umount(task: Task, name: Path, flags: UmountFlags) -> int:
    """Take a mount away. See umount2(2)."""
    do_umount(task, name, flags)
    return 0


@syscall("sys_oldumount")
def oldumount(task: Task, name: Path) -> int:
    """umount without flags. See umount(2)."""
    do_umount(task, name, 0)
    return 0


@syscall("sys_pivot_root")
def pivot_root(task: Task, new_root: Path, put_old: Path) -> int:
    """Exchange the root for another mount. See pivot_root(2)."""
    do_pivot_root(task, new_root, put_old)
    return 0


def _options(task: Task, address: int) -> bytes:
    """At most a page of text: see copy_mount_options."""
    if not address:
        return b""
    data = b""
    while len(data) < PAGE_SIZE and b"\0" not in data:
        # Page by page, because what lies behind the text may not be mapped.
        size = min(PAGE_SIZE - len(data), PAGE_SIZE - (address + len(data)) % PAGE_SIZE)
        try:
            data += task.mm.read(address + len(data), size)
        except EFAULT:
            if not data:
                raise
            break
    return data.partition(b"\0")[0]
