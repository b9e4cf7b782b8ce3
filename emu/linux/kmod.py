"""Having other modules loaded. See include/linux/kmod.h."""

from __future__ import annotations

from emu.linux.module import request_module as request_module
