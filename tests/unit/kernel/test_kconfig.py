"""Parts of the kernel by their Kconfig names, and leaving them out."""

import gzip

import pytest

from emu.arch.abi import Abi
from emu.kernel import sys
from emu.kernel.handlers import LazyHandlers
from emu.kernel.kconfig import SYMBOLS, KernelConfig, check_choice
from emu.kernel.kernel import Kernel, Options
from tests.unit.vfs.guest import Guest


@pytest.fixture(scope="module")
def entries():
    return list(LazyHandlers(sys))


def test_what_has_handlers_is_built_in(entries):
    lines = KernelConfig().text([b"proc"], entries).splitlines()
    assert {"CONFIG_EPOLL=y", "CONFIG_SYSVIPC=y", "CONFIG_PROC_FS=y"} <= set(lines)
    assert "# CONFIG_DEBUG_FS is not set" in lines


def test_what_is_left_out_is_not(entries):
    config = KernelConfig(["EPOLL", "DEBUG_FS"])
    assert "# CONFIG_EPOLL is not set" in config.text([b"debugfs"], entries).splitlines()
    assert not config.allows_file_system(b"debugfs")
    assert config.allows_file_system(b"proc")


@pytest.mark.parametrize("abi", ["x86-64", "arm64", "mips-o32"])
def test_calls_that_are_left_out_have_no_handler(abi):
    kernel = Kernel(
        ram=None, clock=Guest().clock, handlers=LazyHandlers(sys), make_cpu=None,
        options=Options(left_out=["SYSVIPC", "EPOLL"]),
    )  # fmt: skip
    abi = Abi.load(abi)
    answered = {
        row.name for row in abi.syscalls.values() if kernel.handler(abi, row.entry) is not None
    }
    gone = {"epoll_create", "epoll_ctl", "msgget", "semop", "shmat", "ipc"}
    assert not gone & answered
    assert {"read", "getpid", "mmap"} & answered


@pytest.mark.parametrize("text", ["CONFIG_NO_SUCH=n", "DEBUG_FS=n", "CONFIG_DEBUG_FS=m"])
def test_a_choice_must_make_sense(text):
    with pytest.raises(ValueError, match="CONFIG_"):
        check_choice(text)


def test_config_gz_is_the_text():
    guest = Guest()
    text = gzip.decompress(guest.cat("/proc/config.gz")).decode()
    names = [
        line.partition("CONFIG_")[2].split("=")[0].split()[0] for line in text.splitlines()[3:]
    ]
    assert names == [symbol.name for symbol in SYMBOLS]
