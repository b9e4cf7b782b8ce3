"""The file system of POSIX message queues: one for a machine, mounted or not. See ipc/mqueue.c."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from emu.kernel.errno import EACCES, EEXIST, EINVAL, ENAMETOOLONG, ENOENT
from emu.kernel.ipc.mqueue import Mqueue, MqueueLimits
from emu.kernel.uapi.fcntl import O_ACCMODE, O_CREAT, O_EXCL
from emu.kernel.uapi.fs import NAME_MAX
from emu.kernel.uapi.mqueue import MQUEUE_MAGIC
from emu.kernel.uapi.poll import POLLIN, POLLOUT, POLLRDNORM, POLLWRNORM
from emu.kernel.uapi.stat import S_IALLUGO, S_IFDIR, S_IFMT, S_IFREG, S_IRWXUGO, S_ISVTX
from emu.kernel.vfs.file import File
from emu.kernel.vfs.file_operations import FileOperations, PollTable, Result
from emu.kernel.vfs.inode import DirEntry, Inode, owner_of_new
from emu.kernel.vfs.mount import Mount
from emu.kernel.vfs.open import KEPT_FLAGS
from emu.kernel.vfs.path import VfsPath
from emu.kernel.vfs.permission import (
    MAY_EXEC,
    MAY_READ,
    MAY_WRITE,
    inode_permission,
    may_delete,
)
from emu.kernel.vfs.super_block import SuperBlock

if TYPE_CHECKING:
    from emu.kernel.cred import Credentials
    from emu.kernel.task import Task
    from emu.kernel.uaccess import Buffer
    from emu.kernel.vfs.vfs import Vfs

DIRENT_SIZE = 20
FILE_SIZE = 80
_ACCESS = (MAY_READ, MAY_WRITE, MAY_READ | MAY_WRITE)


class MqueueOperations(FileOperations):
    """An open queue. Messages go through the calls of their own; reading tells how it is."""

    def read(self, file: File, buffer: Buffer, pos: int) -> Result:
        """The queue's state in a line."""
        inode = file.inode
        assert isinstance(inode, MqueueInode)
        piece = inode.state()[pos : pos + buffer.count]
        return buffer.copy_to(piece) if piece else 0

    def flush(self, file: File) -> None:
        """A process that closes a queue is not notified any more."""
        task = file.inode.sb.vfs.kernel.sched.current
        if task is not None:
            queue_of(file).forget_owner(task.group)

    def release(self, inode: Inode, file: File) -> None:
        """A queue without a name goes with its last file."""
        assert isinstance(inode, MqueueInode)
        inode.opens -= 1
        inode.destroy_unused()

    def poll(self, file: File, waits: PollTable | None) -> int:
        """Whether there is a message, and room for one."""
        queue = queue_of(file)
        if waits is not None:
            waits.append(queue.pollers)
        events = POLLIN | POLLRDNORM if len(queue) else 0
        return events | (0 if queue.is_full else POLLOUT | POLLWRNORM)

    def open(self, inode: Inode, file: File) -> None:
        """Count the files, so that the queue stays while there are any."""
        assert isinstance(inode, MqueueInode)
        inode.opens += 1


MQUEUE = MqueueOperations()


class MqueueInode(Inode):
    """A queue as a file."""

    __slots__ = ("opens", "queue")

    def __init__(self, sb: SuperBlock, queue: Mqueue, mode: int, uid: int, gid: int) -> None:
        super().__init__(sb, mode, uid=uid, gid=gid)
        self.queue = queue
        self.opens = 0
        self.size = FILE_SIZE

    def default_fop(self) -> FileOperations:
        """See `MqueueOperations`."""
        return MQUEUE

    def state(self) -> bytes:
        """What reading the file tells: see mqueue_read_file."""
        queue, wanted = self.queue, self.queue.notification
        owner, signal = (wanted.owner.tgid, wanted.signal) if wanted else (0, 0)
        return b"QSIZE:%-10d NOTIFY:%-5d SIGNO:%-5d NOTIFY_PID:%-6d\n" % (
            queue.byte_count, 0 if signal or not wanted else 1, signal, owner,
        )  # fmt: skip

    def destroy_unused(self) -> None:
        """Give the queue up if nothing leads to it."""
        if not self.opens and not self.nlink:
            self.queue.destroy()


class MqueueDirectory(Inode):
    """The root: every queue is in it."""

    __slots__ = ("queues",)

    sb: MqueueSuperBlock

    def __init__(self, sb: MqueueSuperBlock) -> None:
        super().__init__(sb, S_IFDIR | S_ISVTX | S_IRWXUGO)
        self.queues: dict[bytes, MqueueInode] = {}

    def lookup(self, name: bytes) -> Inode | None:
        """The queue of a name."""
        return self.queues.get(name)

    def iterate(self) -> Sequence[DirEntry]:
        """All queues."""
        return [DirEntry(n, i.ino, i.mode & S_IFMT) for n, i in self.queues.items()]

    def create(self, name: bytes, mode: int, cred: Credentials) -> Inode:
        """Make a queue of the default size."""
        limits = self.sb.limits
        maxmsg = min(limits.msg_max, limits.msg_default)
        msgsize = min(limits.msgsize_max, limits.msgsize_default)
        task = self.sb.vfs.kernel.sched.current
        assert task is not None, "only tasks make queues"
        return self.create_queue(name, mode, task, maxmsg, msgsize)

    def create_queue(
        self, name: bytes, mode: int, task: Task, maxmsg: int, msgsize: int
    ) -> MqueueInode:
        """Make a queue. EINVAL, EMFILE, ENOSPC."""
        queue = Mqueue(self.sb.limits, task, maxmsg, msgsize)
        mode, uid, gid = owner_of_new(self, mode, task.cred)
        inode = self.queues[name] = MqueueInode(self.sb, queue, mode, uid, gid)
        self.size += DIRENT_SIZE
        self.touch_mtime()
        return inode

    def unlink(self, name: bytes, inode: Inode) -> None:
        """Take a queue's name away; it stays for who has it open."""
        assert isinstance(inode, MqueueInode)
        del self.queues[name]
        self.size -= DIRENT_SIZE
        self.touch_mtime()
        inode.nlink = 0
        inode.destroy_unused()


class MqueueSuperBlock(SuperBlock):
    """All queues of a machine."""

    fs_type = b"mqueue"
    magic = MQUEUE_MAGIC

    def __init__(self, vfs: Vfs) -> None:
        super().__init__(vfs)
        self.limits: MqueueLimits = vfs.kernel.mqueue_limits
        self.set_root(MqueueDirectory(self))


def mqueue_mount(vfs: Vfs) -> Mount:
    """Where the machine's queues are, made when first used."""
    if vfs.mqueue_mount is None:
        vfs.mqueue_mount = Mount(MqueueSuperBlock(vfs), flags=0)
    return vfs.mqueue_mount


def make_mqueue(vfs: Vfs, options: bytes) -> SuperBlock:
    """The one for mount(2), which has no options. EINVAL."""
    if options:
        raise EINVAL("mqueue: unknown option")
    return mqueue_mount(vfs).sb


def mq_open(
    task: Task, name: bytes, flags: int, mode: int, attributes: tuple[int, int] | None
) -> File:
    """Open or make a queue; `attributes` are a new one's maxmsg and msgsize. See do_mq_open."""
    mount = mqueue_mount(task.kernel.root_mount.vfs)
    path = _lookup(task, mount, name)
    dentry, directory = path.dentry, mount.sb.root.inode
    assert isinstance(directory, MqueueDirectory)
    if dentry.inode is None:
        if not flags & O_CREAT:
            raise ENOENT("no such queue")
        inode_permission(task.cred, directory, MAY_WRITE | MAY_EXEC)
        mode = mode & S_IALLUGO & ~task.fs.umask | S_IFREG
        if attributes is None:
            made: Inode = directory.create(name, mode, task.cred)
        else:
            made = directory.create_queue(name, mode, task, *attributes)
        dentry.instantiate(made)
    else:
        if flags & O_CREAT and flags & O_EXCL:
            raise EEXIST("the queue exists")
        if flags & O_ACCMODE == O_ACCMODE:
            raise EINVAL("neither to read nor to write")
        inode_permission(task.cred, dentry.inode, _ACCESS[flags & O_ACCMODE])
    file = File(path, flags & KEPT_FLAGS, task.cred)
    if flags & O_ACCMODE:
        file.begin_writing()
    file.f_op.open(file.inode, file)
    return file


def mq_unlink(task: Task, name: bytes) -> None:
    """Take a queue's name away. ENOENT, EACCES, EPERM."""
    mount = mqueue_mount(task.kernel.root_mount.vfs)
    dentry = _lookup(task, mount, name).dentry
    if dentry.inode is None:
        raise ENOENT("no such queue")
    directory = mount.sb.root.inode
    assert directory is not None
    may_delete(task.cred, directory, dentry.inode, is_dir=False)
    directory.unlink(name, dentry.inode)
    dentry.drop()


def queue_of(file: File) -> Mqueue:
    """The queue that a file is of."""
    inode = file.inode
    assert isinstance(inode, MqueueInode)
    return inode.queue


def _lookup(task: Task, mount: Mount, name: bytes) -> VfsPath:
    """The place of a name, which must be one component: see lookup_one_len."""
    if not name:
        raise ENOENT("no name")
    if name in (b".", b"..") or b"/" in name:
        raise EACCES("a queue's name has no slash")
    root = mount.sb.root
    assert root.inode is not None
    inode_permission(task.cred, root.inode, MAY_EXEC)
    if len(name) > NAME_MAX:
        raise ENAMETOOLONG
    return VfsPath(mount, root.lookup(name))
