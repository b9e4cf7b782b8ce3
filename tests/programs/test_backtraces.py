"""``strace -k``: who called, by the ELF files' own tables, on every ABI."""

import re
from pathlib import Path

import pytest

from tests.support.strace_lines import here
from tests.support.toolchain import TARGETS, build, or_skip, sysroot

SOURCE = Path(__file__).parent / "strace" / "stacks.c"
ABIS = [abi for abi in TARGETS if abi not in ("x32", "arm-oabi", "riscv32")]
UNWIND = ["-funwind-tables", "-fasynchronous-unwind-tables"]


def frames(abi, tmp_path, *flags):
    """The functions of the first umask, innermost first."""
    program = or_skip(build, [SOURCE], abi, ["-O1", "-std=gnu11", *flags], [])
    layers = [] if "-static" in flags else [str(or_skip(sysroot, abi))]
    text = here(str(program), cwd=tmp_path, options=["-k", "-e", "trace=umask"], layers=layers)
    first = text.split("umask(")[1]
    return re.findall(r"^ > \S+?\((\w*)\S*\) \[0x[0-9a-f]+\]$", first, re.MULTILINE)


@pytest.mark.parametrize("dynamic", [False, True], ids=["static", "dynamic"])
@pytest.mark.parametrize("abi", ABIS)
def test_the_callers_are_named_from_the_inside_out(abi, dynamic, tmp_path):
    found = frames(abi, tmp_path, *UNWIND, *([] if dynamic else ["-static"]))
    found = [name for name in found if name not in ("__kernel_vsyscall", "")]
    assert found[0].endswith("umask")
    assert found[1:4] == ["inner", "outer", "main"]


@pytest.mark.parametrize("abi", ["x86-64", "i386", "arm64", "riscv64"])
def test_frame_pointers_lead_where_there_are_no_tables(abi, tmp_path):
    flags = ["-fno-unwind-tables", "-fno-asynchronous-unwind-tables", "-fno-omit-frame-pointer"]
    found = frames(abi, tmp_path, "-static", *flags)
    assert found[found.index("outer") :][:2] == ["outer", "main"]
