"""Which kind of archive a file is. What is compressed as a whole is decompressed once, to a file
of the host that has no name."""

from __future__ import annotations

import os
import shutil
import subprocess
import tempfile
from typing import IO, TYPE_CHECKING

from emu.kernel.fs.archive.node import CHUNK, MAX_UNPACKED, BadArchive

if TYPE_CHECKING:
    from emu.kernel.fs.archive.node import ArchiveTree

GZIP, XZ, BZIP2, ZSTD = b"\x1f\x8b", b"\xfd7zXZ\0", b"BZh", b"\x28\xb5\x2f\xfd"
ZIP = (b"PK\x03\x04", b"PK\x05\x06")
CPIO = (b"070701", b"070702")
HEAD = 512
CHECKSUM = slice(148, 156)


def open_archive(path: str, number: int) -> ArchiveTree:
    """Index an archive of the host. `OSError` if it is none, or not a whole one."""
    # The file lives as long as the tree; both ends of every read are positions of our own.
    file: IO[bytes] = open(path, "rb")  # noqa: SIM115
    try:
        decompressed = _decompressed(file, os.pread(file.fileno(), HEAD, 0))
        return _index(decompressed or file, -1 - number)
    except BadArchive as error:
        raise BadArchive(f"{path}: {error}") from None


def _index(file: IO[bytes], dev: int) -> ArchiveTree:
    head = os.pread(file.fileno(), HEAD, 0)
    if head.startswith(ZIP):
        from emu.kernel.fs.archive.zip import index_zip

        return index_zip(file, dev)
    if head.startswith(CPIO):
        from emu.kernel.fs.archive.cpio import index_cpio

        return index_cpio(file, dev)
    if is_tar(head):
        from emu.kernel.fs.archive.tar import index_tar

        return index_tar(file, dev)
    raise BadArchive("neither a folder nor a tar, zip or cpio (newc) archive")


def is_tar(head: bytes) -> bool:
    """Whether a first block is a tar header: its checksum is right."""
    if len(head) < HEAD:
        return False
    try:
        said = int(head[CHECKSUM].split(b"\0")[0].strip() or b"0", 8)
    except ValueError:
        return False
    blanked = head[: CHECKSUM.start] + b" " * 8 + head[CHECKSUM.stop :]
    return said == sum(blanked)


def _decompressed(file: IO[bytes], head: bytes) -> IO[bytes] | None:
    """The same file decompressed, if it is compressed as a whole."""
    source: IO[bytes]
    errors: tuple[type[Exception], ...] = (OSError, EOFError, ValueError)
    if head.startswith(GZIP):
        import gzip
        import zlib

        source, errors = gzip.GzipFile(fileobj=file), (*errors, zlib.error)  # type: ignore[assignment]
    elif head.startswith(XZ):
        import lzma

        source = lzma.LZMAFile(file)  # noqa: SIM115
        errors = (*errors, lzma.LZMAError)
    elif head.startswith(BZIP2):
        import bz2

        source = bz2.BZ2File(file)
    elif head.startswith(ZSTD):
        return _by_command(file)
    else:
        return None
    target = tempfile.TemporaryFile()  # noqa: SIM115 -- lives as long as the tree
    try:
        while data := source.read(CHUNK):
            _write(target, data)
    except errors as error:
        raise BadArchive(f"it cannot be decompressed: {error}") from None
    return _finish(target)


def _by_command(file: IO[bytes]) -> IO[bytes]:
    """zstd, which Python has no decompressor for."""
    if not shutil.which("zstd"):
        raise BadArchive("zstd archives need the command zstd")
    target = tempfile.TemporaryFile()  # noqa: SIM115
    command = ["zstd", "-dcq"]
    with subprocess.Popen(
        command, stdin=file, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL
    ) as child:
        assert child.stdout is not None
        try:
            while data := child.stdout.read(CHUNK):
                _write(target, data)
        except BadArchive:
            child.kill()
            raise
    if child.returncode:
        raise BadArchive("it cannot be decompressed by zstd")
    return _finish(target)


def _write(target: IO[bytes], data: bytes) -> None:
    """Append, zeroes as a hole, up to a limit."""
    if target.tell() + len(data) > MAX_UNPACKED:
        raise BadArchive("it is too large when decompressed")
    if data.count(0) == len(data):
        target.seek(len(data), os.SEEK_CUR)
    else:
        target.write(data)


def _finish(target: IO[bytes]) -> IO[bytes]:
    target.truncate(target.tell())
    target.flush()
    target.seek(0)
    return target
