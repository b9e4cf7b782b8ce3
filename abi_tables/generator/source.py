"""The kernel source: unpacking it, preparing its user-space headers, naming what was read."""

from __future__ import annotations

import hashlib
import re
import subprocess
import tarfile
from pathlib import Path


class SourceError(Exception):
    """The kernel source or a tool it needs is missing or unusable."""


def open_source(location: Path, work: Path) -> Path:
    """The root of the kernel tree at *location*: a directory, or a tarball unpacked into *work*."""
    if location.is_dir():
        root = location
    elif location.is_file():
        with tarfile.open(location) as archive:
            archive.extractall(work / "source", filter="tar")
        roots = [path for path in (work / "source").iterdir() if (path / "Makefile").exists()]
        if len(roots) != 1:
            raise SourceError(f"{location}: expected one kernel tree, found {len(roots)}")
        root = roots[0]
    else:
        raise SourceError(f"{location}: no such file or directory")
    if not (root / "include/uapi/linux").is_dir():
        raise SourceError(f"{root}: not a kernel source tree")
    return root


def kernel_version(root: Path) -> str:
    """The release the tree's Makefile names, as ``6.12.117``."""
    text = (root / "Makefile").read_text()
    parts = dict(re.findall(r"^(\w+) = *(\S*)$", text, re.MULTILINE))
    version = f"{parts['VERSION']}.{parts['PATCHLEVEL']}.{parts['SUBLEVEL']}"
    return version + parts.get("EXTRAVERSION", "")


def user_headers(root: Path, arch: str, work: Path) -> Path:
    """Run the kernel's own ``make headers`` for one ARCH; the include directory it fills.

    Always with O=, because an in-tree run spoils the tree for the next architecture.
    """
    output = work / "headers" / arch
    include = output / "usr/include"
    if not include.is_dir():
        output.mkdir(parents=True, exist_ok=True)
        command = ["make", "-s", "-C", str(root), "headers", f"ARCH={arch}", f"O={output}"]
        result = subprocess.run(command, capture_output=True, text=True, check=False)
        if result.returncode != 0:
            raise SourceError(f"make headers ARCH={arch} failed: {result.stderr.strip()[-500:]}")
    return include


def digest(paths: list[Path], root: Path) -> str:
    """One sha256 over the names and contents of *paths*, in order of name."""
    total = hashlib.sha256()
    for path in sorted(paths):
        total.update(f"{path.relative_to(root)}\0{path.stat().st_size}\0".encode())
        total.update(path.read_bytes())
    return total.hexdigest()
