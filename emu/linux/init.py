"""Where a module begins and ends. See include/linux/init.h."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

from emu.kernel.module.ambient import this_module

F = TypeVar("F", bound=Callable[..., Any])


def module_init(function: F) -> F:
    """What runs when the module is loaded: a decorator, or a call as in C."""
    this_module().init = function
    return function


def module_exit(function: F) -> F:
    """What runs when it is unloaded."""
    this_module().exit = function
    return function


def __init(function: F) -> F:
    """C's mark of what is needed only at load time."""
    return function


def __exit(function: F) -> F:
    """C's mark of what is needed only at unload time."""
    return function
