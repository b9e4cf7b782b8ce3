"""New system calls, on every ABI at once. See include/linux/syscalls.h.

C's ``SYSCALL_DEFINE2(greet, const char __user *, name, size_t, len)`` is a decorator over a
function of that name: ``@SYSCALL_DEFINE2("greet", "const char __user *", "name", "size_t",
"len")``. The table is closed when the first program starts, so such modules are loaded at boot.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from emu.kernel.args import S64, U64, Int, Long, Pointer, UInt, UInt16, ULong
from emu.kernel.errno import EPERM
from emu.kernel.module.ambient import this_module
from emu.kernel.module.buffers import UserPointer
from emu.kernel.module.guard import call, checked, later
from emu.kernel.module.loader import ModuleLoader
from emu.kernel.module.module import Module
from emu.kernel.module.printk import LOG_ERR
from emu.kernel.syscall import Parameter, Syscall
from emu.kernel.task import Task

FIRST_FREE = 463
"""Behind the last call that all ABIs share."""

TYPES = {
    "int": Int, "unsigned int": UInt, "unsigned": UInt, "uint": UInt, "u32": UInt, "pid_t": Int,
    "s32": Int, "umode_t": UInt16, "long": Long, "unsigned long": ULong, "size_t": ULong,
    "ssize_t": Long, "loff_t": S64, "long long": S64, "s64": S64, "u64": U64,
    "unsigned long long": U64,
}  # fmt: skip


def _define(count: int) -> Callable[..., Callable[[Callable[..., Any]], Any]]:
    def SYSCALL_DEFINE(
        name: str, *parameters: str, nr: int | None = None
    ) -> Callable[[Callable[..., Any]], Any]:
        """Declare a call: its name, then type and name of each parameter, as in C."""
        types, names = parameters[::2], parameters[1::2]
        if len(parameters) != 2 * count:
            raise TypeError(f"{name} has {len(parameters) // 2} parameters, not {count}")

        def declare(function: Callable[..., Any]) -> Callable[..., Any]:
            module = this_module()
            loader = module.kernel.part(ModuleLoader)
            if loader.sealed:
                why = "the system call table is read-only once programs run: load it at boot"
                module.complain(f"no new system call {name}: {why}", LOG_ERR)
                raise EPERM(why)
            number = nr if nr is not None else _free(module)
            module.kernel.add_call(number, _syscall(module, name, function, types, names))
            module.permanent = True
            return function

        return declare

    return SYSCALL_DEFINE


SYSCALL_DEFINE0, SYSCALL_DEFINE1, SYSCALL_DEFINE2 = _define(0), _define(1), _define(2)
SYSCALL_DEFINE3, SYSCALL_DEFINE4, SYSCALL_DEFINE5 = _define(3), _define(4), _define(5)
SYSCALL_DEFINE6 = _define(6)


def _free(module: Module) -> int:
    number = FIRST_FREE
    while number in module.kernel.new_calls:
        number += 1
    return number


def _syscall(
    module: Module,
    name: str,
    function: Callable[..., Any],
    types: tuple[str, ...],
    names: tuple[str, ...],
) -> Syscall:
    """The handler, whose signature the binding reads."""
    pointers = ["*" in kind for kind in types]

    def handler(task: Task, *values: int) -> Any:
        given = [
            UserPointer(value, task.mm) if is_pointer else value
            for value, is_pointer in zip(values, pointers, strict=True)
        ]
        return later(call(module, function, *given), checked)

    kinds: list[Any] = [Pointer if "*" in kind else TYPES[" ".join(kind.split())] for kind in types]
    parameters = [
        Parameter(each, kind.__metadata__[0]) for each, kind in zip(names, kinds, strict=True)
    ]
    handler.__wrapped__ = function  # type: ignore[attr-defined]
    return ModuleSyscall(f"sys_{name}", handler, parameters)


class ModuleSyscall(Syscall):
    """A handler whose parameters the module declared."""

    def __init__(
        self, entry: str, handler: Callable[..., Any], parameters: list[Parameter]
    ) -> None:
        super().__init__(entry, handler)
        self._parameters = parameters

    def parameters(self) -> list[Parameter]:
        """Those."""
        return self._parameters
