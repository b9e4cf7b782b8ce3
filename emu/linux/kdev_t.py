"""Device numbers. See include/linux/kdev_t.h."""

from __future__ import annotations

from emu.kernel.vfs.dev import MAJOR as MAJOR
from emu.kernel.vfs.dev import MINOR as MINOR
from emu.kernel.vfs.dev import MKDEV as MKDEV
