"""Device models: a TOML file gives paths and behaviours, and a report tells what was missing."""

import pytest

from emu.device_models.behaviour import BadModel
from emu.device_models.load import load_models
from emu.module_tools.program import Program
from tests.support.running import emu
from tests.support.toolchain import build_with_libc, or_skip

MODELS = """
[[file]]
path = "/proc/board/revision"
read = { const = "rev-b\\n" }

[[file]]
path = "/sys/class/gpio/gpio4/value"
read = { sequence = ["0\\n", "1\\n"], repeat = true }
write = { accept = ["0", "1"] }

[[file]]
path = "/etc/serial"
read = { counter = 100, step = 5, format = "SN%04d\\n" }

[[file]]
path = "/proc/board/table"
read = { file = "table.bin" }

[[device]]
path = "/dev/nvram"
number = [240, 3]
mode = "0600"
read = { store = "empty" }
write = "store"
ioctl = [
    { cmd = 0x1234, error = "EBUSY" },
    { cmd = "0x80046b01", out = { hex = "01020304" } },
    { cmd = "*", result = 7 },
]

[[device]]
path = "/dev/sink"
write = "discard"
"""


@pytest.fixture
def folder(tmp_path):
    (tmp_path / "table.bin").write_bytes(bytes(range(256)))
    (tmp_path / "models.toml").write_text(MODELS)
    return tmp_path


@pytest.fixture(params=["x86-64", "mips-n64", "arm-oabi"])
def program(request, folder):
    program = Program(request.param)
    load_models(program.kernel, str(folder / "models.toml"))
    program.start()
    return program


def cat(program, name):
    fd = program.open(name, "O_RDONLY")
    return fd if isinstance(fd, str) else program.read(fd, 4096)


def test_a_constant(program):
    assert cat(program, "/proc/board/revision") == b"rev-b\n"


def test_a_sequence_begins_again(program):
    assert [cat(program, "/sys/class/gpio/gpio4/value") for _ in range(3)] == [
        b"0\n",
        b"1\n",
        b"0\n",
    ]


def test_only_accepted_texts_are_taken(program):
    fd = program.open("/sys/class/gpio/gpio4/value", "O_WRONLY")
    assert [program.write(fd, b"1\n"), program.write(fd, b"2\n")] == [2, "EINVAL"]


def test_a_counter_in_an_ordinary_directory(program):
    assert [cat(program, "/etc/serial") for _ in range(2)] == [b"SN0100\n", b"SN0105\n"]


def test_a_file_of_the_host(program):
    assert cat(program, "/proc/board/table") == bytes(range(256))


def test_a_device_keeps_what_is_written(program):
    fd = program.open("/dev/nvram", "O_RDWR")
    assert program.read(fd, 99) == b"empty"
    assert program.write(fd, b"full") == 4
    assert cat(program, "/dev/nvram") == b"full"


def test_commands_have_a_table(program):
    fd = program.open("/dev/nvram", "O_RDWR")
    assert program.call("sys_ioctl", fd, 0x1234, 0) == "EBUSY"
    assert program.call("sys_ioctl", fd, 0x80046B01, program.buffer) == 0
    assert program.task.mm.read(program.buffer, 4) == b"\1\2\3\4"
    assert program.call("sys_ioctl", fd, 0x80046B01, 8) == "EFAULT"
    assert program.call("sys_ioctl", fd, 0x5555, 0) == 7
    sink = program.open("/dev/sink", "O_WRONLY")
    assert program.call("sys_ioctl", sink, 0x5555, 0) == "ENOTTY"


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("[[file]]\n", "a model needs an absolute path, not None"),
        ('[[file]]\npath = "/x"\nspeed = 1\n', "/x: unknown speed"),
        ('[[file]]\npath = "/x"\nread = { constant = "" }\n', "/x: read is const, sequence"),
        ('[[file]]\npath = "/x"\nread = { file = "none" }\n', "none is not there"),
        ('[[device]]\npath = "/x"\n', "/x: devices are in /dev itself"),
        ('[[device]]\npath = "/dev/x"\nread = { error = "EWHAT" }\n', "'EWHAT' is no errno"),
        ("[[gadget]]\n", "there are [[file]] and [[device]], not gadget"),
        ("=", "Invalid"),
    ],
)
def test_a_mistake_is_told(text, why, tmp_path):
    (tmp_path / "m.toml").write_text(text)
    with pytest.raises(BadModel) as told:
        load_models(Program("x86-64").kernel, str(tmp_path / "m.toml"))
    assert why in str(told.value)


def test_what_is_missing_is_told_with_a_stub_that_works(folder, tmp_path):
    source = tmp_path / "ask.c"
    source.write_text(ASKS)
    program = or_skip(build_with_libc, source, "arm64")
    end = emu(str(program), options=("--devices", str(folder / "models.toml")))
    assert end.output == b"-1 -1\n"
    stubs = end.errors.partition("\n\n")[2]
    assert "# 2 times: /sys/class/leds/red/brightness is not there" in stubs
    assert "# once: /dev/null has no ioctl 0x4b31 (type 'K', number 49, 0 bytes)" in stubs
    stubs = stubs.partition("# once: /dev/null")[0]
    (folder / "models.toml").write_text(MODELS + stubs)
    end = emu(str(program), options=("--devices", str(folder / "models.toml")))
    assert end.output == b"0 -1\n"
    assert "brightness" not in end.errors


ASKS = """
#include <fcntl.h>
#include <stdio.h>
#include <sys/ioctl.h>
int main(void)
{
	int led = open("/sys/class/leds/red/brightness", O_WRONLY);
	open("/sys/class/leds/red/brightness", O_RDONLY);
	printf("%d %d\\n", led < 0 ? led : 0, ioctl(open("/dev/null", O_RDWR), 0x4b31, 0));
	return 0;
}
"""
