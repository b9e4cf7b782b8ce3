"""Root folders of foreign Debian architectures, unpacked from the machine's own package sources.

Nothing is installed: apt resolves and downloads with a private state, and dpkg-deb unpacks.
Maintainer scripts are not run; the little that programs need of their work is done here.

    python -m tests.support.userland ARCH PACKAGE...     prints the root folder
"""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

# These architectures are not in every release; the first suite that the mirror gives is used.
SUITES_OF = {"riscv64": ("trixie", "sid")}
TRIPLETS = {
    "amd64": "x86_64-linux-gnu", "i386": "i386-linux-gnu", "arm64": "aarch64-linux-gnu",
    "armhf": "arm-linux-gnueabihf", "armel": "arm-linux-gnueabi", "mipsel": "mipsel-linux-gnu",
    "mips64el": "mips64el-linux-gnuabi64", "riscv64": "riscv64-linux-gnu",
}  # fmt: skip
ARCHITECTURES = tuple(TRIPLETS)
PROCPS_ARCHITECTURES = ("amd64", "arm64", "mips64el")
PROCPS = [
    "coreutils", "dash", "bsdutils", "procps", "psmisc", "lsof", "util-linux", "mount", "kmod",
    "sysfsutils", "ncurses-base", "base-files",
]  # fmt: skip
"""What reads /proc and /sys, and where it is tried: see tests/programs/test_procps.py."""
# Packages that only maintainer scripts need: cutting them off keeps the roots small.
CUT = (
    "perl", "dpkg", "debconf", "init-system-helpers", "lsb-base", "adduser", "passwd",
    "sensible-utils", "ucf", "debianutils", "media-types", "mailcap", "netbase",
    "libegl-mesa0", "mesa-libgallium", "liberror-perl",
)  # fmt: skip
PROVIDES = {"debconf": "debconf-2.0"}
ALTERNATIVES = {
    "usr/bin/awk": ("gawk", "mawk"),
    "usr/bin/nc": ("nc.openbsd", "nc.traditional"),
    "usr/bin/lua": ("lua5.4",),
    "usr/bin/sh": ("dash", "bash"),
}
# What base-passwd's script makes of the package's own files.
MASTERS = {
    "etc/passwd": "usr/share/base-passwd/passwd.master",
    "etc/group": "usr/share/base-passwd/group.master",
}
FILES = {
    "etc/passwd": "root:x:0:0:root:/root:/bin/sh\nnobody:x:65534:65534:nobody:/:/bin/false\n",
    "etc/group": "root:x:0:\ntty:x:5:\nnogroup:x:65534:\n",
    "etc/hosts": "127.0.0.1\tlocalhost\n::1\tlocalhost\n",
    "etc/nsswitch.conf": "passwd: files\ngroup: files\nhosts: files\n",
}
UNNEEDED = ("./usr/share/doc/*", "./usr/share/man/*", "./usr/share/info/*", "./usr/share/locale/*")


class Unavailable(Exception):
    """The machine's package sources cannot give this root; says why."""


def cache_folder() -> Path:
    """Where roots and packages are kept between runs."""
    base = os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache"
    return Path(base) / "syscall-emu"


def root(architecture: str, packages: list[str]) -> Path:
    """The folder of a root that holds `packages`; made if it is not there. `Unavailable`."""
    folder = cache_folder() / "roots" / architecture
    wanted = set(packages)
    marker = folder / ".packages"
    have = set(marker.read_text().split()) if marker.exists() else set()
    if wanted <= have:
        finish(folder)
        return folder
    everything = sorted(wanted | have)
    archives = download(architecture, everything)
    skeleton(folder, architecture)
    for archive in archives:
        unpack(archive, folder)
    finish(folder)
    marker.write_text("\n".join(everything))
    return folder


def download(architecture: str, packages: list[str]) -> list[Path]:
    """The archives of packages and all they need, from the first suite that has them."""
    reasons = []
    for suite in SUITES_OF.get(architecture, ("",)):
        try:
            return Apt(architecture, suite).download(packages)
        except Unavailable as why:
            reasons.append(f"{suite} {why}".strip())
    raise Unavailable("; ".join(reasons))


class Apt:
    """apt for one foreign architecture, with its own state and the machine's own sources."""

    def __init__(self, architecture: str, suite: str) -> None:
        self.folder = cache_folder() / "apt" / f"{architecture}{suite and '-'}{suite}"
        self.architecture = architecture
        for name in ("lists/partial", "cache/archives/partial"):
            (self.folder / name).mkdir(parents=True, exist_ok=True)
        sources = private_sources(suite)
        known = self.folder / "apt.sources"
        self._options = [
            f"-o{key}={value}"
            for key, value in {
                "APT::Architecture": architecture,
                "APT::Architectures": architecture,
                "Dir::State": self.folder,
                "Dir::State::Lists": self.folder / "lists",
                "Dir::State::status": self.folder / "status",
                "Dir::Cache": self.folder / "cache",
                "Dir::Cache::pkgcache": "",
                "Dir::Cache::srcpkgcache": "",
                "Dir::Etc::sourcelist": known,
                "Dir::Etc::sourceparts": "/dev/null",
                "Dir::Etc::preferencesparts": "/dev/null",
                "APT::Sandbox::User": "root",
                "APT::Install-Recommends": "false",
                "APT::Keep-Downloaded-Packages": "true",
                "Acquire::Languages": "none",
                "Acquire::Retries": "3",
                "Debug::NoLocking": "true",
            }.items()
        ]
        (self.folder / "status").touch()
        if not known.exists() or known.read_text() != sources:
            known.write_text(sources)
            self._run("update")
        self._pretend_installed()

    def download(self, packages: list[str]) -> list[Path]:
        """The archives of these packages and of all that they depend on."""
        archives = self.folder / "cache" / "archives"
        # A second, empty cache: what is there already is not listed.
        nothing = self.folder / "empty"
        (nothing / "partial").mkdir(parents=True, exist_ok=True)
        plan = self._run(f"-oDir::Cache::archives={nothing}", "--print-uris", "install", *packages)
        names = re.findall(r"^'[^']+' (\S+_\S+\.deb) \d+", plan, re.MULTILINE)
        self._run("--download-only", "install", *packages)
        found = [archives / name for name in names]
        missing = [path.name for path in found if not path.exists()]
        if missing:
            raise Unavailable(f"apt did not deliver {', '.join(missing)}")
        return found

    def _run(self, *arguments: str) -> str:
        command = ["apt-get", "-q", "-y", *self._options, *arguments]
        try:
            run = subprocess.run(command, capture_output=True, text=True, check=False)
        except FileNotFoundError:
            raise Unavailable("apt-get is not installed") from None
        if run.returncode:
            last = (run.stderr.strip() or run.stdout.strip()).splitlines()[-1:]
            raise Unavailable(f"apt-get {arguments[-1]} failed for {self.architecture}: {last}")
        return run.stdout

    def _pretend_installed(self) -> None:
        """Tell apt that the packages of `CUT` are there, at the archive's own versions."""
        command = ["apt-cache", *self._options, "show", "--no-all-versions", *CUT]
        shown = subprocess.run(command, capture_output=True, text=True, check=False).stdout
        pattern = re.compile(r"^Package: (\S+)$.*?^Version: (\S+)$", re.MULTILINE | re.DOTALL)
        stanzas = [
            f"Package: {name}\nStatus: hold ok installed\nMaintainer: nobody\n"
            f"Architecture: {self.architecture}\nMulti-Arch: foreign\nVersion: {version}\n"
            + (f"Provides: {PROVIDES[name]}\n" if name in PROVIDES else "")
            + "Description: left out\n"
            for name, version in pattern.findall(shown)
        ]
        (self.folder / "status").write_text("\n".join(stanzas))


def private_sources(suite: str) -> str:
    """The machine's own sources of its main release, with the suite's name replaced."""
    release = dict(
        line.strip().split("=", 1)
        for line in Path("/etc/os-release").read_text().splitlines()
        if "=" in line
    )
    host = release.get("VERSION_CODENAME", "").strip('"')
    stanzas = []
    for path in sorted(Path("/etc/apt").glob("sources.list*/*.sources")):
        for stanza in re.split(r"\n\s*\n", path.read_text()):
            fields = dict(re.findall(r"^([A-Za-z-]+):\s*(.*)$", stanza, re.MULTILINE))
            if host in fields.get("Suites", "").split():
                stanzas.append({**fields, "Suites": suite or host})
    for path in [Path("/etc/apt/sources.list"), *Path("/etc/apt/sources.list.d").glob("*.list")]:
        for line in path.read_text().splitlines() if path.exists() else ():
            entry = re.match(r"deb\s+(?:\[([^]]*)\]\s+)?(\S+)\s+(\S+)\s+(.*)", line)
            if entry and entry[3] == host:
                stanza = {
                    "Types": "deb",
                    "URIs": entry[2],
                    "Suites": suite or host,
                    "Components": entry[4],
                }
                if key := re.search(r"signed-by=(\S+)", entry[1] or ""):
                    stanza["Signed-By"] = key[1]
                stanzas.append(stanza)
    if not stanzas:
        raise Unavailable("this machine's apt has no source for its own release")
    return "\n\n".join("\n".join(f"{k}: {v}" for k, v in s.items()) for s in stanzas) + "\n"


def skeleton(folder: Path, architecture: str) -> None:
    """The folders that packages expect, with /bin, /sbin and /lib as links into /usr."""
    libraries = ["lib", "lib64"] if architecture in ("amd64", "mips64el") else ["lib"]
    for name in ("bin", "sbin", *libraries):
        (folder / "usr" / name).mkdir(parents=True, exist_ok=True)
        if not (folder / name).is_symlink():
            (folder / name).symlink_to(f"usr/{name}")
    for name in ("tmp", "var/tmp", "run", "root", "etc", "dev", "proc", "sys", "mnt"):
        (folder / name).mkdir(parents=True, exist_ok=True)


def unpack(archive: Path, folder: Path) -> None:
    """Unpack one archive over the root."""
    with subprocess.Popen(["dpkg-deb", "--fsys-tarfile", archive], stdout=subprocess.PIPE) as tar:
        subprocess.run(
            ["tar", "-x", "-C", folder, "--keep-directory-symlink", "--no-same-owner",
             *(f"--exclude={pattern}" for pattern in UNNEEDED)],
            stdin=tar.stdout, check=True,
        )  # fmt: skip


def finish(folder: Path) -> None:
    """What maintainer scripts would have done, as far as programs need it."""
    for name, master in MASTERS.items():
        if (folder / master).exists():
            (folder / name).write_bytes((folder / master).read_bytes())
    for name, text in FILES.items():
        if not (folder / name).exists():
            (folder / name).write_text(text)
    for link, names in ALTERNATIVES.items():
        path = folder / link
        for name in names:
            if not path.is_symlink() and (path.parent / name).exists():
                path.symlink_to(name)


if __name__ == "__main__":
    print(root(sys.argv[1], sys.argv[2:]))
