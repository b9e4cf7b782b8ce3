"""Little programs made of a few instructions."""

from __future__ import annotations

from pathlib import Path

from samples.programs.abis import ABIS, Abi
from samples.programs.assembler import assemble
from samples.programs.elf import IMAGE_ADDRESS, image_offset, write_elf

BY_NAME: dict[str, Abi] = {abi.name: abi for abi in ABIS}


def assembled(abi: str, instructions: str, path: Path, *, thumb: bool = False) -> str:
    """Write a static ELF of these instructions; answers its path."""
    target = BY_NAME[abi]
    offset = image_offset(target)
    gap = bytes(-offset % 8)
    code = assemble(instructions, target, thumb)
    entry = IMAGE_ADDRESS + offset + len(gap) + thumb
    path.write_bytes(write_elf(target, gap + code, entry, True))
    path.chmod(0o755)
    return str(path)
