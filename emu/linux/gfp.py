"""How memory is asked for. See include/linux/gfp.h."""

from __future__ import annotations

from emu.linux.mm import free_page as free_page
from emu.linux.mm import get_zeroed_page as get_zeroed_page
from emu.linux.slab import GFP_ATOMIC as GFP_ATOMIC
from emu.linux.slab import GFP_KERNEL as GFP_KERNEL
from emu.linux.slab import GFP_USER as GFP_USER
