"""`emu strace` beside Debian's strace on the host's kernel: the same program, the same text.

What differs is listed with its reason; everything else must be equal, line by line.
"""

import difflib
import re
import shutil
from collections import Counter
from pathlib import Path

import pytest

from tests.support.strace_lines import here, natively, tasks
from tests.support.toolchain import build_with_libc, is_native, or_skip

PROGRAMS = Path(__file__).parent
ALIKE = [
    "libc/files", "libc/numbers", "libc/printing", "libc/seals", "libc/splices", "libc/processes",
    "ipc/vm", "signals/handlers", "signals/faults", "strace/filters",
]  # fmt: skip

LEFT_OUT = re.compile(
    r"(\[ *\d+\] )?("
    # The kernel has no rseq(2) yet, and its vDSO no clocks: libraries try the one, and call the
    # kernel for the others. Names of temporary files may take a second try.
    r"rseq\(|clock_gettime|gettimeofday|time\(|getrandom\("
    # A machine of its own has its own memory and load.
    r"|sysinfo\("
    # Who finds a lock taken, and which thread is waited for first, is a race.
    r"|futex\()"
)
ALLOWED = (
    # strace 6.1 is older than these flags.
    ("|0x10)", "|MFD_EXEC)"),
    ("0x20 /* F_SEAL_??? */", "F_SEAL_EXEC"),
    ("F_SEAL_FUTURE_WRITE|0x20", "F_SEAL_FUTURE_WRITE|F_SEAL_EXEC"),
    ("(seals 0x20)", "(seals F_SEAL_EXEC)"),
    ("0x8 /* MFD_??? */", "MFD_NOEXEC_SEAL"),
    ("0x18 /* MFD_??? */", "MFD_NOEXEC_SEAL|MFD_EXEC"),
    # On a 64-bit kernel the descriptors of threads begin at 12, on a 32-bit one at 6.
    ("entry_number=12", "entry_number=6"),
)
# When a child's end is told depends on when the parent is next on a CPU.
UNORDERED = re.compile(r"(\[ *\d+\] )?--- SIGCHLD ")


def comparable(lines):
    ordered = [line for line in lines if not UNORDERED.match(line)]
    return ordered, Counter(line for line in lines if UNORDERED.match(line))


def translated(line):
    for theirs, ours in ALLOWED:
        line = line.replace(theirs, ours)
    return line


@pytest.mark.skipif(not shutil.which("strace"), reason="strace is not installed")
@pytest.mark.parametrize("abi", ["x86-64", "i386"])
@pytest.mark.parametrize("name", ALIKE)
def test_the_text_is_that_of_debians_strace(name, abi, tmp_path):
    if not is_native(abi):
        pytest.skip(f"the host does not run {abi}")
    program = str(or_skip(build_with_libc, PROGRAMS / f"{name}.c", abi))
    native = tasks(natively(program, cwd=tmp_path), LEFT_OUT)
    ours = tasks(here(program, cwd=tmp_path), LEFT_OUT)
    assert len(native) == len(ours)
    for theirs, mine in zip(native, ours, strict=True):
        expected, children = comparable([translated(line) for line in theirs])
        got, my_children = comparable(mine)
        different = difflib.unified_diff(expected, got, "strace", "emu", lineterm="", n=0)
        assert [line[:300] for line in different] == []
        assert children == my_children
