"""C's names for members of struct vm_area_struct: what ports of drivers use."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any


class VmaNames:
    """``vma->vm_...``."""

    __slots__ = ()

    if TYPE_CHECKING:
        start: int
        end: int
        flags: int
        pgoff: int
        file: Any

    @property
    def vm_start(self) -> int:
        """The first address."""
        return self.start

    @property
    def vm_end(self) -> int:
        """The address behind the last."""
        return self.end

    @property
    def vm_flags(self) -> int:
        """VM_READ and its kin."""
        return self.flags

    @property
    def vm_pgoff(self) -> int:
        """The offset in pages."""
        return self.pgoff

    @property
    def vm_page_prot(self) -> int:
        """The protection: what the flags say."""
        return self.flags

    @property
    def vm_file(self) -> Any:
        """What was mapped."""
        return self.file
