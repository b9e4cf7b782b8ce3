"""Attributes of kernel objects. See include/linux/sysfs.h."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from functools import partial
from typing import TYPE_CHECKING, Any, Self

from emu.kernel.errno import KernelError
from emu.kernel.errno_base import ErrnoValue
from emu.kernel.fs.single import Text
from emu.kernel.fs.sysfs.attribute import Attribute
from emu.kernel.fs.sysfs.bin_attribute import BinAttribute
from emu.kernel.fs.sysfs.kobject import Kobject
from emu.kernel.module.ambient import this_module
from emu.kernel.module.buffers import CharBuffer
from emu.kernel.module.format import ENCODERS
from emu.kernel.module.guard import call, checked, entry, later
from emu.kernel.module.module import Module
from emu.kernel.module.show import SLACK, all_of, as_line, parser_of, positional, taken
from emu.kernel.vfs.file_operations import Result
from emu.linux.kernel import PAGE_SIZE as PAGE_SIZE
from emu.linux.kernel import scnprintf, snprintf
from emu.linux.printk import printk

if TYPE_CHECKING:
    from emu.kernel.vfs.file import File

Callback = Callable[..., Any]
S_IRUGO, S_IWUSR = 0o444, 0o200


class attribute:
    """A name and permissions; how it works is its object's type's matter: see kobj_type."""

    def __init__(self, name: str, mode: int) -> None:
        self.name = name
        self.mode = mode

    given_itself = True
    """Whether its functions are given it, behind whose it is."""

    def leading(self, owner: Any) -> tuple[Any, ...]:
        """The arguments of its functions before the text."""
        return (owner, self) if self.given_itself else (owner,)


class kobj_attribute(attribute):
    """An attribute with its own functions: ``show(kobj, attr, buf)``, ``store(kobj, attr, buf, count)``."""  # noqa: E501

    def __init__(
        self, name: str, mode: int, show: Callback | None = None, store: Callback | None = None
    ) -> None:
        super().__init__(name, mode)
        self.show = show
        self.store = store

    @classmethod
    def ro(cls, show: Callback) -> Self:
        """A read-only one, named as its function is without ``_show``: C's ..._ATTR_RO."""
        return cls(show.__name__.removesuffix("_show"), 0o444, show)

    @classmethod
    def rw(cls, show: Callback, store: Callback) -> Self:
        """One named as its function is without ``_show``: C's ..._ATTR_RW."""
        return cls(show.__name__.removesuffix("_show"), 0o644, show, store)

    @classmethod
    def wo(cls, store: Callback) -> Self:
        """A write-only one, named as its function is without ``_store``: C's ..._ATTR_WO."""
        return cls(store.__name__.removesuffix("_store"), 0o200, None, store)

    @property
    def attr(self) -> kobj_attribute:
        """C's member that is listed in groups: here the same object."""
        return self


def __ATTR(name: str, mode: int, show: Callback | None, store: Callback | None) -> kobj_attribute:
    """An attribute."""
    return kobj_attribute(name, mode, show, store)


__ATTR_RO = kobj_attribute.ro
__ATTR_RW = kobj_attribute.rw
__ATTR_WO = kobj_attribute.wo


class bin_attribute:
    """Bytes: ``read(file, kobj, attr, buf, pos, count)``, ``write`` likewise. Size 0: no bound."""

    def __init__(
        self,
        name: str,
        mode: int,
        size: int = 0,
        read: Callback | None = None,
        write: Callback | None = None,
        private: Any = None,
    ) -> None:
        self.name = name
        self.mode = mode
        self.size = size
        self.read = read
        self.write = write
        self.private = private

    @property
    def attr(self) -> bin_attribute:
        """C's member: here the same object."""
        return self


def __BIN_ATTR(
    name: str, mode: int, read: Callback | None, write: Callback | None, size: int
) -> bin_attribute:
    """Bytes."""
    return bin_attribute(name, mode, size, read, write)


class attribute_group:
    """Attributes that come and go together, in a directory of their own if it has a name."""

    def __init__(
        self,
        attrs: Iterable[Any] = (),
        name: str | None = None,
        is_visible: Callback | None = None,
        bin_attrs: Iterable[bin_attribute] = (),
        is_bin_visible: Callback | None = None,
    ) -> None:
        self.attrs = [a for a in attrs if a is not None]
        self.name = name
        self.is_visible = is_visible
        self.bin_attrs = [a for a in bin_attrs if a is not None]
        self.is_bin_visible = is_bin_visible


class ModuleAttribute(Attribute):
    """A module's attribute as sysfs asks for it."""

    def __init__(self, module: Module, kobj: Kobject, attr: attribute, mode: int) -> None:
        super().__init__(attr.name, mode)
        self._show: Callback | None = getattr(attr, "show", None)
        self._store: Callback | None = getattr(attr, "store", None)
        ops = getattr(getattr(kobj, "ktype", None), "sysfs_ops", None)
        if not isinstance(attr, kobj_attribute) and not hasattr(attr, "show") and ops is not None:
            self._show, self._store = ops.show, ops.store
        self.readable, self.writable = self._show is not None, self._store is not None
        self._page: CharBuffer | None = None
        """What the last show put its text into, to be used again."""
        first = attr.leading(kobj if kobj.owner is None else kobj.owner)
        if self._show is not None:
            takes = positional(self._show)
            self._shows_as_c = takes > len(first)
            self._call_show = entry(module, self._show, first[:takes], int(self._shows_as_c))
        if self._store is not None:
            takes = positional(self._store)
            self._stores_as_c = takes > len(first) + 1
            before = first if self._stores_as_c else first[: takes - 1]
            given = 2 if self._stores_as_c else 1
            self._call_store = entry(module, self._store, before, given)
            self._parse = parser_of(self._store)

    def show(self, kobj: Kobject) -> Text:
        """Call its show."""
        call_show = self._call_show
        if not self._shows_as_c:
            value = call_show()
            return b"%d\n" % value if type(value) is int else later(value, as_line)
        page, self._page = self._page, None
        if page is None:
            page = CharBuffer(PAGE_SIZE + SLACK)
        result = call_show(page)
        text = page.text
        if text is None or result != len(text):
            return later(result, partial(taken, page))
        page.text = None
        self._page = page
        return text

    def store(self, kobj: Kobject, data: bytes) -> Result:
        """Call its store."""
        count = len(data)
        try:
            text = data.decode()
        except UnicodeDecodeError:
            text = data.decode("utf-8", "surrogateescape")
        call_store = self._call_store
        if self._stores_as_c:
            result = call_store(text, count)
            return result if type(result) is int and result >= 0 else later(result, checked)
        parse = self._parse
        result = call_store(parse(text))
        return count if result is None else later(result, partial(all_of, count))

    def where(self) -> str:
        """The function that shows it."""
        return getattr(self._show, "__name__", self.name)


class ModuleBinAttribute(BinAttribute):
    """A module's bytes as sysfs asks for them."""

    def __init__(self, module: Module, attr: bin_attribute) -> None:
        super().__init__(attr.name, attr.mode, attr.size)
        self._module = module
        self._attr = attr
        self.readable, self.writable = attr.read is not None, attr.write is not None

    def read(self, file: File, kobj: Kobject, pos: int, count: int) -> Text:
        """Call its read, which fills a buffer or answers bytes."""
        assert self._attr.read is not None
        buffer = CharBuffer(count)

        def taken(result: Any) -> bytes:
            if isinstance(result, bytes):
                return result
            return bytes(memoryview(buffer.memory)[: checked(result)])

        arguments = (file, kobj, self._attr, buffer, pos, count)
        return later(call(self._module, self._attr.read, *arguments), taken)

    def write(self, file: File, kobj: Kobject, data: bytes, pos: int) -> Result:
        """Call its write."""
        assert self._attr.write is not None
        arguments = (file, kobj, self._attr, data, pos, len(data))
        return later(call(self._module, self._attr.write, *arguments), checked)


def _add(kobj: Kobject, attr: Any, group: str | None, mode: int) -> None:
    module = this_module()
    if isinstance(attr, bin_attribute):
        kobj.add_file(ModuleBinAttribute(module, attr), group)
    else:
        kobj.add_file(ModuleAttribute(module, kobj, attr, mode), group)


def _complain(error: KernelError) -> ErrnoValue:
    if str(error):
        printk("\x014sysfs: %s\n", str(error))
    return ErrnoValue(type(error))


def sysfs_create_file(kobj: Kobject, attr: Any) -> Any:
    """Show an attribute. 0 or an error."""
    try:
        _add(resolve(kobj), attr, None, attr.mode)
    except KernelError as error:
        return _complain(error)
    return 0


def sysfs_create_files(kobj: Kobject, attrs: Iterable[Any]) -> Any:
    """Show several attributes, or none if one cannot be. 0 or an error."""
    done: list[Any] = []
    for attr in attrs:
        error = sysfs_create_file(kobj, attr)
        if error:
            sysfs_remove_files(kobj, done)
            return error
        done.append(attr)
    return 0


sysfs_create_bin_file = sysfs_create_file


def sysfs_remove_file(kobj: Kobject, attr: Any) -> None:
    """Show an attribute no more."""
    resolve(kobj).remove_file(attr.name)


sysfs_remove_bin_file = sysfs_remove_file


def sysfs_remove_files(kobj: Kobject, attrs: Iterable[Any]) -> None:
    """Show several attributes no more."""
    for attr in attrs:
        sysfs_remove_file(kobj, attr)


def sysfs_create_group(kobj: Kobject, grp: attribute_group) -> Any:
    """Show a group. 0, or an error after which nothing of it is there."""
    kobj = resolve(kobj)
    done: list[Any] = []
    try:
        if grp.name is not None:
            kobj.add_group(grp.name)
        for index, attr in enumerate(grp.attrs):
            mode = attr.mode
            if grp.is_visible is not None:
                mode = grp.is_visible(kobj, attr, index)
            if mode:
                _add(kobj, attr, grp.name, mode)
                done.append(attr)
        for index, attr in enumerate(grp.bin_attrs):
            visible = grp.is_bin_visible
            if visible is None or visible(kobj, attr, index):
                _add(kobj, attr, grp.name, attr.mode)
                done.append(attr)
    except KernelError as error:
        for attr in done:
            kobj.remove_file(attr.name, grp.name)
        return _complain(error)
    return 0


def sysfs_create_groups(kobj: Kobject, groups: Iterable[attribute_group]) -> Any:
    """Show several groups, or none. 0 or an error."""
    done: list[attribute_group] = []
    for group in groups:
        error = sysfs_create_group(kobj, group)
        if error:
            for shown in done:
                sysfs_remove_group(kobj, shown)
            return error
        done.append(group)
    return 0


def sysfs_remove_group(kobj: Kobject, grp: attribute_group) -> None:
    """Show a group no more."""
    kobj = resolve(kobj)
    if grp.name is not None:
        kobj.remove_group(grp.name)
        return
    for attr in [*grp.attrs, *grp.bin_attrs]:
        kobj.remove_file(attr.name)


def sysfs_remove_groups(kobj: Kobject, groups: Iterable[attribute_group]) -> None:
    """Show several groups no more."""
    for group in groups:
        sysfs_remove_group(kobj, group)


def sysfs_create_link(kobj: Kobject, target: Kobject, name: str) -> Any:
    """Make a link to another object. 0 or an error."""
    try:
        resolve(kobj).add_link(resolve(target), name)
    except KernelError as error:
        return _complain(error)
    return 0


def sysfs_remove_link(kobj: Kobject, name: str) -> None:
    """Take a link away."""
    resolve(kobj).remove_file(name)


def sysfs_notify(kobj: Kobject, dir: str | None, attr: str) -> None:
    """Wake who polls an attribute for POLLPRI."""
    resolve(kobj).notify(attr, dir)


def sysfs_emit(buf: CharBuffer, fmt: str, *args: Any) -> int:
    """Format a value into the buffer of a show."""
    return buf.put(ENCODERS[fmt](args), PAGE_SIZE)


def sysfs_emit_at(buf: CharBuffer, at: int, fmt: str, *args: Any) -> int:
    """The same behind the first `at` bytes."""
    return scnprintf(buf + at, PAGE_SIZE - at, fmt, *args)


def sysfs_streq(s1: Any, s2: Any) -> bool:
    """Whether two texts are equal but for a line break at the end."""
    return str(s1).removesuffix("\n") == str(s2).removesuffix("\n")


def resolve(kobj: Any) -> Any:
    """An object, also one of the kernel's own."""
    found = getattr(kobj, "resolve", None)
    return found() if found is not None else kobj


__all__ = [
    "PAGE_SIZE", "S_IRUGO", "S_IWUSR", "__ATTR", "__ATTR_RO", "__ATTR_RW", "__ATTR_WO",
    "__BIN_ATTR", "attribute", "attribute_group", "bin_attribute", "kobj_attribute", "snprintf",
    "sysfs_create_bin_file", "sysfs_create_file", "sysfs_create_files", "sysfs_create_group",
    "sysfs_create_groups", "sysfs_create_link", "sysfs_emit", "sysfs_emit_at", "sysfs_notify",
    "sysfs_remove_bin_file", "sysfs_remove_file", "sysfs_remove_files", "sysfs_remove_group",
    "sysfs_remove_groups", "sysfs_remove_link", "sysfs_streq",
]  # fmt: skip
