"""The tick that ends a run now and then, so that signals and other tasks get their turn."""

from __future__ import annotations

from collections.abc import Callable
from threading import Event, Thread
from typing import Protocol

NSEC_PER_SEC = 1_000_000_000
_JOIN_TIMEOUT_S = 1.0


class Interruptible(Protocol):
    """A CPU whose run can be ended from another thread."""

    def interrupt(self) -> None:
        """End the current run soon, if there is one."""


class Ticker:
    """A thread that interrupts the running CPU every `interval_ns`, between `start` and `stop`.

    The interval may be changed while it ticks.

    `running` answers the CPU whose turn it is, or None; it is called in the ticking thread.
    While it runs, `Cpu.run` returns None at each tick, and Python's signal handlers (Ctrl-C) are
    called then.
    """

    def __init__(self, interval_ns: int, running: Callable[[], Interruptible | None]) -> None:
        if interval_ns <= 0:
            raise ValueError(f"a tick of {interval_ns} ns is not possible")
        self.interval_ns = interval_ns
        self._running = running
        self._ended = Event()
        self._thread: Thread | None = None

    def start(self) -> None:
        """Begin to tick; nothing if it does already."""
        if self._thread is None:
            self._ended.clear()
            self._thread = Thread(target=self._tick, name="emu-tick", daemon=True)
            self._thread.start()

    def stop(self) -> None:
        """End the ticking."""
        thread, self._thread = self._thread, None
        if thread is not None:
            self._ended.set()
            thread.join(_JOIN_TIMEOUT_S)

    def __enter__(self) -> Ticker:
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    def _tick(self) -> None:
        while not self._ended.wait(self.interval_ns / NSEC_PER_SEC):
            cpu = self._running()
            if cpu is not None:
                cpu.interrupt()
