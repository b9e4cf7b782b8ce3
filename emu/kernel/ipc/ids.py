"""The identifiers of one kind of IPC objects. See struct ipc_ids and ipc/util.c."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Generic, TypeVar

from emu.kernel.errno import EEXIST, EIDRM, EINVAL, ENOENT, ENOSPC
from emu.kernel.ipc.perm import IpcObject
from emu.kernel.uapi.ipc import IPC_CREAT, IPC_EXCL, IPC_PRIVATE

if TYPE_CHECKING:
    from emu.kernel.cred import Credentials
    from emu.kernel.task import Task

IPCMNI_SHIFT = 15
INDEX_MASK = (1 << IPCMNI_SHIFT) - 1
SEQ_MAX = (1 << 31 - IPCMNI_SHIFT) - 1
MIN_CYCLE = 64
"""Indices are used again in turn among at least so many."""

Kind = TypeVar("Kind", bound=IpcObject)


class IpcIds(Generic[Kind]):
    """Objects by identifier and by key.

    An identifier is an index and a sequence number, so that one of an object that is gone is
    noticed. `limit` is how many objects there may be.
    """

    def __init__(self, limit: int) -> None:
        self.limit = limit
        self._objects: dict[int, Kind] = {}
        self._keys: dict[int, Kind] = {}
        self._seq = 0
        self._last = -1
        self._next = 0

    def __len__(self) -> int:
        return len(self._objects)

    def __iter__(self) -> Iterator[Kind]:
        """The objects in the order of their indices."""
        return (self._objects[index] for index in sorted(self._objects))

    @property
    def highest_index(self) -> int:
        """The highest index in use; 0 if there is none, as the calls answer it."""
        return max(self._objects, default=0)

    def at_index(self, index: int) -> Kind:
        """The object of an index, whatever its sequence number. EINVAL."""
        found = self._objects.get(index & INDEX_MASK) if index >= 0 else None
        if found is None:
            raise EINVAL("no such object")
        return found

    def find(self, id: int) -> Kind:
        """The object of an identifier. EINVAL; EIDRM if another has its index now."""
        found = self.at_index(id)
        if found.id != id:
            raise EIDRM("the object is gone")
        return found

    def find_owned(self, id: int, cred: Credentials) -> Kind:
        """The same for who means to change it: see ipcctl_obtain_check. EPERM, EINVAL, EIDRM."""
        found = self.find(id)
        found.check_owner(cred)
        return found

    def get(
        self,
        task: Task,
        key: int,
        flags: int,
        make: Callable[[], Kind],
        check: Callable[[Kind], None] = lambda found: None,
    ) -> int:
        """The identifier of a key, whose object is made if it is to be: see ipcget.

        `make` makes one and `check` raises if the one there is does not do. EACCES, EEXIST,
        ENOENT, ENOSPC, and what they raise.
        """
        found = None if key == IPC_PRIVATE else self._keys.get(key)
        if found is None:
            if key != IPC_PRIVATE and not flags & IPC_CREAT:
                raise ENOENT("no object has this key")
            return self.add(make)
        if flags & IPC_CREAT and flags & IPC_EXCL:
            raise EEXIST("an object has this key")
        check(found)
        found.check(task.cred, flags)
        return found.id

    def add(self, make: Callable[[], Kind]) -> int:
        """Make an object and keep it: its identifier. ENOSPC, and what `make` raises."""
        if len(self._objects) >= self.limit:
            # Linux makes the object first, and gives it up again.
            raise ENOSPC("too many objects")
        new = make()
        index = self._free_index()
        if index <= self._last:
            self._seq = (self._seq + 1) % SEQ_MAX
        self._last = index
        new.index, new.seq = index, self._seq
        new.id = self._seq << IPCMNI_SHIFT | index
        self._objects[index] = new
        if new.key != IPC_PRIVATE:
            self._keys[new.key] = new
        return new.id

    def remove(self, gone: Kind) -> None:
        """Forget an object."""
        del self._objects[gone.index]
        self.forget_key(gone)
        gone.removed = True

    def forget_key(self, kept: Kind) -> None:
        """Let an object that is to go no more be found by its key: see ipc_set_key_private."""
        if kept.key != IPC_PRIVATE:
            del self._keys[kept.key]
            kept.key = IPC_PRIVATE

    def _free_index(self) -> int:
        """The next free index, around in a circle: see idr_alloc_cyclic."""
        end = min(max(len(self._objects) * 3 // 2, MIN_CYCLE), self.limit)
        for index in range(self._next, end):
            if index not in self._objects:
                break
        else:
            index = next(i for i in range(self.limit) if i not in self._objects)
        self._next = index + 1
        return index
