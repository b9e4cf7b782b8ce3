"""The hostile guests: a seed makes one, always the same."""

from __future__ import annotations

import random
from pathlib import Path

from tests.fuzz.elf import static_elf

SAMPLES = Path(__file__).parents[2] / "samples" / "programs"


def random_program(isa: str, seed: int) -> bytes:
    """Random bytes as code; sometimes writable, sometimes between real instructions."""
    source = random.Random(f"{isa}/{seed}")
    code = source.randbytes(source.choice((16, 64, 512, 4000)))
    if source.random() < 0.3:
        # Valid code runs further than noise: repeat one word, or step through a counter.
        word = source.randbytes(source.choice((1, 2, 4, 8)))
        code = word * (2048 // len(word)) + code
    return static_elf(isa, code, rights=source.choice((5, 7, 5, 5)))


def mutated_elf(seed: int) -> bytes:
    """A sample's ELF file with some of its bytes or fields broken."""
    source = random.Random(f"elf/{seed}")
    data = bytearray(source.choice(originals()).read_bytes())
    match source.randrange(4):
        case 0:
            del data[source.randrange(len(data)) :]
        case 1:
            for _ in range(source.randrange(1, 8)):
                data[source.randrange(min(len(data), 256))] = source.randrange(256)
        case 2:
            for _ in range(source.randrange(1, 4)):
                at = source.randrange(16, min(len(data), 200) - 8)
                size = source.choice((2, 4, 8))
                value = source.choice((0, (1 << size * 8) - 1, 1 << (size * 8 - 1), 0x1000, 0xFFF))
                data[at : at + size] = value.to_bytes(size, source.choice(("little", "big")))
        case 3:
            for _ in range(source.randrange(1, 64)):
                data[source.randrange(len(data))] ^= 1 << source.randrange(8)
    return bytes(data)


def originals() -> list[Path]:
    """All prebuilt samples."""
    return sorted(p for p in SAMPLES.glob("*/*") if p.is_file() and not p.suffix)
