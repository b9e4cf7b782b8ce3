"""Programs that Debian does not have: from npm, or built here with Go or Zig.

A name is SOURCE:PROGRAM. Each program is fetched or built once per architecture, into the cache
folder, with the ordinary client of its registry. Where that client is missing, `Unavailable`
says so.
"""

from __future__ import annotations

import os
import subprocess
import sys
import tarfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from tempfile import TemporaryDirectory

from tests.support.userland import Unavailable, cache_folder

SOURCES = Path(__file__).with_name("programs")
# One release of each, so that what is expected stays what is printed.
ESBUILD_RELEASE = "0.28.2"
ZIG_RELEASE = "0.17.1"
ESBUILD_OF = {
    "amd64": "x64", "i386": "ia32", "arm64": "arm64", "armhf": "arm", "armel": "arm",
    "mips64el": "mips64el", "riscv64": "riscv64",
}  # fmt: skip
GO_OF = {
    "amd64": {"GOARCH": "amd64"},
    "i386": {"GOARCH": "386"},
    "arm64": {"GOARCH": "arm64"},
    "armhf": {"GOARCH": "arm", "GOARM": "7"},
    "armel": {"GOARCH": "arm", "GOARM": "5"},
    "mipsel": {"GOARCH": "mipsle"},
    "mips64el": {"GOARCH": "mips64le"},
    "riscv64": {"GOARCH": "riscv64"},
}
ZIG_OF = {
    "amd64": "x86_64-linux-musl", "i386": "x86-linux-musl", "arm64": "aarch64-linux-musl",
    "armhf": "arm-linux-musleabihf", "armel": "arm-linux-musleabi",
    "mipsel": "mipsel-linux-musleabihf", "mips64el": "mips64el-linux-muslabi64",
    "riscv64": "riscv64-linux-musl",
}  # fmt: skip


def is_extra(package: str) -> bool:
    """Whether a package is not one of Debian's."""
    return ":" in package


def extra(package: str, architecture: str) -> Path:
    """The program of an extra package, made if it is not there. `Unavailable`."""
    source, name = package.split(":")
    program = cache_folder() / "extras" / architecture / name
    if not program.exists():
        program.parent.mkdir(parents=True, exist_ok=True)
        # Whole or not at all: what was interrupted is not taken for the program.
        with TemporaryDirectory(dir=program.parent) as scratch:
            made = Path(scratch, name)
            MAKERS[source](name, architecture, made)
            made.chmod(0o755)
            made.replace(program)
    return program


def from_npm(name: str, architecture: str, program: Path) -> None:
    """The binary of npm's package @NAME/linux-CPU."""
    if architecture not in ESBUILD_OF:
        raise Unavailable(f"npm has no {name} for {architecture}")
    package = f"@{name}/linux-{ESBUILD_OF[architecture]}@{ESBUILD_RELEASE}"
    told = run(["npm", "pack", "--silent", package], cwd=program.parent)
    with tarfile.open(program.parent / told.split()[-1]) as archive:
        binary = archive.extractfile(f"package/bin/{name}")
        assert binary is not None
        program.write_bytes(binary.read())


def from_go(name: str, architecture: str, program: Path) -> None:
    """A static program from Go's own cross compiler."""
    source = SOURCES / f"{name}.go"
    run(
        ["go", "build", "-ldflags=-s -w", "-o", str(program), str(source)],
        {"CGO_ENABLED": "0", "GO111MODULE": "off", "GOOS": "linux", **GO_OF[architecture]},
    )


def from_zig(name: str, architecture: str, program: Path) -> None:
    """A static program with musl; the first for an architecture compiles all of musl."""
    packages = cache_folder() / "ziglang"
    if not (packages / "ziglang").exists():
        run([sys.executable, "-m", "pip", "install", "--quiet", "--no-deps",
             "--target", str(packages), f"ziglang=={ZIG_RELEASE}"])  # fmt: skip
    run(
        [sys.executable, "-m", "ziglang", "cc", "-target", ZIG_OF[architecture], "-static", "-O2",
         "-s", "-o", str(program), str(SOURCES / f"{name}.c"), "-lm", "-lpthread"],
        {"PYTHONPATH": str(packages), "ZIG_GLOBAL_CACHE_DIR": str(cache_folder() / "zig")},
    )  # fmt: skip


MAKERS = {"npm": from_npm, "go": from_go, "zig": from_zig}


def run(
    command: Sequence[str], env: Mapping[str, str] | None = None, cwd: Path | None = None
) -> str:
    """Run a tool and return what it says. `Unavailable` with its last line if it fails."""
    try:
        done = subprocess.run(
            command, env={**os.environ, **(env or {})}, cwd=cwd, capture_output=True, text=True,
            check=False,
        )  # fmt: skip
    except FileNotFoundError:
        raise Unavailable(f"{command[0]} is not installed") from None
    if done.returncode:
        last = (done.stderr.strip() or done.stdout.strip() or "no word").splitlines()[-1]
        raise Unavailable(f"{' '.join(command[:4])} failed: {last}")
    return done.stdout
