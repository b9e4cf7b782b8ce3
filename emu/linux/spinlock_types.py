"""What a spinlock is. See include/linux/spinlock_types.h."""

from __future__ import annotations

from typing import Any

from emu.kernel.module.ambient import this_module
from emu.kernel.module.guard import Misuse
from emu.kernel.module.module import Module


class spinlock:
    """A lock. As a context manager it is the short form of lock and unlock."""

    def __init__(self) -> None:
        self.holder: Module | None = None
        self.where = ""
        self.container: Any = None

    def take(self) -> None:
        """Hold it. `Misuse` if it is held."""
        module = this_module()
        if self.holder is not None:
            raise Misuse(f"spinlock recursion: it is held since {self.where}")
        self.holder, self.where = module, module.here()
        module.atomic += 1
        module.held.append(self)

    def give(self) -> None:
        """Release it. `Misuse` if it is not held."""
        module = this_module()
        if self.holder is None:
            raise Misuse("spinlock already unlocked")
        self.holder = None
        if self in module.held:
            module.held.remove(self)
            module.atomic -= 1

    def break_lock(self) -> None:
        """Release it because its holder went wrong."""
        self.holder = None

    def describe(self) -> str:
        """It and where it was taken, for a report."""
        return f"a spinlock taken at {self.where}"

    def __enter__(self) -> spinlock:
        self.take()
        return self

    def __exit__(self, *error: object) -> None:
        self.give()


spinlock_t = raw_spinlock_t = spinlock
