"""Puts the tables together: every generated file's text, from a kernel source."""

from __future__ import annotations

import dataclasses
import hashlib
import re
from pathlib import Path

from abi_tables.generator.aliases import alias_rows, aliases_text
from abi_tables.generator.borrow import borrowed_files
from abi_tables.generator.probe import Compiler
from abi_tables.generator.signatures import read_signatures, scanned_files, signatures_text
from abi_tables.generator.source import digest, kernel_version, open_source, user_headers
from abi_tables.generator.tables import (
    Tables,
    agreed,
    pairs_text,
    read_numbers_text,
    read_target,
    target_files,
)
from abi_tables.generator.targets import TARGETS, Target

PACKAGE = "linux-source-6.12"


def build(location: Path, targets: list[Target], committed: Path, work: Path) -> dict[str, str]:
    """The generated files by path below `abi_tables`.

    With fewer than all *targets* only their folders are made, against the *committed* common file.
    """
    root = open_source(location, work)
    read: dict[str, tuple[Tables, Tables | None]] = {}
    versions: dict[str, str] = {}
    for target in targets:
        include = user_headers(root, target.headers, work)
        compiler = Compiler(target, include, root, work / target.name)
        versions[target.compiler] = compiler.version()
        read[target.name] = read_target(compiler, root), other_order(target, include, root, work)
    whole = len(targets) == len(TARGETS)
    if whole:
        common = agreed([t.devices for both in read.values() for t in both if t is not None])
    else:
        common = read_numbers_text((committed / "devices.tsv").read_text())
    files: dict[str, str] = {}
    for target in targets:
        default, other = read[target.name]
        files |= target_files(target, default, other, common)
        unread = sorted(default.unreadable.items())
        files[f"{target.name}/unreadable.txt"] = "".join(f"{n}: {why}\n" for n, why in unread)
    if whole:
        files |= common_files(root, location, committed, read, versions)
        files["devices.tsv"] = pairs_text(common)
    return files


def other_order(target: Target, include: Path, root: Path, work: Path) -> Tables | None:
    """The tables of the ABI's second byte order, if it has one."""
    if not target.other_order:
        return None
    other = dataclasses.replace(target, flags=target.flags + target.other_order)
    return read_target(Compiler(other, include, root, work / f"{target.name}-other"), root)


def common_files(
    root: Path,
    location: Path,
    committed: Path,
    read: dict[str, tuple[Tables, Tables | None]],
    versions: dict[str, str],
) -> dict[str, str]:
    """The files that belong to no single ABI."""
    signatures = read_signatures(root)
    entries = {row.entry for default, _ in read.values() for row in default.syscalls}
    return {
        "signatures.tsv": signatures_text(signatures),
        "aliases.tsv": aliases_text(alias_rows(entries, signatures)),
        "manifest.toml": manifest_text(root, location, committed, versions),
    }


def manifest_text(root: Path, location: Path, committed: Path, versions: dict[str, str]) -> str:
    """Where the tables come from.

    A directory has no archive to name, so what the manifest said of it is kept.
    """
    if location.is_file():
        archive, checksum = location.name, hashlib.sha256(location.read_bytes()).hexdigest()
    else:
        archive, checksum = known_archive(committed / "manifest.toml")
    compilers = "".join(f'"{name}" = "{versions[name]}"\n' for name in sorted(versions))
    return (
        "# Written by generate.py.\n\n"
        f'package = "{PACKAGE}"\n'
        f'version = "{kernel_version(root)}"\n'
        f'archive = "{archive}"\n'
        f'archive_sha256 = "{checksum}"\n'
        f'inputs_sha256 = "{digest(inputs(root), root)}"\n'
        f"\n[compilers]\n{compilers}"
    )


def known_archive(manifest: Path) -> tuple[str, str]:
    """The archive and its checksum as a manifest names them, empty without one."""
    text = manifest.read_text() if manifest.exists() else ""
    found = dict(re.findall(r'^(archive\w*) = "(.*)"$', text, re.MULTILINE))
    return found.get("archive", ""), found.get("archive_sha256", "")


def inputs(root: Path) -> list[Path]:
    """Every source file that decides what the tables say."""
    arches = sorted({target.headers for target in TARGETS})
    files = {root / target.table for target in TARGETS}
    files |= {root / name for arch in arches for name in borrowed_files(arch)}
    files |= set(scanned_files(root)) | {root / "Makefile"}
    for folder in ("include/uapi", *(f"arch/{arch}/include/uapi" for arch in arches)):
        files |= {path for path in (root / folder).rglob("*") if path.is_file()}
    return [path for path in files if path.exists()]
