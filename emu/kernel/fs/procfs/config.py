"""/proc/config.gz: what this kernel was built with. See kernel/configs.c."""

from __future__ import annotations

import gzip
from typing import TYPE_CHECKING

from emu.kernel.kconfig import KernelConfig

if TYPE_CHECKING:
    from emu.kernel.kernel import Kernel


def show_config_gz(kernel: Kernel) -> bytes:
    """The .config, compressed."""
    file_systems = kernel.root_mount.vfs.file_systems
    text = (kernel.config or KernelConfig()).text(file_systems, kernel.entry_points())
    return gzip.compress(text.encode(), mtime=0)
