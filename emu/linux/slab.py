"""The kernel's memory. See include/linux/slab.h. What is not freed is told when a module goes."""

from __future__ import annotations

from typing import Any

from emu.kernel.module.ambient import this_module
from emu.kernel.module.buffers import CharBuffer
from emu.kernel.module.guard import Misuse
from emu.kernel.module.module import Resource

GFP_KERNEL, GFP_ATOMIC, GFP_USER, __GFP_ZERO = 0xCC0, 0x820, 0x100CC0, 0x100
KMALLOC_MAX_SIZE = 1 << 22


class Memory(CharBuffer):
    """Memory from kmalloc."""

    __slots__ = ("resource",)

    resource: Resource | None


def kzalloc(size: Any, gfp: int) -> Any:
    """Zeroed memory of a size, or a struct of a type; None if there is not so much."""
    module = this_module()
    if gfp != GFP_ATOMIC:
        module.check_may_sleep()
    if isinstance(size, type):
        made = size()
        made.resource = module.made(f"a {size.__name__} from kmalloc", lambda: None)
        return made
    if not 0 <= size <= KMALLOC_MAX_SIZE:
        return None
    memory = Memory(size)
    memory.resource = module.made(f"{size} bytes from kmalloc", lambda: None)
    return memory


kmalloc = kvmalloc = kvzalloc = kzalloc


def kcalloc(n: int, size: int, gfp: int) -> Any:
    """Zeroed memory of several of a size."""
    return kzalloc(n * size, gfp)


kmalloc_array = kcalloc


def kfree(objp: Any) -> None:
    """Give memory back. Nothing for NULL."""
    if objp is None:
        return
    resource = getattr(objp, "resource", None)
    if resource is None or resource not in this_module().resources:
        raise Misuse("kfree of what was freed, or is not from kmalloc")
    this_module().returned(resource)


kvfree = kfree


def vmalloc(size: int) -> Any:
    """Memory of any size."""
    return kzalloc(size, GFP_KERNEL)


vzalloc = vmalloc
vfree = kfree


def kstrdup(s: Any, gfp: int) -> str:
    """A copy of a text, which Python keeps as long as it is used."""
    return str(s)


def kmemdup(src: Any, length: int, gfp: int) -> Any:
    """A copy of bytes."""
    memory = kzalloc(length, gfp)
    memory.store(bytes(src)[:length])
    return memory


def ZERO_OR_NULL_PTR(ptr: Any) -> bool:
    """Whether there is no memory."""
    return ptr is None
