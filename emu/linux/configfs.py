"""Kernel objects that user space makes with mkdir(1). See include/linux/configfs.h."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

from emu.kernel.errno import EINVAL, ENOENT, ENOMEM, KernelError
from emu.kernel.errno_base import ErrnoValue
from emu.kernel.fs.configfs.attribute import ConfigAttribute
from emu.kernel.fs.configfs.directory import ConfigDirectory
from emu.kernel.fs.configfs.super_block import Configfs
from emu.kernel.fs.kernfs import raw_name
from emu.kernel.module.ambient import this_kernel, this_module
from emu.kernel.module.buffers import CharBuffer
from emu.kernel.module.format import c_format
from emu.kernel.module.guard import at_once, call, checked, later
from emu.kernel.module.module import Module, Resource
from emu.kernel.module.show import shown_by, stored_by
from emu.kernel.vfs.file_operations import Result

Callback = Callable[..., Any]
CONFIGFS_ITEM_NAME_LEN = 20


class configfs_attribute:
    """An attribute of items: ``show(item, page)``, ``store(item, page, count)``."""

    def __init__(
        self, name: str, mode: int, show: Callback | None = None, store: Callback | None = None
    ) -> None:
        self.name = name
        self.mode = mode
        self.show = show
        self.store = store


class configfs_bin_attribute:
    """Bytes of items: ``read(item, buf, size)``, ``write(item, data, size)``."""

    def __init__(
        self,
        name: str,
        mode: int,
        read: Callback | None = None,
        write: Callback | None = None,
        max_size: int = 0,
    ) -> None:
        self.name, self.mode, self.read, self.write = name, mode, read, write
        self.max_size = max_size


def CONFIGFS_ATTR(prefix: str, name: str, show: Callback, store: Callback) -> configfs_attribute:
    """An attribute; C finds the functions by prefix and name, here they are given."""
    return configfs_attribute(name, 0o644, show, store)


def CONFIGFS_ATTR_RO(prefix: str, name: str, show: Callback) -> configfs_attribute:
    """A read-only one."""
    return configfs_attribute(name, 0o444, show)


def CONFIGFS_ATTR_WO(prefix: str, name: str, store: Callback) -> configfs_attribute:
    """A write-only one."""
    return configfs_attribute(name, 0o200, None, store)


class configfs_item_operations:
    """What happens to an item: ``release(item)``, ``allow_link(src, target)``, ``drop_link``."""

    def __init__(
        self,
        release: Callback | None = None,
        allow_link: Callback | None = None,
        drop_link: Callback | None = None,
    ) -> None:
        self.release, self.allow_link, self.drop_link = release, allow_link, drop_link


class configfs_group_operations:
    """What happens in a group: ``make_item(group, name)`` or ``make_group``, ``drop_item``."""

    def __init__(
        self,
        make_item: Callback | None = None,
        make_group: Callback | None = None,
        disconnect_notify: Callback | None = None,
        drop_item: Callback | None = None,
    ) -> None:
        self.make_item, self.make_group = make_item, make_group
        self.disconnect_notify, self.drop_item = disconnect_notify, drop_item


class config_item_type:
    """A kind of items."""

    def __init__(
        self,
        ct_item_ops: configfs_item_operations | None = None,
        ct_group_ops: configfs_group_operations | None = None,
        ct_attrs: Iterable[configfs_attribute] = (),
        ct_bin_attrs: Iterable[configfs_bin_attribute] = (),
        ct_owner: Any = None,
    ) -> None:
        self.item_ops = ct_item_ops or configfs_item_operations()
        self.group_ops = ct_group_ops
        self.attrs = list(ct_attrs)
        self.bin_attrs = list(ct_bin_attrs)


class config_item:
    """An item: what one directory stands for."""

    def __init__(self, ci_namebuf: str = "", ci_type: config_item_type | None = None) -> None:
        self.name = ci_namebuf
        self.type = ci_type
        self.refcount = 1
        self.directory: ConfigDirectory | None = None
        self.group: config_group | None = None
        self.module: Module | None = None
        self.container: Any = None

    @property
    def ci_name(self) -> str:
        """C's name of its name."""
        return self.name

    def may_make(self) -> bool:
        """See `Owner`."""
        return False

    def make(self, directory: ConfigDirectory, name: str) -> ConfigDirectory:
        """See `Owner`."""
        raise EINVAL

    def drop(self, directory: ConfigDirectory) -> None:
        """See `Owner`."""

    def may_link(self) -> bool:
        """See `Owner`."""
        return self.type is not None and self.type.item_ops.allow_link is not None

    def link(self, target: ConfigDirectory) -> None:
        """See `Owner`."""
        assert self.type is not None and self.type.item_ops.allow_link is not None
        checked(self.call(self.type.item_ops.allow_link, self, target.owner))

    def unlink(self, target: ConfigDirectory) -> None:
        """See `Owner`."""
        assert self.type is not None
        if self.type.item_ops.drop_link is not None:
            self.call(self.type.item_ops.drop_link, self, target.owner)

    def call(self, function: Callback, *arguments: Any) -> Any:
        """Call the module. EIO if it sleeps, which making and dropping cannot."""
        assert self.module is not None
        return at_once(self.module, function, *arguments)


class config_group(config_item):
    """An item that holds others: those that user space makes, and `defaults`."""

    def __init__(
        self,
        cg_item: config_item | None = None,
        ci_namebuf: str = "",
        ci_type: config_item_type | None = None,
    ) -> None:
        super().__init__(ci_namebuf, ci_type)
        if cg_item is not None:
            self.name, self.type = cg_item.name, cg_item.type
        self.defaults: list[config_group] = []

    @property
    def cg_item(self) -> config_group:
        """C's member: here the same object."""
        return self

    def may_make(self) -> bool:
        """Whether its type makes items or groups."""
        ops = self.type.group_ops if self.type is not None else None
        return ops is not None and bool(ops.make_item or ops.make_group)

    def make(self, directory: ConfigDirectory, name: str) -> ConfigDirectory:
        """Have the module make an item. ENOMEM for NULL, or the error it gives."""
        assert self.type is not None and self.type.group_ops is not None
        assert self.module is not None
        ops = self.type.group_ops
        make = ops.make_group or ops.make_item
        assert make is not None
        item = self.call(make, self, name)
        if item is None:
            raise ENOMEM
        if isinstance(item, int):
            checked(item)
        if not isinstance(item, config_item):
            item = getattr(item, "item", None) or getattr(item, "group", None)
        assert isinstance(item, config_item)
        item.name = item.name or name
        self.module.get()
        return show_item(self.module, item, self, directory)

    def drop(self, directory: ConfigDirectory) -> None:
        """Have the module drop an item."""
        assert self.type is not None and self.type.group_ops is not None
        assert self.module is not None
        item, ops = directory.owner, self.type.group_ops
        assert isinstance(item, config_item)
        if ops.disconnect_notify is not None:
            self.call(ops.disconnect_notify, self, item)
        hide_item(item)
        if ops.drop_item is not None:
            self.call(ops.drop_item, self, item)
        else:
            config_item_put(item)
        self.module.put()


class configfs_subsystem:
    """A top directory."""

    def __init__(self, su_group: config_group) -> None:
        self.su_group = su_group
        self.su_mutex: Any = None
        self.resource: Resource | None = None


def show_item(
    module: Module, item: config_item, group: config_group | None, above: ConfigDirectory
) -> ConfigDirectory:
    """Make an item's directory, with its attributes and default groups. EEXIST."""
    directory = ConfigDirectory(above.sb, item, above, item.name)
    item.directory, item.group, item.module = directory, group, module
    kind = item.type
    for attr in kind.attrs if kind is not None else ():
        directory.add(raw_name(attr.name), _text_file(module, item, attr, directory))
    for binary in kind.bin_attrs if kind is not None else ():
        directory.add(raw_name(binary.name), _binary_file(module, item, binary, directory))
    if isinstance(item, config_group):
        for default in item.defaults:
            show_item(module, default, item, directory)
    above.add(raw_name(item.name), directory)
    return directory


def hide_item(item: config_item) -> None:
    """Let its files be no more."""
    if item.directory is not None:
        item.directory.entries.clear()
        item.directory = None
    if isinstance(item, config_group):
        for default in item.defaults:
            hide_item(default)


def _text_file(
    module: Module, item: config_item, attr: configfs_attribute, directory: ConfigDirectory
) -> ConfigAttribute:
    show, store = attr.show, attr.store

    def shown() -> Any:
        assert show is not None
        return shown_by(module, show, lambda page: (item, page))

    def stored(data: bytes) -> Result:
        assert store is not None
        return stored_by(module, store, data, lambda page, count: (item, page, count))

    return ConfigAttribute(
        directory.sb, attr.mode, shown if show else None, stored if store else None
    )


def _binary_file(
    module: Module, item: config_item, attr: configfs_bin_attribute, directory: ConfigDirectory
) -> ConfigAttribute:
    read, write = attr.read, attr.write

    def shown() -> Any:
        assert read is not None
        size = checked(call(module, read, item, None, 0))
        buffer = CharBuffer(size)
        return later(call(module, read, item, buffer, size), lambda n: buffer[: checked(n)])

    def stored(data: bytes) -> Result:
        assert write is not None
        return later(call(module, write, item, data, len(data)), checked)

    return ConfigAttribute(
        directory.sb,
        attr.mode,
        shown if read else None,
        stored if write else None,
        binary=True,
    )


def config_item_init_type_name(item: config_item, name: str, type: config_item_type) -> None:
    """Give an item its name and kind."""
    item.name, item.type = name, type


def config_group_init_type_name(group: config_group, name: str, type: config_item_type) -> None:
    """Give a group its name and kind."""
    group.name, group.type = name, type


def config_group_init(group: config_group) -> None:
    """Make a group ready: it is."""


def configfs_add_default_group(new_group: config_group, group: config_group) -> None:
    """Let a group come with another one."""
    group.defaults.append(new_group)


def config_item_name(item: config_item) -> str:
    """Its name."""
    return item.name


def config_item_set_name(item: config_item, fmt: str, *args: Any) -> int:
    """Give it a name."""
    item.name = c_format(fmt, args)
    return 0


def config_item_get(item: config_item) -> config_item:
    """Count one more user."""
    item.refcount += 1
    return item


def config_item_put(item: config_item) -> None:
    """Count one user less; the last one has it released."""
    item.refcount -= 1
    if item.refcount == 0 and item.type is not None and item.type.item_ops.release is not None:
        item.call(item.type.item_ops.release, item)


def config_group_put(group: config_group) -> None:
    """The same for a group."""
    config_item_put(group)


def to_config_group(item: config_item) -> config_group | None:
    """An item as the group that it is."""
    return item if isinstance(item, config_group) else None


def configfs_register_subsystem(subsys: configfs_subsystem) -> Any:
    """Show a subsystem. 0 or an error."""
    module, root = this_module(), this_kernel().part(Configfs).root
    try:
        show_item(module, subsys.su_group, None, root)
    except KernelError as error:
        return ErrnoValue(type(error))
    name = subsys.su_group.name
    subsys.resource = module.made(f"configfs subsystem {name}", lambda: _hide(subsys, root))
    return 0


def _hide(subsys: configfs_subsystem, root: ConfigDirectory) -> None:
    root.remove(raw_name(subsys.su_group.name))
    hide_item(subsys.su_group)


def configfs_unregister_subsystem(subsys: configfs_subsystem) -> None:
    """Show it no more."""
    _hide(subsys, this_kernel().part(Configfs).root)
    this_module().returned(subsys.resource)


def configfs_register_group(parent: config_group, group: config_group) -> Any:
    """Show a group in another one. 0 or an error."""
    if parent.directory is None:
        return -ENOENT
    try:
        show_item(this_module(), group, parent, parent.directory)
    except KernelError as error:
        return ErrnoValue(type(error))
    return 0


def configfs_unregister_group(group: config_group) -> None:
    """Show it no more."""
    if group.directory is not None and group.directory.parent is not None:
        group.directory.parent.remove(raw_name(group.name))
    hide_item(group)


def configfs_depend_item(subsys: configfs_subsystem, target: config_item) -> Any:
    """Keep an item from being removed. 0 or an error."""
    if target.directory is None:
        return -ENOENT
    target.directory.dependents += 1
    return 0


def configfs_undepend_item(target: config_item) -> None:
    """Keep it no more."""
    if target.directory is not None:
        target.directory.dependents -= 1
