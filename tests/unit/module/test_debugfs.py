"""debugfs: values of any length for root, once somebody mounts it."""

import pytest

from emu.kernel.fs.debugfs.super_block import Debugfs
from emu.kernel.fs.debugfs.values import BLOB_FILE, BOOL_FILE, TEXT_FILE, number_file
from emu.kernel.module.cells import BoolCell, Cell, TextCell
from tests.unit.vfs.guest import Guest

ROOT = "/sys/kernel/debug"


@pytest.fixture
def debugfs(guest):
    assert guest.ls(ROOT) == []
    assert guest.sys("mount", "none", ROOT, "debugfs", 0, 0) == 0
    return guest.kernel.part(Debugfs)


def written(guest, name, data):
    fd = guest.open(f"{ROOT}/{name}", "O_WRONLY|O_TRUNC")
    return guest.write(fd, data)


def test_only_root_gets_in(guest, debugfs):
    debugfs.create_file("n", 0o644, None, number_file("%d\n", 0o644), Cell(1))
    assert Guest(uid=1, beside=guest).open(f"{ROOT}/n") == "EACCES"


def test_a_mount_option_lets_others_in(guest):
    assert guest.sys("mount", "none", ROOT, "debugfs", 0, guest.name("mode=755")) == 0
    assert Guest(uid=1, beside=guest).ls(ROOT) == ["sched"]


def test_an_unknown_option_is_refused(guest):
    assert guest.sys("mount", "none", ROOT, "debugfs", 0, guest.name("speed=9")) == "EINVAL"


def test_a_number_is_read_and_written(guest, debugfs):
    debugfs.create_file("n", 0o644, None, number_file("0x%02x\n", 0o644), cell := Cell(4))
    assert guest.cat(f"{ROOT}/n") == b"0x04\n"
    assert written(guest, "n", b"0x2a\n") == 5
    assert cell.value == 42
    assert written(guest, "n", b"many\n") == "EINVAL"
    assert cell.value == 42


def test_a_number_without_write_bits_cannot_be_written(guest, debugfs):
    debugfs.create_file("n", 0o444, None, number_file("%d\n", 0o444), Cell(4))
    assert written(guest, "n", b"1") == "EINVAL"


def test_a_number_has_no_position(guest, debugfs):
    debugfs.create_file("n", 0o444, None, number_file("%d\n", 0o444), Cell(1234))
    fd = guest.open(f"{ROOT}/n")
    assert [guest.read(fd, 2), guest.read(fd, 9), guest.read(fd, 9)] == [b"12", b"34\n", b""]
    assert guest.sys("lseek", fd, 0, 0) == "ESPIPE"


def test_a_truth_value_ignores_what_is_none(guest, debugfs):
    debugfs.create_file("b", 0o644, None, BOOL_FILE, cell := BoolCell())
    assert guest.cat(f"{ROOT}/b") == b"N\n"
    assert [written(guest, "b", b"on\n"), cell.value] == [3, True]
    assert [written(guest, "b", b"?\n"), cell.value] == [2, True]


def test_a_string_is_replaced(guest, debugfs):
    debugfs.create_file("s", 0o644, None, TEXT_FILE, TextCell("old"))
    assert guest.cat(f"{ROOT}/s") == b"old\n"
    assert written(guest, "s", b" new \n") == 6
    assert guest.cat(f"{ROOT}/s") == b"new\n"


def test_a_blob_has_any_length(guest, debugfs):
    data = bytes(range(256)) * 100
    debugfs.create_file("blob", 0o444, None, BLOB_FILE, lambda: data)
    assert guest.cat(f"{ROOT}/blob") == data


def test_what_was_removed_answers_eio(guest, debugfs):
    directory = debugfs.create_dir("d")
    debugfs.create_file("n", 0o444, directory, number_file("%d\n", 0o444), Cell(1))
    fd = guest.open(f"{ROOT}/d/n")
    debugfs.remove(directory)
    assert guest.ls(ROOT) == ["sched"]
    assert guest.read(fd) == "EIO"
