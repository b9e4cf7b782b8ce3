"""``emu coverage`` tells which calls answer ENOSYS."""

import pytest

from emu.arch.abi import abi_names
from emu.cli import main


def test_every_abi_is_counted(capsys):
    assert main(["coverage"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert [line.split()[0] for line in lines] == list(abi_names())


@pytest.mark.parametrize("abi", abi_names())
def test_what_is_missing_is_listed_and_what_works_is_not(abi, capsys):
    assert main(["coverage", abi]) == 0
    words = capsys.readouterr().out.split()
    assert "io_uring_setup" in words
    assert "getpid" not in words


def test_an_unknown_abi_is_refused(capsys):
    assert main(["coverage", "vax"]) == 2
    assert "vax" in capsys.readouterr().err
