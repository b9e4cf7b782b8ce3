"""Parameters of modules. See include/linux/moduleparam.h."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from emu.kernel.module.ambient import this_module
from emu.kernel.module.parameters import (
    KINDS,
    ArrayCell,
    ArrayKind,
    CallbackParameter,
    CharpKind,
    Kind,
    NumberKind,
    Parameter,
)

S_IRUGO, S_IWUSR, S_IRUSR, S_IWUGO = 0o444, 0o200, 0o400, 0o222
S_IRWXU, S_IXUSR = 0o700, 0o100


def module_param(name: str, type: str, value: Any = None, perm: int = 0) -> Any:
    """Declare a parameter: its variable, whose `value` is what was given or this default.

    C's ``static uint start = 7; module_param(start, uint, 0444);`` is
    ``start = module_param("start", "uint", 7, 0o444)``.
    """
    kind: Any = KINDS[type]
    default = value if value is not None or isinstance(kind, CharpKind) else 0
    return module_param_named(name, kind.cell(default), type, perm)


def module_param_named(name: str, variable: Any, type: str, perm: int = 0) -> Any:
    """Declare a parameter over a variable there is."""
    return _declare(name, variable, KINDS[type], perm)


def module_param_array(name: str, type: str, values: list[Any], perm: int = 0) -> ArrayCell:
    """Declare a parameter of several values, at most as many as there are at first."""
    cell = ArrayCell(KINDS[type], values)
    _declare(name, cell, ArrayKind(KINDS[type]), perm)
    return cell


def _declare(name: str, variable: Any, kind: Kind, perm: int) -> Any:
    module = this_module()
    module.parameters[name] = Parameter(module, name, variable, kind, perm)
    return variable


class kernel_param_ops:
    """How a parameter of a module's own kind is set and shown."""

    def __init__(
        self, set: Callable[..., Any] | None = None, get: Callable[..., Any] | None = None
    ) -> None:
        self.set = set
        self.get = get


def module_param_cb(name: str, ops: kernel_param_ops, arg: Any, perm: int = 0) -> Any:
    """Declare a parameter with operations: ``set(text, kp)`` and ``get(buffer, kp)``.

    ``kp.arg`` is the argument.
    """
    module = this_module()
    parameter = CallbackParameter(module, name, perm, ops.set, ops.get, arg)
    module.parameters[name] = parameter
    return arg


def _standard(type: str) -> tuple[Callable[..., int], Callable[..., int]]:
    kind = KINDS[type]

    def param_set(text: str | None, kp: Parameter) -> int:
        """Set the variable of a parameter as this type does."""
        kind.set(kp.cell, text)
        return 0

    def param_get(buffer: Any, kp: Parameter) -> int:
        """Show it."""
        from emu.linux.kernel import sprintf

        return sprintf(buffer, "%s\n", kind.get(kp.cell))

    return param_set, param_get


param_set_int, param_get_int = _standard("int")
param_set_uint, param_get_uint = _standard("uint")
param_set_bool, param_get_bool = _standard("bool")
param_set_charp, param_get_charp = _standard("charp")


def MODULE_PARM_DESC(name: str, description: str) -> None:
    """What a parameter is for: shown by modinfo(8)."""
    this_module().info.fields.append(("parm", f"{name}:{description}"))


__all__ = [
    "MODULE_PARM_DESC", "NumberKind", "kernel_param_ops", "module_param", "module_param_array",
    "module_param_cb", "module_param_named", "param_get_bool", "param_get_charp",
    "param_get_int", "param_get_uint", "param_set_bool", "param_set_charp", "param_set_int",
    "param_set_uint",
]  # fmt: skip
