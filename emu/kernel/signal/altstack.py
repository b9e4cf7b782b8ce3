"""Choosing an alternate signal stack. See do_sigaltstack in kernel/signal.c."""

from __future__ import annotations

from typing import TYPE_CHECKING

from emu.kernel.errno import EINVAL, ENOMEM
from emu.kernel.signal.state import AltStack
from emu.kernel.uapi.signal import SS_AUTODISARM, SS_DISABLE, SS_ONSTACK

if TYPE_CHECKING:
    from emu.arch.abi import Abi


def new_altstack(abi: Abi, old: AltStack, sp: int, size: int, flags: int) -> AltStack:
    """The stack that a program asks for. EINVAL, ENOMEM."""
    flags &= 0xFFFFFFFF
    mode = flags & ~SS_AUTODISARM
    if mode not in (0, SS_ONSTACK, SS_DISABLE):
        raise EINVAL("neither an alternate stack nor none")
    if (old.sp, old.size, old.flags) == (sp, size, flags):
        return old
    if mode == SS_DISABLE:
        return AltStack(flags=flags)
    if size < abi.constants["MINSIGSTKSZ"]:
        raise ENOMEM("too small for a signal stack")
    return AltStack(sp, size, flags)


def signed_flags(flags: int) -> int:
    """The flags as ss_flags holds them: an int, whose sign is SS_AUTODISARM."""
    return flags - ((flags & SS_AUTODISARM) << 1)
