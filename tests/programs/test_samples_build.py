"""The committed sample programs are what their sources say, and do what their names say."""

import shutil
import struct

import pytest

from samples.programs.abis import ABIS
from samples.programs.assembler import RISCV_TOOLS
from samples.programs.build import FOLDER, build, programs
from tests.support.running import emu
from tests.support.toolchain import has_qemu, has_sysenter, is_native, or_skip, reference

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


@pytest.mark.parametrize(
    ("abi", "source", "program"),
    [each for each in PROGRAMS if is_native(each.values[0].name) or has_qemu(each.values[0].name)],
)
def test_linux_or_qemu_runs_it(abi, source, program):
    if program.name.endswith("-sysenter") and not has_sysenter():
        pytest.skip("no sysenter in 32-bit programs on this CPU")
    end = or_skip(reference, abi.name, program, *arguments(program))
    assert (end.status, end.output.decode()) == (0, expected(abi.name, program.name))


@pytest.mark.parametrize(("abi", "source", "program"), PROGRAMS)
def test_the_emulator_runs_it(abi, source, program):
    end = emu(str(program), *arguments(program))
    assert (end.status, end.output.decode()) == (0, expected(abi.name, program.name))


def arguments(program):
    return ["50"] if program.name.startswith("loop-") else []


def expected(abi: str, name: str) -> str:
    kind, way = name.split("-")
    if kind == "errors":
        return MIPS_ERRORS if abi.startswith("mips") else ERRORS
    if kind == "loop":
        return ""
    if kind == "paths":
        return " stack\n" if way == "syscall" else ""  # the other's pointer lost its upper half
    way = WAYS.get(f"{abi}/{name}") or WAYS.get(name) or way
    return f"hello from {abi} by {way}\n"
