"""Finds cross compilers and oracles, and builds test programs for every ABI.

Nothing here is needed to run the emulator. What is missing raises `Unavailable` with a reason that
names the Debian package; `or_skip` turns that into a skipped test.
"""

from __future__ import annotations

import hashlib
import os
import platform
import shutil
import subprocess
import sys
import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import ParamSpec, TypeVar

import pytest

from tests.support.running import End, natively, under_qemu

ROOT = Path(__file__).parents[2]
CACHE = ROOT / "build" / "test-programs"

# What a compiler says when it has no C library for the ABI.
NO_LIBRARY = ("cannot find crt1.o", "cannot find -lc", "fatal error: bits/", "fatal error: gnu/")

P = ParamSpec("P")
T = TypeVar("T")


class Unavailable(Exception):
    """This machine lacks a compiler, a C library or an oracle."""


@dataclass(frozen=True, slots=True)
class Target:
    """How one ABI is compiled for, and which program runs it when this machine cannot.

    `triplet` names the compiler and the folder of the C library; `qemu` is the suffix of a
    user-mode QEMU, empty where it has none for the ABI.
    """

    triplet: str
    options: tuple[str, ...]
    qemu: str


TARGETS: dict[str, Target] = {
    "x86-64": Target("x86_64-linux-gnu", (), "x86_64"),
    "x32": Target("x86_64-linux-gnu", ("-mx32", "-isystem", "/usr/include/x86_64-linux-gnu"), ""),
    "i386": Target("i686-linux-gnu", (), "i386"),
    "arm64": Target("aarch64-linux-gnu", (), "aarch64"),
    "arm-eabi": Target("arm-linux-gnueabi", ("-marm",), "arm"),
    "arm-eabi-thumb": Target("arm-linux-gnueabi", ("-mthumb", "-march=armv7-a"), "arm"),
    "arm-eabihf": Target("arm-linux-gnueabihf", (), "arm"),
    "arm-oabi": Target("arm-linux-gnueabi", ("-marm", "-mabi=apcs-gnu"), "arm"),
    "riscv64": Target("riscv64-linux-gnu", (), "riscv64"),
    "riscv32": Target("riscv64-linux-gnu", ("-march=rv32imac", "-mabi=ilp32"), "riscv32"),
    "mips-o32": Target("mips-linux-gnu", (), "mips"),
    "mips-o32el": Target("mipsel-linux-gnu", (), "mipsel"),
    "mips-n32": Target("mips64-linux-gnuabi64", ("-mabi=n32",), "mipsn32"),
    "mips-n32el": Target("mips64el-linux-gnuabi64", ("-mabi=n32",), "mipsn32el"),
    "mips-n64": Target("mips64-linux-gnuabi64", (), "mips64"),
    "mips-n64el": Target("mips64el-linux-gnuabi64", (), "mips64el"),
}

NATIVE = {"x86_64": ("x86-64", "i386"), "aarch64": ("arm64",), "riscv64": ("riscv64",)}


def or_skip(function: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
    """Call a function of this module; skip the test when it says `Unavailable`."""
    try:
        return function(*args, **kwargs)
    except Unavailable as reason:
        pytest.skip(str(reason))


def compiler(abi: str) -> list[str]:
    """The command that compiles for an ABI, options included."""
    target = TARGETS[abi]
    command = f"{target.triplet}-gcc"
    if not shutil.which(command):
        raise Unavailable(f"{command} is not installed (Debian: gcc-{package_name(target)})")
    return [command, *target.options]


def package_name(target: Target) -> str:
    """A triplet as Debian package names spell it."""
    return target.triplet.replace("_", "-")


def sysroot(abi: str) -> Path:
    """The folder with the dynamic linker and libraries of an ABI, as ``-L`` of QEMU wants it."""
    triplet = TARGETS[abi].triplet
    if abi == "x86-64":
        return Path("/")
    folder = Path("/usr") / triplet
    if not any(folder.glob("lib*/ld*.so*")):
        raise Unavailable(f"{folder} has no C library")
    return folder


def build(
    sources: Sequence[Path], abi: str, options: Sequence[str] = (), libraries: Sequence[str] = ()
) -> Path:
    """Compile a program, or take it from the cache; its path.

    The cache key covers the command and every C source and header beside the sources.
    """
    command = [*compiler(abi), *options]
    names = [source.name for source in sources]
    key = hashlib.sha256(repr((command, names, libraries)).encode())
    for folder in sorted({source.parent for source in sources}):
        for source in sorted([*folder.glob("*.[ch]")]):
            key.update(source.name.encode() + source.read_bytes())
    program = CACHE / abi / f"{sources[0].stem}-{key.hexdigest()[:16]}"
    if program.is_file():
        return program
    program.parent.mkdir(parents=True, exist_ok=True)
    unfinished = program.with_name(f"{program.name}.{os.getpid()}.{threading.get_ident()}")
    run = subprocess.run(
        [*command, "-o", str(unfinished), *map(str, sources), *libraries],
        capture_output=True,
        text=True,
        check=False,
    )
    if run.returncode:
        if any(sign in run.stderr for sign in NO_LIBRARY):
            raise Unavailable(f"{command[0]}: no C library for {abi}")
        raise AssertionError(f"{' '.join(command)} failed:\n{run.stderr}")
    unfinished.rename(program)
    return program


def build_freestanding(sources: Sequence[Path], abi: str, options: Sequence[str] = ()) -> Path:
    """Compile a program that brings its own `_start` and uses no C library."""
    flags = ["-static", "-nostdlib", "-ffreestanding", "-fno-pic", "-no-pie", "-O1", "-std=gnu11"]
    flags += ["-fno-stack-protector", "-fno-builtin", "-fno-tree-loop-distribute-patterns"]
    flags += ["-fno-asynchronous-unwind-tables", "-Wl,--build-id=none", "-Wl,-e,_start", "-Wall"]
    if abi.startswith("mips"):
        flags += ["-mno-abicalls", "-G0"]
    if abi.startswith("riscv"):
        flags += ["-mno-relax", "-Wl,--no-relax"]  # nobody sets gp
    return build(sources, abi, [*flags, *options])


def build_with_libc(source: Path, abi: str, dynamic: bool = False) -> Path:
    """Compile a C program with the ABI's C library, static unless asked otherwise."""
    flags = ["-O1", "-std=gnu11", "-w", "-D_FILE_OFFSET_BITS=64", "-pthread"]
    return build([source], abi, [*flags, *([] if dynamic else ["-static"])], ["-lm"])


def is_native(abi: str) -> bool:
    """Whether this machine's own kernel and CPU run programs of this ABI."""
    return sys.platform == "linux" and abi in NATIVE.get(platform.machine(), ())


@cache
def has_sysenter() -> bool:
    """Whether this machine's CPU lets 32-bit programs of a 64-bit kernel use `sysenter`.

    Intel's does; AMD's answers with an invalid opcode outside its own 32-bit mode.
    """
    cpus = Path("/proc/cpuinfo")
    return is_native("i386") and "GenuineIntel" in cpus.read_text()


def has_qemu(abi: str) -> bool:
    """Whether user-mode QEMU knows the ABI, installed or not."""
    return bool(TARGETS[abi].qemu)


def qemu(abi: str) -> str:
    """The user-mode QEMU for an ABI."""
    command = f"qemu-{TARGETS[abi].qemu}"
    if not shutil.which(command):
        raise Unavailable(f"{command} is not installed (Debian: qemu-user)")
    return command


def reference(abi: str, program: Path, *arguments: str, layer: Path | None = None) -> End:
    """Run a program on this machine's kernel, or else under QEMU.

    `layer` is the folder that a dynamic program takes its loader and libraries from.
    """
    if is_native(abi):
        loader = [] if layer in (None, Path("/")) else _loader(layer)
        return natively(*loader, str(program), *arguments)
    return under_qemu(qemu(abi), str(program), *arguments, sysroot=str(layer) if layer else None)


def _loader(layer: Path) -> list[str]:
    """The command that starts a dynamic program with the libraries of another root."""
    loader = min(layer.glob("lib*/ld-linux*.so.*"))
    return [str(loader), "--library-path", str(loader.parent)]
