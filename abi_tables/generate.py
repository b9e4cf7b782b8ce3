"""Make the ABI tables anew from one kernel release, or check that they are what it makes.

    python abi_tables/generate.py --kernel-source linux-source-6.12.tar.xz [--abi NAME] [--check]

Needs gcc for every ABI (see generator/targets.py), GNU make and pyelftools. Nothing of the target
is executed, and the same source and compilers give the same bytes.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parent
if __package__ in (None, ""):
    sys.path.insert(0, str(ROOT.parent))

from abi_tables.generator.build import build  # noqa: E402
from abi_tables.generator.compare import differences  # noqa: E402
from abi_tables.generator.source import SourceError  # noqa: E402
from abi_tables.generator.targets import TARGETS  # noqa: E402


def main(argv: list[str] | None = None) -> int:
    """Run the generator; 1 when the tables differ in a check, 2 when they cannot be made."""
    names = [target.name for target in TARGETS]
    parser = argparse.ArgumentParser(prog="generate.py", description=(__doc__ or "").split("\n")[0])
    parser.add_argument(
        "--kernel-source", type=Path, required=True, metavar="DIR|TARBALL",
        help="a clean kernel source tree, or its tarball",
    )  # fmt: skip
    parser.add_argument("--abi", choices=names, help="only this ABI's folder (default: all)")
    parser.add_argument("--check", action="store_true", help="compare instead of writing")
    options = parser.parse_args(argv)
    chosen = [target for target in TARGETS if options.abi in (None, target.name)]
    try:
        with tempfile.TemporaryDirectory(prefix="abi-tables-") as work:
            files = build(options.kernel_source, chosen, ROOT, Path(work))
    except SourceError as error:
        print(f"generate.py: {error}", file=sys.stderr)
        return 2
    if options.check:
        return report(differences(ROOT, files))
    for name, text in files.items():
        (ROOT / name).parent.mkdir(exist_ok=True)
        (ROOT / name).write_text(text, newline="\n")
    print(f"{len(files)} files written")
    return 0


def report(lines: list[str]) -> int:
    """Print a check's findings; its exit status."""
    for line in lines:
        print(line)
    return 1 if lines else 0


if __name__ == "__main__":
    sys.exit(main())
