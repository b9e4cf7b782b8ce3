"""What time it is. See include/linux/timekeeping.h."""

from __future__ import annotations

from emu.linux.ktime import ktime_get as ktime_get
from emu.linux.ktime import ktime_get_boottime_ns as ktime_get_boottime_ns
from emu.linux.ktime import ktime_get_ns as ktime_get_ns
from emu.linux.ktime import ktime_get_real_ns as ktime_get_real_ns
from emu.linux.ktime import ktime_get_real_seconds as ktime_get_real_seconds
