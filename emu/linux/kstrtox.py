"""Numbers out of texts. See include/linux/kstrtox.h."""

from __future__ import annotations

from emu.linux.kernel import kstrtobool as kstrtobool
from emu.linux.kernel import kstrtoint as kstrtoint
from emu.linux.kernel import kstrtol as kstrtol
from emu.linux.kernel import kstrtoll as kstrtoll
from emu.linux.kernel import kstrtou8 as kstrtou8
from emu.linux.kernel import kstrtou16 as kstrtou16
from emu.linux.kernel import kstrtou32 as kstrtou32
from emu.linux.kernel import kstrtou64 as kstrtou64
from emu.linux.kernel import kstrtouint as kstrtouint
from emu.linux.kernel import kstrtoul as kstrtoul
from emu.linux.kernel import kstrtoull as kstrtoull
