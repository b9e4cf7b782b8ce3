"""Mounts in the making: what fsopen(2) and fspick(2) give descriptors for. See fs/fsopen.c."""

from __future__ import annotations

from collections import deque
from enum import Enum, auto
from typing import TYPE_CHECKING

from emu.kernel.errno import EBUSY, EINVAL, EMSGSIZE, ENODATA, KernelError
from emu.kernel.fs.anon_inode import AnonFile, anon_inode_file
from emu.kernel.uapi.fcntl import O_RDWR
from emu.kernel.uapi.mount import MS_DIRSYNC, MS_LAZYTIME, MS_RDONLY, MS_SYNCHRONOUS
from emu.kernel.vfs.file import File
from emu.kernel.vfs.mnt_namespace import MountNamespace
from emu.kernel.vfs.namespace import check_writable, set_super_flags
from emu.kernel.vfs.umount import umount_tree

if TYPE_CHECKING:
    from emu.kernel.cred import Credentials
    from emu.kernel.task import Task
    from emu.kernel.uaccess import Buffer
    from emu.kernel.vfs.file_operations import Result
    from emu.kernel.vfs.mount import Mount
    from emu.kernel.vfs.super_block import SuperBlock
    from emu.kernel.vfs.vfs import FileSystemType, Vfs

LOG_LINES = 8
FLAGS_SET = {
    b"ro": MS_RDONLY, b"sync": MS_SYNCHRONOUS, b"dirsync": MS_DIRSYNC, b"lazytime": MS_LAZYTIME,
}  # fmt: skip
FLAGS_CLEARED = {b"rw": MS_RDONLY, b"async": MS_SYNCHRONOUS, b"nolazytime": MS_LAZYTIME}


class Phase(Enum):
    """How far the making has come."""

    CREATE_PARAMETERS = auto()
    AWAITING_MOUNT = auto()
    RECONFIGURE_PARAMETERS = auto()
    FAILED = auto()


class MountContext:
    """Options that are collected, then the file system, and what went wrong meanwhile."""

    def __init__(self, vfs: Vfs, file_system: FileSystemType, sb: SuperBlock | None = None) -> None:
        self.vfs = vfs
        self.file_system = file_system
        self.sb = sb
        self.source: bytes | None = None
        self.mount: Mount | None = None
        """What was picked to be changed."""
        self.flags = 0
        self.log: deque[bytes] = deque(maxlen=LOG_LINES)
        self._options: list[bytes] = []
        self.phase = Phase.CREATE_PARAMETERS if sb is None else Phase.RECONFIGURE_PARAMETERS
        if sb is not None:
            self.flags = sb.flags | (MS_RDONLY if sb.read_only else 0)

    def set(self, key: bytes, value: bytes | None) -> None:
        """One option. EINVAL for what the type does not take, EBUSY when it is too late."""
        if self.phase not in (Phase.CREATE_PARAMETERS, Phase.RECONFIGURE_PARAMETERS):
            raise EBUSY("no time for options")
        if value is None and key in FLAGS_SET:
            self.flags |= FLAGS_SET[key]
        elif value is None and key in FLAGS_CLEARED:
            self.flags &= ~FLAGS_CLEARED[key]
        elif key == b"source":
            self._set_source(value)
        else:
            self._set_option(key, value)

    def _set_source(self, value: bytes | None) -> None:
        if value is None:
            raise self._fails(b"VFS: Non-string source")
        if self.source is not None:
            raise self._fails(b"VFS: Multiple sources")
        self.source = value

    def _set_option(self, key: bytes, value: bytes | None) -> None:
        option = key if value is None else key + b"=" + value
        if b"," in option or not key:
            raise self._fails(b"%s: Comma in an option" % self.file_system.name)
        if self.file_system.check is not None:
            try:
                self.file_system.check(self.vfs, option)
            except EINVAL:
                raise self._fails(
                    b"%s: Unknown parameter or bad value '%s'" % (self.file_system.name, option)
                ) from None
        self._options.append(option)

    def create(self) -> None:
        """Make the file system."""
        if self.phase is not Phase.CREATE_PARAMETERS:
            raise EBUSY("it was made already")
        self.phase = Phase.FAILED
        self.sb = self.file_system.make(self.vfs, b",".join(self._options))
        set_super_flags(self.sb, self.flags)
        self._clean(Phase.AWAITING_MOUNT)

    def reconfigure(self) -> None:
        """Change the file system that was picked."""
        if self.phase is not Phase.RECONFIGURE_PARAMETERS or self.sb is None:
            raise EBUSY("nothing to change")
        if self.mount is not None:
            check_writable(self.mount, self.flags)
            if self.flags & MS_RDONLY and not self.sb.read_only and self.mount.writers:
                raise EBUSY("a file is open for writing")
        try:
            self.sb.reconfigure(b",".join(self._options))
        except KernelError:
            self.phase = Phase.FAILED
            raise
        set_super_flags(self.sb, self.flags)
        self._clean(Phase.RECONFIGURE_PARAMETERS)

    def mounted(self) -> None:
        """The file system was put into a mount; from now on it can be changed."""
        self._clean(Phase.RECONFIGURE_PARAMETERS)

    def _clean(self, phase: Phase) -> None:
        self._options.clear()
        self.phase = phase

    def _fails(self, message: bytes) -> KernelError:
        self.log.append(b"e " + message + b"\n")
        return EINVAL(message.decode(errors="replace"))


class MountContextOperations(AnonFile):
    """Reading gives what went wrong, one message at a time."""

    def read(self, file: File, buffer: Buffer, pos: int) -> Result:
        """One message. ENODATA if there is none, EMSGSIZE if it does not fit."""
        log = context_of(file).log
        if not log:
            raise ENODATA
        if len(log[0]) > buffer.count:
            raise EMSGSIZE
        return buffer.copy_to(log.popleft())


CONTEXT = MountContextOperations()


def open_context(task: Task, context: MountContext) -> File:
    """An open file for a mount in the making."""
    return anon_inode_file(task, b"[fscontext]", CONTEXT, context, O_RDWR)


def context_of(file: File) -> MountContext:
    """What a descriptor is for. EINVAL if it is another kind of file."""
    if file.f_op is not CONTEXT:
        raise EINVAL("not of fsopen")
    context: MountContext = file.private_data
    return context


class DetachedMount(File):
    """The root of mounts that lie nowhere yet; unless somebody moves them they go with it."""

    __slots__ = ("_namespace",)

    def __init__(self, mount: Mount, flags: int, cred: Credentials) -> None:
        self._namespace = MountNamespace(mount, anonymous=True)
        super().__init__(mount.root_path(), flags, cred)

    def put(self) -> None:
        """See `File.put`."""
        super().put()
        mount = self.path.mount
        if not self.count and mount.ns is self._namespace:
            umount_tree(mount)
