"""Core dumps: when there is one, under which name, and what pyelftools finds in it."""

import struct
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import pytest
from elftools.elf.elffile import ELFFile

from emu.arch.abi import Abi
from tests.support.cases import ABIS, FLAGS
from tests.support.running import emu, natively
from tests.support.toolchain import build, is_native, or_skip
from tests.support.userland import root

SOURCE = Path(__file__).parent / "coredump" / "cores.c"
UNLIMITED = "0xffffffff"
# Where NT_PRSTATUS has the pc: the registers' place and the pc's index among them, by word size.
PC = {
    "x86-64": (112, 16, 8), "i386": (72, 12, 4), "arm64": (112, 32, 8), "arm-eabi": (72, 15, 4),
    "riscv64": (112, 0, 8), "mips-o32": (72, 40, 4), "mips-n32": (72, 34, 8),
    "mips-n64": (112, 34, 8),
}  # fmt: skip
SIZES = {
    "x86-64": 336, "i386": 144, "arm64": 392, "arm-eabi": 148, "riscv64": 376, "mips-o32": 256,
    "mips-n32": 440, "mips-n64": 480,
}  # fmt: skip


@dataclass
class Death:
    signal: int
    core: str
    pid: int
    culprit: int
    landmark: int
    shared: int


@cache
def program(abi):
    return str(build([SOURCE], abi, FLAGS))


def die(abi, folder, *words):
    """How a program died, its working directory being a folder of the host."""
    options = ("--bind", f"{folder}:/cores:rw", "--cwd", "/cores")
    return death_of(emu(or_skip(program, abi), *words, options=options))


def death_of(end):
    signal, core, pid, *addresses = end.output.decode().split()
    return Death(int(signal), core, int(pid), *(int(address, 16) for address in addresses))


def name_of(abi):
    return abi.removesuffix("el").replace("-thumb", "").replace("eabihf", "eabi")


@pytest.fixture(params=ABIS)
def abi(request):
    return request.param


def test_a_core_has_what_a_debugger_needs(abi, tmp_path):
    death = die(abi, tmp_path, UNLIMITED, "1")
    assert (death.signal, death.core) == (11, "core")
    with (tmp_path / "core").open("rb") as file:
        elf = ELFFile(file)
        assert elf["e_type"] == "ET_CORE"
        check_notes(elf, name_of(abi), death)
        assert memory(elf, death.landmark, 8) == b"written\0"
        assert memory(elf, death.shared, 13) == b"shared by two"


def check_notes(elf, name, death):
    notes = [note for s in elf.iter_segments("PT_NOTE") for note in s.iter_notes()]
    kinds = [note["n_type"] for note in notes]
    assert kinds[:5] == ["NT_PRSTATUS", "NT_PRPSINFO", "NT_SIGINFO", "NT_AUXV", "NT_FILE"]
    assert kinds.count("NT_PRSTATUS") == 2, "one for each thread"
    assert kinds.count("NT_FPREGSET") == 2
    order = "<" if elf.little_endian else ">"
    first = notes[0]["n_descdata"]
    assert len(first) == SIZES[name]
    assert struct.unpack_from(order + "i", first)[0] == 11
    place, index, word = PC[name]
    pc = struct.unpack_from(order + "IQ"[word == 8], first, place + index * word)[0]
    assert 0 <= pc - (death.culprit & ~1) < 64
    assert notes[1]["n_desc"]["pr_pid"] == death.pid
    info = notes[2]["n_descdata"]
    layout = Abi.load(name, "little" if elf.little_endian else "big").layout("siginfo")
    found = layout.unpack(info)
    assert (found["si_signo"], found["_sifields"]["_sigfault"]["_addr"]) == (11, 16)
    assert notes[4]["n_desc"]["num_map_entries"] >= 2


@pytest.mark.parametrize(
    ("limit", "dumpable", "core"),
    [("0", "1", "none"), ("4095", "1", "none"), (UNLIMITED, "0", "none"), (UNLIMITED, "1", "core")],
)
def test_when_there_is_a_core(limit, dumpable, core, tmp_path):
    assert die("x86-64", tmp_path, limit, dumpable).core == core
    assert (tmp_path / "core").exists() == (core == "core")


def test_a_core_beyond_the_limit_is_cut_and_not_told(tmp_path):
    assert die("x86-64", tmp_path, "20480", "1").core == "none"
    assert 4096 <= (tmp_path / "core").stat().st_size <= 20480


def test_an_abort_dumps_too(tmp_path):
    death = die("arm64", tmp_path, UNLIMITED, "1", "0x33", "abort")
    assert (death.signal, death.core) == (6, "core")


def test_the_filter_leaves_shared_memory_out(tmp_path):
    death = die("x86-64", tmp_path, UNLIMITED, "1", "0x31")
    with (tmp_path / "core").open("rb") as file:
        elf = ELFFile(file)
        assert memory(elf, death.landmark, 8) == b"written\0"
        assert memory(elf, death.shared, 13) is None


@pytest.mark.parametrize(
    ("pattern", "expected"),
    [
        ("core.%p", "core.{pid}"),
        ("%e-%s-%u-%g-%d-%%", "cores-{name}-11-0-0-1-%"),
        ("c%h%c", "cemu4294967295"),
        ("%z%", ""),
    ],
)
def test_the_pattern_of_names(pattern, expected, tmp_path):
    folder = tmp_path / "cores"
    folder.mkdir()
    death = with_sysctl(folder, "core_pattern", pattern)
    comm = Path(or_skip(program, "x86-64")).name[:15]
    wanted = expected.replace("cores-{name}", comm).format(pid=death.pid)
    assert [path.name for path in folder.iterdir()] == ([wanted] if wanted else [])
    assert death.core == ("core" if wanted else "none")


def test_the_process_id_may_be_added(tmp_path):
    death = with_sysctl(tmp_path, "core_uses_pid", "1")
    assert [path.name for path in tmp_path.iterdir()] == [f"core.{death.pid}"]


def test_dumps_are_not_piped_to_programs(tmp_path):
    end = emu(
        "/bin/busybox", "sh", "-c", "echo '|/bin/cat' > /proc/sys/kernel/core_pattern",
        options=("-L", str(busybox_root())),
    )  # fmt: skip
    assert "Invalid argument" in end.errors


@pytest.mark.parametrize("abi", [abi for abi in ABIS if is_native(abi)])
def test_this_host_dumps_the_same(abi, tmp_path):
    if Path("/proc/sys/kernel/core_pattern").read_text() != "core\n":
        pytest.skip("this host's core files have another name")
    words = f"cd {tmp_path} && {or_skip(program, abi)} {UNLIMITED} 1"
    death = death_of(natively("/bin/sh", "-c", words))
    with (tmp_path / "core").open("rb") as file:
        elf = ELFFile(file)
        check_notes(elf, abi, death)
        assert memory(elf, death.landmark, 8) == b"written\0"


def with_sysctl(folder, name, value):
    """How the program dies after a variable got its value, by a shell that then becomes it."""
    options = ("-L", str(busybox_root()), "--bind", f"{folder}:/cores:rw", "--cwd", "/cores")
    path = or_skip(program, "x86-64")
    options += ("--bind", f"{path}:/mnt/{Path(path).name}")
    script = f"echo '{value}' > /proc/sys/kernel/{name}; exec /mnt/{Path(path).name} {UNLIMITED} 1"
    return death_of(emu("/bin/busybox", "sh", "-c", script, options=options))


def busybox_root():
    return root("amd64", ["busybox-static"])


def memory(elf, address, count):
    """Bytes of the dumped memory, None where the dump has none."""
    for segment in elf.iter_segments("PT_LOAD"):
        offset = address - segment["p_vaddr"]
        if 0 <= offset < segment["p_filesz"]:
            return segment.data()[offset : offset + count]
    return None
