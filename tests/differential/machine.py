"""The rules: any call with any of a few names, descriptors and sizes, at any time."""

import os

from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule

from tests.differential.guest import Emulated, machine
from tests.differential.host import Host

NAMES = (
    "a", "b", "c", "d", "s", "d/a", "d/b", "d/e", "d/e/x", "s/a", "a/x", "d/../a", "d/.", "s/",
    "b/", "d/e/..", "nothing/x", "",
)  # fmt: skip
TARGETS = ("a", "d", "d/a", "../a", "nothing", ".", "s", "d/e")
KINDS = (0o100000, 0o010000, 0o140000)
EXTRA = ("O_CREAT", "O_EXCL", "O_TRUNC", "O_APPEND", "O_NOFOLLOW", "O_NOATIME", "O_DIRECTORY")

name = st.sampled_from(NAMES)
slot = st.integers(0, 3)
mode = st.sampled_from((0o600, 0o644, 0o755, 0o4755, 0o2775, 0o1777, 0o2745))
# Sizes about the edges of pages.
size = st.sampled_from((0, 1, 10, 4095, 4096, 4097, 8191, 12288, 20000, 70000))
data = st.builds(lambda byte, count: bytes([byte]) * count, st.integers(1, 255), size)
number = st.sampled_from((0, 1, 1000, 1001))
key = st.sampled_from(("user.a", "user.b", "trusted.c", "other.d", "user."))
ACCESS = ("O_RDONLY", "O_WRONLY", "O_RDWR")
flags = st.one_of(
    st.builds(
        lambda access, extra: (access, *sorted(extra)),
        st.sampled_from(ACCESS),
        st.sets(st.sampled_from(EXTRA), max_size=3),
    ),
    st.sampled_from((("O_PATH",), ("O_PATH", "O_NOFOLLOW"), ("O_TMPFILE", "O_RDWR"))),
)


# An explained difference: the host gives a directory the time stamp of the file whose name changes,
# and may do so twice when its clock has not gone on since.
SAME_STAMP = ("unlink", "rmdir", "rename", "link", "link_slot")


class Shared:
    """One machine serves all sequences of a process: making it takes longer than a sequence."""

    guest = None
    sequences = 0


class Files(RuleBasedStateMachine):
    """Both sides do the same calls; after each of them everything that stat tells is alike."""

    def __init__(self):
        super().__init__()
        if Shared.guest is None:
            Shared.guest = machine()
        Shared.sequences += 1
        self.umask = os.umask(0o022)
        self.host = Host()
        self.guest = Emulated(Shared.guest, Shared.sequences)
        self.times = None
        self.last = ""

    def teardown(self):
        self.host.end()
        self.guest.end()
        os.umask(self.umask)

    def both(self, kind, *arguments):
        self.last = kind
        expected = self.host.call(kind, *arguments)
        found = self.guest.call(kind, *arguments)
        assert found == (0 if expected is None else expected), (kind, arguments, found, expected)

    @invariant()
    def the_trees_are_alike(self):
        expected, found = self.host.tree(), self.guest.tree()
        assert list(found) == list(expected)
        assert {k: v[0] for k, v in found.items()} == {k: v[0] for k, v in expected.items()}
        self._times_changed_alike(expected, found)

    def _times_changed_alike(self, expected, found):
        """The clocks differ, but the same calls change the times of the same files."""
        times = {path: (expected[path][1], found[path][1]) for path in expected}
        if self.times is not None:
            for path in times.keys() & self.times.keys():
                (host, guest), (old_host, old_guest) = times[path], self.times[path]
                for pair in zip(host, old_host, guest, old_guest, strict=True):
                    on_host, here = pair[0] != pair[1], pair[2] != pair[3]
                    unsure = self.last in SAME_STAMP and here and not on_host
                    assert on_host == here or unsure, (path, self.last, pair)
        self.times = times

    @rule(slot=slot, name=name, flags=flags, mode=mode)
    def open(self, slot, name, flags, mode):
        self.both("open", slot, name, flags, mode)

    @rule(slot=slot)
    def close(self, slot):
        self.both("close", slot)

    @rule(name=name, mode=mode)
    def mkdir(self, name, mode):
        self.both("mkdir", name, mode)

    @rule(name=name)
    def rmdir(self, name):
        self.both("rmdir", name)

    @rule(name=name)
    def unlink(self, name):
        self.both("unlink", name)

    # Not RENAME_WHITEOUT: which of the two new names is listed first differs.
    @rule(old=name, new=name, flags=st.sampled_from((0, 0, 0, 1, 2, 3, 8)))
    def rename(self, old, new, flags):
        self.both("rename", old, new, flags)

    @rule(old=name, new=name, follow=st.booleans())
    def link(self, old, new, follow):
        self.both("link", old, new, follow)

    @rule(slot=slot, new=name)
    def link_slot(self, slot, new):
        self.both("link_slot", slot, new)

    @rule(text=st.sampled_from(TARGETS), name=name)
    def symlink(self, text, name):
        self.both("symlink", text, name)

    @rule(name=name)
    def readlink(self, name):
        self.both("readlink", name)

    @rule(name=name, kind=st.sampled_from(KINDS), mode=mode)
    def mknod(self, name, kind, mode):
        self.both("mknod", name, kind, mode)

    @rule(name=name, mode=mode)
    def chmod(self, name, mode):
        self.both("chmod", name, mode)

    @rule(name=name, uid=number | st.just(-1), gid=number | st.just(-1), follow=st.booleans())
    def chown(self, name, uid, gid, follow):
        self.both("chown", name, uid, gid, follow)

    @rule(name=name, mode=st.integers(0, 8))
    def access(self, name, mode):
        self.both("access", name, mode)

    @rule(name=name, access=st.integers(0, 10**18), change=st.integers(0, 10**18))
    def utime(self, name, access, change):
        self.both("utime", name, access, change)

    @rule(name=name, size=size)
    def truncate(self, name, size):
        self.both("truncate", name, size)

    @rule(slot=slot, size=size)
    def ftruncate(self, slot, size):
        self.both("ftruncate", slot, size)

    @rule(slot=slot, count=size.filter(lambda count: count < 30000))
    def read(self, slot, count):
        self.both("read", slot, count)

    @rule(slot=slot, data=data.filter(lambda data: len(data) < 30000))
    def write(self, slot, data):
        self.both("write", slot, data)

    @rule(slot=slot, count=size.filter(lambda count: count < 30000), pos=size)
    def pread(self, slot, count, pos):
        self.both("pread", slot, count, pos)

    @rule(slot=slot, data=data.filter(lambda data: len(data) < 30000), pos=size)
    def pwrite(self, slot, data, pos):
        self.both("pwrite", slot, data, pos)

    @rule(slot=slot, offset=size | st.integers(-5, 5), whence=st.integers(0, 4))
    def lseek(self, slot, offset, whence):
        self.both("lseek", slot, offset, whence)

    @rule(
        slot=slot,
        kind=st.sampled_from(("", "keep", "punch", "zero", "collapse", "insert")),
        offset=size,
        length=size,
    )
    def fallocate(self, slot, kind, offset, length):
        self.both("fallocate", slot, kind, offset, length)

    @rule(source=slot, into=slot, count=size)
    def copy(self, source, into, count):
        self.both("copy", source, into, count)

    @rule(into=slot, source=slot, count=size)
    def sendfile(self, into, source, count):
        self.both("sendfile", into, source, count)

    @rule(name=name, key=key, value=st.binary(max_size=20), flags=st.integers(0, 3))
    def setxattr(self, name, key, value, flags):
        self.both("setxattr", name, key, value, flags)

    @rule(name=name, key=key)
    def getxattr(self, name, key):
        self.both("getxattr", name, key)

    @rule(name=name, key=key)
    def removexattr(self, name, key):
        self.both("removexattr", name, key)

    @rule(slot=slot, kind=st.sampled_from(("shared", "exclusive", "none")))
    def flock(self, slot, kind):
        self.both("flock", slot, kind)

    @rule(slot=slot)
    def fstat(self, slot):
        expected, found = self.host.call("fstat", slot), self.guest.call("fstat", slot)
        if isinstance(expected, str):
            assert found == expected
        else:
            assert found[0] == expected[0]
