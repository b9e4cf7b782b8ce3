"""How often programs trapped by each way in, as /proc/interrupts tells it."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

    from emu.kernel.kernel import Kernel


class TrapCounts:
    """One machine's counts: a way in is `syscall`, `int80`, `sysenter`, `svc`, `ecall`, or added.

    Linux does not count system calls; here the ways in are what one looks at. Each gate counts in
    a variable of its own, the cheapest there is.
    """

    def __init__(self, kernel: Kernel) -> None:
        self._gates: dict[str, list[Callable[[], int]]] = {}

    def add(self, way: str, trapped: Callable[[], int]) -> None:
        """One more gate of a way in, which tells how often it was used."""
        self._gates.setdefault(way, []).append(trapped)

    def items(self) -> list[tuple[str, int]]:
        """The ways that were used, and how often each was."""
        counts = [(way, sum(told() for told in gates)) for way, gates in self._gates.items()]
        return [(way, times) for way, times in counts if times]
