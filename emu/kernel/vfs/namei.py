"""The path walk: from a name to a place. See fs/namei.c and path_resolution(7)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

from emu.kernel.errno import ELOOP, ENAMETOOLONG, ENOENT, ENOTDIR, EXDEV
from emu.kernel.uapi.fcntl import (
    AT_FDCWD,
    RESOLVE_BENEATH,
    RESOLVE_IN_ROOT,
    RESOLVE_NO_MAGICLINKS,
    RESOLVE_NO_SYMLINKS,
    RESOLVE_NO_XDEV,
)
from emu.kernel.uapi.fs import NAME_MAX
from emu.kernel.uapi.mount import MS_NOSYMFOLLOW
from emu.kernel.uapi.stat import S_IFDIR, S_IFLNK, S_IFMT, S_IXUGO
from emu.kernel.vfs.mount import touch_atime, traverse_mounts
from emu.kernel.vfs.path import VfsPath, path_above
from emu.kernel.vfs.permission import MAY_EXEC, inode_permission

if TYPE_CHECKING:
    from emu.kernel.cred import Credentials
    from emu.kernel.vfs.fdtable import FileTable
    from emu.kernel.vfs.fs_context import FsContext
    from emu.kernel.vfs.inode import Inode

LOOKUP_FOLLOW = 1
"""Follow a symbolic link that is the last component."""

LOOKUP_DIRECTORY = 2
"""ENOTDIR unless it is a directory."""

LOOKUP_EMPTY = 4
"""The empty name is the starting point itself."""

MAXSYMLINKS = 40

_SCOPED = RESOLVE_BENEATH | RESOLVE_IN_ROOT
_SEARCHABLE = S_IFDIR | S_IXUGO
_DOTS = (b".", b"..", b"")


class Walker(Protocol):
    """Who walks: a task, or the kernel itself."""

    @property
    def cred(self) -> Credentials:
        """Whose permissions count."""

    @property
    def fs(self) -> FsContext:
        """Where names start."""

    @property
    def files(self) -> FileTable:
        """What descriptors mean."""


def path_lookup(
    task: Walker, dfd: int, name: bytes, flags: int = LOOKUP_FOLLOW, resolve: int = 0
) -> VfsPath:
    """The place that *name* means, seen from the directory *dfd*.

    ENOENT, ENOTDIR, EACCES, ELOOP, ENAMETOOLONG; EBADF for *dfd*; EXDEV where `resolve`
    (RESOLVE_BENEATH ...) forbids the way.
    """
    if not name:
        if not flags & LOOKUP_EMPTY:
            raise ENOENT("empty name")
        path = task.fs.cwd if dfd == AT_FDCWD else task.files.raw(dfd).path
        if flags & LOOKUP_DIRECTORY and not path.inode.is_dir:
            raise ENOTDIR
        return path
    if not resolve and (dfd == AT_FDCWD or name[:1] == b"/"):
        found = _cached(task, name)
        if found is not None and not flags & LOOKUP_DIRECTORY:
            return found
    return Walk(task, dfd, name, resolve).to_end(flags)


def _cached(task: Walker, name: bytes) -> VfsPath | None:
    """The place of a name if every step is in the dentry cache, and nothing asks for more.

    Whatever is not a plain step down into a directory that all may search (a link, `..`, something
    missing, a slash at the end) is left to the whole walk, which answers the same or an error.
    """
    start = task.fs.root if name[:1] == b"/" else task.fs.cwd
    mount, dentry = start.mount, start.dentry
    for part in name.lstrip(b"/").split(b"/"):
        parent = dentry.inode
        child = dentry.children.get(part)
        if (
            child is None
            or parent is None
            or parent.mode & _SEARCHABLE != _SEARCHABLE
            or child.volatile
        ):
            return None
        while child.mounted:
            above = mount.children.get(child)
            if above is None:
                break
            above.expiry_mark = False
            mount, child = above, above.root
        dentry = child
        inode = child.inode
        if inode is None or inode.mode & S_IFMT == S_IFLNK:
            return None
    return VfsPath(mount, dentry)


class Last:
    """A directory and the name in it that a call is about: ``.``, ``..`` or empty for the root.

    `is_special` says that there is no real name to make or remove.
    """

    __slots__ = ("is_special", "name", "parent", "slash")

    def __init__(self, parent: VfsPath, name: bytes, slash: bool) -> None:
        self.parent = parent
        self.name = name
        self.slash = slash
        self.is_special = name in _DOTS


class Walk:
    """One walk. It lives on from a parent to a symbolic link's target, for the count of links."""

    __slots__ = ("_cred", "_links", "_mount", "_path", "_resolve", "_root", "_slash", "_todo")

    def __init__(self, task: Walker, dfd: int, name: bytes, resolve: int = 0) -> None:
        if not name:
            raise ENOENT("empty name")
        self._cred = task.cred
        self._resolve = resolve
        self._links = 0
        self._slash = False
        absolute = name[:1] == b"/"
        if absolute and not resolve & _SCOPED:
            self._path = self._root = task.fs.root
        else:
            self._root = task.fs.root
            self._path = start_of(task, dfd)
            if resolve & _SCOPED:
                if absolute and resolve & RESOLVE_BENEATH:
                    raise EXDEV("an absolute name leaves the directory")
                self._root = self._path
        self._mount = self._path.mount
        self._set(name)

    def to_end(self, flags: int) -> VfsPath:
        """Walk to the end, which must exist."""
        follow = flags & LOOKUP_FOLLOW
        # A step down the tree makes no object: a path is mount and dentry until somebody needs it.
        mount, dentry = self._path.mount, self._path.dentry
        todo = self._todo
        while todo:
            name = todo.pop()
            parent = dentry.inode
            assert parent is not None
            mode = parent.mode
            if mode & S_IFMT != S_IFDIR:
                raise ENOTDIR
            if mode & S_IXUGO != S_IXUGO:
                inode_permission(self._cred, parent, MAY_EXEC)
            if name == b"." or name == b"..":
                if name == b"..":
                    path = self._up(VfsPath(mount, dentry))
                    mount, dentry = path.mount, path.dentry
                continue
            if len(name) > NAME_MAX:
                raise ENAMETOOLONG
            child = dentry.children.get(name)
            if child is None or child.volatile:
                child = dentry.lookup(name)
            if child.mounted:
                path = self._cross(VfsPath(mount, child))
                mount, child = path.mount, path.dentry
            inode = child.inode
            if inode is None:
                raise ENOENT
            dentry = child
            if inode.mode & S_IFMT == S_IFLNK and (todo or follow or self._slash):
                path = self._follow(VfsPath(mount, child), inode, bool(todo))
                mount, dentry = path.mount, path.dentry
        path = VfsPath(mount, dentry)
        if (self._slash or flags & LOOKUP_DIRECTORY) and not path.inode.is_dir:
            raise ENOTDIR
        return path

    def to_parent(self) -> Last:
        """Walk to the directory of the last component."""
        todo = self._todo
        if not todo:
            return Last(self._path, b"", True)
        name = todo[0]
        del todo[0]
        slash, self._slash = self._slash, False
        self._path = self.to_end(LOOKUP_FOLLOW)
        parent = self._path.inode
        if not parent.is_dir:
            raise ENOTDIR
        inode_permission(self._cred, parent, MAY_EXEC)
        if len(name) > NAME_MAX:
            raise ENAMETOOLONG
        return Last(self._path, name, slash)

    def follow_last(self, parent: VfsPath, link: VfsPath) -> Last | VfsPath:
        """Go on from a parent through a link in it, to the parent of what it names.

        A magic link answers the place itself.
        """
        self._slash = False
        path = self._follow(link, link.inode, False, parent)
        if not isinstance(link.inode.get_link(), bytes):
            return path
        self._path = path
        return self.to_parent()

    def step(self, parent: VfsPath, name: bytes) -> VfsPath:
        """The place of a name in a directory, which may be negative."""
        return self._down(parent, name)

    def _set(self, name: bytes) -> None:
        self._todo = [part for part in name.split(b"/")[::-1] if part]
        self._slash = name[-1:] == b"/"

    def _down(self, path: VfsPath, name: bytes) -> VfsPath:
        dentry = path.dentry.children.get(name)
        if dentry is None or dentry.volatile:
            dentry = path.dentry.lookup(name)
        below = VfsPath(path.mount, dentry)
        return self._cross(below) if dentry.mounted else below

    def _cross(self, path: VfsPath) -> VfsPath:
        """The root of what is mounted at a place, if that is so in this tree."""
        below = traverse_mounts(path)
        self._check_mount(below)
        return below

    def _up(self, path: VfsPath) -> VfsPath:
        resolve = self._resolve
        if resolve & RESOLVE_BENEATH and path == self._root:
            raise EXDEV(".. leaves the directory")
        above = traverse_mounts(path_above(path, self._root))
        self._check_mount(above)
        return above

    def _follow(
        self, path: VfsPath, inode: Inode, more: bool, parent: VfsPath | None = None
    ) -> VfsPath:
        """Where the walk goes on after a symbolic link; its components are put on the list."""
        self._links += 1
        if self._links > MAXSYMLINKS:
            raise ELOOP("too many symbolic links")
        resolve = self._resolve
        if resolve & RESOLVE_NO_SYMLINKS or path.mount.flags & MS_NOSYMFOLLOW:
            raise ELOOP("symbolic links are not allowed here")
        touch_atime(path.mount, path.inode)
        target = inode.get_link()
        if isinstance(target, VfsPath):
            if resolve & RESOLVE_NO_MAGICLINKS:
                raise ELOOP("magic links are not allowed here")
            if resolve & _SCOPED:
                raise EXDEV("a magic link may lead anywhere")
            self._check_mount(target)
            return target
        if not target:
            raise ENOENT("empty symbolic link")
        if not more:
            self._slash = self._slash or target[-1:] == b"/"
        parts = [part for part in target.split(b"/") if part]
        parts.reverse()
        self._todo += parts
        if target[:1] == b"/":
            if resolve & RESOLVE_BENEATH:
                raise EXDEV("an absolute link leaves the directory")
            self._check_mount(self._root)
            return self._root
        return parent or VfsPath(path.mount, path.dentry.parent)

    def _check_mount(self, path: VfsPath) -> None:
        if self._resolve & RESOLVE_NO_XDEV and path.mount is not self._mount:
            raise EXDEV("another mount")


def start_of(task: Walker, dfd: int) -> VfsPath:
    """The directory a relative name starts from. EBADF, ENOTDIR."""
    if dfd == AT_FDCWD:
        return task.fs.cwd
    path = task.files.raw(dfd).path
    if not path.inode.is_dir:
        raise ENOTDIR("the descriptor is no directory")
    return path
