"""What the machine's owner gives it: modules to load at boot, and those that guests may load."""

from __future__ import annotations

import os
from collections.abc import Iterable
from typing import TYPE_CHECKING

from emu.kernel.errno import KernelError
from emu.kernel.fs.setup import KernelWalker
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
    """Fill /lib/modules/RELEASE with a file for each offered module, and modprobe's tables."""
    release = kernel.uts.release
    folder = b"/lib/modules/" + release
    walker = KernelWalker(kernel.root_mount)
    dependencies, aliases, symbols = [], [], []
    for offer in loader.offers.values():
        needed = loader.needed_by(offer)
        image = make_ko(offer.name, modinfo_fields(offer, needed, release.decode()))
        write(walker, folder + b"/extra/" + offer.name.encode() + b".ko", image)
        paths = " ".join(f"extra/{n.name}.ko" for n in closure(loader, offer))
        dependencies.append(f"extra/{offer.name}.ko: {paths}".rstrip() + "\n")
        aliases += [f"alias {v} {offer.name}\n" for k, v in offer.summary.fields if k == "alias"]
        symbols += [f"alias symbol:{name} {offer.name}\n" for name in offer.summary.exports]
    for name, lines in (
        (b"modules.dep", dependencies), (b"modules.alias", aliases),
        (b"modules.symbols", symbols), (b"modules.builtin", []),
        (b"modules.order", [f"extra/{name}.ko\n" for name in loader.offers]),
        (b"modules.softdep", []),
    ):  # fmt: skip
        write(walker, folder + b"/" + name, "".join(lines).encode())


def closure(loader: ModuleLoader, offer: Offer) -> list[Offer]:
    """All modules that one needs, directly or not, those first that need the others."""
    found: list[Offer] = []
    pending = loader.needed_by(offer)
    while pending:
        needed = pending.pop(0)
        if needed in found:
            found.remove(needed)
        found.append(needed)
        pending += loader.needed_by(needed)
        if len(found) > len(loader.offers):
            break
    return found


def modinfo_fields(offer: Offer, needed: list[Offer], release: str) -> list[tuple[str, str]]:
    """What modinfo(8) shows."""
    return [
        *offer.summary.fields,
        ("depends", ",".join(n.name for n in needed)),
        ("name", offer.name),
        ("vermagic", f"{release} {VERMAGIC} "),
    ]


def write(walker: KernelWalker, name: bytes, content: bytes) -> None:
    """Make a file; the root may hold a folder for another kernel, which stays."""
    walker.make_file(name, content)
