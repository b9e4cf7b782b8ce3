"""Counts that one waits for. See include/linux/semaphore.h."""

from __future__ import annotations

from emu.linux.mutex import down as down
from emu.linux.mutex import down_interruptible as down_interruptible
from emu.linux.mutex import down_trylock as down_trylock
from emu.linux.mutex import sema_init as sema_init
from emu.linux.mutex import semaphore as semaphore
from emu.linux.mutex import up as up
