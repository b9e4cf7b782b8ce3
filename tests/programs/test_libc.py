"""Programs that use a C library, static and dynamic, do what their committed output says.

The library is the cross compiler's own, so this covers ABIs no distribution has a userland for,
big-endian MIPS among them.
"""

from pathlib import Path

import pytest

from tests.support.running import emu
from tests.support.toolchain import TARGETS, build_with_libc, or_skip, reference, sysroot

SOURCES = sorted((Path(__file__).parent / "libc").glob("*.c"))
# Debian has no C library for OABI and riscv32, and none for x32 that can be installed beside the
# cross compilers.
ABIS = [abi for abi in TARGETS if abi not in ("x32", "arm-oabi", "riscv32")]
ARGUMENTS = ["one", "two three"]
# What the emulator lacks for a program; those without an entry run on it.
NEEDS = {
    "processes": "signal handlers",
}
# Exit statuses; negative ones are signals.
STATUS = {"printing": 7, "processes": -6}

# What QEMU 7.2 cannot run: MIPS's SI_TIMER is the host's SI_MESGQ there, and the C library's thread
# waits for it for ever.
# It has no TIOCGSID.
NO_REFERENCE = [
    ("timer_threads", "mips"),
    ("terminals", "mips"),
    ("terminals", "arm"),
    ("terminals", "riscv"),
]

# What measures time: by the machine's own clock, however busy the host is.
TIMED = ("timer_threads", "waiting")

each_abi = pytest.mark.parametrize("abi", ABIS)
each_runnable_source = pytest.mark.parametrize(
    "source",
    [source for source in SOURCES if source.stem not in NEEDS],
    ids=lambda source: source.stem,
)
each_linking = pytest.mark.parametrize("dynamic", [False, True], ids=["static", "dynamic"])


each_abi_and_source_with_a_reference = pytest.mark.parametrize(
    ("abi", "source"),
    [
        pytest.param(abi, source, id=f"{source.stem}-{abi}")
        for abi in ABIS
        for source in SOURCES
        if not any(source.stem == s and abi.startswith(a) for s, a in NO_REFERENCE)
    ],
)


@pytest.mark.oracle
@each_abi_and_source_with_a_reference
@each_linking
def test_linux_or_qemu_runs_it(abi, source, dynamic):
    program = or_skip(build_with_libc, source, abi, dynamic)
    layer = or_skip(sysroot, abi) if dynamic else None
    end = or_skip(reference, abi, program, *ARGUMENTS, layer=layer)
    output, status = expected(source)
    if abi.startswith("mips-n32"):
        # QEMU 7.2 cuts the 64-bit arguments of n32 to 32 bits: see probes/qemu_differences.toml.
        output = output.replace(str(5 << 30), str(1 << 30)).replace(
            str((5 << 30) + 3), str((1 << 30) + 3)
        )
    if source.stem == "events" and abi.startswith("mips"):
        # QEMU 7.2 takes the host's si_code for MIPS's in a signalfd, and the wrong half of a
        # big-endian 64-bit sigval.
        output = output.replace("signal 1 code 1", "signal 1 code 0")
        if abi == "mips-n64":
            for value in ("77", "-5", "33"):
                output = output.replace(f"int {value}", "int 0")
    if source.stem == "waiting" and abi.startswith("mips"):
        output = output.replace("value 99", "value 0").replace("value 7", "value 0")
    assert (end.output.decode(), end.status) == (output, status)


@each_abi
@each_runnable_source
@each_linking
def test_the_emulator_runs_it(abi, source, dynamic):
    program = or_skip(build_with_libc, source, abi, dynamic)
    options = ("-L", str(or_skip(sysroot, abi))) if dynamic else ()
    if source.stem in TIMED:
        options += ("--deterministic",)
    end = emu(str(program), *ARGUMENTS, options=options)
    assert (end.output.decode(), end.status) == expected(source)


def expected(source):
    return source.with_suffix(".txt").read_text(), STATUS.get(source.stem, 0)
