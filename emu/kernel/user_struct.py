"""Structs of user space that grow from one kernel release to the next."""

from __future__ import annotations

from typing import TYPE_CHECKING

from emu.arch.cpu import PAGE_SIZE
from emu.kernel.errno import E2BIG

if TYPE_CHECKING:
    from emu.arch.layout import Layout
    from emu.kernel.mm.address_space import AddressSpace


def copy_struct_from_user(
    mm: AddressSpace, address: int, usize: int, layout: Layout
) -> dict[str, int]:
    """The fields of a struct that the caller holds for `usize` bytes long, later ones 0.

    E2BIG for more than a page, or for bytes behind the struct that are not 0; EFAULT. See
    include/linux/uaccess.h.
    """
    if usize > PAGE_SIZE:
        raise E2BIG("larger than a page")
    known = layout.size
    if usize > known and any(mm.read(address + known, usize - known)):
        raise E2BIG("fields that this kernel does not know")
    raw = mm.read(address, min(usize, known))
    fields: dict[str, int] = layout.unpack(raw.ljust(known, b"\0"))
    return fields
