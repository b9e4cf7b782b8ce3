"""What a module gives to others. See include/linux/export.h."""

from __future__ import annotations

from emu.linux.module import EXPORT_SYMBOL as EXPORT_SYMBOL
from emu.linux.module import EXPORT_SYMBOL_GPL as EXPORT_SYMBOL_GPL
from emu.linux.module import THIS_MODULE as THIS_MODULE
