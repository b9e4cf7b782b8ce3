"""What regenerated tables have otherwise than the committed ones."""

from __future__ import annotations

import difflib
from pathlib import Path

SHOWN = 40  # lines of difference per file


def differences(root: Path, files: dict[str, str]) -> list[str]:
    """Unified diffs, shortened, of the committed files against the regenerated *files*."""
    lines: list[str] = []
    for name, text in sorted(files.items()):
        path = root / name
        committed = path.read_bytes().decode() if path.exists() else ""
        if committed == text:
            continue
        found = list(
            difflib.unified_diff(
                committed.splitlines(), text.splitlines(), name, f"{name} (regenerated)",
                lineterm="", n=0,
            )
        )  # fmt: skip
        lines += found[:SHOWN] or [f"{name}: line endings differ"]
        if len(found) > SHOWN:
            lines.append(f"... {len(found) - SHOWN} more lines of {name}")
    return lines
