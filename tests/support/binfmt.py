"""User-mode QEMU whose guests can execute guests: registered with binfmt_misc for one run only.

The registration is made in a user namespace of its own (Linux 6.7 or newer), so the host never sees
it. In that namespace only the user 0 exists.
"""

from __future__ import annotations

import shutil
import subprocess
from functools import cache
from pathlib import Path

from tests.support.running import End, natively

NAMESPACE = ["unshare", "--user", "--map-root-user", "--mount", "sh", "-ec"]
FILES = "/proc/sys/fs/binfmt_misc"
MOUNT = f"mount -t binfmt_misc binfmt_misc {FILES}"
# Of an ELF header: class, byte order, version; then type and machine, in two bytes each.
HEADER_BYTES = 20


@cache
def has_private_binfmt() -> bool:
    """Whether this machine lets a user register with binfmt_misc in a namespace."""
    if not shutil.which("unshare"):
        return False
    run = subprocess.run([*NAMESPACE, MOUNT], capture_output=True, check=False)
    return run.returncode == 0


def under_qemu_with_exec(qemu: str, program: str, *words: str) -> End:
    """Run a program under QEMU, and those that it executes too."""
    return natively(*qemu_with_exec(qemu, program, *words))


def qemu_with_exec(qemu: str, program: str, *words: str) -> list[str]:
    """The command for that."""
    header = Path(program).read_bytes()[:HEADER_BYTES]
    mask = b"\xff" * 7 + b"\x00" * 9 + b"\xff" * 4
    magic = bytes(byte & bits for byte, bits in zip(header, mask, strict=True))
    # P: the guest keeps its argv[0].
    entry = f":guest:M::{escaped(magic)}:{escaped(mask)}:{shutil.which(qemu)}:P"
    script = f'{MOUNT}; printf \'%s\' "$0" > {FILES}/register; exec "$@"'
    return [*NAMESPACE, script, entry, qemu, program, *words]


def escaped(data: bytes) -> str:
    return "".join(f"\\x{byte:02x}" for byte in data)
