"""The one door into a module's code: its mistakes come out as errors and a report, no more.

A callback is a Python function that may return an int as C does (``-EINVAL``), raise an errno, or
be ``async`` and sleep. Anything else that it raises is an oops: the call fails with EIO, the log
tells the module, the line, and the guest's call, and everything else goes on.
"""

from __future__ import annotations

import contextlib
import traceback
from collections.abc import Awaitable, Callable, Coroutine, Generator
from functools import cache
from types import CoroutineType
from typing import TYPE_CHECKING, Any, TypeVar

from emu.kernel.errno import EIO, KernelError
from emu.kernel.errno_base import ErrnoValue, generic_numbers
from emu.kernel.module.ambient import back_to, watching
from emu.kernel.module.printk import LOG_ALERT, KernelLog
from emu.kernel.module.watchdog import SoftLockup
from emu.kernel.restart import RegistersSet, Restart
from emu.kernel.wait import Wait

if TYPE_CHECKING:
    from emu.kernel.module.module import Module

T = TypeVar("T")


class Misuse(Exception):
    """What the kernel's debugging finds: a lock taken twice, sleep where nobody may sleep."""


class RestartValue(ErrnoValue):
    """-ERESTARTSYS: what a wait that a signal broke returns, for the callback to return in turn."""

    def __new__(cls) -> RestartValue:
        """The kernel's own number, which no program sees."""
        value = int.__new__(cls, -generic_numbers()["ERESTARTSYS"])
        value.error = KernelError
        return value

    def __repr__(self) -> str:
        return "-ERESTARTSYS"


class ProbeDeferValue(ErrnoValue):
    """-EPROBE_DEFER: what a driver's probe returns that wants to be tried again later."""

    NUMBER = 517

    def __new__(cls) -> ProbeDeferValue:
        """The kernel's own number, which no program sees."""
        value = int.__new__(cls, -cls.NUMBER)
        value.error = KernelError
        return value

    def __repr__(self) -> str:
        return "-EPROBE_DEFER"


def call(module: Module, function: Callable[..., Any], *arguments: Any) -> Any:
    """Call a module's function: its result, or an awaitable of it if it sleeps.

    An async one that does not sleep has run when this returns.
    """
    return _guard(0, len(arguments))(module, function, function)(*arguments)


def at_once(module: Module, function: Callable[..., Any], *arguments: Any) -> Any:
    """The same where nobody can wait: EIO, and a line in the log, for a function that sleeps."""
    result = call(module, function, *arguments)
    if isinstance(result, Sleeping):
        raise result.refused()
    return result


def entry(
    module: Module, function: Callable[..., Any], held: tuple[Any, ...], given: int
) -> Callable[..., Any]:
    """What to call, over and over, with the last `given` arguments of a module's function.

    The first ones are `held`. See `call`.
    """
    return _guard(len(held), given)(module, function, function, *held)


_GUARD = """
def guard(module, function, run{held}):
    watchdog = module.watchdog
    in_charge = watching.get

    def enter({given}):
        outer = watchdog.inside
        watchdog.inside = (module,)
        before = in_charge()
        if before is not watchdog:
            watching.set(watchdog)
        try:
            result = run({passed})
            if module.atomic:
                raise module.lock_held()
        except (KernelError, Restart, RegistersSet) as error:
            if module.atomic:
                raise oops(module, function, module.lock_held()) from error
            raise
        except (Exception, SoftLockup, SystemExit) as error:
            raise oops(module, function, error) from error
        finally:
            watchdog.inside = outer
            if before is not watchdog:
                back_to(before)
            if watchdog.raised and outer is None:
                watchdog.settle()
        if type(result) is not CoroutineType:
            return result
        ended, value = step(module, function, result, None)
        return value if ended else Sleeping(module, function, result, value)

    return enter
"""


@cache
def _guard(held: int, given: int) -> Callable[..., Callable[..., Any]]:
    """What makes the door to a function, by how many arguments it holds and is given.

    ``guard(module, function, run, *held)`` answers ``enter(*given)``, which runs code of the
    module on account of the function. Compiled, as to pass on any number of arguments costs as
    much as all the rest of `enter`.
    """
    first, last = [f"held{i}" for i in range(held)], [f"given{i}" for i in range(given)]
    source = _GUARD.format(
        held="".join(f", {name}" for name in first),
        given=", ".join(last),
        passed=", ".join(first + last),
    )
    namespace: dict[str, Any] = {
        "CoroutineType": CoroutineType, "KernelError": KernelError, "RegistersSet": RegistersSet,
        "Restart": Restart, "Sleeping": Sleeping, "SoftLockup": SoftLockup, "back_to": back_to,
        "oops": oops, "step": step, "watching": watching,
    }  # fmt: skip
    exec(compile(source, "<guard of modules>", "exec"), namespace)
    made: Callable[..., Callable[..., Any]] = namespace["guard"]
    return made


def checked(result: Any) -> int:
    """A callback's result as an int that is not negative; raises what is negative as its errno.

    EIO for what is no number, and for one that sleeps, as nobody here waits for it.
    """
    if result is None:
        return 0
    if isinstance(result, Sleeping):
        raise result.refused()
    try:
        number = result if isinstance(result, int) else int(result)
    except (TypeError, ValueError):
        raise EIO(f"a module's function returned {result!r}, which is no number") from None
    if number < 0:
        raise as_error(number)
    return int(number)


def as_error(number: int) -> BaseException:
    """The error of a negative result, to be raised."""
    if isinstance(number, RestartValue):
        return Restart()
    if isinstance(number, ErrnoValue):
        return number.error()
    return error_class(-number)()


def error_class(number: int) -> type[KernelError]:
    """The error of a generic number. EIO for a number that is none."""
    for name, known in generic_numbers().items():
        if known == number:
            for kind in KernelError.__subclasses__():
                if kind.__name__ == name:
                    return kind
    return EIO


def later(result: Any, then: Callable[[Any], T]) -> T | Awaitable[T]:
    """What `then` makes of a result, now or when it is there."""
    if isinstance(result, Sleeping):
        return _then(result, then)
    return then(result)


async def _then(result: Awaitable[Any], then: Callable[[Any], T]) -> T:
    return then(await result)


async def awaited(result: Any) -> Any:
    """What a function answered that may be async, for code that runs in the module's name."""
    return await result if hasattr(result, "__await__") else result


class Sleeping:
    """A module's coroutine that sleeps: it goes on in its module's name, guarded."""

    def __init__(
        self,
        module: Module,
        function: Callable[..., Any],
        coroutine: Coroutine[Wait, bool, Any],
        first: Wait,
    ) -> None:
        self._module = module
        self._function = function
        self._coroutine = coroutine
        self._wait = first

    def refused(self) -> EIO:
        """The error of sleeping where nobody can wait; it ends, with a line in the log."""
        self.abandon()
        name = getattr(self._function, "__name__", "a function")
        self._module.complain(f"{name} sleeps where nobody can wait for it")
        return EIO("it may not sleep here")

    def abandon(self) -> None:
        """Nobody waits for it: it ends where it is, in its module's name, too."""
        with contextlib.suppress(KernelError):
            _guard(0, 0)(self._module, self._function, self._coroutine.close)()

    def __await__(self) -> Generator[Wait, bool, Any]:
        wait = self._wait
        coroutine = self._coroutine
        while True:
            try:
                outcome: bool | BaseException = yield wait
            except GeneratorExit:
                self.abandon()
                raise
            except BaseException as error:
                outcome = error
            ended, value = step(self._module, self._function, coroutine, outcome)
            if ended:
                return value
            wait = value


def step(
    module: Module,
    function: Callable[..., Any],
    coroutine: Coroutine[Wait, Any, Any],
    outcome: bool | BaseException | None,
) -> tuple[bool, Any]:
    """Let a coroutine go on: whether it ended, and its result or what it waits for."""
    ended, value = _guard(0, 3)(module, function, _advance)(module, coroutine, outcome)
    return ended, value


def _advance(
    module: Module, coroutine: Coroutine[Wait, Any, Any], outcome: bool | BaseException | None
) -> tuple[bool, Any]:
    try:
        if isinstance(outcome, BaseException):
            wait = coroutine.throw(outcome)
        else:
            wait = coroutine.send(outcome)
    except StopIteration as end:
        return True, end.value
    if module.atomic:
        coroutine.close()
        raise module.scheduling_while_atomic()
    return False, wait


def oops(module: Module, function: Callable[..., Any], error: BaseException) -> EIO:
    """Report a module's mistake to the log and the machine's owner; the error to raise."""
    if isinstance(error, SoftLockup):
        module.watchdog.raised = False
    module.break_locks()
    module.oopses += 1
    log = module.kernel.part(KernelLog)
    for line in report(module, function, error):
        log.log(LOG_ALERT, line)
    return EIO(f"module {module.name}: {type(error).__name__}: {error}")


def report(module: Module, function: Callable[..., Any], error: BaseException) -> list[str]:
    """What happened, in which call of which program, and where in the module."""
    what = f"{type(error).__name__}: {error}"
    if isinstance(error, Misuse):
        what = str(error)
    elif isinstance(error, SoftLockup):
        what = "soft lockup: it did not come to an end"
    lines = [f"BUG: module {module.name}: {what}"]
    frames = traceback.extract_tb(error.__traceback__)
    own = [frame for frame in frames if frame.filename == module.path]
    name = own[-1].name if own else getattr(function, "__qualname__", repr(function))
    call = module.describe_call()
    lines.append(f"in {name}{f', {call}' if call else ''}")
    for frame in own[-8:]:
        lines.append(f" {frame.name} at {module.file_name}:{frame.lineno}: {frame.line}")
    return lines
