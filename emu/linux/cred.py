"""Who the running task is. See include/linux/cred.h."""

from __future__ import annotations

from emu.linux.sched import capable as capable
from emu.linux.sched import current_euid as current_euid
from emu.linux.sched import current_uid as current_uid
