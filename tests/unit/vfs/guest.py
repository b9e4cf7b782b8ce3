"""A program of any ABI with a root, making file calls without a CPU."""

import struct

from emu.kernel.fs.setup import mount_root, open_stdio
from emu.kernel.vfs.fs_context import FsContext
from tests.unit.sys.caller import ABIS, BUFFER_SIZE, Asleep, Caller

__all__ = ["ABIS", "BUFFER_SIZE", "Asleep", "Guest"]

AT_FDCWD = -100
NAMES = 0x8000
"""Where in the buffer names are put; data goes to its start."""


class Guest(Caller):
    """Calls by short names: ``guest.open("/etc/passwd", "O_RDONLY")``; errors are their names."""

    def __init__(self, abi="x86-64", byte_order=None, uid=0, layers=(), beside=None, upper=None):
        super().__init__(abi, byte_order, uid, beside.kernel if beside else None)
        if beside is None:
            mount_root(self.kernel, [str(layer) for layer in layers], upper and str(upper))
        root = self.kernel.root_mount.root_path()
        self.task.files = open_stdio(self.kernel, ())
        self.task.fs = FsContext(root, root)
        if beside is not None:
            self.clock = beside.clock
        self.kernel.sched.current = self.task
        self._next_name = NAMES

    def name(self, text):
        """The address of a string in memory."""
        raw = (text.encode() if isinstance(text, str) else text) + b"\0"
        if self._next_name + len(raw) > BUFFER_SIZE - 512:
            self._next_name = NAMES
        address = self.buffer + self._next_name
        self._next_name += len(raw)
        self.mm.write(address, raw)
        return address

    def sys(self, entry, *arguments):
        """A call whose strings are names; the result, or the error's name."""
        self.kernel.sched.current = self.task
        words = [self.name(a) if isinstance(a, str | bytes) else a for a in arguments]
        found = self.fails(f"sys_{entry}", *words)
        return int(found[7:]) if found.startswith("result ") else found

    def bits(self, names):
        """Flags by name, in the caller's own numbers."""
        return sum(self.abi.constant(name) for name in names.split("|") if name)

    def open(self, name, flags="O_RDONLY", mode=0o644, dfd=AT_FDCWD):
        return self.sys("openat", dfd, name, self.bits(flags), mode)

    def close(self, fd):
        return self.sys("close", fd)

    def write(self, fd, data):
        self.mm.write(self.buffer, data)
        return self.sys("write", fd, self.buffer, len(data))

    def read(self, fd, count=4096):
        got = self.sys("read", fd, self.buffer, count)
        return self.mm.read(self.buffer, got) if isinstance(got, int) else got

    def pread(self, fd, count, pos):
        got = self.sys("pread64", fd, self.buffer, count, pos)
        return self.mm.read(self.buffer, got) if isinstance(got, int) else got

    def make(self, name, content=b"", mode=0o644):
        """A file with contents."""
        fd = self.open(name, "O_CREAT|O_WRONLY|O_TRUNC", mode)
        assert isinstance(fd, int), fd
        if content:
            assert self.write(fd, content) == len(content)
        self.close(fd)

    def cat(self, name):
        """The contents of a file, or the error."""
        fd = self.open(name)
        if isinstance(fd, str):
            return fd
        parts = []
        while piece := self.read(fd, 0x4000):
            assert isinstance(piece, bytes), piece
            parts.append(piece)
        self.close(fd)
        return b"".join(parts)

    def stat(self, name, flags=""):
        """statx as a dict, or the error."""
        got = self.sys("statx", AT_FDCWD, name, self.bits(flags), 0xFFF, self.buffer)
        return self.get("statx") if got == 0 else got

    def readlink(self, name):
        got = self.sys("readlinkat", AT_FDCWD, name, self.buffer, 4096)
        return self.mm.read(self.buffer, got) if isinstance(got, int) else got

    def ls(self, name):
        """The names in a directory, in its order, without the dots."""
        fd = self.open(name, "O_RDONLY|O_DIRECTORY")
        if isinstance(fd, str):
            return fd
        names = [entry[2] for entry in self.entries(fd)]
        self.close(fd)
        return names[2:]

    def entries(self, fd, size=0x4000):
        """(ino, type, name) by getdents64, until its end."""
        found = []
        order = self.abi.isa.byte_order
        while got := self.sys("getdents64", fd, self.buffer, size):
            assert isinstance(got, int), got
            data = self.mm.read(self.buffer, got)
            while data:
                ino, _, length, kind = struct.unpack_from(order + "QqHB", data)
                found.append((ino, kind, data[19:length].rstrip(b"\0").decode()))
                data = data[length:]
        return found

    def mkdir(self, name, mode=0o755):
        return self.sys("mkdirat", AT_FDCWD, name, mode)

    def unlink(self, name):
        return self.sys("unlinkat", AT_FDCWD, name, 0)

    def rmdir(self, name):
        return self.sys("unlinkat", AT_FDCWD, name, self.bits("AT_REMOVEDIR"))

    def symlink(self, target, name):
        return self.sys("symlinkat", target, AT_FDCWD, name)

    def link(self, old, new, flags=""):
        return self.sys("linkat", AT_FDCWD, old, AT_FDCWD, new, self.bits(flags))

    def rename(self, old, new, flags=0):
        return self.sys("renameat2", AT_FDCWD, old, AT_FDCWD, new, flags)

    def chmod(self, name, mode):
        return self.sys("fchmodat", AT_FDCWD, name, mode)

    def chown(self, name, uid, gid):
        return self.sys("fchownat", AT_FDCWD, name, uid, gid, 0)

    def access(self, name, mode):
        return self.sys("faccessat", AT_FDCWD, name, mode)
