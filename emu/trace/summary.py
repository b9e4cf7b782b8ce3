"""``-c``: how often each call was made, how long it took, how often it failed.

A table for each ABI and way into the kernel; strace(1) has one for each personality.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, TextIO

from emu.kernel.events import Tracer
from emu.record import record
from emu.trace.errors import BadExpression
from emu.trace.filter import Filter

if TYPE_CHECKING:
    from emu.kernel.events import SyscallEvent
    from emu.kernel.task import Task

MICROSECOND = 1000


@record(frozen=False)
class Count:
    """All calls of one name."""

    name: str
    calls: int = 0
    errors: int = 0
    total_ns: int = 0
    shortest_ns: int = 1 << 62
    longest_ns: int = 0

    def add(self, time_ns: int, failed: bool) -> None:
        """One more call."""
        self.calls += 1
        self.errors += failed
        self.total_ns += time_ns
        self.shortest_ns = min(self.shortest_ns, time_ns)
        self.longest_ns = max(self.longest_ns, time_ns)


@record
class Column:
    """One column: its title, its width, whether it is at the left, and its text of a count."""

    title: str
    width: int
    left: bool
    text: Callable[[Count, int], str]


COLUMNS = {
    "time-percent": Column("% time", 6, False, lambda c, all_ns: percent(c.total_ns, all_ns)),
    "total-time": Column("seconds", 11, False, lambda c, _: f"{c.total_ns / 1e9:.6f}"),
    "min-time": Column("shortest", 11, False, lambda c, _: f"{c.shortest_ns / 1e9:.6f}"),
    "max-time": Column("longest", 11, False, lambda c, _: f"{c.longest_ns / 1e9:.6f}"),
    "avg-time": Column("usecs/call", 11, False, lambda c, _: str(average_us(c))),
    "calls": Column("calls", 9, False, lambda c, _: str(c.calls)),
    "errors": Column("errors", 9, False, lambda c, _: str(c.errors or "")),
    "name": Column("syscall", 16, True, lambda c, _: c.name),
}
DEFAULT_COLUMNS = ("time-percent", "total-time", "avg-time", "calls", "errors", "name")
ORDERS: dict[str, Callable[[Count], tuple[object, ...]]] = {
    "time": lambda c: (-c.total_ns, -c.calls),
    "min-time": lambda c: (-c.shortest_ns,),
    "max-time": lambda c: (-c.longest_ns,),
    "avg-time": lambda c: (-average_us(c),),
    "calls": lambda c: (-c.calls,),
    "errors": lambda c: (-c.errors,),
    "name": lambda c: (c.name,),
    "nothing": lambda c: (),
}
ALIASES = {
    "time-total": "time", "total-time": "time", "shortest": "min-time", "longest": "max-time",
    "count": "calls", "error": "errors", "syscall": "name", "syscall-name": "name",
    "none": "nothing", "time_total": "time", "time-percent": "time",
}  # fmt: skip


def average_us(count: Count) -> int:
    """Microseconds for one call."""
    return count.total_ns // MICROSECOND // count.calls if count.calls else 0


def percent(part: int, whole: int) -> str:
    """A share of all time."""
    return f"{100 * part / whole if whole else 0:.2f}"


class Summary(Tracer):
    """Counts, and writes its tables at the end.

    Times are of the wall clock, from entry to end: there is no other, for the kernel is not
    measured apart from waiting. `by_path` False joins the ways in of an ABI.
    """

    def __init__(
        self,
        out: TextIO,
        *,
        filtered: Filter | None = None,
        follow: bool = False,
        order: str = "time",
        columns: Sequence[str] = DEFAULT_COLUMNS,
    ) -> None:
        self._out = out
        self._filter = filtered or Filter()
        self._follow = follow
        self._order = ORDERS[known(order, ORDERS)]
        self._columns = [COLUMNS[known(name, COLUMNS)] for name in columns]
        self._tables: dict[tuple[str, str], dict[str, Count]] = {}
        self._wanted: dict[tuple[str, str, str], bool] = {}
        self._entered: dict[Task, int] = {}
        self._hidden: set[Task] = set()

    def enter(self, event: SyscallEvent) -> None:
        """A call begins."""
        if event.task not in self._hidden:
            self._entered[event.task] = event.task.kernel.clock.monotonic_ns()

    def leave(self, event: SyscallEvent) -> None:
        """A call ends."""
        began_ns = self._entered.pop(event.task, None)
        if began_ns is None or not self._wants(event):
            return
        table = self._tables.setdefault((event.task.abi.name, event.way), {})
        count = table.get(event.name)
        if count is None:
            count = table[event.name] = Count(event.name)
        passed = event.task.kernel.clock.monotonic_ns() - began_ns
        count.add(passed, event.error is not None)

    def created(self, task: Task) -> None:
        """A task that is not followed is not counted."""
        if not self._follow:
            self._hidden.add(task)

    def exited(self, task: Task) -> None:
        """What a task ends in is not counted, as strace does not."""
        self._entered.pop(task, None)
        self._hidden.discard(task)

    def close(self) -> None:
        """Write the tables."""
        for (abi, way), table in self._tables.items():
            if len(self._tables) > 1:
                self._out.write(f"System call usage summary for {abi} by {way}:\n")
            self._out.write(self._table(list(table.values())))
        self._out.flush()

    def _wants(self, event: SyscallEvent) -> bool:
        key = (event.name, event.task.abi.name, event.way)
        wanted = self._wanted.get(key)
        if wanted is None:
            wanted = self._wanted[key] = self._filter.wants(event)
        return wanted and self._filter.wants_result(event)

    def _table(self, counts: list[Count]) -> str:
        counts.sort(key=self._order)
        total = Count("total")
        for count in counts:
            total.calls += count.calls
            total.errors += count.errors
            total.total_ns += count.total_ns
            total.shortest_ns = min(total.shortest_ns, count.shortest_ns)
            total.longest_ns = max(total.longest_ns, count.longest_ns)
        rule = " ".join("-" * column.width for column in self._columns)
        rows = [self._row(count, total.total_ns) for count in counts]
        last = self._row(total, total.total_ns)
        if not total.total_ns and self._columns[0] is COLUMNS["time-percent"]:
            last = "100.00" + last[6:]
        titles = self._cells(column.title for column in self._columns)
        return "".join(f"{line}\n" for line in (titles, rule, *rows, rule, last))

    def _row(self, count: Count, all_ns: int) -> str:
        return self._cells(column.text(count, all_ns) for column in self._columns)

    def _cells(self, texts: object) -> str:
        cells = [
            text.ljust(column.width) if column.left else text.rjust(column.width)
            for column, text in zip(self._columns, texts, strict=True)  # type: ignore[call-overload]
        ]
        return " ".join(cells).rstrip()


def known(name: str, names: object) -> str:
    """A name or what it is another name of. `BadExpression` for a stranger."""
    name = name if name in names else ALIASES.get(name, name)  # type: ignore[operator]
    if name not in names:  # type: ignore[operator]
        raise BadExpression(f"{name!r} is none of {', '.join(names)}")  # type: ignore[arg-type]
    return name
