"""Files: what opening, reading, writing, linking and renaming do."""

from __future__ import annotations

from emu.conformance.checks import Checks, Wide
from emu.conformance.files import AT_FDCWD, in_folder, make_file, pipe


def contents(c: Checks) -> None:
    """What is written is read."""
    c.check("read goes on where write ended, pread does not move it")
    with in_folder(c):
        file = make_file(c, "file", b"")
        c.call("write", file, c.text("hello"), 5)
        c.result(5)
        got = c.space(16)
        c.call("read", file, got, 16)
        c.result(0)
        c.call("pread64", file, got, 16, Wide(1))
        c.result(4)
        c.memory(got, b"ello\0")
        c.call("read", file, got, 16)
        c.result(0)
        c.call("close", file)
    c.check("a write beyond the end leaves zeroes")
    with in_folder(c):
        file = make_file(c, "file", b"a")
        c.call("pwrite64", file, c.text("z"), 1, Wide(5))
        got = c.space(16, 0xFF)
        c.call("pread64", file, got, 16, Wide(0))
        c.result(6)
        c.memory(got, b"a\0\0\0\0z\xff")
        c.call("close", file)
    c.check("a read of no bytes answers 0, a write too")
    file = c.open("/dev/null")
    c.call("read", file, 8, 0)
    c.result(0)
    c.call("write", file, 8, 0)
    c.result(0)
    c.call("close", file)
    c.check("a file that is open for reading cannot be written")
    with in_folder(c):
        c.call("close", make_file(c, "file", b"x"))
        file = c.open("file", "O_RDONLY")
        c.call("write", file, c.text("y"), 1)
        c.error("EBADF")
        c.call("close", file)


def names(c: Checks) -> None:
    """link, symlink, rename, unlink."""
    c.check("two links are one file")
    with in_folder(c):
        c.call("close", make_file(c, "a", b"x"))
        c.call("linkat", AT_FDCWD, c.text("a"), AT_FDCWD, c.text("b"), 0)
        c.succeeds()
        c.call("unlinkat", AT_FDCWD, c.text("a"), 0)
        c.succeeds()
        file = c.open("b", "O_RDONLY")
        got = c.space(1)
        c.call("read", file, got, 1)
        c.memory(got, b"x")
        c.call("close", file)
    c.check("a file without a name can still be read")
    with in_folder(c):
        file = make_file(c, "a", b"x")
        c.call("unlinkat", AT_FDCWD, c.text("a"), 0)
        got = c.space(1)
        c.call("pread64", file, got, 1, Wide(0))
        c.result(1)
        c.call("close", file)
    c.check("readlink answers the target, cut to the buffer, without a 0")
    with in_folder(c):
        c.call("symlinkat", c.text("some/where"), AT_FDCWD, c.text("here"))
        c.succeeds()
        got = c.space(16, 0xFF)
        c.call("readlinkat", AT_FDCWD, c.text("here"), got, 16)
        c.result(10)
        c.memory(got, b"some/where\xff")
        c.call("readlinkat", AT_FDCWD, c.text("here"), got, 4)
        c.result(4)
    c.check("rename replaces a file")
    with in_folder(c):
        c.call("close", make_file(c, "a", b"A"))
        c.call("close", make_file(c, "b", b"B"))
        c.call("renameat2", AT_FDCWD, c.text("a"), AT_FDCWD, c.text("b"), 0)
        c.succeeds()
        c.call("faccessat", AT_FDCWD, c.text("a"), 0)
        c.error("ENOENT")
        file = c.open("b", "O_RDONLY")
        got = c.space(1)
        c.call("read", file, got, 1)
        c.memory(got, b"A")
        c.call("close", file)
    c.check("a folder does not move into itself")
    with in_folder(c):
        c.call("mkdirat", AT_FDCWD, c.text("folder"), 0o700)
        c.call("renameat2", AT_FDCWD, c.text("folder"), AT_FDCWD, c.text("folder/x"), 0)
        c.error("EINVAL")
    c.check("a file does not replace a folder")
    with in_folder(c):
        c.call("close", make_file(c, "a", b""))
        c.call("mkdirat", AT_FDCWD, c.text("folder"), 0o700)
        c.call("renameat2", AT_FDCWD, c.text("a"), AT_FDCWD, c.text("folder"), 0)
        c.error("EISDIR")


def descriptors(c: Checks) -> None:
    """dup and close."""
    c.check("dup answers the lowest free descriptor")
    c.call("dup", 1)
    first = c.descriptor()
    c.call("dup", 1)
    c.value(c.saved(), first + 1)
    c.call("close", first + 1)
    c.call("close", first)
    c.check("F_DUPFD answers the lowest from a number on")
    c.call("fcntl", 1, c.constant("F_DUPFD"), 50)
    c.result(50)
    c.call("close", 50)
    c.check("dup3 closes what was there")
    reader, writer = pipe(c)
    c.call("dup3", 1, writer, 0)
    c.value(c.saved(), writer)
    got = c.space(1)
    c.call("read", reader, got, 1)
    c.result(0)
    c.call("close", reader)
    c.call("close", writer)
    c.check("two descriptors of one open file share its position")
    c.call("memfd_create", c.text("conform"), 0)
    file = c.descriptor()
    c.call("dup", file)
    copy = c.descriptor()
    c.call("write", file, c.text("abc"), 3)
    c.call("write", copy, c.text("def"), 3)
    got = c.space(6)
    c.call("pread64", file, got, 6, Wide(0))
    c.memory(got, b"abcdef")
    c.call("close", file)
    c.call("close", copy)
    c.check("close_range closes from one to another")
    c.call("fcntl", 1, c.constant("F_DUPFD"), 60)
    c.call("fcntl", 1, c.constant("F_DUPFD"), 61)
    c.call("close_range", 60, 61, 0)
    c.succeeds()
    for number in (60, 61):
        c.call("close", number)
        c.error("EBADF")


def pipes(c: Checks) -> None:
    """The end of a pipe, and its size."""
    c.check("a pipe gives what was written, and its end when nobody writes")
    reader, writer = pipe(c)
    c.call("write", writer, c.text("abc"), 3)
    c.call("close", writer)
    got = c.space(8)
    c.call("read", reader, got, 8)
    c.result(3)
    c.memory(got, b"abc")
    c.call("read", reader, got, 8)
    c.result(0)
    c.call("close", reader)
    c.check("F_GETPIPE_SZ is 65536, and F_SETPIPE_SZ changes it")
    reader, writer = pipe(c)
    c.call("fcntl", reader, c.constant("F_GETPIPE_SZ"))
    c.result(65536)
    c.call("fcntl", reader, c.constant("F_SETPIPE_SZ"), 4096)
    c.result(4096)
    c.call("close", reader)
    c.call("close", writer)
    c.check("a full pipe is EAGAIN")
    reader, writer = pipe(c, "O_NONBLOCK")
    c.call("fcntl", writer, c.constant("F_SETPIPE_SZ"), 4096)
    c.call("write", writer, c.space(4096), 4096)
    c.result(4096)
    c.call("write", writer, c.text("x"), 1)
    c.error("EAGAIN")
    c.call("close", reader)
    c.call("close", writer)


def events(c: Checks) -> None:
    """eventfd's counter."""
    c.check("an eventfd adds up and reads to 0")
    c.call("eventfd2", 5, c.constant("EFD_NONBLOCK"))
    file = c.descriptor()
    c.call("write", file, c.data(c.words(7, size=8)), 8)
    c.result(8)
    got = c.space(8)
    c.call("read", file, got, 8)
    c.result(8)
    c.word(got, 8, 12)
    c.call("read", file, got, 8)
    c.error("EAGAIN")
    c.call("read", file, got, 4)
    c.error("EINVAL")
    c.call("close", file)


def modes(c: Checks) -> None:
    """chmod, umask, access."""
    c.check("fchmod and fchmodat change the mode")
    layout = c.layout("statx")
    with in_folder(c):
        file = make_file(c, "file", b"")
        at = c.space(layout.size)
        for call, arguments in (
            ("fchmod", (file, 0o751)),
            ("fchmodat", (AT_FDCWD, c.text("file"), 0o4640)),
        ):
            c.call(call, *arguments)
            c.succeeds()
            c.call("statx", AT_FDCWD, c.text("file"), 0, c.constant("STATX_BASIC_STATS"), at)
            c.field(at, layout, "stx_mode", 0o100000 | int(arguments[-1]))
        c.call("close", file)
    c.check("umask takes bits from a new file's mode")
    with in_folder(c):
        c.call("umask", 0o27)
        c.call("close", make_file(c, "file", b"", 0o666))
        c.call("umask", 0o22)
        at = c.space(layout.size)
        c.call("statx", AT_FDCWD, c.text("file"), 0, c.constant("STATX_BASIC_STATS"), at)
        c.field(at, layout, "stx_mode", 0o100640)


def copying(c: Checks) -> None:
    """sendfile, copy_file_range, splice."""
    c.check("sendfile copies from a file to a pipe")
    c.call("memfd_create", c.text("conform"), 0)
    file = c.descriptor()
    c.call("write", file, c.text("abcdef"), 6)
    reader, writer = pipe(c)
    call = "sendfile64" if "sendfile64" in c.numbers else "sendfile"
    width = 8 if call == "sendfile64" else c.abi.word_bytes
    place = c.copy(c.words(2, size=width))
    c.call(call, writer, file, place, 3)
    c.result(3)
    c.word(place, width, 5)
    got = c.space(4)
    c.call("read", reader, got, 4)
    c.memory(got, b"cde\0")
    c.call("close", reader)
    c.call("close", writer)
    c.check("copy_file_range copies within the kernel")
    c.call("memfd_create", c.text("other"), 0)
    other = c.descriptor()
    here, there = c.copy(c.words(1, size=8)), c.copy(c.words(0, size=8))
    c.call("copy_file_range", file, here, other, there, 4, 0)
    c.result(4)
    got = c.space(5)
    c.call("pread64", other, got, 5, Wide(0))
    c.memory(got, b"bcde\0")
    c.call("close", file)
    c.call("close", other)


CHECKS = (contents, names, descriptors, pipes, events, modes, copying)
