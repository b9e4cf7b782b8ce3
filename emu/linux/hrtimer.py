"""Timers in nanoseconds. See include/linux/hrtimer.h."""

from __future__ import annotations

from emu.linux.ktime import ktime_get as ktime_get
from emu.linux.ktime import ms_to_ktime as ms_to_ktime
from emu.linux.timer import CLOCK_MONOTONIC as CLOCK_MONOTONIC
from emu.linux.timer import HRTIMER_MODE_ABS as HRTIMER_MODE_ABS
from emu.linux.timer import HRTIMER_MODE_REL as HRTIMER_MODE_REL
from emu.linux.timer import HRTIMER_NORESTART as HRTIMER_NORESTART
from emu.linux.timer import HRTIMER_RESTART as HRTIMER_RESTART
from emu.linux.timer import hrtimer as hrtimer
from emu.linux.timer import hrtimer_cancel as hrtimer_cancel
from emu.linux.timer import hrtimer_forward_now as hrtimer_forward_now
from emu.linux.timer import hrtimer_init as hrtimer_init
from emu.linux.timer import hrtimer_setup as hrtimer_setup
from emu.linux.timer import hrtimer_start as hrtimer_start
