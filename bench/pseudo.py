"""What the files of a module cost, as multiples of a getppid trap of the same program."""

from __future__ import annotations

import shutil
import subprocess
import tempfile
from pathlib import Path

from bench.measure import emu, output, say

# A value in C's way, and one in Python's.
MODULE = """
from emu.linux.kernel import *
from emu.linux.kobject import *
from emu.linux.module import *
from emu.linux.sysfs import *

value = 7


def c_show(kobj, attr, buf):
    return sysfs_emit(buf, "%d\\n", value)


def c_store(kobj, attr, buf, count):
    global value
    value = kstrtoint(buf, 10)
    return count


def short_show():
    return value


def short_store(number: int):
    global value
    value = number


attrs = [__ATTR("c", 0o600, c_show, c_store), __ATTR("short", 0o600, short_show, short_store)]


@module_init
def start():
    global kobj
    kobj = kobject_create_and_add("bench", kernel_kobj)
    return sysfs_create_files(kobj, attrs)


@module_exit
def stop():
    kobject_put(kobj)
"""


def pseudo(isa: str, compiler: str, rounds: int) -> None:
    """Reads and writes of small files of sysfs on one instruction set."""
    if not shutil.which(compiler):
        say(isa, "pseudo", f"skipped: {compiler or 'a C library'} is not installed")
        return
    with tempfile.TemporaryDirectory() as folder:
        program, module = str(Path(folder, "pseudo")), Path(folder, "small.py")
        source = str(Path(__file__).parent / "programs" / "pseudo.c")
        subprocess.run([compiler, "-O2", "-static", source, "-o", program], check=True)
        module.write_text(MODULE)

        # They take turns, so that a spell in which the host is slow strikes not all runs of one.
        runs: dict[str, list[list[float]]] = {"c": [], "short": []}
        for name in list(runs) * rounds:
            command = emu(["--module", str(module), program, f"/sys/kernel/bench/{name}"])
            runs[name].append(list(map(float, output(command).split())))
        for name, costs in runs.items():
            trap, read, write = map(min, zip(*costs, strict=True))
            for what, spent in (("read", read), ("write", write)):
                result = f"{spent:8.0f} ns  getppid {trap:6.0f} ns  ratio {spent / trap:6.2f}"
                say(isa, f"sysfs {name} {what}", result)
