"""The machine's names: what uname(2) tells and sethostname(2) changes."""

from __future__ import annotations

from emu.record import record

NEW_UTS_LEN = 64
OLD_UTS_LEN = 8


@record(frozen=False)
class Uts:
    """struct new_utsname without the machine, which the caller's ABI tells."""

    nodename: bytes = b"emu"
    release: bytes = b"6.12.0"
    sysname: bytes = b"Linux"
    version: bytes = b"#1 SMP PREEMPT_DYNAMIC"
    domainname: bytes = b"(none)"
