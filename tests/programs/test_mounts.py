"""Mounts, their options, propagation, roots and the new calls: one program of many cases.

The oracle is this machine's own kernel, in a user and mount namespace of its own (see
`mounts/README.md` for what such a namespace forbids). User-mode QEMU hands these calls on to the
same kernel, so it has nothing to add.
"""

from functools import cache
from pathlib import Path

import pytest

from tests.support.running import emu, natively
from tests.support.toolchain import TARGETS, build, is_native, or_skip

FOLDER = Path(__file__).parent / "mounts"
SOURCES = [FOLDER / "harness.c", *sorted(set(FOLDER.glob("*.c")) - {FOLDER / "harness.c"})]
FLAGS = ["-O1", "-std=gnu11", "-D_GNU_SOURCE", "-D_FILE_OFFSET_BITS=64", "-static"]
FLAGS += ["-Wall", "-Wextra", "-Wno-unused-result"]
# Without a C library in Debian: see test_libc.py.
ABIS = [abi for abi in TARGETS if abi not in ("x32", "arm-oabi", "riscv32")]
OWN_NAMESPACE = ["unshare", "--user", "--map-root-user", "--mount"]


@pytest.mark.parametrize("abi", [abi for abi in ABIS if is_native(abi)])
def test_linux_answers_as_expected(abi):
    program = or_skip(build, SOURCES, abi, FLAGS)
    assert lines(natively(*OWN_NAMESPACE, str(program)).output) == expected()


@pytest.mark.parametrize("abi", ABIS)
def test_the_emulator_answers_as_linux(abi):
    program = or_skip(build, SOURCES, abi, FLAGS)
    assert lines(emu(str(program)).output) == expected()


@cache
def expected() -> list[str]:
    """What Linux answers, on every ABI."""
    return lines((FOLDER / "expected.txt").read_bytes())


def lines(output: bytes) -> list[str]:
    return output.decode(errors="replace").splitlines()
