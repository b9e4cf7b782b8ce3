"""An input device: what it can report, its state, and who listens. See drivers/input/input.c."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from emu.kernel.uapi.input import (
    EV_ABS,
    EV_KEY,
    EV_LED,
    EV_MSC,
    EV_REL,
    EV_REP,
    EV_SND,
    EV_SW,
    EV_SYN,
    SYN_REPORT,
)
from emu.record import record

if TYPE_CHECKING:
    from emu.kernel.input.evdev import Client
    from emu.kernel.kernel import Kernel

Event = tuple[int, int, int]
"""Type, code, value."""

REPEAT = 2
"""The value of a key that is held."""
WITH_STATE = (EV_KEY, EV_SW, EV_LED, EV_SND)
BACK_TO_DEVICE = (EV_LED, EV_SND)
"""What programs send to a device: its driver is told."""


@record(frozen=False)
class AbsInfo:
    """One axis. See struct input_absinfo."""

    value: int = 0
    minimum: int = 0
    maximum: int = 0
    fuzz: int = 0
    flat: int = 0
    resolution: int = 0


@record(frozen=False)
class InputId:
    """Who made a device. See struct input_id."""

    bustype: int = 0
    vendor: int = 0
    product: int = 0
    version: int = 0


class InputDevice:
    """`bits` has the codes of each kind of event that it can report."""

    def __init__(self, kernel: Kernel) -> None:
        self.kernel = kernel
        self.name: str | None = None
        self.phys: str | None = None
        self.uniq: str | None = None
        self.id = InputId()
        self.bits: dict[int, set[int]] = {}
        self.properties: set[int] = set()
        self.axes: dict[int, AbsInfo] = {}
        self.state: dict[int, set[int]] = {kind: set() for kind in WITH_STATE}
        """Keys that are down, switches that are on."""
        self.rep_delay_ms = self.rep_period_ms = 0
        self.clients: list[Client] = []
        self.grabbed_by: Client | None = None
        self.gone = False
        self.number = -1
        self.on_event: Callable[[int, int, int], object] | None = None
        """The driver's, for what programs send to the device."""
        self._frame: list[Event] = []
        self._repeats = 0
        """Counts the presses, so that the timer of an old one does nothing."""

    def can(self, kind: int, code: int) -> bool:
        """Whether it has such events."""
        return code in self.bits.get(kind, ())

    def report(self, kind: int, code: int, value: int) -> None:
        """An event happened; listeners get it with the next SYN_REPORT: input_event.

        Nothing comes of one that the device cannot have, or that changes nothing.
        """
        if kind == EV_SYN:
            if code == SYN_REPORT:
                self._sync()
            return
        if not self.can(kind, code):
            return
        changed = self._changed(kind, code, value)
        if changed is None:
            return
        if kind in BACK_TO_DEVICE and self.on_event is not None:
            self.on_event(kind, code, changed)
        self._frame.append((kind, code, changed))

    def _changed(self, kind: int, code: int, value: int) -> int | None:
        """The value that listeners are told, and the state after it; None if it is no news."""
        if kind == EV_KEY and value == REPEAT:
            return value if code in self.state[EV_KEY] else None
        if kind in WITH_STATE:
            if bool(value) == (code in self.state[kind]):
                return None
            (self.state[kind].add if value else self.state[kind].discard)(code)
            if kind == EV_KEY and EV_REP in self.bits:
                self._begin_repeat(code) if value else self._end_repeat()
            return int(bool(value))
        if kind == EV_ABS:
            axis = self.axes.setdefault(code, AbsInfo())
            value = without_noise(value, axis.value, axis.fuzz)
            if value == axis.value:
                return None
            axis.value = value
            return value
        if kind == EV_REL:
            return value or None
        return value if kind == EV_MSC else None

    def _sync(self) -> None:
        frame, self._frame = self._frame, []
        if not frame:
            return
        listeners = self.clients if self.grabbed_by is None else [self.grabbed_by]
        for client in listeners:
            client.take([*frame, (EV_SYN, SYN_REPORT, 0)])

    def _begin_repeat(self, code: int) -> None:
        self._repeats += 1
        press = self._repeats

        def again() -> None:
            if press != self._repeats or self.gone or code not in self.state[EV_KEY]:
                return
            self.report(EV_KEY, code, REPEAT)
            self.report(EV_SYN, SYN_REPORT, 0)
            if self.rep_period_ms:
                self.kernel.sched.call_after(self.rep_period_ms * 1_000_000, again)

        if self.rep_delay_ms:
            self.kernel.sched.call_after(self.rep_delay_ms * 1_000_000, again)

    def _end_repeat(self) -> None:
        self._repeats += 1

    def disconnect(self) -> None:
        """It is gone: keys are let go, and readers are told ENODEV."""
        for code in sorted(self.state[EV_KEY]):
            self.report(EV_KEY, code, 0)
        self._sync()
        self.gone = True
        for client in list(self.clients):
            client.hang_up()


def without_noise(value: int, old: int, fuzz: int) -> int:
    """A value of an axis less its trembling: input_defuzz_abs_event."""
    if fuzz:
        if old - fuzz // 2 < value < old + fuzz // 2:
            return old
        if old - fuzz < value < old + fuzz:
            return (old * 3 + value) // 4
        if old - fuzz * 2 < value < old + fuzz * 2:
            return (old + value) // 2
    return value
