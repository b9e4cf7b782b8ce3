"""Programs whose processes and threads meet: the same results as on Linux, on every ABI."""

from pathlib import Path

import pytest

from tests.support.running import emu
from tests.support.toolchain import (
    TARGETS,
    build_with_libc,
    is_native,
    or_skip,
    reference,
)

SOURCES = sorted((Path(__file__).parent / "ipc").glob("*.c"))
# Debian has no C library for these.
ABIS = [abi for abi in TARGETS if abi not in ("x32", "arm-oabi", "riscv32")]

each_abi = pytest.mark.parametrize("abi", ABIS)
each_source = pytest.mark.parametrize("source", SOURCES, ids=lambda source: source.stem)


@each_source
@each_abi
def test_the_oracle_gives_the_expected_output(abi, source):
    program = or_skip(build_with_libc, source, abi)
    end = or_skip(reference, abi, program)
    assert (end.output.decode(), end.status) == (expected(source), 0)


@each_source
@each_abi
def test_the_emulator_gives_the_expected_output(abi, source):
    end = emu(str(or_skip(build_with_libc, source, abi)))
    assert (end.output.decode(), end.status) == (expected(source), 0)


def expected(source):
    return source.with_suffix(".txt").read_text()
