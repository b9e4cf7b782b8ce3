"""A loaded module: its parameters, who uses it, and all that it has made and not taken back."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable
from types import FrameType, ModuleType
from typing import TYPE_CHECKING, Any

from emu.kernel.errno import EBUSY
from emu.kernel.module.guard import Misuse
from emu.kernel.module.printk import LOG_ALERT, LOG_ERR, KernelLog
from emu.record import field, record

if TYPE_CHECKING:
    from emu.kernel.fs.sysfs.kobject import Kobject
    from emu.kernel.kernel import Kernel
    from emu.kernel.module.parameters import Parameter
    from emu.kernel.module.watchdog import Watchdog

COMING, LIVE, GOING = "coming", "live", "going"
SIZE = 16384
"""What lsmod shows: modules of ours have no size of their own."""


@record(frozen=False, eq=False)
class Resource:
    """Something of the kernel's that a module made: what, where, and how to take it back."""

    what: str
    where: str
    undo: Callable[[], object]


@record(frozen=False)
class Info:
    """What a module says about itself."""

    license: str = ""
    fields: list[tuple[str, str]] = field(default_factory=list)


class Module:
    """One module of one machine. `users` counts who uses it; `needs` are modules it uses."""

    def __init__(self, kernel: Kernel, name: str, path: str, watchdog: Watchdog) -> None:
        self.kernel = kernel
        self.name = name
        self.path = path
        self.file_name = os.path.basename(path)
        self.state = COMING
        self.info = Info()
        self.parameters: dict[str, Parameter] = {}
        self.arguments: dict[str, str] = {}
        """What the loader was given for parameters, until they are declared."""
        self.init: Callable[[], Any] | None = None
        self.exit: Callable[[], Any] | None = None
        self.users = 0
        self.needs: list[Module] = []
        self.exports: dict[str, Any] = {}
        self.resources: dict[Resource, None] = {}
        self.kobject: Kobject | None = None
        self.namespace: ModuleType | None = None
        self.atomic = 0
        """How many locks are held that forbid sleep."""
        self.held: list[Any] = []
        self.oopses = 0
        self.permanent = False
        """Whether it made something that stays: a system call."""
        self.watchdog = watchdog

    @property
    def stays(self) -> bool:
        """Whether it cannot be unloaded: it is `permanent`, or has an init and no exit."""
        return self.permanent or (self.init is not None and self.exit is None)

    def get(self) -> None:
        """Count one more user. EBUSY while it goes away."""
        if self.state == GOING:
            raise EBUSY(f"module {self.name} is going away")
        self.users += 1

    def put(self) -> None:
        """Count one user less."""
        self.users -= 1

    def made(self, what: str, undo: Callable[[], object]) -> Resource:
        """Note something that the module must take back before it goes."""
        resource = Resource(what, self.here(), undo)
        self.resources[resource] = None
        return resource

    def returned(self, resource: Resource | None) -> None:
        """It took that back."""
        if resource is not None:
            self.resources.pop(resource, None)

    def report_leaks(self) -> None:
        """Tell what is left, and take it back, the latest first."""
        log = self.kernel.part(KernelLog)
        for resource in reversed(list(self.resources)):
            log.log(
                LOG_ERR, f"module {self.name} left {resource.what} behind, made at {resource.where}"
            )
        self.undo_all()

    def undo_all(self) -> None:
        """Take back all that it made, the latest first."""
        while self.resources:
            resource, _ = self.resources.popitem()
            resource.undo()

    def here(self) -> str:
        """The line of the module that is running."""
        frame: FrameType | None = sys._getframe(1)
        while frame is not None and frame.f_code.co_filename != self.path:
            frame = frame.f_back
        return f"{self.file_name}:{frame.f_lineno}" if frame is not None else self.file_name

    def check_may_sleep(self) -> None:
        """`Misuse` while a lock is held that forbids sleep."""
        if self.atomic:
            raise Misuse(f"sleeping function called from invalid context at {self.here()}")

    def scheduling_while_atomic(self) -> Misuse:
        """The mistake of sleeping while a lock is held."""
        return Misuse(f"scheduling while atomic{self._held_text()}")

    def lock_held(self) -> Misuse:
        """The mistake of ending a callback while a lock is held."""
        return Misuse(f"a callback returned with a lock held{self._held_text()}")

    def break_locks(self) -> None:
        """Release what a callback held that went wrong."""
        for lock in self.held:
            lock.break_lock()
        self.held.clear()
        self.atomic = 0

    def _held_text(self) -> str:
        return "".join(f", {lock.describe()}" for lock in self.held)

    def complain(self, text: str, level: int = LOG_ALERT) -> None:
        """A line in the log about the module."""
        self.kernel.part(KernelLog).log(level, f"module {self.name}: {text}")

    def describe_call(self) -> str:
        """The guest's call that is running, as far as its registers still tell."""
        task = self.kernel.sched.current
        if task is None or not hasattr(task, "abi"):
            return ""
        row = task.abi.syscalls.get(task.cpu.registers[task.abi.convention.number])
        comm = task.comm.decode(errors="replace")
        who = f"pid {task.pid}, comm {comm}"
        return f"{task.abi.name} call {row.name} of {who}" if row else f"a call of {who}"

    def __repr__(self) -> str:
        return f"<module {self.name}>"
