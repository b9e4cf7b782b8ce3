"""What an overlay does to the directories that it is made of, as the kernel itself."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from emu.kernel.cred import Credentials
from emu.kernel.errno import ENODATA, EOPNOTSUPP, EPERM
from emu.kernel.uapi.fcntl import O_LARGEFILE, O_RDONLY, O_WRONLY
from emu.kernel.uapi.stat import S_IFBLK, S_IFCHR, S_IFMT
from emu.kernel.vfs.file import FMODE_WRITE, File
from emu.kernel.vfs.path import VfsPath
from emu.kernel.vfs.read_write import kernel_read, kernel_write

if TYPE_CHECKING:
    from emu.kernel.vfs.dentry import Dentry
    from emu.kernel.vfs.inode import Inode

ROOT = Credentials()
CHUNK = 1 << 20


def inode_of(dentry: Dentry) -> Inode:
    """The inode of a dentry that has one."""
    assert dentry.inode is not None
    return dentry.inode


def is_whiteout(inode: Inode) -> bool:
    """Whether it marks that a name of the layers below is gone: a character device 0:0."""
    return inode.mode & S_IFMT == S_IFCHR and not inode.rdev


def make(parent: Dentry, name: bytes, how: Callable[[Inode], Inode]) -> Dentry:
    """A new name in a directory, in place of a whiteout if there is one."""
    dentry = parent.lookup(name)
    if dentry.inode is not None:
        remove(dentry)
        dentry = parent.lookup(name)
    dentry.instantiate(how(inode_of(parent)))
    return dentry


def make_whiteout(parent: Dentry, name: bytes) -> None:
    """Mark a name as gone."""
    make(parent, name, lambda directory: directory.mknod(name, S_IFCHR, 0, ROOT))


def remove(dentry: Dentry) -> None:
    """Take a name away; an empty directory too."""
    inode, parent = inode_of(dentry), inode_of(dentry.parent)
    if inode.is_dir:
        parent.rmdir(dentry.name, inode)
    else:
        parent.unlink(dentry.name, inode)
    dentry.drop()


def rename(dentry: Dentry, parent: Dentry, name: bytes) -> None:
    """Move a name, in place of what has the new one."""
    target = parent.lookup(name)
    moved = inode_of(dentry)
    inode_of(dentry.parent).rename(dentry.name, moved, inode_of(parent), name, target.inode)
    dentry.move(parent, name)


def exchange(first: Dentry, second: Dentry) -> None:
    """Exchange two names."""
    one, two = inode_of(first), inode_of(second)
    inode_of(first.parent).rename(first.name, one, inode_of(second.parent), second.name, two, True)
    first.exchange(second)


def has_xattr(inode: Inode, name: bytes, values: tuple[bytes, ...]) -> bool:
    """Whether an attribute has one of some values."""
    try:
        return inode.getxattr(name) in values
    except (ENODATA, EOPNOTSUPP, EPERM):
        return False


def open_file(path: VfsPath, flags: int, cred: Credentials = ROOT) -> File:
    """An open file of a regular file."""
    file = File(path, flags, cred)
    if file.mode & FMODE_WRITE:
        file.begin_writing()
    opening = file.f_op.open(path.inode, file)
    assert opening is None, "a regular file that sleeps"
    return file


def copy_contents(source: VfsPath, target: VfsPath) -> None:
    """Copy a regular file's contents, zeroes as holes."""
    reader = open_file(source, O_RDONLY | O_LARGEFILE)
    writer = open_file(target, O_WRONLY | O_LARGEFILE)
    try:
        pos = 0
        while data := kernel_read(reader, CHUNK, pos):
            if data.count(0) != len(data):
                done = 0
                while done < len(data):
                    done += kernel_write(writer, data[done:], pos + done)
            pos += len(data)
        if target.inode.size != pos:
            target.inode.truncate(pos)
    finally:
        writer.put()
        reader.put()


def copy_node(source: Inode, parent: Dentry, name: bytes) -> Dentry:
    """A file of the same type, without contents."""
    mode, rdev = source.mode, source.rdev

    def how(directory: Inode) -> Inode:
        if source.is_dir:
            return directory.mkdir(name, mode, ROOT)
        if source.is_symlink:
            return directory.symlink(name, source.readlink(), ROOT)
        if source.is_regular:
            return directory.create(name, mode, ROOT)
        device = rdev if mode & S_IFMT in (S_IFCHR, S_IFBLK) else 0
        return directory.mknod(name, mode, device, ROOT)

    return make(parent, name, how)
