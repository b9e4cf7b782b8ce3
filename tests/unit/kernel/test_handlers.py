"""Handler modules are imported when one of their calls is made."""

import sys as python

import pytest

from emu.kernel import sys
from emu.kernel.handlers import LazyHandlers, declared_in
from emu.kernel.syscall import collect


def test_what_is_read_off_the_sources_is_what_the_modules_declare():
    lazy, whole = LazyHandlers(sys), collect(sys.modules())
    assert set(lazy) == set(whole)
    assert dict(lazy) == whole


def test_only_the_module_of_a_call_is_imported(monkeypatch):
    for name in ("emu.kernel.sys.uname", "emu.kernel.sys.statfs"):
        monkeypatch.delitem(python.modules, name, raising=False)
    lazy = LazyHandlers(sys)
    assert lazy["sys_newuname"].entry == "sys_newuname"
    assert "emu.kernel.sys.uname" in python.modules
    assert "emu.kernel.sys.statfs" not in python.modules


def test_an_unknown_entry_is_in_no_module():
    with pytest.raises(KeyError):
        LazyHandlers(sys)["sys_nonesuch"]


def test_aliases_over_several_lines_count_and_layouts_do_not():
    text = """
@syscall(
    "sys_a", "compat_sys_b",
    ("sysm_c", {"stat": "stat64"}),
)
async def a(task) -> int:
    return helper("sys_d")
"""
    assert declared_in(text) == ["sys_a", "compat_sys_b", "sysm_c"]
