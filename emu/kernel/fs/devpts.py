"""devpts: the names of pseudo-terminals, and the ptmx that makes new ones. See fs/devpts/inode.c.

Each mount is an instance of its own, with its own numbers.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from emu.kernel.errno import EINVAL, ENODEV, ENOSPC
from emu.kernel.uapi.mount import DEVPTS_SUPER_MAGIC
from emu.kernel.uapi.stat import S_IALLUGO, S_IFCHR, S_IFDIR, S_IFMT
from emu.kernel.vfs.dev import MKDEV, TTYAUX_MAJOR
from emu.kernel.vfs.inode import DirEntry, Inode
from emu.kernel.vfs.path import VfsPath
from emu.kernel.vfs.super_block import SuperBlock

if TYPE_CHECKING:
    from emu.kernel.cred import Credentials
    from emu.kernel.tty.tty import Tty
    from emu.kernel.vfs.file import File
    from emu.kernel.vfs.mount import Mount
    from emu.kernel.vfs.vfs import Vfs

PTY_MAX = 4096
"""The default of kernel.pty.max."""

PTMX = MKDEV(TTYAUX_MAJOR, 2)


class DevptsRoot(Inode):
    """The only directory: a file for each pseudo-terminal, named by its number."""

    __slots__ = ("children",)

    def __init__(self, sb: SuperBlock) -> None:
        super().__init__(sb, S_IFDIR | 0o755)
        self.children: dict[bytes, Inode] = {}

    def lookup(self, name: bytes) -> Inode | None:
        """The inode of a name."""
        return self.children.get(name)

    def iterate(self) -> Sequence[DirEntry]:
        """All names."""
        return [DirEntry(n, inode.ino, inode.mode & S_IFMT) for n, inode in self.children.items()]


class DevptsSuperBlock(SuperBlock):
    """One instance. `uid` and `gid` own new terminals; None stands for who opens ptmx."""

    fs_type = b"devpts"
    magic = DEVPTS_SUPER_MAGIC

    def __init__(
        self,
        vfs: Vfs,
        *,
        uid: int | None = None,
        gid: int | None = None,
        mode: int = 0o600,
        ptmxmode: int = 0,
        limit: int = PTY_MAX,
    ) -> None:
        super().__init__(vfs)
        self.uid, self.gid, self.mode, self.ptmxmode = uid, gid, mode, ptmxmode
        self.limit = limit
        self.masters: dict[int, Tty] = {}
        self._directory = DevptsRoot(self)
        self.set_root(self._directory)
        self._directory.children[b"ptmx"] = Inode(self, S_IFCHR | ptmxmode, rdev=PTMX)

    def new_pair(self, cred: Credentials) -> Tty:
        """A new pseudo-terminal: its master. ENOSPC if there are too many."""
        from emu.kernel.tty.pty import make_pair  # most machines have no terminal

        if len(self.masters) >= self.limit:
            raise ENOSPC("too many pseudo-terminals")
        index = next(n for n in range(self.limit) if n not in self.masters)
        master = make_pair(self.vfs.kernel, index, self._forget)
        slave = master.link
        assert slave is not None
        inode = Inode(
            self,
            S_IFCHR | self.mode,
            uid=cred.fsuid if self.uid is None else self.uid,
            gid=cred.fsgid if self.gid is None else self.gid,
            rdev=slave.device,
        )
        name = b"%d" % index
        self._directory.children[name] = inode
        self._drop(name)
        self.masters[index] = master
        return master

    def slave(self, index: int) -> Tty | None:
        """The slave with a number, if there is one that can be found by name."""
        master = self.masters.get(index)
        return None if master is None else master.link

    def slave_path(self, file: File, index: int) -> VfsPath:
        """Where a slave is, for one who has its master open. ENODEV if that is nowhere."""
        mount = mount_of(file)
        return VfsPath(mount, mount.root.lookup(b"%d" % index))

    def _forget(self, slave: Tty, entirely: bool) -> None:
        """The name goes with the master; the number only when the slave is closed too."""
        name = b"%d" % slave.index
        if entirely:
            del self.masters[slave.index]
        elif self._directory.children.pop(name, None) is not None:
            self._drop(name)

    def _drop(self, name: bytes) -> None:
        dentry = self.root.children.get(name)
        if dentry is not None:
            dentry.drop()

    def show_options(self) -> str:
        """As devpts_show_options."""
        owner = "" if self.uid is None else f",uid={self.uid}"
        owner += "" if self.gid is None else f",gid={self.gid}"
        limit = "" if self.limit == PTY_MAX else f",max={self.limit}"
        return f"{owner},mode={self.mode:03o},ptmxmode={self.ptmxmode:03o}{limit}"


def make_devpts(vfs: Vfs, options: bytes) -> DevptsSuperBlock:
    """A devpts for mount(2): uid, gid, mode, ptmxmode, max, newinstance. EINVAL."""
    numbers: dict[str, int] = {}
    for option in options.split(b","):
        key, _, value = option.partition(b"=")
        match key:
            case b"" | b"newinstance":
                continue
            case b"mode" | b"ptmxmode":
                numbers[key.decode()] = _number(value, 8) & S_IALLUGO
            case b"uid" | b"gid":
                numbers[key.decode()] = _number(value, 10)
            case b"max":
                numbers["limit"] = _number(value, 10)
                if numbers["limit"] > PTY_MAX:
                    raise EINVAL("devpts: too many")
            case _:
                raise EINVAL("devpts: unknown option")
    return DevptsSuperBlock(vfs, **numbers)


def devpts_of(file: File) -> DevptsSuperBlock:
    """The instance that an opened ptmx belongs to: its own, or the one at ``pts`` beside it.

    ENODEV if there is none. See devpts_acquire.
    """
    sb = mount_of(file).sb
    assert isinstance(sb, DevptsSuperBlock)
    return sb


def mount_of(file: File) -> Mount:
    """Where the instance of an opened ptmx is mounted. ENODEV."""
    mount, dentry = file.path.mount, file.path.dentry
    if isinstance(mount.sb, DevptsSuperBlock):
        return mount
    beside = mount.children.get(dentry.parent.lookup(b"pts"))
    while beside is not None and beside.root in beside.children:
        beside = beside.children[beside.root]
    if beside is None or not isinstance(beside.sb, DevptsSuperBlock):
        raise ENODEV("no devpts beside this ptmx")
    return beside


def _number(text: bytes, base: int) -> int:
    if not text.isdigit() or len(text) > 10:
        raise EINVAL("devpts: not a number")
    try:
        return int(text, base)
    except ValueError:
        raise EINVAL("devpts: not a number") from None
