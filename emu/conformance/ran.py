"""What the tests ran: the system calls of each ABI that a test program made, as recorded.

``python -m tests.coverage`` writes the record, a line for each entry point with its ABIs.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

RECORD = Path(__file__).with_name("ran.tsv")


def load_ran() -> dict[str, set[str]]:
    """The ABIs that ran an entry point, by the entry point that the handler declares."""
    if not RECORD.exists():
        return {}
    lines = (line.split("\t") for line in RECORD.read_text().splitlines())
    return {entry: set(abis.split()) for entry, abis in lines}


def save_ran(ran: Mapping[str, set[str]]) -> None:
    """Write the record."""
    lines = (f"{entry}\t{' '.join(sorted(abis))}\n" for entry, abis in sorted(ran.items()) if abis)
    RECORD.write_text("".join(lines))
