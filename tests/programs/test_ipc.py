"""Programs whose processes and threads meet: the same results as on Linux, on every ABI."""

from pathlib import Path

import pytest

from emu.machine import Bind, Config, Machine
from tests.support.running import emu
from tests.support.toolchain import (
    TARGETS,
    build_with_libc,
    is_native,
    or_skip,
    reference,
)

MACHINE = Path(__file__).parent / "machine"
SOURCES = sorted((Path(__file__).parent / "ipc").glob("*.c"))
# Debian has no C library for these.
ABIS = [abi for abi in TARGETS if abi not in ("x32", "arm-oabi", "riscv32")]

# Where QEMU 7.2 differs from Linux, so that only the native ABIs have an oracle. Linux is right.
QEMU_LACKS = {
    "locks": "robust lists",
    "mqueue": "mq_notify",
    "vm": "process_vm_readv and process_vm_writev",
    "random": "the same results of msgrcv and mq_receive (why was not looked into)",
}
# It stores 16 of the 32 bits of a mode for 64-bit ABIs, and waits for ever in FUTEX_WAKE_OP with
# words in the other byte order than the host's.
QEMU_LACKS_64 = ("msg", "sem", "shm")
QEMU_LACKS_BIG_ENDIAN = ("futex",)
WIDE = ("arm64", "riscv64", "mips-n64", "mips-n64el")
BIG_ENDIAN = ("mips-o32", "mips-n32", "mips-n64")

each_abi = pytest.mark.parametrize("abi", ABIS)
each_source = pytest.mark.parametrize("source", SOURCES, ids=lambda source: source.stem)


def has_oracle(abi, name):
    """Whether Linux itself or QEMU can say what a program prints."""
    if is_native(abi):
        return True
    return not (
        name in QEMU_LACKS
        or (name in QEMU_LACKS_64 and abi in WIDE)
        or (name in QEMU_LACKS_BIG_ENDIAN and abi in BIG_ENDIAN)
    )


@pytest.mark.oracle
@pytest.mark.parametrize(
    ("abi", "source"),
    [(abi, source) for abi in ABIS for source in SOURCES if has_oracle(abi, source.stem)],
    ids=lambda value: value if isinstance(value, str) else value.stem,
)
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


@pytest.mark.parametrize(
    "abis", [("arm64", "riscv64"), ("x86-64", "mips-o32"), ("i386", "mips-n64"), ("arm-eabi",) * 2]
)
def test_processes_of_two_instruction_sets_meet_at_a_futex(abis):
    source = MACHINE / "meet.c"
    programs = [str(or_skip(build_with_libc, source, abi)) for abi in abis]
    machine = Machine(Config(binds=[Bind(p, f"/{n}") for n, p in enumerate(programs)]))
    tasks = [machine.spawn(f"/{n}", ["meet", str(n)]) for n in range(2)]
    machine.run()
    assert [task.exit_status for task in tasks] == [0, 0]
    assert not len(machine.kernel.futexes)
