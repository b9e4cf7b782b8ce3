"""Signal handlers on every ABI: programs do here what their committed output says Linux does.

The output is that of x86-64 Linux, and the same on every ABI; where QEMU's differs, it is wrong.
"""

from fnmatch import fnmatch
from pathlib import Path

import pytest

from tests.support.running import emu
from tests.support.toolchain import (
    TARGETS,
    build,
    build_freestanding,
    is_native,
    or_skip,
    reference,
)

SOURCES = sorted((Path(__file__).parent / "signals").glob("*.c"))
ABIS = [abi for abi in TARGETS if abi not in ("x32", "arm-oabi", "riscv32")]
OPTIONS = ["-O1", "-std=gnu11", "-w", "-static", "-fasynchronous-unwind-tables"]
STATUS = {"handlers": 3}
# Lines of QEMU 7.2 that differ from Linux: program, ABIs, what they begin with, and why.
QEMU_DIFFERS = (
    # It knows no SS_AUTODISARM.
    ("stacks", "*", ("autodisarm", "disarmed", "uc_stack flags", "armed again")),
    # It tells the host's address, behind its own rounding of the file's size.
    ("faults", "*", ("beyond the end",)),
    # It knows no codes of MIPS traps: see do_trap_or_bp in arch/mips/kernel/traps.c.
    ("faults", "mips-*", ("division",)),
    # It expects an sa_restorer, which RISC-V has not, before sa_mask.
    ("handlers", "riscv64", ("USR1: ", "after raising")),
)

each_abi = pytest.mark.parametrize("abi", ABIS)
each_source = pytest.mark.parametrize("source", SOURCES, ids=lambda source: source.stem)


@pytest.mark.oracle
@each_abi
@each_source
def test_linux_or_qemu_runs_it(abi, source):
    program = built(abi, source)
    end = or_skip(reference, abi, program)
    output, status = expected(source)
    assert end.status == status
    wrong = () if is_native(abi) else differing(abi, source)
    assert known_lines(end.output.decode(), wrong) == known_lines(output, wrong)


@each_abi
@each_source
def test_the_emulator_runs_it(abi, source):
    # What the programs measure is the machine's own time, however busy the host is.
    end = emu(str(built(abi, source)), options=("--deterministic",))
    assert (end.output.decode(), end.status) == expected(source)


def built(abi, source):
    return or_skip(build, [source], abi, OPTIONS)


def differing(abi, source):
    """What begins the lines in which QEMU is known to be wrong."""
    return tuple(
        start
        for name, abis, starts in QEMU_DIFFERS
        if name == source.stem and fnmatch(abi, abis)
        for start in starts
    )


def known_lines(text, wrong):
    return [line for line in text.splitlines() if not line.startswith(wrong or ("\0",))]


def expected(source):
    return source.with_suffix(".txt").read_text(), STATUS.get(source.stem, 0)


@pytest.mark.parametrize("abi", ["x32", "riscv32", "arm-oabi"])
def test_abis_without_a_library_have_signals_too(abi):
    bare = Path(__file__).parent / "signals" / "bare" / "bare.c"
    program = or_skip(build_freestanding, [bare], abi)
    end = emu(str(program))
    assert end.output.decode() == (
        "sigaction: yes\nhandler with information: yes\nsigaction: yes\nhandler without: yes\n"
        "blocked: yes\nsigsuspend: yes\nsigaction: yes\nskipped an undefined instruction: yes\n"
    )
    assert end.status == 5
