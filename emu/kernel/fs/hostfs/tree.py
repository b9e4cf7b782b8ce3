"""A host folder as a tree of nodes that nothing can lead out of.

Every step is one openat of one name with O_NOFOLLOW from its parent's descriptor: neither a
symbolic link nor ``..`` nor a change on the host in between takes part in it. Symbolic links are
resolved by the guest's own path walk. Only folders and regular files are ever opened, and never
the host's /proc, where the emulator itself could be read and written.
"""

from __future__ import annotations

import os
import stat
from collections import OrderedDict
from collections.abc import Iterator, Sequence
from contextlib import contextmanager

from emu.kernel.errno import EACCES, EIO, ENOENT, ENOTDIR
from emu.kernel.fs.host_errors import from_host
from emu.kernel.fs.layer import LayerInfo

OPEN_LIMIT = 96
"""How many host descriptors a tree keeps open for reuse."""

OPAQUE_MARKS = ("trusted.overlay.opaque", "user.overlay.opaque")
OPAQUE_VALUES = (b"y", b"x")

_FOLDER = os.O_PATH | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC
_FILE = os.O_NOFOLLOW | os.O_CLOEXEC | os.O_NONBLOCK | os.O_NOCTTY


class HostTree:
    """A folder or a single file of the host. `OSError` if it is not there."""

    def __init__(self, path: str, node_class: type[HostNode] | None = None) -> None:
        node_class = node_class or HostNode
        real = os.path.realpath(path)
        info = os.stat(real)
        self.proc_dev = _proc_dev()
        if info.st_dev == self.proc_dev:
            raise OSError(f"{path}: the host's /proc is this program itself, and no guest's")
        self._kept: OrderedDict[HostNode, int] = OrderedDict()
        if stat.S_ISDIR(info.st_mode):
            self._top = os.open(real, _FOLDER)
            self.root = node_class(self, None, b"", info)
            self.root.look()
        else:
            folder, name = os.path.split(os.fsencode(real))
            self._top = os.open(folder, _FOLDER)
            hidden = node_class(self, None, b"", os.stat(self._top))
            self.root = node_class(self, hidden, name, info)

    def __del__(self) -> None:
        for fd in [*getattr(self, "_kept", {}).values(), getattr(self, "_top", -1)]:
            if fd >= 0:
                os.close(fd)

    @property
    def top(self) -> int:
        """The descriptor that everything starts from."""
        return self._top

    def kept(self, node: HostNode) -> int | None:
        """The descriptor that is open for a node, if there is one."""
        fd = self._kept.get(node)
        if fd is not None:
            self._kept.move_to_end(node)
        return fd

    def keep(self, node: HostNode, fd: int) -> int:
        """Keep a descriptor for a node, and close the one longest unused."""
        self._kept[node] = fd
        if len(self._kept) > OPEN_LIMIT:
            os.close(self._kept.popitem(last=False)[1])
        return fd

    def forget(self, node: HostNode) -> None:
        """Close the descriptor of a node."""
        fd = self._kept.pop(node, None)
        if fd is not None:
            os.close(fd)


class HostNode:
    """One host file. `info` is what the last look at it told."""

    __slots__ = ("info", "name", "parent", "tree")

    def __init__(
        self, tree: HostTree, parent: HostNode | None, name: bytes, info: LayerInfo
    ) -> None:
        self.tree = tree
        self.parent = parent
        self.name = name
        self.info = info

    @property
    def key(self) -> tuple[int, int]:
        """What tells it from all other host files."""
        return self.info.st_dev, self.info.st_ino

    @property
    def is_folder(self) -> bool:
        """Whether it is a folder."""
        return stat.S_ISDIR(self.info.st_mode)

    @property
    def is_whiteout(self) -> bool:
        """Whether it marks, in a layer, that the name is gone: a character device 0:0."""
        return stat.S_ISCHR(self.info.st_mode) and self.info.st_rdev == 0

    def folder_fd(self) -> int:
        """A descriptor of this folder, for use at once."""
        if self.parent is None:
            return self.tree.top
        fd = self.tree.kept(self)
        if fd is None:
            fd = self.tree.keep(self, self._open(_FOLDER))
        return fd

    @property
    def is_opaque(self) -> bool:
        """Whether it hides, in a layer, the folders of its name below: a mark of overlayfs."""
        magic = f"/proc/self/fd/{self.folder_fd()}"
        return any(_has_mark(magic, name) for name in OPAQUE_MARKS)

    def contents(self) -> tuple[int, int]:
        """A descriptor to read this regular file, for use at once, and where in it it begins."""
        return self.file_fd(), 0

    def xattrs(self) -> dict[bytes, bytes]:
        """The host's are not the guest's."""
        return {}

    def file_fd(self) -> int:
        """A descriptor to read this regular file, for use at once."""
        fd = self.tree.kept(self)
        if fd is None:
            fd = self.tree.keep(self, self.open(os.O_RDONLY))
        return fd

    def open(self, access: int) -> int:
        """A new descriptor of this regular file, for the caller to close."""
        fd = self._open(access | _FILE)
        if not stat.S_ISREG(os.fstat(fd).st_mode):
            os.close(fd)
            raise EIO("it is no regular file any more")
        return fd

    def child(self, name: bytes) -> HostNode | None:
        """The node of a name in this folder."""
        check_name(name)
        try:
            info = os.stat(name, dir_fd=self.folder_fd(), follow_symlinks=False)
        except (FileNotFoundError, NotADirectoryError):
            return None
        except OSError as error:
            raise from_host(error) from None
        if info.st_dev == self.tree.proc_dev and info.st_dev != self.tree.root.info.st_dev:
            return self.host_proc()
        return type(self)(self.tree, self, name, info)

    def host_proc(self) -> HostNode | None:
        """The host's /proc, which leads to the emulator's own memory and descriptors. EACCES."""
        raise EACCES("the host's /proc")

    def look(self) -> LayerInfo:
        """Look at it again. ENOENT if it is gone."""
        if self.parent is None:
            self.info = os.fstat(self.tree.top)
            return self.info
        try:
            self.info = os.stat(self.name, dir_fd=self.parent.folder_fd(), follow_symlinks=False)
        except OSError as error:
            raise from_host(error) from None
        return self.info

    def entries(self) -> Sequence[tuple[bytes, int, int]]:
        """Name, inode number and type of all in this folder, sorted by name."""
        try:
            fd = os.open(".", os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC, dir_fd=self.folder_fd())
        except OSError as error:
            raise from_host(error) from None
        try:
            with os.scandir(fd) as found:
                lines = [(os.fsencode(e.name), e.inode(), _type_of(e)) for e in found]
        except OSError as error:
            raise from_host(error) from None
        finally:
            os.close(fd)
        lines.sort()
        return lines

    def readlink(self) -> bytes:
        """The text of a symbolic link."""
        assert self.parent is not None
        try:
            return os.readlink(self.name, dir_fd=self.parent.folder_fd())
        except OSError as error:
            raise from_host(error) from None

    def path_fd(self) -> int:
        """A new O_PATH descriptor of whatever it is, for the caller to close."""
        if self.parent is None:
            return os.dup(self.tree.top)
        return self._open(os.O_PATH | os.O_NOFOLLOW | os.O_CLOEXEC)

    @contextmanager
    def path(self) -> Iterator[str]:
        """A path to whatever it is, a symbolic link too, that nothing exchanges meanwhile.

        An error of the host inside is the guest's.
        """
        fd = self.path_fd()
        try:
            yield f"/proc/self/fd/{fd}"
        except OSError as error:
            raise from_host(error) from None
        finally:
            os.close(fd)

    def _open(self, flags: int) -> int:
        if self.parent is None:
            raise ENOTDIR
        try:
            return os.open(self.name, flags, dir_fd=self.parent.folder_fd())
        except OSError as error:
            raise from_host(error) from None


def _has_mark(path: str, name: str) -> bool:
    try:
        return os.getxattr(path, name) in OPAQUE_VALUES
    except OSError:
        return False


class FolderOfLayer(HostNode):
    """A node of a root's layer, in which the guest's own /proc has the place of the host's."""

    def host_proc(self) -> HostNode | None:
        """Nothing: the name is free."""
        return None


def _proc_dev() -> int | None:
    """The device number of the host's /proc, where it has one of its own."""
    try:
        return os.stat("/proc/self").st_dev
    except OSError:
        return None


def check_name(name: bytes) -> None:
    """ENOENT for anything that is not one plain name; the path walk never asks for such."""
    if b"/" in name or name in (b"", b".", b".."):
        raise ENOENT


def _type_of(entry: os.DirEntry[str]) -> int:
    # d_type as the host's readdir told it; only its absence costs a stat.
    if entry.is_symlink():
        return stat.S_IFLNK
    if entry.is_dir(follow_symlinks=False):
        return stat.S_IFDIR
    if entry.is_file(follow_symlinks=False):
        return stat.S_IFREG
    return stat.S_IFMT(entry.stat(follow_symlinks=False).st_mode)
