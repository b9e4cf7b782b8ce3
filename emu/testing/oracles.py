"""Running a program elsewhere, to compare: on this machine's kernel, or under qemu-user."""

from __future__ import annotations

import os
import subprocess
import tempfile
from collections.abc import Mapping
from pathlib import Path

from emu.arch.elf_header import elf_header, identify_header
from emu.arch.isa import ISAS
from emu.conformance.run import CannotRun, command_for
from emu.conformance.target import TARGETS
from emu.machine import DEFAULT_ENVIRONMENT
from emu.outcome import TIMEOUT_S, Outcome
from emu.testing.selection import OTHER_ORDER


def reason_against(abi: str, where: str) -> str:
    """Why programs of an ABI cannot be run there; empty if they can."""
    try:
        command_for(TARGETS[abi], where)
    except CannotRun as why:
        return str(why)
    return ""


def run_elsewhere(
    where: str,
    program: str | bytes | os.PathLike[str],
    *arguments: str,
    stdin: bytes = b"",
    env: Mapping[str, str] | None = None,
    timeout_s: float = TIMEOUT_S,
) -> Outcome:
    """Run a program by another kernel (``native``, ``qemu-user``). `CannotRun`."""
    with tempfile.TemporaryDirectory(prefix="emu-") as folder:
        if isinstance(program, bytes):
            path = Path(folder, "program")
            path.write_bytes(program)
            path.chmod(0o755)
        else:
            path = Path(program).absolute()
        abi = abi_of(path)
        command = [*command_for(TARGETS[abi], where), str(path), *arguments]
        try:
            done = subprocess.run(
                command, input=stdin, capture_output=True, timeout=timeout_s, check=False,
                env=dict(env if env is not None else DEFAULT_ENVIRONMENT),
            )  # fmt: skip
        except OSError as error:
            raise CannotRun(f"{where}: {error.strerror}: {path.name} of {abi}") from None
    return Outcome(os.fspath(path), abi, done.returncode, done.stdout, done.stderr)


def abi_of(path: Path) -> str:
    """The ABI, with its byte order, that an ELF's header asks for. `CannotRun` if none does."""
    header = elf_header(path)
    if header is None:
        raise CannotRun(f"{path} is no ELF")
    named = identify_header(header)
    if named is None:
        raise CannotRun(f"{path} is of no known ABI")
    name, isa = named
    other = f"{name}{OTHER_ORDER}"
    return other if other in TARGETS and not ISAS[isa].big_endian else name


__all__ = ["CannotRun", "abi_of", "reason_against", "run_elsewhere"]
