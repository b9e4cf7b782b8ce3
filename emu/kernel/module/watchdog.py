"""Ends module code that runs for ever: the soft lockup detector of Python code.

A thread of the host looks now and then whether the same callback is still running; one that has
run for too long gets a `SoftLockup` raised inside it.
"""

from __future__ import annotations

import ctypes
import threading
import time
import weakref
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from emu.kernel.module.module import Module

LIMIT_S = 10.0
"""watchdog_thresh's default."""
WAIT_FOR_RAISED_S = 0.001
WAITS_FOR_RAISED = 100


class SoftLockup(BaseException):
    """The callback ran for too long. No `except Exception` of the module catches it."""


class Watchdog:
    """Watches the callbacks that run in one thread, the one that runs the machine."""

    def __init__(self, limit_s: float = LIMIT_S) -> None:
        self.limit_s = limit_s
        self.running: list[int] = []
        """Serial numbers of the callbacks that have begun and not ended, outermost first."""
        self.raised = 0
        """Which one an exception was sent to that has not arrived."""
        self.thread_id = 0
        self._serial = 0

    def enter(self, module: Module, function: Callable[..., Any]) -> int:
        """A callback begins."""
        if not self.thread_id:
            self._start()
        self._serial += 1
        self.running.append(self._serial)
        return self._serial

    def _start(self) -> None:
        self.thread_id = threading.get_ident()
        reference = weakref.ref(self)
        threading.Thread(target=watch, args=(reference,), name="watchdog", daemon=True).start()

    def caught(self) -> None:
        """The exception has arrived."""
        self.raised = 0

    def leave(self, serial: object) -> None:
        """It ended. Waits for the exception if one was sent to it that is not there yet."""
        self.running.pop()
        if self.raised == serial:
            self.raised = 0
            try:
                for _ in range(WAITS_FOR_RAISED):
                    time.sleep(WAIT_FOR_RAISED_S)
            except SoftLockup:
                pass


def watch(reference: weakref.ref[Watchdog]) -> None:
    """What the thread does until its watchdog is gone."""
    seen, since = 0, 0.0
    pause = 0.1
    while True:
        time.sleep(pause)
        watchdog = reference()
        if watchdog is None:
            return
        pause = watchdog.limit_s / 8
        outermost = watchdog.running[:1]
        serial = outermost[0] if outermost else 0
        if not serial or serial != seen:
            seen, since = serial, time.monotonic()
        elif time.monotonic() - since > watchdog.limit_s:
            innermost = watchdog.running[-1:]
            if innermost and watchdog.running[:1] == [seen]:
                watchdog.raised = innermost[0]
                raise_in(watchdog.thread_id, SoftLockup)
                since = time.monotonic()
        del watchdog


def raise_in(thread_id: int, kind: type[BaseException]) -> None:
    """Have an exception raised in another thread, between two of its bytecodes."""
    ctypes.pythonapi.PyThreadState_SetAsyncExc(ctypes.c_ulong(thread_id), ctypes.py_object(kind))
