"""Loading and unloading modules: what the machine's owner offers, and what guests ask for.

A guest can only name a module that was offered; no byte of its own becomes code. See
kernel/module/main.c.
"""

from __future__ import annotations

import contextlib
import os
import sys
import types
from collections.abc import Awaitable, Iterator
from typing import TYPE_CHECKING, Any

from emu.kernel.errno import (
    EAGAIN,
    EBUSY,
    EEXIST,
    EINVAL,
    ENOENT,
    ENOEXEC,
    ENOSPC,
    KernelError,
)
from emu.kernel.fs.sysfs.uevent import Uevents
from emu.kernel.module.guard import Sleeping, call, checked
from emu.kernel.module.module import COMING, GOING, LIVE, SIZE, Module
from emu.kernel.module.objects import add_module_object, remove_module_object
from emu.kernel.module.parameters import Parameter, split_arguments
from emu.kernel.module.printk import LOG_ERR, LOG_WARNING, KernelLog
from emu.kernel.module.source import Summary, summary
from emu.kernel.module.watchdog import Watchdog
from emu.record import record

if TYPE_CHECKING:
    from emu.kernel.kernel import Kernel


class CannotLoad(Exception):
    """A module that the machine's owner named is no module."""


@record(eq=False)
class Offer:
    """A module that may be loaded: its file on the host, and what its source says."""

    name: str
    path: str
    summary: Summary


def summary_of(path: str) -> Summary:
    """What a module's source says. `CannotLoad` if it cannot be read."""
    try:
        with open(path, encoding="utf-8") as file:
            return summary(file.read())
    except (OSError, SyntaxError, UnicodeDecodeError) as error:
        raise CannotLoad(f"module {path}: {error}") from None


def execute(path: str, namespace: dict[str, Any]) -> None:
    """Run a module's file, which declares what it is made of."""
    with open(path, encoding="utf-8") as file:
        exec(compile(file.read(), path, "exec"), namespace)


class ModuleLoader:
    """One machine's modules. `sealed` once programs run: no new system calls after that."""

    def __init__(self, kernel: Kernel) -> None:
        self.kernel = kernel
        self.offers: dict[str, Offer] = {}
        self.modules: dict[str, Module] = {}
        self.watchdog = Watchdog()
        self._serial = 0

    @property
    def sealed(self) -> bool:
        """Whether the system call table can no longer change: the first program is there."""
        return bool(self.kernel.tasks)

    def offer(self, path: str) -> Offer:
        """Let a module be loaded by name, and those beside it that it uses. `CannotLoad`."""
        absolute = os.path.abspath(path)
        name = os.path.basename(absolute).removesuffix(".py").replace("-", "_")
        self.offers[name] = offer = Offer(name, absolute, summary_of(absolute))
        for symbol in offer.summary.externs:
            if self.exporter(symbol) is None:
                self._offer_exporter(symbol, os.path.dirname(absolute))
        return offer

    def _offer_exporter(self, symbol: str, folder: str) -> None:
        for entry in sorted(os.listdir(folder)):
            if entry.endswith(".py"):
                path = os.path.join(folder, entry)
                with contextlib.suppress(CannotLoad):
                    if symbol in summary_of(path).exports:
                        self.offer(path)
                        return

    def exporter(self, symbol: str) -> Offer | None:
        """The offered module that exports a symbol."""
        return next((o for o in self.offers.values() if symbol in o.summary.exports), None)

    def needed_by(self, offer: Offer) -> list[Offer]:
        """The offered modules that one uses."""
        found = (self.exporter(symbol) for symbol in offer.summary.externs)
        return list(dict.fromkeys(o for o in found if o is not None and o is not offer))

    def load_with_needed(self, name: str, arguments: str = "") -> Module:
        """Load a module and first those that it uses, for the machine's owner. `KernelError`."""
        for needed in self.needed_by(self.offers[name]):
            if needed.name not in self.modules:
                self.load_with_needed(needed.name)
        loaded = self.load(name, arguments)
        if not isinstance(loaded, Module):
            raise EBUSY(f"module {name} sleeps in its init: a program must load it")
        return loaded

    def load(self, name: str, arguments: str = "") -> Module | Awaitable[Module]:
        """Load an offered module. EEXIST, EINVAL, ENOENT, or what its init says."""
        offer = self.offers.get(name)
        if offer is None:
            self._log(f"{name}: only modules that the host offers can be loaded")
            raise ENOEXEC(f"no module {name} is offered")
        if name in self.modules:
            raise EEXIST(f"module {name} is loaded")
        self.watchdog.start()
        module = Module(self.kernel, name, offer.path, self.watchdog)
        self.modules[name] = module
        try:
            self._define(module, arguments)
            add_module_object(module)
            started = call(module, module.init) if module.init is not None else 0
            if not isinstance(started, Sleeping):
                return self._started(module, started)
        except BaseException as error:
            self._failed(module, error)
            raise
        return self._start_later(module, started)

    async def _start_later(self, module: Module, started: Awaitable[Any]) -> Module:
        try:
            return self._started(module, await started)
        except BaseException as error:
            self._failed(module, error)
            raise

    def _started(self, module: Module, result: Any) -> Module:
        checked(result)
        module.state = LIVE
        assert module.kobject is not None
        self.kernel.part(Uevents).send("add", module.kobject)
        return module

    def _failed(self, module: Module, error: BaseException) -> None:
        """Undo a load; what its own init left behind is told."""
        module.state = GOING
        if module.oopses:
            module.undo_all()
        else:
            module.report_leaks()
        self._forget(module)

    def _define(self, module: Module, arguments: str) -> None:
        """Run the file, which declares parameters, init and exit, and set the parameters."""
        given = split_arguments(arguments)
        self._serial += 1
        space = types.ModuleType(f"emu_module_{module.name}_{id(self)}_{self._serial}")
        space.__file__ = module.path
        sys.modules[space.__name__] = space
        module.namespace = space
        call(module, execute, module.path, space.__dict__)
        self._warn_of_license(module)
        for name, value in given:
            parameter = module.parameters.get(name)
            if parameter is None:
                self._log(f"{module.name}: unknown parameter '{name}' ignored", LOG_WARNING)
            else:
                self._set(module, parameter, value)

    def _set(self, module: Module, parameter: Parameter, value: str | None) -> None:
        try:
            if isinstance(parameter.set(value), Sleeping):
                raise EINVAL("a parameter cannot sleep while the module is loaded")
        except ENOSPC:
            text = f"{module.name}: `{value}' too large for parameter `{parameter.name}'"
            self._log(text)
            raise
        except KernelError as error:
            shown = "" if value is None else value
            self._log(f"{module.name}: `{shown}' invalid for parameter `{parameter.name}'")
            raise EINVAL(str(error)) from None

    def _warn_of_license(self, module: Module) -> None:
        if not module.info.license:
            self._log(f"{module.name}: module license 'unspecified' taints kernel.", LOG_WARNING)

    def unload(self, name: str) -> int | Awaitable[int]:
        """Unload a module: ENOENT, EAGAIN while it is used, EBUSY if it cannot be."""
        module = self.modules.get(name)
        if module is None:
            raise ENOENT(f"module {name} is not loaded")
        if any(module in other.needs for other in self.modules.values()):
            raise EAGAIN(f"other modules use {name}")
        if module.state != LIVE:
            raise EBUSY(f"module {name} is {module.state}")
        if module.stays:
            raise EBUSY(f"module {name} has no exit")
        if module.users:
            raise EAGAIN(f"module {name} is in use")
        module.state = GOING
        try:
            ended = call(module, module.exit) if module.exit is not None else 0
            if isinstance(ended, Sleeping):
                return self._end_later(module, ended)
        except KernelError:
            pass
        self._ended(module)
        return 0

    async def _end_later(self, module: Module, ended: Awaitable[Any]) -> int:
        with contextlib.suppress(KernelError):
            await ended
        self._ended(module)
        return 0

    def _ended(self, module: Module) -> None:
        module.report_leaks()
        self._forget(module)

    def _forget(self, module: Module) -> None:
        for used in module.needs:
            used.users -= 1
        remove_module_object(module)
        self.modules.pop(module.name, None)
        if module.namespace is not None:
            sys.modules.pop(module.namespace.__name__, None)

    def symbol(self, name: str, user: Module) -> Any:
        """What another module exports under a name; counts the user. ENOENT."""
        for module in self.modules.values():
            if name in module.exports and module.state in (LIVE, COMING) and module is not user:
                if module not in user.needs:
                    user.needs.append(module)
                    module.users += 1
                return module.exports[name]
        self._log(f"{user.name}: Unknown symbol {name} (err -2)", LOG_WARNING)
        raise ENOENT(f"no module exports {name}")

    def lines(self) -> Iterator[str]:
        """/proc/modules, the latest first."""
        for module in reversed(list(self.modules.values())):
            users = [other.name for other in self.modules.values() if module in other.needs]
            names = "".join(f"{name}," for name in users)
            if module.stays:
                names += "[permanent],"
            state = {COMING: "Loading", LIVE: "Live", GOING: "Unloading"}[module.state]
            yield (f"{module.name} {SIZE} {module.users} {names or '-'} {state} 0x{0:016x} (O)")

    def _log(self, text: str, level: int = LOG_ERR) -> None:
        self.kernel.part(KernelLog).log(level, text)
