"""The border: what the host's system calls complain of, as the guest's errors."""

from __future__ import annotations

import errno as host_errno  # noqa: TID251

from emu.kernel import errno as kernel_errno
from emu.kernel.errno import EIO, KernelError


def from_host(error: OSError) -> KernelError:
    """The error of the same name; EIO for one that has none here."""
    name = host_errno.errorcode.get(error.errno or 0, "EIO")
    kind = getattr(kernel_errno, name, EIO)
    found: KernelError = kind(f"host: {error.strerror}")
    return found
