"""What makes a file a module. See include/linux/module.h and export.h."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

from emu.kernel.errno import KernelError
from emu.kernel.module.ambient import this_kernel, this_module
from emu.kernel.module.loader import ModuleLoader
from emu.kernel.module.module import Module
from emu.linux.init import module_exit as module_exit
from emu.linux.init import module_init as module_init
from emu.linux.moduleparam import MODULE_PARM_DESC as MODULE_PARM_DESC
from emu.linux.moduleparam import module_param as module_param
from emu.linux.moduleparam import module_param_array as module_param_array
from emu.linux.moduleparam import module_param_cb as module_param_cb
from emu.linux.moduleparam import module_param_named as module_param_named
from emu.linux.printk import KERN_ALERT as KERN_ALERT
from emu.linux.printk import KERN_ERR as KERN_ERR
from emu.linux.printk import KERN_INFO as KERN_INFO
from emu.linux.printk import pr_err as pr_err
from emu.linux.printk import pr_info as pr_info
from emu.linux.printk import pr_warn as pr_warn
from emu.linux.printk import printk as printk

T = TypeVar("T")


class ThisModule:
    """The module whose code is running: what `owner` is set to."""

    @property
    def name(self) -> str:
        """Its name."""
        return this_module().name


THIS_MODULE = ThisModule()


def _info(key: str, value: str) -> None:
    this_module().info.fields.append((key, value))


def MODULE_LICENSE(license: str) -> None:
    """The license; without one the kernel is tainted."""
    this_module().info.license = license
    _info("license", license)


def MODULE_AUTHOR(author: str) -> None:
    """Who wrote it."""
    _info("author", author)


def MODULE_DESCRIPTION(description: str) -> None:
    """What it is for."""
    _info("description", description)


def MODULE_VERSION(version: str) -> None:
    """Its version, also in /sys/module/NAME/version."""
    _info("version", version)


def MODULE_ALIAS(alias: str) -> None:
    """Another name for modprobe(8)."""
    _info("alias", alias)


def MODULE_SOFTDEP(dependency: str) -> None:
    """What modprobe(8) should load with it."""
    _info("softdep", dependency)


def EXPORT_SYMBOL(symbol: T, value: Any = None) -> T:
    """Give something to other modules: a function (as a decorator, too), or a name and a value."""
    if isinstance(symbol, str):
        this_module().exports[symbol] = value
    else:
        name = getattr(symbol, "__name__", "")
        this_module().exports[name] = symbol
    return symbol


EXPORT_SYMBOL_GPL = EXPORT_SYMBOL


def extern(name: str) -> Any:
    """What another module exports: C's ``extern`` declaration. ENOENT if none does.

    A function runs in the name of the module that exports it.
    """
    user = this_module()
    value = this_kernel().part(ModuleLoader).symbol(name, user)
    owner = next(module for module in user.needs if name in module.exports)
    if not callable(value):
        return value
    return _call_other(owner, value)


def _call_other(owner: Module, function: Callable[..., Any]) -> Callable[..., Any]:
    from emu.kernel.module.guard import call

    def called(*arguments: Any) -> Any:
        return call(owner, function, *arguments)

    called.__name__ = getattr(function, "__name__", "called")
    return called


def try_module_get(module: Any) -> bool:
    """Use a module, so that it cannot be unloaded: whether that could be done."""
    try:
        this_module().get()
    except KernelError:
        return False
    return True


def module_put(module: Any) -> None:
    """Use it no more."""
    this_module().put()


def module_refcount(module: Any) -> int:
    """How many use it."""
    return this_module().users


def request_module(fmt: str, *args: Any) -> int:
    """Have another module loaded: 0, or an error."""
    from emu.kernel.errno_base import ErrnoValue
    from emu.kernel.module.format import c_format

    loader = this_kernel().part(ModuleLoader)
    try:
        loader.load_with_needed(c_format(fmt, args))
    except KeyError:
        return 256
    except KernelError as error:
        return ErrnoValue(type(error))
    return 0
