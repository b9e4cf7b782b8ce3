"""The same calls on this kernel's tmpfs, by its own system calls and without a CPU."""

import struct

from emu.kernel.errno import KernelError, Restart
from tests.differential.host import FALLOC, SLEEPS
from tests.unit.vfs.guest import Asleep, Guest

AT_FDCWD = -100
AT_SYMLINK_NOFOLLOW = 0x100
TICK_NS = 1_000_000
STATX = struct.Struct("<IIQIIIHxxQQQQQ")
"""From stx_mask to stx_attributes_mask; the times are behind it."""
TIME = struct.Struct("<qI")
MTIME, CTIME = 112, 96
LOCK_NB = 4
LOCKS = {"shared": 1, "exclusive": 2, "none": 8}


class Emulated:
    """One folder, as `Host` has it, of a machine that serves many sequences."""

    def __init__(self, guest, number):
        self.g = guest
        self.top = f"/tmp/{number}"
        self.folder = f"{self.top}/in"
        guest.mkdir(self.top)
        guest.mkdir(self.folder)
        self.fds = {}

    def end(self):
        for fd in self.fds.values():
            self.g.close(fd)
        self.folder = self.top
        for name, (facts, _) in reversed(self.tree().items()):
            directory = facts[0] & 0o170000 == 0o040000
            (self.g.rmdir if directory else self.g.unlink)(
                f"{self.folder}/{name}".removesuffix("/.")
            )

    def call(self, kind, *arguments):
        # Every call at a time of its own, so that a change of a time is seen.
        self.g.clock.advance(TICK_NS)
        try:
            return getattr(self, kind)(*arguments)
        except Asleep:
            return SLEEPS

    def path(self, name):
        return f"{self.folder}/{name}" if name else ""

    def fd(self, slot):
        return self.fds.get(slot, 9999)

    def buffer(self, data):
        self.g.mm.write(self.g.buffer, data)
        return self.g.buffer, len(data)

    def got(self, result):
        return self.g.mm.read(self.g.buffer, result) if isinstance(result, int) else result

    def open(self, slot, name, flags, mode):
        fd = self.g.open(self.path(name), "|".join(flags), mode)
        if isinstance(fd, str):
            return fd
        if slot in self.fds:
            self.g.close(self.fds[slot])
        self.fds[slot] = fd
        return 0

    def close(self, slot):
        result = self.g.close(self.fd(slot))
        if result == 0:
            del self.fds[slot]
        return result

    def mkdir(self, name, mode):
        return self.g.mkdir(self.path(name), mode)

    def rmdir(self, name):
        return self.g.rmdir(self.path(name))

    def unlink(self, name):
        return self.g.unlink(self.path(name))

    def rename(self, old, new, flags):
        return self.g.rename(self.path(old), self.path(new), flags)

    def link(self, old, new, follow):
        return self.g.link(self.path(old), self.path(new), "AT_SYMLINK_FOLLOW" if follow else "")

    def link_slot(self, slot, new):
        return self.g.sys("linkat", self.fd(slot), "", AT_FDCWD, self.path(new), 0x1000)

    def symlink(self, target, name):
        return self.g.symlink(target, self.path(name))

    def readlink(self, name):
        return self.g.readlink(self.path(name))

    def mknod(self, name, kind, mode):
        return self.g.sys("mknodat", AT_FDCWD, self.path(name), kind | mode, 0)

    def chmod(self, name, mode):
        return self.g.chmod(self.path(name), mode)

    def chown(self, name, uid, gid, follow):
        flags = 0 if follow else AT_SYMLINK_NOFOLLOW
        ids = (uid & 0xFFFFFFFF, gid & 0xFFFFFFFF)
        return self.g.sys("fchownat", AT_FDCWD, self.path(name), *ids, flags)

    def access(self, name, mode):
        return self.g.access(self.path(name), mode)

    def utime(self, name, access_ns, change_ns):
        times = [part for time in (access_ns, change_ns) for part in divmod(time, 10**9)]
        address, _ = self.buffer(struct.pack("<4q", *times))
        path = self.path(name)
        return self.g.sys("utimensat", AT_FDCWD, path, address, AT_SYMLINK_NOFOLLOW)

    def truncate(self, name, size):
        return self.g.sys("truncate", self.path(name), size)

    def ftruncate(self, slot, size):
        return self.g.sys("ftruncate", self.fd(slot), size)

    def read(self, slot, count):
        return self.got(self.g.sys("read", self.fd(slot), self.g.buffer, count))

    def write(self, slot, data):
        """As far as a pipe has room, like a call that a signal ends when it waits for more."""
        try:
            result = self.g.start("sys_write", self.fd(slot), *self.buffer(data))
            done = result if isinstance(result, int) else self.g.finish(result, interrupted=True)
        except KernelError as error:
            return type(error).__name__
        except Restart:
            return SLEEPS
        return done

    def pread(self, slot, count, pos):
        return self.got(self.g.sys("pread64", self.fd(slot), self.g.buffer, count, pos))

    def pwrite(self, slot, data, pos):
        return self.g.sys("pwrite64", self.fd(slot), *self.buffer(data), pos)

    def lseek(self, slot, offset, whence):
        return self.g.sys("lseek", self.fd(slot), offset, whence)

    def fallocate(self, slot, mode, offset, length):
        return self.g.sys("fallocate", self.fd(slot), FALLOC[mode], offset, length)

    def copy(self, source, target, count):
        fds = self.fd(source), 0, self.fd(target), 0
        return self.g.sys("copy_file_range", *fds, count, 0)

    def sendfile(self, target, source, count):
        return self.g.sys("sendfile64", self.fd(target), self.fd(source), 0, count)

    def setxattr(self, name, key, value, flags):
        return self.g.sys("lsetxattr", self.path(name), key, *self.buffer(value), flags)

    def getxattr(self, name, key):
        return self.got(self.g.sys("lgetxattr", self.path(name), key, self.g.buffer, 1000))

    def removexattr(self, name, key):
        return self.g.sys("lremovexattr", self.path(name), key)

    def flock(self, slot, kind):
        return self.g.sys("flock", self.fd(slot), LOCKS[kind] | LOCK_NB)

    def getdents(self, name):
        return self.g.ls(self.path(name))

    def fstat(self, slot):
        return self._facts(self.fd(slot), "", 0x1000)

    def tree(self, name="."):
        """Path -> what stat says, in the order of the directory's own lines."""
        path = f"{self.folder}/{name}"
        found = {name: self._facts(AT_FDCWD, path, AT_SYMLINK_NOFOLLOW)}
        if found[name][0][0] & 0o170000 == 0o040000:
            for entry in self.g.ls(path):
                found |= self.tree(entry if name == "." else f"{name}/{entry}")
        return found

    def _facts(self, fd, path, flags):
        result = self.g.sys("statx", fd, path, flags, 0x7FF, self.g.buffer)
        if result != 0:
            return result
        raw = self.g.mm.read(self.g.buffer, 128)
        _, _, _, links, uid, gid, mode, _, size, blocks, *_ = STATX.unpack_from(raw)
        times = tuple(
            seconds * 10**9 + ns
            for seconds, ns in (TIME.unpack_from(raw, place) for place in (MTIME, CTIME))
        )
        return (mode, links, uid, gid, size, blocks), times


def machine():
    """A machine for many sequences."""
    guest = Guest()
    guest.sys("umask", 0o022)
    return guest
