"""Puts the files of models where the guest looks for them."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from emu.device_models.behaviour import BadModel
from emu.kernel.errno import KernelError
from emu.kernel.fs.devtmpfs import DevtmpfsSuperBlock
from emu.kernel.fs.kernfs import KernelDirectory, KernelFile
from emu.kernel.fs.setup import KernelWalker
from emu.kernel.vfs.dentry import Dentry
from emu.kernel.vfs.dev import MKDEV
from emu.kernel.vfs.mount import Mount
from emu.kernel.vfs.super_block import SuperBlock

if TYPE_CHECKING:
    from emu.kernel.kernel import Kernel
    from emu.kernel.vfs.file_operations import FileOperations
    from emu.kernel.vfs.path import VfsPath


class ModelFs(SuperBlock):
    """What the modelled files outside of the kernel's own trees are on."""

    fs_type = b"models"
    volatile = True


class Models:
    """The file system of one machine's models."""

    def __init__(self, kernel: Kernel) -> None:
        self.sb = ModelFs(kernel.root_mount.vfs)
        self.sb.set_root(KernelDirectory(self.sb))


def place_file(kernel: Kernel, path: str, mode: int, operations: FileOperations) -> None:
    """Show a file at an absolute path, made with all directories above it. `BadModel`."""
    name = path.encode()
    above, last = os.path.split(name)
    try:
        parent = directory_at(kernel, above)
        entries = getattr(parent.inode, "entries", None)
        if entries is not None:
            entries[last] = KernelFile(parent.inode.sb, mode, operations)
        else:
            cover(kernel, name, mode, operations)
    except KernelError as error:
        raise BadModel(f"{path}: {error.text()}") from None


def directory_at(kernel: Kernel, name: bytes) -> VfsPath:
    """A directory, made if it is not there, in the kernel's own trees too."""
    walker = KernelWalker(kernel.root_mount)
    try:
        return walker.lookup(name)
    except KernelError:
        above, last = os.path.split(name)
        parent = directory_at(kernel, above)
        entries = getattr(parent.inode, "entries", None)
        if entries is None:
            return walker.make_directory(name)
        entries[last] = KernelDirectory(parent.inode.sb, 0o555)
        return walker.lookup(name)


def cover(kernel: Kernel, name: bytes, mode: int, operations: FileOperations) -> None:
    """Mount a single file over a place of an ordinary file system."""
    sb = kernel.part(Models).sb
    place = KernelWalker(kernel.root_mount).make_file(name)
    inode = KernelFile(sb, mode, operations)
    Mount(sb, Dentry(None, name, inode, sb)).attach(place)


def place_device(
    kernel: Kernel, path: str, mode: int, number: tuple[int, int] | None, operations: FileOperations
) -> None:
    """Make a character device with its node. `BadModel`."""
    vfs = kernel.root_mount.vfs
    name = path.removeprefix("/dev/")
    if not isinstance(vfs.devtmpfs, DevtmpfsSuperBlock) or name == path or "/" in name:
        raise BadModel(f"{path}: devices are in /dev itself")
    major, minor = number or (0, 0)
    try:
        major = vfs.devices.register(major, minor, 1, name.encode(), operations)
    except KernelError as error:
        raise BadModel(f"{path}: {error}") from None
    rdev = MKDEV(major, minor)
    vfs.devtmpfs.add_node(name.encode(), rdev, mode)
