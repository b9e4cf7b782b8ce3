"""The calls on a folder of the host's tmpfs. A result is a value, or the name of an error."""

import ctypes
import errno
import fcntl
import os
import shutil
import stat
import tempfile

SHM = "/dev/shm"
NAMES = {**errno.errorcode, errno.EOPNOTSUPP: "EOPNOTSUPP"}
LIBC = ctypes.CDLL(None, use_errno=True)
AT_FDCWD = -100
FLAGS = {
    name: getattr(os, name)
    for name in (
        "O_RDONLY", "O_WRONLY", "O_RDWR", "O_CREAT", "O_EXCL", "O_TRUNC", "O_APPEND",
        "O_DIRECTORY", "O_NOFOLLOW", "O_PATH", "O_TMPFILE", "O_NOATIME", "O_NONBLOCK", "O_DIRECT",
    )
}  # fmt: skip
SLEEPS = "sleeps"
"""What a call comes to that would never return."""
FALLOC = {"": 0, "keep": 1, "punch": 3, "zero": 0x10, "collapse": 8, "insert": 0x20}
LOCKS = {"shared": fcntl.LOCK_SH, "exclusive": fcntl.LOCK_EX, "none": fcntl.LOCK_UN}


class Asleep(Exception):
    """The call waits for somebody who will not come: the other side of a named pipe."""


class Host:
    """One folder, in another for what goes by ``..``, and the files that were opened in it."""

    def __init__(self):
        self.top = tempfile.mkdtemp(prefix="emu-differential-", dir=SHM)
        os.chmod(self.top, 0o755)
        self.folder = f"{self.top}/in"
        os.mkdir(self.folder, 0o755)
        self.fds = {}

    def end(self):
        for fd in self.fds.values():
            os.close(fd)
        shutil.rmtree(self.top)

    def call(self, kind, *arguments):
        try:
            return getattr(self, kind)(*arguments)
        except OSError as error:
            return NAMES[error.errno]
        except Asleep:
            return SLEEPS

    def path(self, name):
        return f"{self.folder}/{name}" if name else ""

    def fd(self, slot):
        return self.fds.get(slot, 9999)

    def libc(self, name, *arguments):
        result = getattr(LIBC, name)(*arguments)
        if result == -1:
            raise OSError(ctypes.get_errno(), name)
        return result

    def open(self, slot, name, flags, mode):
        fd = self.opened(self.path(name), sum(FLAGS[flag] for flag in flags), mode)
        if slot in self.fds:
            os.close(self.fds[slot])
        self.fds[slot] = fd
        return 0

    def opened(self, path, flags, mode):
        """A descriptor; `Asleep` if a named pipe would wait, as nobody has its other side open."""
        if flags & (os.O_NONBLOCK | os.O_PATH) or not self._would_wait(path, flags & os.O_ACCMODE):
            return os.open(path, flags, mode)
        try:
            os.close(os.open(path, flags | os.O_NONBLOCK, mode))
        except OSError as error:
            if error.errno != errno.ENXIO:
                raise
        raise Asleep

    def _would_wait(self, path, access):
        try:
            pipe = os.stat(path)
        except OSError:
            return False
        others = {os.O_RDONLY: os.O_WRONLY, os.O_WRONLY: os.O_RDONLY}
        return (
            stat.S_ISFIFO(pipe.st_mode)
            and access in others
            and not any(
                os.path.samestat(os.fstat(fd), pipe)
                and fcntl.fcntl(fd, fcntl.F_GETFL) & (os.O_ACCMODE | os.O_PATH)
                in (others[access], os.O_RDWR)
                for fd in self.fds.values()
            )
        )

    def close(self, slot):
        os.close(self.fd(slot))
        del self.fds[slot]
        return 0

    def mkdir(self, name, mode):
        os.mkdir(self.path(name), mode)

    def rmdir(self, name):
        os.rmdir(self.path(name))

    def unlink(self, name):
        os.unlink(self.path(name))

    def rename(self, old, new, flags):
        self.libc(
            "renameat2", AT_FDCWD, self.path(old).encode(), AT_FDCWD, self.path(new).encode(), flags
        )

    def link(self, old, new, follow):
        flags = 0x400 if follow else 0
        old, new = self.path(old).encode(), self.path(new).encode()
        self.libc("linkat", AT_FDCWD, old, AT_FDCWD, new, flags)

    def link_slot(self, slot, new):
        self.libc("linkat", self.fd(slot), b"", AT_FDCWD, self.path(new).encode(), 0x1000)

    def symlink(self, target, name):
        os.symlink(target, self.path(name))

    def readlink(self, name):
        return os.readlink(self.path(name)).encode()

    def mknod(self, name, kind, mode):
        os.mknod(self.path(name), kind | mode)

    def chmod(self, name, mode):
        os.chmod(self.path(name), mode)

    def chown(self, name, uid, gid, follow):
        os.chown(self.path(name), uid, gid, follow_symlinks=follow)

    def access(self, name, mode):
        self.libc("access", self.path(name).encode(), mode)

    def utime(self, name, access_ns, change_ns):
        os.utime(self.path(name), ns=(access_ns, change_ns), follow_symlinks=False)

    def truncate(self, name, size):
        os.truncate(self.path(name), size)

    def ftruncate(self, slot, size):
        os.ftruncate(self.fd(slot), size)

    def read(self, slot, count):
        return self.without_waiting(slot, lambda fd: os.read(fd, count))

    def write(self, slot, data):
        return self.without_waiting(slot, lambda fd: os.write(fd, data))

    def without_waiting(self, slot, action):
        """What a call comes to; `Asleep` if it would wait for a pipe's other side."""
        fd = self.fd(slot)
        pipe = stat.S_ISFIFO(os.fstat(fd).st_mode)
        if not pipe or fcntl.fcntl(fd, fcntl.F_GETFL) & os.O_NONBLOCK:
            return action(fd)
        os.set_blocking(fd, False)
        try:
            return action(fd)
        except BlockingIOError:
            raise Asleep from None
        finally:
            os.set_blocking(fd, True)

    def pread(self, slot, count, pos):
        return os.pread(self.fd(slot), count, pos)

    def pwrite(self, slot, data, pos):
        return os.pwrite(self.fd(slot), data, pos)

    def lseek(self, slot, offset, whence):
        return os.lseek(self.fd(slot), offset, whence)

    def fallocate(self, slot, mode, offset, length):
        offset, length = ctypes.c_long(offset), ctypes.c_long(length)
        self.libc("fallocate", self.fd(slot), FALLOC[mode], offset, length)

    def copy(self, source, target, count):
        return os.copy_file_range(self.fd(source), self.fd(target), count)

    def sendfile(self, target, source, count):
        return os.sendfile(self.fd(target), self.fd(source), None, count)

    def setxattr(self, name, key, value, flags):
        os.setxattr(self.path(name), key, value, flags, follow_symlinks=False)

    def getxattr(self, name, key):
        return os.getxattr(self.path(name), key, follow_symlinks=False)

    def removexattr(self, name, key):
        os.removexattr(self.path(name), key, follow_symlinks=False)

    def flock(self, slot, kind):
        fcntl.flock(self.fd(slot), LOCKS[kind] | fcntl.LOCK_NB)

    def getdents(self, name):
        return os.listdir(self.path(name))

    def fstat(self, slot):
        return self._facts(os.fstat(self.fd(slot)))

    def tree(self, name="."):
        """Path -> what stat says, in the order of the directory's own lines."""
        path = f"{self.folder}/{name}"
        info = os.lstat(path)
        found = {name: self._facts(info)}
        if info.st_mode & 0o170000 == 0o040000:
            for entry in os.listdir(path):
                found |= self.tree(entry if name == "." else f"{name}/{entry}")
        return found

    def _facts(self, info):
        times = (info.st_mtime_ns, info.st_ctime_ns)
        return (
            info.st_mode, info.st_nlink, info.st_uid, info.st_gid, info.st_size, info.st_blocks,
        ), times  # fmt: skip
