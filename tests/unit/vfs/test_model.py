"""Random file calls, on the guest's tmpfs and on the host's own file system: same answers."""

import contextlib
import errno
import os
import stat

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.unit.vfs.guest import Guest

NAMES = ("a", "b", "d", "d/a", "d/b", "d/e", "d/e/x", "a/x", "d/../a", "s", "d/s/", "")
name = st.sampled_from(NAMES)
mode = st.sampled_from((0o600, 0o644, 0o755))
FLAGS = {
    "O_RDONLY": os.O_RDONLY, "O_WRONLY": os.O_WRONLY, "O_RDWR": os.O_RDWR, "O_CREAT": os.O_CREAT,
    "O_EXCL": os.O_EXCL, "O_TRUNC": os.O_TRUNC, "O_APPEND": os.O_APPEND,
    "O_DIRECTORY": os.O_DIRECTORY, "O_NOFOLLOW": os.O_NOFOLLOW,
}  # fmt: skip
access = st.sampled_from(("O_RDONLY", "O_WRONLY", "O_RDWR"))
EXTRA = ("O_CREAT", "O_EXCL", "O_TRUNC", "O_APPEND", "O_NOFOLLOW")
extra = st.lists(st.sampled_from(EXTRA), max_size=3)
flags = st.builds(lambda a, e: "|".join([a, *sorted(set(e))]), access, extra)
slot = st.integers(0, 3)
data = st.binary(max_size=9000)
pos = st.integers(0, 20000)

OPERATIONS = st.one_of(
    st.tuples(st.just("open"), name, flags, mode),
    st.tuples(st.just("mkdir"), name),
    st.tuples(st.just("rmdir"), name),
    st.tuples(st.just("unlink"), name),
    st.tuples(st.just("rename"), name, name),
    st.tuples(st.just("link"), name, name),
    st.tuples(st.just("symlink"), name, name),
    st.tuples(st.just("chmod"), name, mode),
    st.tuples(st.just("truncate"), name, pos),
    st.tuples(st.just("write"), slot, data),
    st.tuples(st.just("read"), slot, pos),
    st.tuples(st.just("pwrite"), slot, data, pos),
    st.tuples(st.just("pread"), slot, pos, pos),
    st.tuples(st.just("seek"), slot, pos),
    st.tuples(st.just("ftruncate"), slot, pos),
    st.tuples(st.just("close"), slot),
)


class Host:
    """The calls on a folder of the host."""

    def __init__(self, folder):
        self.folder = folder
        self.fds = []

    def path(self, name):
        return f"{self.folder}/{name}" if name else ""

    def do(self, kind, *arguments):
        try:
            return getattr(self, kind)(*arguments)
        except OSError as error:
            return errno.errorcode[error.errno]

    def open(self, name, flags, mode):
        value = 0
        for flag in flags.split("|"):
            value |= FLAGS[flag]
        self.fds.append(os.open(self.path(name), value, mode))
        return 0

    def mkdir(self, name):
        os.mkdir(self.path(name), 0o755)
        return 0

    def rmdir(self, name):
        os.rmdir(self.path(name))
        return 0

    def unlink(self, name):
        os.unlink(self.path(name))
        return 0

    def rename(self, old, new):
        os.rename(self.path(old), self.path(new))
        return 0

    def link(self, old, new):
        os.link(self.path(old), self.path(new), follow_symlinks=False)
        return 0

    def symlink(self, target, new):
        os.symlink(target, self.path(new))
        return 0

    def chmod(self, name, mode):
        os.chmod(self.path(name), mode)
        return 0

    def truncate(self, name, size):
        os.truncate(self.path(name), size)
        return 0

    def fd(self, slot):
        return self.fds[slot] if slot < len(self.fds) else 9999

    def write(self, slot, data):
        return os.write(self.fd(slot), data)

    def read(self, slot, count):
        return os.read(self.fd(slot), count)

    def pwrite(self, slot, data, pos):
        return os.pwrite(self.fd(slot), data, pos)

    def pread(self, slot, count, pos):
        return os.pread(self.fd(slot), count, pos)

    def seek(self, slot, pos):
        return os.lseek(self.fd(slot), pos, os.SEEK_SET)

    def ftruncate(self, slot, size):
        os.ftruncate(self.fd(slot), size)
        return 0

    def close(self, slot):
        os.close(self.fd(slot))
        self.fds.pop(slot)
        return 0

    def close_all(self):
        for fd in self.fds:
            with contextlib.suppress(OSError):
                os.close(fd)

    def tree(self):
        found = {}
        for folder, folders, files in os.walk(self.folder):
            for entry in [".", *folders, *files]:
                path = os.path.normpath(os.path.join(folder, entry))
                info = os.lstat(path)
                content = b""
                if stat.S_ISREG(info.st_mode):
                    with open(path, "rb") as file:
                        content = file.read()
                elif stat.S_ISLNK(info.st_mode):
                    content = os.readlink(path).encode()
                kind_and_mode = info.st_mode if not stat.S_ISLNK(info.st_mode) else stat.S_IFLNK
                links = info.st_nlink if stat.S_ISREG(info.st_mode) else 0
                found[os.path.relpath(path, self.folder)] = (kind_and_mode, links, content)
        return found


class Emulated:
    """The same calls on a guest's /tmp."""

    def __init__(self):
        self.g = Guest()
        self.g.sys("umask", 0o022)
        self.g.mkdir("/tmp/t")
        self.fds = []

    def path(self, name):
        return f"/tmp/t/{name}" if name else ""

    def do(self, kind, *arguments):
        return getattr(self, kind)(*arguments)

    def open(self, name, flags, mode):
        got = self.g.open(self.path(name), flags, mode)
        if isinstance(got, str):
            return got
        self.fds.append(got)
        return 0

    def mkdir(self, name):
        return self.g.mkdir(self.path(name), 0o755)

    def rmdir(self, name):
        return self.g.rmdir(self.path(name))

    def unlink(self, name):
        return self.g.unlink(self.path(name))

    def rename(self, old, new):
        return self.g.rename(self.path(old), self.path(new))

    def link(self, old, new):
        return self.g.link(self.path(old), self.path(new))

    def symlink(self, target, new):
        return self.g.symlink(target, self.path(new))

    def chmod(self, name, mode):
        return self.g.chmod(self.path(name), mode)

    def truncate(self, name, size):
        return self.g.sys("truncate", self.path(name), size)

    def fd(self, slot):
        return self.fds[slot] if slot < len(self.fds) else 9999

    def write(self, slot, data):
        return self.g.write(self.fd(slot), data)

    def read(self, slot, count):
        return self.g.read(self.fd(slot), count)

    def pwrite(self, slot, data, pos):
        self.g.mm.write(self.g.buffer, data)
        return self.g.sys("pwrite64", self.fd(slot), self.g.buffer, len(data), pos)

    def pread(self, slot, count, pos):
        return self.g.pread(self.fd(slot), count, pos)

    def seek(self, slot, pos):
        return self.g.sys("lseek", self.fd(slot), pos, 0)

    def ftruncate(self, slot, size):
        return self.g.sys("ftruncate", self.fd(slot), size)

    def close(self, slot):
        got = self.g.close(self.fd(slot))
        if got == 0:
            self.fds.pop(slot)
        return got

    def tree(self, name="."):
        path = f"/tmp/t/{name}"
        info = self.g.stat(path, "AT_SYMLINK_NOFOLLOW")
        kind = info["stx_mode"] & 0o170000
        content = b""
        if kind == 0o100000:
            content = self.g.cat(path)
            assert len(content) == info["stx_size"]
        elif kind == 0o120000:
            content = self.g.readlink(path)
        mode = kind if kind == 0o120000 else info["stx_mode"]
        found = {name: (mode, info["stx_nlink"] if kind == 0o100000 else 0, content)}
        if kind == 0o040000:
            for entry in self.g.ls(path):
                found |= self.tree(entry if name == "." else f"{name}/{entry}")
        return found


@pytest.fixture(scope="module", autouse=True)
def usual_umask():
    old = os.umask(0o022)
    yield
    os.umask(old)


@settings(
    max_examples=150, deadline=None, derandomize=True,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)  # fmt: skip
@given(operations=st.lists(OPERATIONS, max_size=30))
def test_random_calls_have_the_hosts_answers(operations, tmp_path_factory):
    host = Host(str(tmp_path_factory.mktemp("t")))
    os.chmod(host.folder, 0o755)
    guest = Emulated()
    try:
        for operation in operations:
            expected = host.do(*operation)
            assert guest.do(*operation) == expected, (operation, operations)
        assert {k: v for k, v in guest.tree().items() if k != "."} == {
            k: v for k, v in host.tree().items() if k != "."
        }
    finally:
        host.close_all()
