"""What the machine's owner gives it: modules to load at boot, and those that guests may load."""

from __future__ import annotations

import os
from collections.abc import Iterable
from typing import TYPE_CHECKING

from emu.kernel.errno import KernelError
from emu.kernel.fs.setup import KernelWalker
from emu.kernel.module.depmod import path_of, tables
from emu.kernel.module.ko import make_ko
from emu.kernel.module.loader import CannotLoad, ModuleLoader, Offer
from emu.kernel.module.printk import KernelLog

if TYPE_CHECKING:
    from emu.kernel.kernel import Kernel

VERMAGIC = "SMP preempt mod_unload"


def install_modules(kernel: Kernel, files: Iterable[tuple[str, str | None]]) -> None:
    """Offer modules by their files, and load those that have arguments. `CannotLoad`."""
    loader = kernel.part(ModuleLoader)
    offers = [(loader.offer(path), given) for name, given in files for path in files_of(name)]
    write_folder(kernel, loader)
    for offer, arguments in offers:
        if arguments is None or offer.name in loader.modules:
            continue
        try:
            loader.load_with_needed(offer.name, arguments)
        except KernelError as error:
            last = kernel.part(KernelLog).since(0)[-1].text.decode(errors="replace")
            raise CannotLoad(f"module {offer.path}: {error.text()}: {error or last}") from None


def files_of(name: str) -> list[str]:
    """The modules that a name stands for: itself, or all in a folder."""
    if not os.path.isdir(name):
        return [name]
    found = (entry for entry in sorted(os.listdir(name)) if entry.endswith(".py"))
    return [os.path.join(name, entry) for entry in found if not entry.startswith("_")]


def write_folder(kernel: Kernel, loader: ModuleLoader) -> None:
    """Fill /lib/modules/RELEASE with a file for each offered module, and modprobe's tables.

    What is there already, in the folder of a real kernel, stays.
    """
    release = kernel.uts.release
    folder = b"/lib/modules/" + release + b"/"
    walker = KernelWalker(kernel.root_mount)
    for offer in loader.offers.values():
        image = make_ko(
            offer.name, modinfo_fields(offer, loader.needed_by(offer), release.decode())
        )
        walker.make_file(folder + path_of(offer).encode(), image)
    for name, content in tables(loader).items():
        walker.make_file(folder + name.encode(), content)


def modinfo_fields(offer: Offer, needed: list[Offer], release: str) -> list[tuple[str, str]]:
    """What modinfo(8) shows."""
    return [
        *offer.summary.fields,
        ("depends", ",".join(n.name for n in needed)),
        ("name", offer.name),
        ("vermagic", f"{release} {VERMAGIC} "),
    ]
