"""Messages: printk and its levels. See include/linux/printk.h and kern_levels.h."""

from __future__ import annotations

from typing import Any

from emu.kernel.module.ambient import this_kernel, this_module
from emu.kernel.module.format import c_format
from emu.kernel.module.printk import KernelLog

KERN_SOH = "\x01"
KERN_EMERG = "\x010"
KERN_ALERT = "\x011"
KERN_CRIT = "\x012"
KERN_ERR = "\x013"
KERN_WARNING = "\x014"
KERN_NOTICE = "\x015"
KERN_INFO = "\x016"
KERN_DEBUG = "\x017"
KERN_DEFAULT = ""
KERN_CONT = "\x01c"

DEFAULT_RATELIMIT_INTERVAL_NS = 5_000_000_000
DEFAULT_RATELIMIT_BURST = 10


def printk(fmt: str, *args: Any) -> int:
    """Log a message, with a KERN_ level in front of it if need be: its length."""
    return this_kernel().part(KernelLog).printk(c_format(fmt, args))


def _leveled(level: str, fmt: str, args: tuple[Any, ...]) -> int:
    prefix = getattr(this_module().namespace, "pr_fmt", None)
    text = prefix(fmt) if callable(prefix) else fmt
    return printk(level + text, *args)


def pr_emerg(fmt: str, *args: Any) -> int:
    """A message that the system is unusable."""
    return _leveled(KERN_EMERG, fmt, args)


def pr_alert(fmt: str, *args: Any) -> int:
    """A message that something must be done at once."""
    return _leveled(KERN_ALERT, fmt, args)


def pr_crit(fmt: str, *args: Any) -> int:
    """A message of a critical condition."""
    return _leveled(KERN_CRIT, fmt, args)


def pr_err(fmt: str, *args: Any) -> int:
    """A message of an error."""
    return _leveled(KERN_ERR, fmt, args)


def pr_warn(fmt: str, *args: Any) -> int:
    """A warning."""
    return _leveled(KERN_WARNING, fmt, args)


pr_warning = pr_warn


def pr_notice(fmt: str, *args: Any) -> int:
    """A message of something normal but of note."""
    return _leveled(KERN_NOTICE, fmt, args)


def pr_info(fmt: str, *args: Any) -> int:
    """A message."""
    return _leveled(KERN_INFO, fmt, args)


def pr_debug(fmt: str, *args: Any) -> int:
    """A message for debugging. As in a kernel with DEBUG, it is logged."""
    return _leveled(KERN_DEBUG, fmt, args)


def pr_cont(fmt: str, *args: Any) -> int:
    """The continuation of the message before."""
    return printk(KERN_CONT + fmt, *args)


class ratelimit_state:
    """How often something may be said: see include/linux/ratelimit.h."""

    def __init__(
        self,
        interval_ns: int = DEFAULT_RATELIMIT_INTERVAL_NS,
        burst: int = DEFAULT_RATELIMIT_BURST,
    ) -> None:
        self.interval_ns = interval_ns
        self.burst = burst
        self.begin_ns: int | None = None
        self.printed = 0
        self.missed = 0


def __ratelimit(state: ratelimit_state, where: str) -> bool:
    now = this_kernel().clock.monotonic_ns()
    if state.begin_ns is None or now - state.begin_ns >= state.interval_ns:
        if state.missed:
            printk(KERN_WARNING + "%s: %d callbacks suppressed\n", where, state.missed)
        state.begin_ns, state.printed, state.missed = now, 0, 0
    if state.printed < state.burst:
        state.printed += 1
        return True
    state.missed += 1
    return False


def _state_here() -> tuple[ratelimit_state, str]:
    """The state of the line that prints: one for each, as C's macro has one."""
    module = this_module()
    where = module.here()
    states: dict[str, ratelimit_state] = module.__dict__.setdefault("ratelimits", {})
    return states.setdefault(where, ratelimit_state()), where


def printk_ratelimited(fmt: str, *args: Any) -> int:
    """A message of which no more than ten are logged in five seconds."""
    state, where = _state_here()
    return printk(fmt, *args) if __ratelimit(state, where) else 0


def pr_info_ratelimited(fmt: str, *args: Any) -> int:
    """The same with a level."""
    state, where = _state_here()
    return pr_info(fmt, *args) if __ratelimit(state, where) else 0


def pr_err_ratelimited(fmt: str, *args: Any) -> int:
    """The same for errors."""
    state, where = _state_here()
    return pr_err(fmt, *args) if __ratelimit(state, where) else 0


def printk_once(fmt: str, *args: Any) -> int:
    """A message that is logged the first time only."""
    module = this_module()
    said: set[str] = module.__dict__.setdefault("said_once", set())
    where = module.here()
    if where in said:
        return 0
    said.add(where)
    return printk(fmt, *args)


def pr_info_once(fmt: str, *args: Any) -> int:
    """The same with a level."""
    return printk_once(KERN_INFO + fmt, *args)


def dump_stack() -> None:
    """Log where the module is."""
    printk(KERN_INFO + "Call Trace: %s\n", this_module().here())
