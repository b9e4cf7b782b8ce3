"""Builds the sample programs: ``python -m samples.programs.build [--check] [ABI...]``.

Every ``ABI/PROGRAM-WAY.s`` becomes the static ELF ``ABI/PROGRAM-WAY``. The output depends on
nothing but the sources, so ``--check`` can compare the committed programs byte for byte.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterator
from pathlib import Path

from samples.programs.abis import ABIS, Abi
from samples.programs.assembler import NoAssemblerError, assemble
from samples.programs.elf import IMAGE_ADDRESS, image_offset, write_elf
from samples.programs.source import read_source

FOLDER = Path(__file__).parent
CODE_ALIGNMENT = 8


def main() -> int:
    """Build or check; status 1 when a committed program differs from its source."""
    options = _parse_arguments()
    stale = []
    for abi in ABIS:
        if options.abi and abi.name not in options.abi:
            continue
        for source, program in programs(abi):
            try:
                built = build(source, abi)
            except NoAssemblerError as missing:
                print(f"{abi.name}: skipped, {missing}", file=sys.stderr)
                break
            if not options.check:
                program.parent.mkdir(exist_ok=True)
                program.write_bytes(built)
                program.chmod(0o755)
            elif not program.is_file() or program.read_bytes() != built:
                stale.append(program.relative_to(FOLDER))
    for name in stale:
        print(f"{name}: differs from its source", file=sys.stderr)
    return 1 if stale else 0


def programs(abi: Abi) -> Iterator[tuple[Path, Path]]:
    """The source and the program file of everything an ABI has."""
    for source in sorted((FOLDER / abi.sources).glob("*.s")):
        yield source, FOLDER / abi.name / source.stem


def build(path: Path, abi: Abi) -> bytes:
    """The ELF file for one source. Programs named ``*-thumb`` are Thumb code."""
    thumb = path.stem.endswith("-thumb")
    offset = image_offset(abi)
    source = read_source(path, abi, IMAGE_ADDRESS + offset)
    data = source.data + bytes(-(offset + len(source.data)) % CODE_ALIGNMENT)
    code = assemble(source.instructions, abi, thumb)
    entry = IMAGE_ADDRESS + offset + len(data) + thumb  # an odd address starts in Thumb state
    return write_elf(abi, data + code, entry, source.needs_scratch)


def _parse_arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description="Build the sample programs from their sources.")
    parser.add_argument("--check", action="store_true", help="only compare, change nothing")
    parser.add_argument("abi", nargs="*", help="only these ABIs")
    return parser.parse_args()


if __name__ == "__main__":
    sys.exit(main())
