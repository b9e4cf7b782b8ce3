"""The committed sample programs are what their sources say, and do what their names say."""

import shutil
import struct
import subprocess

import pytest

from samples.programs.abis import ABIS
from samples.programs.assembler import RISCV_TOOLS
from samples.programs.build import FOLDER, build, programs
from tests.support.toolchain import emulator, or_skip, oracle

PROGRAMS = [
    pytest.param(abi, source, program, id=str(program.relative_to(FOLDER)))
    for abi in ABIS
    for source, program in programs(abi)
]

# What hello calls each way in, by the end of the program's name.
WAYS = {
    "hello-int80": "int 0x80",
    "hello-vdso": "__kernel_vsyscall",
    "hello-svc": "svc",
    "hello-thumb": "svc in Thumb state",
    "arm-eabi/hello-svc": "svc in ARM state",
}
ERRORS = "close(-1): -9\ncall 999: -38\n"
MIPS_ERRORS = "close(-1): 9\na3: 1\ncall 999: 89\na3: 1\n"


@pytest.mark.parametrize(("abi", "source", "program"), PROGRAMS)
def test_a_program_is_its_source_byte_for_byte(abi, source, program):
    if abi.syntax.startswith("riscv") and not shutil.which(f"{RISCV_TOOLS}as"):
        pytest.skip(f"{RISCV_TOOLS}as is not installed")
    assert program.read_bytes() == build(source, abi)


@pytest.mark.parametrize(("abi", "source", "program"), PROGRAMS)
def test_a_program_is_small_and_executable(abi, source, program):
    assert program.stat().st_size < 1024
    assert program.stat().st_mode & 0o111


@pytest.mark.parametrize(("abi", "source", "program"), PROGRAMS)
def test_an_elf_header_names_its_abi(abi, source, program):
    header = program.read_bytes()
    machine = struct.unpack_from(">H" if abi.big_endian else "<H", header, 18)[0]
    assert (header[4], header[5], machine) == (abi.elf_bits // 32, 1 + abi.big_endian, abi.machine)


def test_no_program_lies_about_without_a_source():
    built = {program for abi in ABIS for _source, program in programs(abi)}
    found = {path for path in FOLDER.glob("*/*-*") if not path.suffix}
    assert found == built


@pytest.mark.parametrize(("abi", "source", "program"), PROGRAMS)
def test_the_oracle_runs_it(abi, source, program):
    reference = or_skip(oracle, abi.name)
    assert output([*reference, str(program)]) == expected(abi.name, program.name)


@pytest.mark.parametrize(("abi", "source", "program"), PROGRAMS)
def test_the_emulator_runs_it(abi, source, program):
    assert output([*emulator(), str(program)]) == expected(abi.name, program.name)


def output(command: list[str]) -> str:
    arguments = ["50"] if "/loop-" in command[-1] else []
    run = subprocess.run(
        [*command, *arguments], capture_output=True, text=True, timeout=20, check=False
    )
    assert (run.returncode, run.stderr) == (0, "")
    return run.stdout


def expected(abi: str, name: str) -> str:
    kind, way = name.split("-")
    if kind == "errors":
        return MIPS_ERRORS if abi.startswith("mips") else ERRORS
    if kind == "loop":
        return ""
    way = WAYS.get(f"{abi}/{name}") or WAYS.get(name) or way
    return f"hello from {abi} by {way}\n"
