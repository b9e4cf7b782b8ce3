"""Files and folders that checks use: each makes its own and leaves nothing behind."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from emu.conformance.checks import Checks, Wide
from emu.conformance.table import Variable

AT_FDCWD = -100
_NAMES = ("a", "b", "full/inner", "full", "self", "text", "data", "here", "there", "file", "folder")


@contextmanager
def in_folder(c: Checks, *names: str) -> Iterator[None]:
    """An empty working directory; what is called one of `names` is removed at the end."""
    folder = c.text(f"/tmp/emu-conform-{c.token}")
    c.call("mkdirat", AT_FDCWD, folder, 0o700)
    c.call("chdir", folder)
    c.succeeds()
    yield
    for name in (*_NAMES, *names):
        c.call("unlinkat", AT_FDCWD, c.text(name), 0)
        if name in ("full/inner", "full", "folder", *names):
            c.call("unlinkat", AT_FDCWD, c.text(name), c.constant("AT_REMOVEDIR"))
    c.call("chdir", c.text("/"))
    c.call("unlinkat", AT_FDCWD, folder, c.constant("AT_REMOVEDIR"))
    c.succeeds()


def make_file(c: Checks, name: str, content: bytes, mode: int = 0o600) -> Variable:
    """A new file in the working directory, open for both."""
    file = c.open(name, "O_RDWR|O_CREAT|O_EXCL", mode)
    if content:
        c.call("pwrite64", file, c.data(content), len(content), Wide(0))
        c.result(len(content))
    return file


def pipe(c: Checks, flags: str = "") -> tuple[Variable, Variable]:
    """A pipe's two ends."""
    ends = c.space(8)
    c.call("pipe2", ends, c.constant(flags) if flags else 0)
    c.succeeds()
    return c.read(ends, 4, True), c.read(ends + 4, 4, True)
