"""The C modules that the samples are ports of are modules of Linux: its own build accepts them."""

import shutil
import subprocess
from pathlib import Path

import pytest

ORIGINALS = sorted(
    (Path(__file__).parents[2] / "samples" / "modules" / "c").glob("*.c"), key=lambda c: c.stem
)
BUILT_IN = {"square"}
"""Has no module: a system call is linked into the kernel, and its own build only compiles it."""


def headers():
    """Where the headers of a Linux 6.12 or later are installed for building modules."""
    for folder in sorted(Path("/lib/modules").glob("*/build")):
        version = folder.parent.name.split("+")[0].split(".")
        if [int(part.split("-")[0]) for part in version[:2]] >= [6, 12]:
            return folder
    pytest.skip("the headers of Linux 6.12 are not installed for building modules")


@pytest.fixture(scope="module")
def built(tmp_path_factory):
    """What Linux's build says of all of them."""
    where, folder = headers(), tmp_path_factory.mktemp("originals")
    for source in ORIGINALS:
        shutil.copy(source, folder)
    objects = [f"obj-m += {source.stem}.o" for source in ORIGINALS if source.stem not in BUILT_IN]
    (folder / "Makefile").write_text("\n".join(objects) + "\n")
    targets = ["modules", *(f"{name}.o" for name in sorted(BUILT_IN))]
    text = ""
    for target in targets:
        done = subprocess.run(
            ["make", "-k", "-C", where, f"M={folder}", target],
            capture_output=True, text=True, timeout=300, check=False,
        )  # fmt: skip
        text += done.stdout + done.stderr
    return folder, text


@pytest.mark.parametrize("source", ORIGINALS, ids=lambda source: source.stem)
def test_linux_builds_a_c_original(built, source):
    folder, text = built
    result = folder / f"{source.stem}.{'o' if source.stem in BUILT_IN else 'ko'}"
    said = [line for line in text.splitlines() if f"/{source.name}:" in line]
    assert result.exists(), text[-3000:]
    assert said == []
