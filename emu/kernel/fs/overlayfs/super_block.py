"""An overlay as a whole: its directories, what it knows of inodes, and the marks that it leaves."""

from __future__ import annotations

from typing import TYPE_CHECKING
from weakref import WeakValueDictionary

from emu.kernel.errno import EINVAL, ELOOP
from emu.kernel.fs.overlayfs import real
from emu.kernel.fs.overlayfs.options import OverlayOptions, check_layers, parse_options
from emu.kernel.uapi.fcntl import AT_FDCWD
from emu.kernel.uapi.mount import MS_NOATIME, MS_RDONLY, OVERLAYFS_SUPER_MAGIC
from emu.kernel.uapi.stat import S_IFDIR
from emu.kernel.vfs.mount import Mount
from emu.kernel.vfs.namei import path_lookup
from emu.kernel.vfs.path import VfsPath
from emu.kernel.vfs.super_block import Kstatfs, SuperBlock
from emu.record import replace

if TYPE_CHECKING:
    from emu.kernel.fs.overlayfs.inode import OverlayfsInode
    from emu.kernel.vfs.inode import Inode
    from emu.kernel.vfs.namei import Walker
    from emu.kernel.vfs.vfs import Vfs

MAX_STACK_DEPTH = 2
WORK = b"work"


class OverlayfsSuperBlock(SuperBlock):
    """The mounts under it are its own copies, so that nobody can take them away or remount them."""

    fs_type = b"overlay"
    magic = OVERLAYFS_SUPER_MAGIC

    def __init__(
        self,
        vfs: Vfs,
        options: OverlayOptions,
        upper: VfsPath | None,
        work: VfsPath | None,
        lowers: list[VfsPath],
    ) -> None:
        super().__init__(vfs)
        from emu.kernel.fs.overlayfs.inode import OverlayfsInode

        self.options = options
        self.prefix = b"user.overlay." if options.user_xattr else b"trusted.overlay."
        self._known: WeakValueDictionary[Inode, OverlayfsInode] = WeakValueDictionary()
        self._inos: dict[tuple[int, int], int] = {}
        self._last_work = 0
        self.stack_depth = 1 + max(p.mount.sb.stack_depth for p in (*lowers, upper) if p)
        if self.stack_depth > MAX_STACK_DEPTH:
            raise EINVAL("overlay: too many file systems on each other")
        below = [_own_mount(path, MS_RDONLY | MS_NOATIME) for path in lowers]
        above = None if upper is None else _own_mount(upper, 0)
        self.upper_mount = None if above is None else above.mount
        self._top = (above or below[0]).mount
        self.work = None if above is None or work is None else self._empty_work(above, work)
        if above is None:
            self.read_only = self.fixed_read_only = True
        self.set_root(OverlayfsInode(self, None, b"", above, below))

    def _empty_work(self, above: VfsPath, work: VfsPath) -> VfsPath:
        """The directory in the work directory; what a machine that ended left there is removed."""
        dentry = work.dentry.lookup(WORK)
        if dentry.inode is None:
            dentry = real.make(work.dentry, WORK, lambda d: d.mkdir(WORK, S_IFDIR, real.ROOT))
        for name, _, _ in list(real.inode_of(dentry).iterate()):
            real.remove(dentry.lookup(name))
        return VfsPath(above.mount, dentry)

    def work_name(self) -> bytes:
        """A name for a file in the making."""
        self._last_work += 1
        return b"#%x" % self._last_work

    def inode_of(
        self, parent: OverlayfsInode, name: bytes, upper: VfsPath | None, lowers: list[VfsPath]
    ) -> OverlayfsInode:
        """The inode of what was found by a name; names of one file have one inode."""
        from emu.kernel.fs.overlayfs.inode import OverlayfsInode

        found = (upper or lowers[0]).inode
        known = None if found.is_dir else self._known.get(found)
        if known is None:
            known = OverlayfsInode(self, parent, name, upper, lowers)
            self._known[found] = known
        elif known.upper is None:
            known.parent, known.name = parent, name
        return known

    def remember(self, inode: OverlayfsInode, copy: Inode) -> None:
        """An inode has a copy in the upper directory now, and the same number as before."""
        self._known[copy] = inode
        self._inos[copy.sb.dev, copy.ino] = inode.ino

    def ino_of(self, inode: Inode) -> int:
        """The inode number for a real file."""
        return self.ino_at(inode.sb.dev, inode.ino)

    def ino_at(self, dev: int, ino: int) -> int:
        """The inode number for a real file's number."""
        number = self._inos.get((dev, ino))
        if number is None:
            number = self._inos[dev, ino] = self.new_ino()
        return number

    def is_opaque(self, directory: Inode) -> bool:
        """Whether a directory hides those of its name below."""
        return real.has_xattr(directory, self.prefix + b"opaque", (b"y",))

    def set_opaque(self, directory: Inode) -> None:
        """Have a directory hide those of its name below."""
        directory.setxattr(self.prefix + b"opaque", b"y", create=False, replace=False)

    def is_private(self, name: bytes) -> bool:
        """Whether an extended attribute of a real file is the overlay's own."""
        return name.startswith(self.prefix) and not name.startswith(self.prefix + b"overlay.")

    def escaped(self, name: bytes) -> bytes:
        """How a user's attribute that looks like the overlay's own is really named."""
        if name.startswith(self.prefix):
            return self.prefix + b"overlay." + name[len(self.prefix) :]
        return name

    def unescaped(self, name: bytes) -> bytes:
        """A real name as the user knows it."""
        if name.startswith(self.prefix + b"overlay."):
            return self.prefix + name[len(self.prefix + b"overlay.") :]
        return name

    def statfs(self) -> Kstatfs:
        """As full as the upper directory's file system."""
        return replace(self._top.sb.statfs(), type=self.magic)

    def show_options(self) -> str:
        """The directories, as they were given."""
        given = self.options
        lower = b":".join(name.replace(b":", b"\\:") for name in given.lower)
        shown = [b"lowerdir=" + lower]
        if given.upper is not None and given.work is not None:
            shown += [b"upperdir=" + given.upper, b"workdir=" + given.work]
        if given.user_xattr:
            shown.append(b"userxattr")
        if given.volatile:
            shown.append(b"volatile")
        escaped = [text.replace(b",", b"\\054").decode(errors="replace") for text in shown]
        return "".join("," + text for text in escaped)


def make_overlayfs(vfs: Vfs, text: bytes) -> OverlayfsSuperBlock:
    """An overlay for mount(2), its directories seen by the task that mounts. EINVAL, ENOENT ..."""
    options = parse_options(text)
    check_layers(options)
    task = vfs.kernel.sched.current
    assert task is not None
    lowers = [_directory(task, name) for name in options.lower]
    if options.upper is None or options.work is None:
        return OverlayfsSuperBlock(vfs, options, None, None, lowers)
    upper, work = _directory(task, options.upper), _directory(task, options.work)
    check_upper(upper, work, lowers)
    return OverlayfsSuperBlock(vfs, options, upper, work, lowers)


def check_upper(upper: VfsPath, work: VfsPath, lowers: list[VfsPath]) -> None:
    """Upper and work directory side by side, and no layer in another. EINVAL, ELOOP."""
    if upper.mount is not work.mount:
        raise EINVAL("overlay: upper and work directory on different mounts")
    if upper.mount.read_only:
        raise EINVAL("overlay: the upper directory is read-only")
    if upper.dentry.is_inside(work.dentry) or work.dentry.is_inside(upper.dentry):
        raise EINVAL("overlay: upper and work directory in each other")
    for lower in lowers:
        for other in (upper, work):
            if lower.dentry.is_inside(other.dentry) or other.dentry.is_inside(lower.dentry):
                raise ELOOP("overlay: a lower directory overlaps with the upper or work directory")


def _directory(task: Walker, name: bytes) -> VfsPath:
    path = path_lookup(task, AT_FDCWD, name)
    if not path.inode.is_dir:
        raise EINVAL("overlay: not a directory")
    return path


def _own_mount(path: VfsPath, flags: int) -> VfsPath:
    return Mount(path.mount.sb, path.dentry, flags=flags).root_path()
