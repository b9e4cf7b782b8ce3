"""Files stay small: one subject each."""

from pathlib import Path
from statistics import median

import pytest

ROOT = Path(__file__).parents[2]
HARD_LIMIT = 500
SOURCES = sorted((ROOT / "emu").rglob("*.py"))


def lines(path: Path) -> int:
    return len(path.read_text().splitlines())


@pytest.mark.parametrize(
    "path",
    sorted([*SOURCES, *(ROOT / "tests").rglob("*.py")]),
    ids=lambda p: str(p.relative_to(ROOT)),
)
def test_no_file_is_longer_than_the_hard_limit(path):
    assert lines(path) <= HARD_LIMIT, f"{path} has {lines(path)} lines: split it by subject"


def test_half_of_the_files_fit_on_two_screens():
    assert median(lines(path) for path in SOURCES) <= 150
