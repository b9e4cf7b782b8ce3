"""``emu shell``: an interactive shell in a root, on a terminal with job control."""

from __future__ import annotations

import argparse
import os

from emu.arch.elf_header import elf_header, identify_header
from emu.cli import run
from emu.cli.module_options import parse
from emu.cli.usage import HelpFormatter, fail

SHELLS = (
    ("bin/bash", ("bash",)),
    ("usr/bin/bash", ("bash",)),
    ("bin/sh", ("sh",)),
    ("usr/bin/sh", ("sh",)),
    ("bin/busybox", ("busybox", "sh")),
    ("usr/bin/busybox", ("busybox", "sh")),
)
"""Where a shell may be, the best first, and how it is called."""

NO_ROOT = "give a root with -L DIR: a folder with a Linux system's files, such as bin/busybox"


def main(argv: list[str]) -> int:
    """Start a shell; answers its exit status."""
    arguments = parse(parser(), argv)
    if not arguments.layer:
        return fail(NO_ROOT, run.USAGE)
    found = find_shell(arguments.layer, arguments.arch)
    if found is None:
        of_arch = f" of {arguments.arch}" if arguments.arch else ""
        return fail(f"no shell{of_arch} in {' or '.join(arguments.layer)}", run.NOT_FOUND)
    path, called = found
    options = [word for folder in arguments.layer for word in ("-L", folder)]
    options += [word for bind in arguments.bind for word in ("--bind", bind)]
    options += [word for module in arguments.module for word in ("--module", module)]
    options += [word for path in arguments.offer for word in ("--offer", path)]
    if arguments.devices:
        options += ["--devices", arguments.devices]
    return run.main(["-t", *options, "-0", called[0], "/" + path, *called[1:]])


def parser() -> argparse.ArgumentParser:
    """The options of ``emu shell``."""
    p = argparse.ArgumentParser(
        formatter_class=HelpFormatter,
        prog="emu shell",
        description="Start an interactive shell in a root: bash, sh or busybox.",
    )
    p.add_argument(
        "-L", dest="layer", metavar="DIR", action="append", default=[],
        help="a folder of the guest's root, read-only; later ones lie on top",
    )  # fmt: skip
    p.add_argument("--arch", metavar="ARCH", help="take only a shell of this ABI or ISA")
    p.add_argument(
        "--bind", metavar="HOST:GUEST[:rw]", action="append", default=[],
        help="show a host file or folder at a place in the guest",
    )  # fmt: skip
    p.add_argument(
        "--module", metavar="FILE [NAME=VALUE ...]", action="append", default=[],
        help="load a kernel module written in Python",
    )  # fmt: skip
    p.add_argument(
        "--offer", metavar="FILE|FOLDER", action="append", default=[],
        help="let programs load modules: see insmod(8), modprobe(8)",
    )  # fmt: skip
    p.add_argument("--devices", metavar="FILE", help="make the devices that a TOML file models")
    return p


def find_shell(layers: list[str], arch: str | None) -> tuple[str, tuple[str, ...]] | None:
    """The best shell of a root: where it is in the guest, and its first arguments."""
    for path, called in SHELLS:
        for layer in reversed(layers):
            file = resolve(layer, path)
            if file is not None and (arch is None or arch in identify(file)):
                return path, called
    return None


def resolve(layer: str, path: str) -> str | None:
    """The file of a name in a root, whose links lead within the root; None if there is none."""
    for _ in range(16):
        file = os.path.join(layer, path)
        if not os.path.islink(file):
            parent = os.path.dirname(path)
            if parent and os.path.islink(os.path.join(layer, parent)):
                target = os.readlink(os.path.join(layer, parent))
                path = os.path.join(target.lstrip("/"), os.path.basename(path))
                continue
            return file if os.path.isfile(file) else None
        target = os.readlink(file)
        path = target.lstrip("/") if target.startswith("/") else os.path.normpath(
            os.path.join(os.path.dirname(path), target)
        )  # fmt: skip
    return None


def identify(file: str) -> tuple[str, ...]:
    """The names of the ABI and ISA that a program is for; none for what is no such program."""
    header = elf_header(file)
    return (header and identify_header(header)) or ()
