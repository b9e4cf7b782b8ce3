"""Builds the runners that stand beside: needed only after the source was changed.

    python -m emu.conformance.runner.build [FOLDER]

It takes Debian's cross compilers, which no user of the suite needs.
"""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

HERE = Path(__file__).parent
RUNNERS = HERE.parent / "runners"

# The table comes last in the file, at an address that every ABI has; no user asks for position
# independence, a C library, or unwinding.
OPTIONS = (
    "-static", "-nostdlib", "-ffreestanding", "-fno-pic", "-no-pie", "-O1", "-std=gnu11", "-s",
    "-fno-stack-protector", "-fno-builtin", "-fno-tree-loop-distribute-patterns",
    "-fno-asynchronous-unwind-tables", "-Wall", "-Wextra", "-Wl,-e,_start", "-Wl,--build-id=none",
    "-Wl,-z,max-page-size=4096", "-Wl,-z,noseparate-code", "-Wl,--no-warn-rwx-segments",
    "-Wl,--section-start=.table=0x20000000",
)  # fmt: skip
_MIPS = ("-mno-abicalls", "-G0")
_LOW_TEXT = "-Wl,-Ttext-segment=0x10000000"  # below the table, where n64's is not
_RISCV = ("-mno-relax", "-Wl,--no-relax")

COMPILERS: dict[str, tuple[str, ...]] = {
    "x86-64": ("x86_64-linux-gnu-gcc", "-mno-red-zone"),
    "x32": ("x86_64-linux-gnu-gcc", "-mx32"),
    "i386": ("i686-linux-gnu-gcc", "-msse2"),
    "arm64": ("aarch64-linux-gnu-gcc",),
    "arm-eabi": ("arm-linux-gnueabi-gcc", "-marm"),
    "arm-oabi": ("arm-linux-gnueabi-gcc", "-marm", "-mabi=apcs-gnu"),
    "riscv64": ("riscv64-linux-gnu-gcc", *_RISCV),
    "riscv32": ("riscv64-linux-gnu-gcc", "-march=rv32imac", "-mabi=ilp32", *_RISCV),
    "mips-o32": ("mips-linux-gnu-gcc", *_MIPS),
    "mips-o32el": ("mipsel-linux-gnu-gcc", *_MIPS),
    "mips-n32": ("mips64-linux-gnuabi64-gcc", "-mabi=n32", *_MIPS),
    "mips-n32el": ("mips64el-linux-gnuabi64-gcc", "-mabi=n32", *_MIPS),
    "mips-n64": ("mips64-linux-gnuabi64-gcc", *_MIPS, _LOW_TEXT),
    "mips-n64el": ("mips64el-linux-gnuabi64-gcc", *_MIPS, _LOW_TEXT),
}


def build(name: str, folder: Path) -> Path:
    """Compile one runner; its path. `FileNotFoundError` without the compiler."""
    compiler, *options = COMPILERS[name]
    if not shutil.which(compiler):
        raise FileNotFoundError(compiler)
    program = folder / name
    command = [compiler, *options, *OPTIONS, str(HERE / "runner.c"), "-o", str(program)]
    subprocess.run(command, check=True)
    return program


def main() -> int:
    """Build all of them."""
    folder = Path(sys.argv[1]) if len(sys.argv) > 1 else RUNNERS
    for name in COMPILERS:
        print(build(name, folder))
    return 0


if __name__ == "__main__":
    sys.exit(main())
