"""How often something may be said. See include/linux/ratelimit.h."""

from __future__ import annotations

from emu.linux.printk import pr_err_ratelimited as pr_err_ratelimited
from emu.linux.printk import pr_info_ratelimited as pr_info_ratelimited
from emu.linux.printk import printk_ratelimited as printk_ratelimited
from emu.linux.printk import ratelimit_state as ratelimit_state
