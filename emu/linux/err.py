"""Errors in place of objects. See include/linux/err.h."""

from __future__ import annotations

from emu.linux.kernel import ERR_PTR as ERR_PTR
from emu.linux.kernel import IS_ERR as IS_ERR
from emu.linux.kernel import IS_ERR_OR_NULL as IS_ERR_OR_NULL
from emu.linux.kernel import PTR_ERR as PTR_ERR
from emu.linux.kernel import PTR_ERR_OR_ZERO as PTR_ERR_OR_ZERO
