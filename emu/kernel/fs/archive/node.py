"""The index of an archive: a tree of nodes, made of its members in their order."""

from __future__ import annotations

import os
import stat
import tempfile
from collections.abc import Callable, Sequence
from typing import IO

WHITEOUT_PREFIX = b".wh."
OPAQUE_MARK = b".wh..wh..opq"
MAX_MEMBERS = 4_000_000
MAX_DEPTH = 2048
MAX_UNPACKED = 64 << 30
CHUNK = 1 << 20
BLOCK = 512

Extract = Callable[[], IO[bytes]]


class BadArchive(OSError):
    """An archive that cannot be a layer, and why."""


class ArchiveNode:
    """One file of an archive: its own `info`, with the names of `os.stat_result`."""

    __slots__ = (
        "_extract", "_names", "children", "is_opaque", "offset", "st_dev", "st_gid", "st_ino",
        "st_mode", "st_mtime_ns", "st_nlink", "st_rdev", "st_size", "st_uid", "target", "tree",
        "xattr",
    )  # fmt: skip

    def __init__(self, tree: ArchiveTree, mode: int, *, uid: int = 0, gid: int = 0) -> None:
        self.tree = tree
        self.st_mode = mode
        self.st_uid = uid
        self.st_gid = gid
        self.st_dev = tree.dev
        self.st_ino = tree.next_ino()
        self.st_nlink = 1
        self.st_rdev = 0
        self.st_size = 0
        self.st_mtime_ns = 0
        self.target = b""
        self.offset: int | None = None
        """Where its contents begin: in the archive, or in the scratch file once extracted."""
        self.is_opaque = False
        self.xattr: dict[bytes, bytes] | None = None
        self.children: dict[bytes, ArchiveNode] | None = {} if stat.S_ISDIR(mode) else None
        self._names: list[bytes] | None = None
        self._extract: Extract | None = None

    @property
    def info(self) -> ArchiveNode:
        """What it is: see `LayerInfo`."""
        return self

    @property
    def st_atime_ns(self) -> int:
        """Archives keep one time."""
        return self.st_mtime_ns

    @property
    def st_ctime_ns(self) -> int:
        """Archives keep one time."""
        return self.st_mtime_ns

    @property
    def st_blocks(self) -> int:
        """As if there were no holes."""
        return -(-self.st_size // BLOCK) if stat.S_ISREG(self.st_mode) else 0

    @property
    def key(self) -> tuple[int, int]:
        """What tells it from all other files of all layers."""
        return self.st_dev, self.st_ino

    @property
    def is_folder(self) -> bool:
        """Whether it is a folder."""
        return self.children is not None

    @property
    def is_whiteout(self) -> bool:
        """Whether it marks that the name is gone: a character device 0:0, as in a folder."""
        return stat.S_ISCHR(self.st_mode) and self.st_rdev == 0

    def child(self, name: bytes) -> ArchiveNode | None:
        """The node of a name in this folder."""
        return None if self.children is None else self.children.get(name)

    def entries(self) -> Sequence[tuple[bytes, int, int]]:
        """Name, inode number and type of all in this folder, sorted by name."""
        children = self.children or {}
        if self._names is None or len(self._names) != len(children):
            self._names = sorted(children)
        return [(n, children[n].st_ino, stat.S_IFMT(children[n].st_mode)) for n in self._names]

    def readlink(self) -> bytes:
        """The text of a symbolic link."""
        return self.target

    def xattrs(self) -> dict[bytes, bytes]:
        """The extended attributes in the archive."""
        return self.xattr or {}

    def stored_at(self, offset: int, size: int) -> None:
        """Its contents are in the archive as they are."""
        if size < 0 or offset + size > self.tree.size:
            raise BadArchive("a member is longer than the archive: it is cut off")
        self.offset, self.st_size = offset, size

    def extracted_by(self, extract: Extract, size: int) -> None:
        """Its contents must be extracted, when somebody first wants them."""
        if not 0 <= size <= MAX_UNPACKED:
            raise BadArchive(f"a member of {size} bytes")
        self._extract, self.st_size = extract, size

    def contents(self) -> tuple[int, int]:
        """A descriptor, and where in it this file begins. `OSError` if it cannot be extracted."""
        if self._extract is None:
            return self.tree.fd, self.offset or 0
        scratch = self.tree.scratch()
        if self.offset is None:
            try:
                self.offset = copy_sparse(self._extract(), scratch, self.st_size)
            except OSError:
                raise
            except Exception as error:
                # Whatever a decompressor says to damaged data.
                raise BadArchive(f"a member cannot be extracted: {error}") from None
        return scratch.fileno(), self.offset


class ArchiveTree:
    """An archive's folders and files. `fd` is what stored members are read from."""

    def __init__(self, file: IO[bytes], dev: int) -> None:
        self._file = file
        self.fd = file.fileno()
        self.size = os.fstat(self.fd).st_size
        self.dev = dev
        self._last_ino = 0
        self._scratch: IO[bytes] | None = None
        self.root = ArchiveNode(self, stat.S_IFDIR | 0o755)

    def next_ino(self) -> int:
        """The next inode number, which also counts the members."""
        self._last_ino += 1
        if self._last_ino > MAX_MEMBERS:
            raise BadArchive("too many members")
        return self._last_ino

    def scratch(self) -> IO[bytes]:
        """A file without a name for what must be extracted."""
        if self._scratch is None:
            self._scratch = tempfile.TemporaryFile()  # noqa: SIM115 -- lives as long as the tree
        return self._scratch

    def add(self, name: bytes, node: ArchiveNode) -> None:
        """Put a member into the tree; a later one replaces an earlier one of its name."""
        parts = split_name(name)
        if not parts:
            if node.is_folder:
                take_attributes(self.root, node)
            return
        folder = self._folder(parts[:-1])
        assert folder.children is not None
        last = parts[-1]
        if last == OPAQUE_MARK:
            folder.is_opaque = True
            return
        if last.startswith(WHITEOUT_PREFIX):
            last = last[len(WHITEOUT_PREFIX) :]
            node = ArchiveNode(self, stat.S_IFCHR)
        old = folder.children.get(last)
        if old is not None and old.is_folder and node.is_folder:
            take_attributes(old, node)
            return
        if old is not None:
            old.st_nlink -= 1
        folder.children[last] = node

    def link(self, name: bytes, target: bytes) -> None:
        """One more name for a member that came before."""
        node: ArchiveNode | None = self.root
        for part in split_name(target):
            node = None if node is None else node.child(part)
        if node is None or node.is_folder:
            raise BadArchive(f"{show(name)} is a link to {show(target)}, which is no file in it")
        node.st_nlink += 1
        self.add(name, node)

    def _folder(self, parts: Sequence[bytes]) -> ArchiveNode:
        """A folder, made with those above it if no member said how."""
        node = self.root
        for part in parts:
            assert node.children is not None
            below = node.children.get(part)
            if below is None:
                below = node.children[part] = ArchiveNode(self, stat.S_IFDIR | 0o755)
            elif not below.is_folder:
                raise BadArchive(f"something lies below {show(part)}, which is no folder")
            node = below
        return node


def split_name(name: bytes) -> list[bytes]:
    """A member's name from the root on. `BadArchive` if it leads out of the archive."""
    parts = [part for part in name.split(b"/") if part not in (b"", b".")]
    if b".." in parts:
        raise BadArchive(f"a member {show(name)}, which leads out of the archive")
    if b"\0" in name or len(parts) > MAX_DEPTH or any(len(part) > 255 for part in parts):
        raise BadArchive(f"a member {show(name[:64])}..., which no name of a file can be")
    return parts


def take_attributes(folder: ArchiveNode, said: ArchiveNode) -> None:
    """A folder is what its last member says."""
    folder.st_mode, folder.st_uid, folder.st_gid = said.st_mode, said.st_uid, said.st_gid
    folder.st_mtime_ns, folder.xattr = said.st_mtime_ns, said.xattr


def copy_sparse(source: IO[bytes], target: IO[bytes], size: int) -> int:
    """Append exactly `size` bytes to a file, zeroes as holes: where they begin."""
    start = target.seek(0, os.SEEK_END)
    end = start
    while end - start < size:
        data = source.read(min(CHUNK, size - (end - start)))
        if not data:
            raise BadArchive("a member is shorter than it says")
        if data.count(0) == len(data):
            target.seek(len(data), os.SEEK_CUR)
        else:
            target.write(data)
        end += len(data)
    target.truncate(end)
    target.flush()
    return start


def show(name: bytes) -> str:
    """A name in an error's text."""
    return repr(name.decode(errors="backslashreplace"))
