"""Modules, as a program asks for them: init_module(2), finit_module(2), delete_module(2)."""

from __future__ import annotations

from collections.abc import Awaitable
from typing import TYPE_CHECKING, Annotated

from emu.kernel.args import Fd, FlagFamily, FlagsArg, Int, Path, PathArg, Pointer, ULong
from emu.kernel.errno import EBADF, EFAULT, EINVAL, ENOEXEC, ENOMEM, EPERM
from emu.kernel.module.ko import modinfo
from emu.kernel.module.loader import ModuleLoader
from emu.kernel.syscall import syscall
from emu.kernel.task import Task
from emu.kernel.uapi.capability import CAP_SYS_MODULE
from emu.kernel.vfs.file import FMODE_READ
from emu.kernel.vfs.read_write import kernel_read

if TYPE_CHECKING:
    from emu.kernel.module.module import Module

MODULE_INIT_IGNORE_MODVERSIONS = 1
MODULE_INIT_IGNORE_VERMAGIC = 2
MODULE_INIT_COMPRESSED_FILE = 4
KNOWN_FLAGS = (
    MODULE_INIT_IGNORE_MODVERSIONS | MODULE_INIT_IGNORE_VERMAGIC | MODULE_INIT_COMPRESSED_FILE
)
LEAST_IMAGE = 64
MOST_IMAGE = 64 << 20
ARGUMENTS_MAX = 1 << 16

O_NONBLOCK = 0x800
O_TRUNC = 0x200
DELETE_FLAGS = FlagFamily("delete_module flags", (("O_NONBLOCK", O_NONBLOCK), ("O_TRUNC", O_TRUNC)))

Arguments = Annotated[bytes, PathArg(limit=ARGUMENTS_MAX)]
DeleteFlags = Annotated[int, FlagsArg(family=DELETE_FLAGS)]


@syscall("sys_init_module", missing="modules are Python; an ELF module is ENOEXEC")
def init_module(task: Task, umod: Pointer, len: ULong, uargs: Arguments) -> int | Awaitable[int]:
    """Load the offered module that an image names. See init_module(2)."""
    check_allowed(task)
    if len < LEAST_IMAGE:
        raise ENOEXEC("the image is too short")
    if len > MOST_IMAGE:
        raise ENOMEM("the image is too long")
    try:
        image = task.mm.read(umod, len)
    except EFAULT:
        raise EFAULT("the image cannot be read") from None
    return load_image(task, image, uargs)


@syscall("sys_finit_module", missing="modules are Python; an ELF module is ENOEXEC")
def finit_module(task: Task, fd: Fd, uargs: Arguments, flags: Int) -> int | Awaitable[int]:
    """Load the offered module that a file names. See finit_module(2)."""
    check_allowed(task)
    if flags & ~KNOWN_FLAGS:
        raise EINVAL("unknown flag")
    file = task.files[fd]
    if not file.mode & FMODE_READ:
        raise EBADF("not open for reading")
    if not file.inode.is_regular:
        raise EINVAL("not a regular file")
    if file.inode.size > MOST_IMAGE:
        raise ENOMEM("the image is too long")
    return load_image(task, kernel_read(file, file.inode.size), uargs)


@syscall("sys_delete_module")
def delete_module(task: Task, name_user: Path, flags: DeleteFlags) -> int | Awaitable[int]:
    """Unload a module. See delete_module(2)."""
    check_allowed(task)
    name = name_user.decode(errors="replace")
    return task.kernel.part(ModuleLoader).unload(name)


def check_allowed(task: Task) -> None:
    """EPERM without CAP_SYS_MODULE."""
    if not task.cred.capable(CAP_SYS_MODULE):
        raise EPERM("modules need CAP_SYS_MODULE")


def load_image(task: Task, image: bytes, arguments: bytes) -> int | Awaitable[int]:
    """Load what an image's .modinfo names. ENOEXEC if it names nothing."""
    fields = modinfo(image)
    if fields is None or not fields.get("name"):
        raise ENOEXEC("the image is no module")
    loader = task.kernel.part(ModuleLoader)
    loaded = loader.load(fields["name"], arguments.decode(errors="surrogateescape"))
    return _loaded(loaded) if isinstance(loaded, Awaitable) else 0


async def _loaded(loading: Awaitable[Module]) -> int:
    await loading
    return 0
