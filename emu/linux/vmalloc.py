"""Memory of any size. See include/linux/vmalloc.h."""

from __future__ import annotations

from emu.linux.mm import remap_vmalloc_range as remap_vmalloc_range
from emu.linux.mm import vmalloc_user as vmalloc_user
from emu.linux.slab import vfree as vfree
from emu.linux.slab import vmalloc as vmalloc
from emu.linux.slab import vzalloc as vzalloc
