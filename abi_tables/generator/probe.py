"""Reading constants back from a compiler: nothing runs on the target.

Every macro the headers define is tried as an integer constant. Those the compiler accepts are
placed in a section of an object file and read from there in the target's byte order.
"""

from __future__ import annotations

import re
import struct
import subprocess
from pathlib import Path

from elftools.elf.elffile import ELFFile

from abi_tables.generator.borrow import borrowed_text
from abi_tables.generator.headers import SIGNAL_HEADERS, header_files
from abi_tables.generator.source import SourceError
from abi_tables.generator.targets import Target

HERE = Path(__file__).parent
MACRO = re.compile(r"#define ([A-Z_]\w*) (\S.*)")
ERROR = re.compile(r"constants\.c:(\d+):\d+: error: (.*)")
# What some exported headers take from libc; the few declarations they need are in kernel_types.h.
LIBC_HEADERS = tuple(
    f"{name}.h"
    for name in (
        "limits",
        "string",
        "time",
        "unistd",
        "sys/ioctl",
        "sys/socket",
        "sys/time",
        "sys/types",
    )
)
RENAMED_SIGNAL_TYPES = ("sigset_t", "sigaction", "old_sigaction")


class Compiler:
    """One ABI's compiler with the kernel's headers for it."""

    def __init__(self, target: Target, include: Path, root: Path, work: Path) -> None:
        self.target = target
        self.work = work
        work.mkdir(parents=True, exist_ok=True)
        (work / "borrowed.h").write_text(borrowed_text(root, target.headers))
        for name in LIBC_HEADERS:
            (work / name).parent.mkdir(parents=True, exist_ok=True)
            (work / name).write_text("")
        own = self._run("-print-file-name=include").stdout.strip()
        paths = [f"-I{path}" for path in (work, HERE, include)]
        self.flags = ["-nostdinc", *paths, "-isystem", own, "-w", "-std=gnu11", "-ffreestanding"]
        self.core_prelude = self._prelude(include, devices=False)
        self.prelude = self._prelude(include, devices=True)

    def version(self) -> str:
        """The compiler's name and version on one line."""
        return self._run("--version").stdout.splitlines()[0]

    def preprocess(self, text: str) -> list[str]:
        """The names of the object-like macros that *text* leaves defined, beyond gcc's own."""
        mine = self._defined(text)
        return sorted(mine - self._defined(""))

    def compile(self, name: str, text: str, *flags: str) -> tuple[Path, str]:
        """Compile *text*; the object file and what the compiler said (empty: it succeeded)."""
        source = self.work / f"{name}.c"
        output = self.work / f"{name}.o"
        source.write_text(text)
        command = [*self.flags, *flags, "-c", str(source), "-o", str(output)]
        result = self._run(*command)
        return output, "" if result.returncode == 0 else result.stderr or "failed"

    def debug_information(self, name: str, text: str) -> Path:
        """An object file that describes every type *text* declares."""
        output, errors = self.compile(
            name, text, "-g", "-gdwarf-4", "-fno-eliminate-unused-debug-types"
        )
        if errors:
            raise SourceError(f"{self.target.name}: {errors[:2000]}")
        return self.link(output) if self.target.needs_linking else output

    def link(self, output: Path) -> Path:
        """Link an object by itself, which applies its relocations."""
        linked = output.with_suffix(".elf")
        flags = ["-nostdlib", "-static", "-Wl,-e,0", str(output), "-o", str(linked)]
        result = self._run(*flags)
        if result.returncode != 0:
            raise SourceError(f"{self.target.name}: linking failed: {result.stderr[-500:]}")
        return linked

    def _prelude(self, include: Path, devices: bool) -> str:
        hide = [f"#define {name} exported_{name}" for name in RENAMED_SIGNAL_TYPES]
        show = [f"#undef {name}" for name in RENAMED_SIGNAL_TYPES]
        first = [f"#include <{name}>" for name in SIGNAL_HEADERS]
        rest = [name for name in header_files(devices) if (include / name).exists()]
        own = ["kernel_signal.h", "kernel_types.h", "borrowed.h"]
        lines = [*hide, *first, *show, *(f'#include "{name}"' for name in own)]
        lines += [f"#include <{name}>" for name in rest]
        lines.append('#include "kernel_only.h"')
        return "\n".join(lines) + "\n"

    def _defined(self, text: str) -> set[str]:
        source = self.work / "macros.c"
        source.write_text(text)
        result = self._run(*self.flags, "-E", "-dM", str(source))
        if result.returncode != 0:
            raise SourceError(f"{self.target.name}: {result.stderr[:1000]}")
        return {match[1] for line in result.stdout.splitlines() if (match := MACRO.match(line))}

    def _run(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        command = [self.target.compiler, *self.target.flags, *arguments]
        environment = {"LC_ALL": "C", "PATH": "/usr/local/bin:/usr/bin:/bin"}
        try:
            return subprocess.run(
                command, capture_output=True, text=True, check=False, env=environment
            )
        except FileNotFoundError as error:
            raise SourceError(f"{self.target.name}: {self.target.compiler} not found") from error


def read_constants(compiler: Compiler) -> tuple[dict[str, int], dict[str, str]]:
    """All integer macros, and for each macro that is none the compiler's reason."""
    names = compiler.preprocess(compiler.prelude)
    first_line = compiler.prelude.count("\n") + 1
    unreadable: dict[str, str] = {}
    while True:
        text = compiler.prelude + "".join(f"{probe_line(name)}\n" for name in names)
        output, errors = compiler.compile(
            "constants", text, "-fmax-errors=0", "-ftrack-macro-expansion=0"
        )
        if not errors:
            return read_values(output), unreadable
        found = [(int(line) - first_line, why) for line, why in ERROR.findall(errors)]
        rejected = {names[line]: why for line, why in reversed(found) if 0 <= line < len(names)}
        if not rejected:
            raise SourceError(f"{compiler.target.name}: {errors[:2000]}")
        unreadable |= rejected
        names = [name for name in names if name not in rejected]


def probe_line(name: str) -> str:
    """C that compiles only if *name* is an integer constant, and records its value and sign.

    The enum refuses strings and addresses, which a mere cast would turn into relocations.
    """
    section = '__attribute__((section(".abi"), used))'
    return (
        f"enum {{ E_{name} = ({name}) }}; "
        f"const struct {{ long long value, negative; }} K_{name} {section} = "
        f"{{ (long long)({name}), ({name}) < 0 }};"
    )


def read_values(output: Path) -> dict[str, int]:
    """The constants an object file carries: unsigned unless the C expression is negative."""
    with output.open("rb") as stream:
        elf = ELFFile(stream)
        data = elf.get_section_by_name(".abi").data()
        pair = struct.Struct("<Qq" if elf.little_endian else ">Qq")
        values = {}
        for symbol in elf.get_section_by_name(".symtab").iter_symbols():
            if symbol.name.startswith("K_"):
                value, negative = pair.unpack_from(data, symbol["st_value"])
                values[symbol.name[2:]] = value - (1 << 64) if negative else value
    return values
