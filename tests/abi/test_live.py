"""Real kernels, or QEMU in their place, write as many bytes as the layouts say."""

from pathlib import Path

import pytest

from tests.abi.loading import load
from tests.support import toolchain

PROBES = Path(__file__).parents[1] / "programs" / "probes"
NO_EXTRA_CHECK = Path(__file__).parent / "live" / "no_extra_check.c"

# What the probe program measures -> the struct that is copied out.
STRUCTS = {
    "fstat": "stat",
    "fstat64": "stat64",
    "statx": "statx",
    "uname": "new_utsname",
    "sigaltstack": "sigaltstack",
    "getitimer": "itimerval",
    "getrlimit": "rlimit",
    "prlimit64": "rlimit64",
    "statfs": "statfs",
    "clock_gettime64": "__kernel_timespec",
    "gettimeofday": "timeval",
    "getrusage": "rusage",
    "times": "tms",
}
# QEMU leaves out padding at the end of some structs, and has its own idea of sigaction.
KERNEL_ONLY = {"sysinfo": "sysinfo", "statfs64": "statfs64", "rt_sigaction": "sigaction"}


@pytest.mark.parametrize(
    "abi", ["x86-64", "i386", "arm64", "riscv64", "arm-eabi", "mips-o32", "mips-n32", "mips-n64"]
)
def test_a_real_program_sees_structs_of_the_tables_sizes(abi):
    sources = [path for path in sorted(PROBES.glob("*.c")) if not path.name.startswith("abi_")]
    program = toolchain.or_skip(toolchain.build_freestanding, [*sources, NO_EXTRA_CHECK], abi)
    run = toolchain.or_skip(toolchain.reference, abi, program)
    lines = (line.partition(": ") for line in run.output.decode().splitlines())
    written = {
        name.removeprefix("bytes of "): int(value)
        for name, _, value in lines
        if name.startswith("bytes of ")
    }
    assert written, f"{program} measured nothing: {run}"
    structs = STRUCTS | KERNEL_ONLY if toolchain.is_native(abi) else STRUCTS
    expected = {
        call: load(abi).layout(struct).size for call, struct in structs.items() if call in written
    }
    assert {call: written[call] for call in expected} == expected
