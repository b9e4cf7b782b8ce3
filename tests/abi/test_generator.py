"""The generator: its parsers, and the tables against a kernel source if there is one."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from abi_tables.generator.aliases import canonical_entry
from abi_tables.generator.borrow import declaration, macros
from abi_tables.generator.compare import differences
from abi_tables.generator.signatures import definitions
from abi_tables.generator.source import SourceError
from abi_tables.generator.syscall_table import read_table
from abi_tables.generator.tables import agreed, different, layouts_text, pairs_text
from abi_tables.generator.targets import TARGETS, Target

ROOT = Path(__file__).parents[2]


def table(tmp_path, text, *, tags=(), base=0, headers="x86"):
    (tmp_path / "a.tbl").write_text(text)
    return read_table(tmp_path, Target("a", "gcc", (), headers, "a.tbl", frozenset(tags), base))


def test_a_table_row_needs_its_tag_and_may_lack_an_entry(tmp_path):
    rows = table(
        tmp_path,
        "# comment\n0 common read sys_read\n1 x32 write compat_sys_write # why\n"
        "2 common break\n3 64 exit sys_exit - noreturn\n4 common old - compat_sys_old\n",
        tags=("common", "64"),
        base=100,
    )
    assert rows == [
        (100, "read", "sys_read"),
        (102, "break", "sys_ni_syscall"),
        (103, "exit", "sys_exit"),
        (104, "old", "sys_ni_syscall"),
    ]


def test_arm_has_its_private_calls_beyond_the_table(tmp_path):
    rows = table(tmp_path, "0 common read sys_read\n", tags=("common",), headers="arm")
    assert rows[-1] == (0x0F0006, "get_tls", "sys_arm_get_tls")


def test_signatures_come_from_the_define_lines():
    found = definitions(
        "SYSCALL_DEFINE2(kill, pid_t, pid, /* which */ int, sig)\n{\n}\n"
        "COMPAT_SYSCALL_DEFINE1(sysinfo,\n\tstruct compat_sysinfo __user *, info)\n"
        "SYSCALL_DEFINE0(getpid)\n",
        ("arm64",),
    )
    assert [(row.entry, row.parameters) for row in found] == [
        ("sys_kill", ("pid_t pid", "int sig")),
        ("compat_sys_sysinfo", ("struct compat_sysinfo * info",)),
        ("sys_getpid", ()),
    ]
    assert found[0].abis == ("arm64",)


def test_a_private_struct_is_cut_out_and_its_longs_follow_the_abi():
    text = (
        "struct a {\n\tunsigned long x;\n\tlong y;\n\tvoid __user *p;\n};\nstruct b { int c; };\n"
    )
    cut = declaration(text, "struct a", "a.h")
    assert "__kernel_ulong_t x;" in cut
    assert "__kernel_long_t y;" in cut
    assert "__user" not in cut
    with pytest.raises(SourceError, match="struct z is no longer declared"):
        declaration(text, "struct z", "a.h")


def test_only_whole_names_are_borrowed_and_continued_lines_joined():
    text = "#define AF_UNIX 1\n#define XAF_A 2\n#define AF_B \\\n  (1 | 2)\n# define AF_GUARD\n"
    lines = macros(text, r"AF_\w+")
    assert lines[1] == "#define AF_UNIX 1"
    assert [line.split()[1] for line in lines[1::2]] == ["AF_UNIX", "AF_B"]


def test_a_compat_entry_is_an_alias_only_of_a_known_call():
    known = {"sys_ioctl", "sys_preadv64"}
    assert canonical_entry("compat_sys_ioctl", known) == "sys_ioctl"
    assert canonical_entry("compat_sys_frobnicate", known) is None
    assert canonical_entry("compat_sys_preadv64", known) is None
    assert canonical_entry("sys_read", known) is None


def test_files_are_sorted_and_hold_one_thing_per_line():
    assert pairs_text({"B": -1, "A": 1 << 63}) == "A\t9223372036854775808\nB\t-1\n"
    record = {"size": 4, "kind": "struct", "fields": [["x", 0, "u32"]]}
    assert layouts_text({"b": record, "a": record}).splitlines()[1].startswith('"a": {"size": 4')


def test_what_all_abis_agree_on_is_stored_once():
    common = agreed([{"A": 1, "B": 2, "C": 3}, {"A": 1, "B": 9}])
    assert common == {"A": 1}
    assert different(common, {"A": 1, "B": 2}) == {"B": 2}


def test_a_check_shows_the_lines_that_differ(tmp_path):
    (tmp_path / "x.tsv").write_text("A\t1\nB\t2\n")
    assert differences(tmp_path, {"x.tsv": "A\t1\nB\t2\n"}) == []
    lines = differences(tmp_path, {"x.tsv": "A\t1\nB\t3\n"})
    assert lines[-2:] == ["-B\t2", "+B\t3"]


@pytest.mark.skipif(
    "EMU_KERNEL_SOURCE" not in os.environ,
    reason="EMU_KERNEL_SOURCE names no linux-source-6.12 tree or tarball",
)
@pytest.mark.parametrize("target", TARGETS, ids=lambda target: target.name)
def test_the_committed_tables_are_what_the_kernel_source_gives(target):
    if not shutil.which(target.compiler):
        pytest.skip(f"{target.compiler} is not installed")
    command = [sys.executable, "abi_tables/generate.py", "--check", "--abi", target.name]
    command += ["--kernel-source", os.environ["EMU_KERNEL_SOURCE"]]
    run = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert (run.returncode, run.stdout, run.stderr) == (0, "", "")
