"""Every sample module, driven by Debian's busybox of every architecture as its README says."""

import re
from pathlib import Path

import pytest

from samples.side_by_side import PAGE, pairs, side_by_side
from tests.support.running import emu
from tests.support.userland import ARCHITECTURES, Unavailable, root

SAMPLES = "samples/modules"
BETWEEN = "=== next"
README = Path(SAMPLES, "README.md").read_text()
SECTION = re.compile(r"^## (.*?)$.*?^```sh$(.*?)^```$.*?^```text\n(.*?)^```$", re.M | re.S)
SECTIONS = {title: (script, shown) for title, script, shown in SECTION.findall(README)}


def driver():
    """One script that runs all of them, each in a shell of its own, with a line between them."""
    lines = ["M=/lib/modules/$(uname -r)/extra", "dmesg -n 1"]
    for script, _ in SECTIONS.values():
        lines += [f"({script})", "for m in $(lsmod | sed '1d; s/ .*//'); do rmmod $m; done"]
        lines += ["dmesg -c > /dev/null", f"echo {BETWEEN}"]
    return "\n".join(lines)


@pytest.fixture(scope="module", params=ARCHITECTURES)
def outputs(request):
    try:
        layer = root(request.param, ["busybox-static", "base-files"])
    except Unavailable as why:
        pytest.skip(f"no {request.param} root: {why}")
    options = ("-L", str(layer), "--offer", SAMPLES)
    end = emu("/bin/busybox", "sh", "-c", driver(), options=options)
    found = end.output.decode().split(f"{BETWEEN}\n")
    assert len(found) == len(SECTIONS) + 1, end
    return dict(zip(SECTIONS, found, strict=False))


@pytest.mark.parametrize("title", SECTIONS)
def test_a_sample_does_what_the_readme_shows(outputs, title):
    assert outputs[title].splitlines() == SECTIONS[title][1].splitlines()


def test_the_readme_has_a_section_for_each_mechanism():
    assert len(SECTIONS) == README.count("\n## ") == 14


def test_the_page_of_c_and_python_is_up_to_date():
    assert Path(PAGE).read_text() == side_by_side(), "python -m samples.side_by_side writes it"


@pytest.mark.parametrize(("python", "c"), pairs(), ids=lambda path: path.stem)
def test_a_port_is_no_longer_than_the_c_original(python, c):
    assert lines_of_code(python) <= lines_of_code(c)


def lines_of_code(path):
    return sum(bool(line.strip()) for line in path.read_text().splitlines())
