"""Ends module code that runs for ever: the soft lockup detector of Python code.

A thread of the host looks now and then whether the same callback is still running; one that has
run for too long gets a `SoftLockup` raised inside it.
"""

from __future__ import annotations

import ctypes
import threading
import time
import weakref
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from emu.kernel.module.module import Module

LIMIT_S = 10.0
"""watchdog_thresh's default."""
WAIT_FOR_RAISED_S = 0.001
WAITS_FOR_RAISED = 100
FIRST_LOOK_S = 0.1


class SoftLockup(BaseException):
    """The callback ran for too long. No `except Exception` of the module catches it."""


class Watchdog:
    """Watches the callbacks that run in one thread, the one that loaded the first module.

    The guard says in `inside` which call is running, by a tuple of its own for each with the module
    in it. It asks for `settle` when it leaves the outermost one and `raised` is set.
    """

    def __init__(self, limit_s: float = LIMIT_S) -> None:
        self.limit_s = limit_s
        self.inside: tuple[Module] | None = None
        self.raised = False
        """Whether an exception was sent that has not arrived."""
        self.thread_id = 0

    def start(self) -> None:
        """Begin to watch, if it was not begun."""
        if not self.thread_id:
            self.thread_id = threading.get_ident()
            reference = weakref.ref(self)
            threading.Thread(target=watch, args=(reference,), name="watchdog", daemon=True).start()

    def settle(self) -> None:
        """Wait for an exception that was sent to a callback as it ended."""
        self.raised = False
        try:
            for _ in range(WAITS_FOR_RAISED):
                time.sleep(WAIT_FOR_RAISED_S)
        except SoftLockup:
            pass


def watch(reference: weakref.ref[Watchdog]) -> None:
    """What the thread does until its watchdog is gone."""
    seen: object | None = None
    since = time.monotonic()
    pause = FIRST_LOOK_S
    while True:
        time.sleep(pause)
        watchdog = reference()
        if watchdog is None:
            return
        pause = watchdog.limit_s / 8
        inside = watchdog.inside
        if inside is None or inside is not seen:
            seen, since = inside, time.monotonic()
        elif time.monotonic() - since > watchdog.limit_s:
            watchdog.raised = True
            if watchdog.inside is seen:
                raise_in(watchdog.thread_id, SoftLockup)
            else:
                watchdog.raised = False
            since = time.monotonic()
        del watchdog


def raise_in(thread_id: int, kind: type[BaseException]) -> None:
    """Have an exception raised in another thread, between two of its bytecodes."""
    ctypes.pythonapi.PyThreadState_SetAsyncExc(ctypes.c_ulong(thread_id), ctypes.py_object(kind))
