"""An attribute of sysfs is compared with the host kernel's own: the same file, both ways."""

import errno
import os
from pathlib import Path

import pytest

from tests.unit.vfs.guest import Guest

NAME = "/sys/kernel/fscaps"
ENDS = {"SEEK_SET": os.SEEK_SET, "SEEK_CUR": os.SEEK_CUR, "SEEK_END": os.SEEK_END}


def on_host(function, *arguments):
    """A result, or the error's name, as the guest's calls answer."""
    try:
        return function(*arguments)
    except OSError as error:
        return errno.errorcode[error.errno]


@pytest.fixture
def both():
    if not Path(NAME).exists():
        pytest.skip(f"this host has no {NAME}")
    guest = Guest()
    return guest, guest.open(NAME), os.open(NAME, os.O_RDONLY)


def test_size_type_and_mode_are_the_same(both):
    guest, _, fd = both
    status = os.fstat(fd)
    mine = guest.stat(NAME)
    assert (mine["stx_mode"], mine["stx_size"]) == (status.st_mode, status.st_size)
    assert (mine["stx_blocks"], mine["stx_nlink"]) == (status.st_blocks, status.st_nlink)


def test_pieces_and_positions_are_the_same(both):
    guest, mine, host = both
    for count in (1, 1, 1, 5):
        assert guest.read(mine, count) == os.read(host, count)
    for position in (0, 1, 2, 5000):
        assert guest.pread(mine, 9, position) == os.pread(host, 9, position)


@pytest.mark.parametrize("whence", ENDS)
@pytest.mark.parametrize("offset", [0, 1, -1, 5000])
def test_seeking_is_the_same(both, whence, offset):
    guest, mine, host = both
    number = guest.abi.constant(whence)
    assert guest.sys("lseek", mine, offset, number) == on_host(os.lseek, host, offset, ENDS[whence])
    assert guest.read(mine, 9) == os.read(host, 9)


@pytest.mark.parametrize("flags", ["O_WRONLY", "O_RDWR", "O_RDONLY|O_TRUNC", "O_DIRECTORY"])
def test_what_cannot_be_opened_is_refused_with_the_same_error(both, flags):
    guest = both[0]
    bits = 0
    for flag in flags.split("|"):
        bits |= getattr(os, flag)
    theirs = on_host(os.open, NAME, bits)
    if theirs == "EROFS":  # where /sys is read-only, as in most containers
        theirs = "EACCES"
    mine = guest.open(NAME, flags)
    assert isinstance(mine, int) == isinstance(theirs, int)
    assert isinstance(mine, int) or mine == theirs
