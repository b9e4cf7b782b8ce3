"""What a machine's owner decides about its files: root, binds, standard descriptors."""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

from emu.kernel.cred import Credentials
from emu.kernel.errno import EEXIST, ENOENT, KernelError
from emu.kernel.fs.anon_inode import mount_anon_inodes
from emu.kernel.fs.devpts import DevptsSuperBlock
from emu.kernel.fs.devtmpfs import TTY_GID, DevtmpfsSuperBlock, make_devtmpfs
from emu.kernel.fs.hostfile import STREAM, HostFile, HostInode, is_terminal, open_flags_of
from emu.kernel.fs.hostfs.super_block import HostfsSuperBlock
from emu.kernel.fs.memfd import MemfdSuperBlock
from emu.kernel.fs.memory_devices import register_memory_devices
from emu.kernel.fs.overlay.super_block import OverlaySuperBlock
from emu.kernel.fs.pipefs import mount_pipefs
from emu.kernel.fs.procfs.super_block import ProcSuperBlock, make_procfs
from emu.kernel.fs.sysfs.super_block import make_sysfs, sysfs_super_block
from emu.kernel.fs.tmpfs.ramfs import RamfsSuperBlock, make_ramfs
from emu.kernel.fs.tmpfs.super_block import TmpfsSuperBlock, check_tmpfs, make_tmpfs
from emu.kernel.fs.tty_numbers import register_ttys
from emu.kernel.uapi.fcntl import AT_FDCWD, O_ACCMODE, O_WRONLY
from emu.kernel.uapi.stat import S_IFDIR, S_IFREG
from emu.kernel.vfs.dentry import Dentry
from emu.kernel.vfs.fdtable import FileTable
from emu.kernel.vfs.file import File
from emu.kernel.vfs.fs_context import FsContext
from emu.kernel.vfs.mnt_namespace import MountNamespace
from emu.kernel.vfs.mount import Mount
from emu.kernel.vfs.namei import path_lookup
from emu.kernel.vfs.path import VfsPath
from emu.kernel.vfs.read_write import kernel_write
from emu.kernel.vfs.super_block import SuperBlock
from emu.kernel.vfs.vfs import FileSystemType, Vfs

if TYPE_CHECKING:
    from emu.kernel.kernel import Kernel
    from emu.kernel.vfs.inode import Inode

_Make = Callable[["Inode", bytes], "Inode"]

ROOT = Credentials()
PASSWD = b"root:x:0:0:root:/root:/bin/sh\nnobody:x:65534:65534:nobody:/nonexistent:/bin/false\n"
GROUP = b"root:x:0:\ntty:x:5:\nnogroup:x:65534:\n"


class KernelWalker:
    """The kernel as one who walks paths: root, everywhere."""

    def __init__(self, root: Mount) -> None:
        self.cred = ROOT
        self.fs = FsContext(root.root_path(), root.root_path(), umask=0)
        self.files = FileTable()

    def lookup(self, name: bytes) -> VfsPath:
        """The place of an absolute name."""
        return path_lookup(self, AT_FDCWD, name)

    def make_directory(self, name: bytes, mode: int = 0o755) -> VfsPath:
        """The place of a directory, made with all above it if it is not there."""
        try:
            return self.lookup(name)
        except ENOENT:
            parent = self.make_directory(os.path.dirname(name.rstrip(b"/")) or b"/")
            return self._add(parent, name, lambda d, n: d.mkdir(n, S_IFDIR | mode, ROOT))

    def make_file(self, name: bytes, content: bytes = b"", mode: int = 0o644) -> VfsPath:
        """The place of a regular file, made if it is not there."""
        try:
            return self.lookup(name)
        except ENOENT:
            parent = self.make_directory(os.path.dirname(name) or b"/")
            path = self._add(parent, name, lambda d, n: d.create(n, S_IFREG | mode, ROOT))
        self._write(path, content)
        return path

    def write_file(self, name: bytes, content: bytes, mode: int = 0o644) -> None:
        """Give a regular file this content; it is made, of this mode, if it is not there."""
        path = self.make_file(name, mode=mode)
        path.mount.want_write()
        if path.inode.is_regular:
            path.inode.truncate(0)
        self._write(path, content)

    def _write(self, path: VfsPath, content: bytes) -> None:
        file = File(path, O_WRONLY, ROOT)
        file.begin_writing()
        pos = 0
        while pos < len(content):
            pos += kernel_write(file, content[pos:], pos)
        file.put()

    def _add(self, parent: VfsPath, name: bytes, make: _Make) -> VfsPath:
        last = os.path.basename(name.rstrip(b"/"))
        dentry = parent.dentry.lookup(last)
        parent.mount.want_write()
        if dentry.inode is not None:
            raise EEXIST(f"{name.decode(errors='replace')} leads nowhere")
        dentry.instantiate(make(parent.inode, last))
        return VfsPath(parent.mount, dentry)


def mount_root(kernel: Kernel, layers: Sequence[str], upper: str | None = None) -> Mount:
    """The root of a machine over host folders, later ones on top, and what every root has.

    Without layers it is an empty tmpfs with a minimal /etc. Changes are kept in the folder `upper`,
    or else in memory. `OSError` if a layer is not there.
    """
    vfs = Vfs(kernel)
    vfs.register(FileSystemType(b"tmpfs", make_tmpfs, check=check_tmpfs))
    vfs.register(FileSystemType(b"ramfs", make_ramfs))
    vfs.register(FileSystemType(b"overlay", _make_overlayfs))
    vfs.register(FileSystemType(b"proc", make_procfs))
    vfs.register(FileSystemType(b"sysfs", make_sysfs))
    vfs.register(FileSystemType(b"debugfs", make_debugfs))
    vfs.register(FileSystemType(b"configfs", make_configfs))
    mount_pipefs(vfs)
    mount_anon_inodes(vfs)
    vfs.register(FileSystemType(b"mqueue", _make_mqueue))
    register_memory_devices(vfs)
    register_ttys(vfs)
    vfs.memfd_mount = Mount(MemfdSuperBlock(vfs), flags=0)
    root_sb: SuperBlock = (
        OverlaySuperBlock(vfs, list(layers)) if layers else TmpfsSuperBlock(vfs, mode=0o755)
    )
    if upper is not None:
        from emu.kernel.fs.overlayfs.kept import kept_in

        root_sb = kept_in(upper, root_sb)
    rootfs = Mount(RamfsSuperBlock(vfs), source=b"rootfs")
    kernel.mnt_ns = MountNamespace(rootfs)
    root = kernel.root_mount = Mount(root_sb)
    root.attach(rootfs.root_path())
    walker = KernelWalker(root)
    walker.make_directory(b"/root", 0o700)
    populate_dev(kernel)
    if b"sysfs" in vfs.file_systems:
        mount_at(kernel, sysfs_super_block(vfs), b"/sys")
    if b"proc" in vfs.file_systems:
        mount_at(kernel, ProcSuperBlock(vfs), b"/proc")
    mount_at(kernel, TmpfsSuperBlock(vfs), b"/tmp")
    mount_at(kernel, TmpfsSuperBlock(vfs, mode=0o755), b"/run")
    if not layers:
        walker.make_file(b"/etc/passwd", PASSWD)
        walker.make_file(b"/etc/group", GROUP)
    return root


def make_debugfs(vfs: Vfs, options: bytes) -> SuperBlock:
    """debugfs for mount(2), imported when first mounted."""
    from emu.kernel.fs.debugfs.super_block import mount_debugfs

    return mount_debugfs(vfs, options)


def _make_mqueue(vfs: Vfs, options: bytes) -> SuperBlock:
    from emu.kernel.fs.mqueue import make_mqueue

    return make_mqueue(vfs, options)


def make_configfs(vfs: Vfs, options: bytes) -> SuperBlock:
    """configfs for mount(2), imported when first mounted."""
    from emu.kernel.fs.configfs.super_block import mount_configfs

    return mount_configfs(vfs, options)


def _make_overlayfs(vfs: Vfs, options: bytes) -> SuperBlock:
    from emu.kernel.fs.overlayfs.super_block import make_overlayfs

    return make_overlayfs(vfs, options)


def mount_at(kernel: Kernel, sb: SuperBlock, name: bytes) -> Mount:
    """Mount a file system at a directory, made if it is not there."""
    place = KernelWalker(kernel.root_mount).make_directory(name)
    mount = Mount(sb)
    mount.attach(place)
    return mount


def populate_dev(kernel: Kernel) -> Mount:
    """Mount a /dev with the nodes every machine has, and a /dev/pts in it."""
    vfs = kernel.root_mount.vfs
    mount = mount_at(kernel, make_devtmpfs(vfs), b"/dev")
    mount_at(kernel, DevptsSuperBlock(vfs, gid=TTY_GID, mode=0o620, ptmxmode=0o666), b"/dev/pts")
    return mount


def bind_host(kernel: Kernel, host: str, guest: bytes, writable: bool) -> Mount:
    """Show a host folder or file at a place in the guest, which is made if it is not there.

    `OSError` if the host has no such file; a `KernelError` if the place cannot be made.
    """
    sb = HostfsSuperBlock(kernel.root_mount.vfs, host, writable=writable)
    sb.source = b"host"
    walker = KernelWalker(kernel.root_mount)
    assert sb.root.inode is not None
    name = b"/" + guest.strip(b"/")
    place = walker.make_directory(name) if sb.root.inode.is_dir else walker.make_file(name)
    mount = Mount(sb)
    mount.attach(place)
    return mount


def open_host_program(kernel: Kernel, path: str) -> tuple[bytes, VfsPath]:
    """Make one host file visible, read-only and at its own absolute name: that name and place.

    `FileNotFoundError` if there is no such regular file.
    """
    absolute = os.path.abspath(path)
    if not os.path.isfile(absolute):
        raise FileNotFoundError(path)
    name = os.fsencode(absolute)
    try:
        mount = bind_host(kernel, absolute, name, writable=False)
    except KernelError as error:
        raise FileNotFoundError(f"{path}: no place for it in the guest: {error!r}") from None
    return name, mount.root_path()


def open_stdio(
    kernel: Kernel, fds: Sequence[int] = (0, 1, 2), leave_out: Sequence[int] = ()
) -> FileTable:
    """A table with the host's descriptors as 0, 1, 2 ...; one the host has closed stays closed.

    So do those to be left out.
    """
    table = FileTable()
    for fd, host in enumerate(fds):
        if fd in leave_out:
            continue
        try:
            flags = open_flags_of(host)
        except OSError:
            continue
        path = terminal_path(kernel, host) if is_terminal(host) else host_path(kernel, host)
        if path.inode.is_regular and not is_terminal(host):
            file: File = HostFile(path, flags, ROOT, host)
            if flags & O_ACCMODE:
                file.begin_writing()
        else:
            file = File(path, flags, ROOT)
            file.private_data = host
        if is_terminal(host):
            path.inode.sb.vfs.terminals.append(host)
            file.replace_fops(STREAM)
        table.replace(fd, file, cloexec=False)
    return table


def terminal_path(kernel: Kernel, fd: int) -> VfsPath:
    """A host terminal is the machine's console, so that ttyname finds it."""
    try:
        path = KernelWalker(kernel.root_mount).lookup(b"/dev/console")
    except KernelError:
        return host_path(kernel, fd)
    return path if isinstance(path.dentry.sb, DevtmpfsSuperBlock) else host_path(kernel, fd)


def host_path(kernel: Kernel, fd: int) -> VfsPath:
    """A place outside the tree for a host descriptor."""
    mount = kernel.root_mount.vfs.pipe_mount
    return VfsPath(mount, Dentry(None, b"", HostInode(mount.sb, fd), mount.sb))
