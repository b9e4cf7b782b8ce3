"""Kernel objects. See include/linux/kobject.h."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from emu.kernel.errno import KernelError
from emu.kernel.errno_base import ErrnoValue
from emu.kernel.fs.sysfs.kobject import Kobject
from emu.kernel.fs.sysfs.super_block import Sysfs
from emu.kernel.fs.sysfs.uevent import UeventOps, Uevents
from emu.kernel.module.ambient import this_kernel, this_module
from emu.kernel.module.format import c_format
from emu.kernel.module.guard import at_once, call, checked
from emu.kernel.module.module import Module, Resource
from emu.linux.printk import printk
from emu.linux.sysfs import (
    __ATTR,
    attribute,
    attribute_group,
    kobj_attribute,
    resolve,
    sysfs_create_groups,
)

__all__ = [
    "KOBJ_ADD", "KOBJ_BIND", "KOBJ_CHANGE", "KOBJ_MOVE", "KOBJ_OFFLINE", "KOBJ_ONLINE",
    "KOBJ_REMOVE", "KOBJ_UNBIND", "__ATTR", "add_uevent_var", "attribute", "attribute_group",
    "firmware_kobj", "fs_kobj", "kernel_kobj", "kobj_attribute", "kobj_type", "kobj_uevent_env",
    "kobject", "kobject_add", "kobject_create_and_add", "kobject_del", "kobject_get",
    "kobject_init", "kobject_init_and_add", "kobject_name", "kobject_put", "kobject_rename",
    "kobject_uevent", "kobject_uevent_env", "kset", "kset_create_and_add", "kset_uevent_ops",
    "kset_unregister", "power_kobj", "sysfs_ops",
]  # fmt: skip

KOBJ_ADD, KOBJ_REMOVE, KOBJ_CHANGE, KOBJ_MOVE = "add", "remove", "change", "move"
KOBJ_ONLINE, KOBJ_OFFLINE, KOBJ_BIND, KOBJ_UNBIND = "online", "offline", "bind", "unbind"


class sysfs_ops:
    """How the attributes of a kind of objects are shown and stored."""

    def __init__(
        self, show: Callable[..., Any] | None = None, store: Callable[..., Any] | None = None
    ) -> None:
        self.show = show
        self.store = store


class kobj_type:
    """A kind of objects: what releases one, how its attributes work, and which it has."""

    def __init__(
        self,
        release: Callable[..., Any] | None = None,
        sysfs_ops: sysfs_ops | None = None,
        default_groups: list[attribute_group] | None = None,
    ) -> None:
        self.release = release
        self.sysfs_ops = sysfs_ops
        self.default_groups = default_groups or []


class kobject(Kobject):
    """An object of a module's."""

    def __init__(self) -> None:
        super().__init__()
        self.container: Any = None
        self.ktype: kobj_type | None = None
        self.module: Module | None = None
        self.resource: Resource | None = None


class kset(kobject):
    """Objects that belong together: their directory, unless they have another parent."""

    @property
    def kobj(self) -> kset:
        """The set as an object."""
        return self


class KernelObject:
    """One of the kernel's own objects: which one depends on the machine."""

    def __init__(self, path: str) -> None:
        self.path = path

    def resolve(self) -> Kobject:
        """The object."""
        return this_kernel().part(Sysfs).kobject(self.path)


kernel_kobj = KernelObject("kernel")
fs_kobj = KernelObject("fs")
firmware_kobj = KernelObject("firmware")
power_kobj = KernelObject("power")


def resolved(parent: Any) -> Kobject | None:
    """A parent, also one of the kernel's own."""
    return parent.resolve() if isinstance(parent, KernelObject) else parent


def kobject_init(kobj: kobject, ktype: kobj_type | None = None) -> None:
    """Make an object ready."""
    kobj.ktype = ktype
    kobj.refcount = 1
    kobj.module = module = this_module()
    kobj.released = lambda: _release(kobj)
    kobj.resource = module.made("a kobject", lambda: _drop(kobj))


def _drop(kobj: kobject) -> None:
    kobj.remove()


def _release(kobj: kobject) -> None:
    module = kobj.module
    if module is None:
        return
    module.returned(kobj.resource)
    ktype = kobj.ktype
    if ktype is not None and ktype.release is not None:
        call(module, ktype.release, kobj)
    elif ktype is not None:
        module.complain(
            f"kobject '{kobj.name}' does not have a release() function, it is broken and must be "
            "fixed. See Documentation/core-api/kobject.rst."
        )


def kobject_add(kobj: kobject, parent: Any, fmt: str, *args: Any) -> Any:
    """Show an object in sysfs, below a parent, its set, or the root. 0 or an error."""
    kobj.name = c_format(fmt, args)
    if kobj.resource is not None:
        kobj.resource.what = f"kobject {kobj.name}"
    above = resolved(parent) or kobj.kset
    try:
        kobj.add(this_kernel().part(Sysfs), above)
    except KernelError as error:
        reason = "tried to register things with the same name in the same directory."
        printk("\x013kobject_add_internal failed for %s with %s, don't try to register %s\n",
               kobj.name, f"-{type(error).__name__}", reason)  # fmt: skip
        return ErrnoValue(type(error))
    if kobj.ktype is not None:
        return sysfs_create_groups(kobj, kobj.ktype.default_groups)
    return 0


def kobject_init_and_add(kobj: kobject, ktype: Any, parent: Any, fmt: str, *args: Any) -> Any:
    """Both. 0 or an error, after which the object must still be put."""
    kobject_init(kobj, ktype)
    return kobject_add(kobj, parent, fmt, *args)


def kobject_create_and_add(name: str, parent: Any) -> kobject | None:
    """A new object with a directory; None if there can be none."""
    kobj = kobject()
    return kobj if _shown(kobj, name, parent) else None


def _shown(kobj: kobject, name: str, parent: Any) -> bool:
    """Show a new object of the dynamic kind: whether that could be done."""
    kobject_init(kobj, kobj_type(release=lambda kobj: None))
    if kobject_add(kobj, parent, "%s", name):
        kobject_put(kobj)
        return False
    return True


def kobject_get(kobj: kobject) -> kobject:
    """Count one more user."""
    kobj.get()
    return kobj


def kobject_put(kobj: kobject | None) -> None:
    """Count one user less; the last one takes it out of sysfs and has it released."""
    if kobj is None:
        return
    if kobj.refcount <= 0:
        this_module().complain(f"refcount underflow of kobject {kobj.name}: use after free")
        return
    kobj.put()


def kobject_del(kobj: kobject) -> None:
    """Take it out of sysfs."""
    kobj.remove()


def kobject_name(kobj: Kobject) -> str:
    """Its name."""
    return kobj.name


def kobject_rename(kobj: Kobject, name: str) -> Any:
    """Give it another name. 0 or an error."""
    try:
        kobj.rename(name)
    except KernelError as error:
        return ErrnoValue(type(error))
    return 0


class kobj_uevent_env:
    """What an event tells, while it is put together."""

    def __init__(self) -> None:
        self.vars: dict[str, str] = {}


def add_uevent_var(env: kobj_uevent_env, fmt: str, *args: Any) -> int:
    """Have an event tell ``KEY=value``."""
    key, _, value = c_format(fmt, args).partition("=")
    env.vars[key] = value
    return 0


class kset_uevent_ops:
    """How a set tells of its objects.

    ``filter(kobj)``: of which; ``name(kobj)``: as of what subsystem's, not the set's name;
    ``uevent(kobj, env)``: what it adds.
    """

    def __init__(
        self,
        filter: Callable[..., Any] | None = None,
        name: Callable[..., Any] | None = None,
        uevent: Callable[..., Any] | None = None,
    ) -> None:
        self.filter, self.name, self.uevent = filter, name, uevent

    def bound(self, module: Module) -> UeventOps:
        """The same as the kernel calls them."""
        filter, name, uevent = self.filter, self.name, self.uevent

        def tell(kobj: Kobject) -> dict[str, str]:
            env = kobj_uevent_env()
            assert uevent is not None
            checked(call(module, uevent, kobj, env))
            return env.vars

        return UeventOps(
            filter and (lambda kobj: at_once(module, filter, kobj)),
            name and (lambda kobj: at_once(module, name, kobj)),
            uevent and tell,
        )


def kobject_uevent(kobj: Kobject, action: str) -> Any:
    """Tell user space of something that happened to it. 0, or EINVAL if it is in no set."""
    return kobject_uevent_env(kobj, action, [])


def kobject_uevent_env(kobj: Kobject, action: str, envp_ext: list[str]) -> Any:
    """The same with more to tell: ``KEY=value`` each."""
    pairs = (text.partition("=") for text in envp_ext)
    try:
        this_kernel().part(Uevents).tell(
            action, resolve(kobj), {key: value for key, _, value in pairs}
        )
    except KernelError as error:
        return ErrnoValue(type(error))
    return 0


def kset_create_and_add(name: str, uevent_ops: Any, parent: Any) -> kset | None:
    """A new set with a directory; None if there can be none."""
    made = kset()
    if uevent_ops is not None:
        made.uevent_ops = uevent_ops.bound(this_module())
    if not _shown(made, name, parent):
        return None
    kobject_uevent(made, KOBJ_ADD)  # of which nobody hears unless the parent is in a set
    return made


def kset_unregister(k: kset) -> None:
    """Let go of a set."""
    kobject_put(k)
