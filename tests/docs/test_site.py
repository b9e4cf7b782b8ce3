"""The site: every page is in it, links lead somewhere, and the reference is what the tables say."""

import re

import pytest

from emu.arch.abi import Abi, abi_names
from emu.cli import main
from tests.support.pages import DOCS, ROOT

PAGES = sorted(path.name for path in DOCS.glob("*.md"))
LINK = re.compile(r"\]\(([^)#:]+)(?:#[^)]*)?\)")


def printed(capsys, *command):
    assert main(list(command)) == 0
    return capsys.readouterr().out


@pytest.mark.parametrize("page", PAGES)
def test_a_page_is_in_the_navigation_and_its_links_lead_somewhere(page):
    assert f": {page}\n" in (ROOT / "mkdocs.yml").read_text()
    for target in LINK.findall((DOCS / page).read_text()):
        assert (DOCS / target).exists(), target


@pytest.mark.parametrize("name", abi_names())
def test_an_abis_page_has_every_call_error_and_signal(capsys, name):
    abi = Abi.load(name)
    page = printed(capsys, "abi", name, "--markdown")
    rows = [line for line in page.splitlines() if re.match(r"\| \d+ \|", line)]
    assert len(rows) == len(abi.syscalls) + len(abi.errno) + len(abi.signals)
    number = next(row.nr for row in abi.syscalls.values() if row.name == "openat")
    place = abi.isa.registers[abi.convention.arguments[1]]
    assert f"| {number} | openat | " in page
    assert f"{place}: `const char * filename`" in page


def test_the_overview_leads_to_all_abis(capsys):
    page = printed(capsys, "abi", "--markdown")
    assert all(f"[{name}]({name}.md)" in page for name in abi_names())


def test_the_coverage_page_agrees_with_the_command(capsys):
    counts = printed(capsys, "coverage").splitlines()
    page = printed(capsys, "coverage", "--markdown").splitlines()
    head = next(number for number, line in enumerate(page) if line.startswith("| call"))
    names = [name.strip() for name in page[head].split("|")[2:-1]]
    of_state = [line.split("|")[2:-1] for line in page[head + 2 : head + 6]]
    columns = dict(zip(names, zip(*of_state, strict=True), strict=True))
    for line in counts:
        name, *words = line.split()
        assert [number.strip() for number in columns[name]] == words[:-2:2]
    marks = sum(line.count("| ✓") for line in page[head + 6 :])
    assert marks == sum(int(line.split()[1]) for line in counts)


def test_a_page_is_of_one_abi_or_of_all():
    with pytest.raises(SystemExit):
        main(["abi", "arm64", "openat", "--markdown"])
