"""What /proc/sys/kernel says of core dumps. See core(5)."""

from __future__ import annotations

from emu.kernel.errno import EINVAL
from emu.record import record

CORENAME_MAX_SIZE = 128


@record(frozen=False)
class CoreSettings:
    """`pattern` is core_pattern, the dumps' file name; `uses_pid` adds the id to one without."""

    pattern: bytes = b"core"
    uses_pid: bool = False

    def set_pattern(self, data: bytes) -> None:
        """Take another pattern. EINVAL for a program to pipe dumps to: there is no helper."""
        pattern = data.split(b"\n")[0]
        if pattern.startswith(b"|"):
            raise EINVAL("dumps cannot be piped to a program")
        self.pattern = pattern[: CORENAME_MAX_SIZE - 1]
