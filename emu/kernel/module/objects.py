"""/sys/module/NAME: what sysfs shows of a loaded module. See kernel/module/sysfs.c."""

from __future__ import annotations

from typing import TYPE_CHECKING

from emu.kernel.fs.sysfs.attribute import ValueAttribute
from emu.kernel.fs.sysfs.kobject import Kobject
from emu.kernel.fs.sysfs.super_block import Sysfs
from emu.kernel.fs.sysfs.uevent import UeventAttribute
from emu.kernel.module.module import SIZE
from emu.kernel.module.parameters import ParameterAttribute

if TYPE_CHECKING:
    from emu.kernel.module.module import Module

PARAMETERS, SECTIONS, HOLDERS, DRIVERS = "parameters", "sections", "holders", "drivers"
SECTION_NAMES = (".text", ".init.text", ".exit.text", ".data", ".bss")


def add_module_object(module: Module) -> None:
    """Show a module that is being loaded."""
    sysfs = module.kernel.part(Sysfs)
    kobject = module.kobject = Kobject(module.name)
    kobject.kset = sysfs.kobject("module")
    kobject.add(sysfs, sysfs.kobject("module"))
    kobject.add_files(
        [
            ValueAttribute("initstate", lambda: module.state),
            ValueAttribute("refcnt", lambda: module.users),
            ValueAttribute("coresize", lambda: SIZE),
            ValueAttribute("initsize", lambda: 0),
            ValueAttribute("taint", lambda: "O"),
            UeventAttribute(shows=False),
        ]
    )
    versions = [value for key, value in module.info.fields if key == "version"]
    if versions:
        kobject.add_file(ValueAttribute("version", lambda: versions[0]))
    kobject.add_group(HOLDERS)
    kobject.add_group(SECTIONS)
    for name in SECTION_NAMES:
        kobject.add_file(ValueAttribute(name, lambda: f"0x{0:016x}", mode=0o400), SECTIONS)
    shown = [p for p in module.parameters.values() if p.perm]
    if shown:
        kobject.add_group(PARAMETERS)
        for parameter in shown:
            kobject.add_file(ParameterAttribute(parameter), PARAMETERS)
    for used in module.needs:
        if used.kobject is not None:
            used.kobject.add_link(kobject, module.name, HOLDERS)


def link_driver(module: Module, driver: Kobject, name: str) -> None:
    """Show that a driver is a module's: module_add_driver."""
    kobject = module.kobject
    assert kobject is not None
    driver.add_link(kobject, "module")
    if not kobject.has_group(DRIVERS):
        kobject.add_group(DRIVERS)
    kobject.add_link(driver, name, DRIVERS)


def unlink_driver(module: Module, driver: Kobject, name: str) -> None:
    """Show it no more."""
    driver.remove_file("module")
    if module.kobject is not None and module.kobject.has_group(DRIVERS):
        module.kobject.remove_file(name, DRIVERS)


def remove_module_object(module: Module) -> None:
    """Show it no longer."""
    for used in module.needs:
        if used.kobject is not None:
            used.kobject.remove_file(module.name, HOLDERS)
    if module.kobject is not None:
        module.kobject.put()
        module.kobject = None
