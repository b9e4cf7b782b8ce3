"""What the System V IPC calls have in common: the two layouts of their structs, who may ask."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, TypeVar

from emu.kernel.errno import EINVAL
from emu.kernel.ipc.ids import IpcIds
from emu.kernel.ipc.perm import S_IRUGO, IpcObject
from emu.kernel.uapi.ipc import IPC_64

if TYPE_CHECKING:
    from emu.arch.layout import Layout
    from emu.kernel.task import Task

OVERFLOW_ID = 65534
"""What stands for a user or group whose number is too large: overflowuid."""

UNCHANGED_16 = 0xFFFF

Kind = TypeVar("Kind", bound=IpcObject)


def parse_version(command: int) -> tuple[int, bool]:
    """A command of the calls with two layouts, and whether it means the newer one."""
    return command & ~IPC_64, bool(command & IPC_64)


def check_command(id: int, command: int) -> None:
    """EINVAL for what cannot be."""
    if id < 0 or command < 0:
        raise EINVAL("a negative id or command")


def described(
    task: Task, ids: IpcIds[Kind], id: int, command: int, stat: int, stat_any: int
) -> tuple[Kind, int]:
    """Whom a command that describes an object means, and what the call answers.

    ``*_STAT`` and ``*_STAT_ANY`` take an index and answer the identifier. EINVAL, EIDRM, EACCES.
    """
    found = ids.at_index(id) if command in (stat, stat_any) else ids.find(id)
    if command != stat_any:
        found.check(task.cred, S_IRUGO)
    return found, found.id if command in (stat, stat_any) else 0


def permissions(found: IpcObject) -> dict[str, int]:
    """The members of struct ipc64_perm."""
    return {
        "key": found.key,
        "uid": found.uid,
        "gid": found.gid,
        "cuid": found.cuid,
        "cgid": found.cgid,
        "mode": found.mode,
        "seq": found.seq & 0xFFFF,
    }


def write_struct(task: Task, address: int, layout: Layout, values: Mapping[str, Any]) -> None:
    """Fill a user's struct as far as its layout has the members. EFAULT."""
    task.mm.write(address, layout.pack(**_fitted(layout, values)))


def _fitted(layout: Layout, values: Mapping[str, Any]) -> dict[str, Any]:
    """Values by member, those that are too large cut as Linux cuts them.

    Times have their upper halves in members of their own; counts of the old layouts stay at the
    largest they can tell.
    """
    fields = layout.fields
    result: dict[str, Any] = {}
    for name, value in values.items():
        field = fields.get(name)
        if field is None:
            continue
        if field.nested is not None:
            result[name] = _fitted(field.nested, value)
            continue
        bits = 8 * field.element_size
        if f"{name}_high" in fields:
            high = 8 * fields[f"{name}_high"].element_size
            result[f"{name}_high"] = value >> bits & (1 << high) - 1
            value &= (1 << bits) - 1
        elif name in ("uid", "gid", "cuid", "cgid"):
            value = OVERFLOW_ID if bits == 16 and value > UNCHANGED_16 else value
        elif value >= 0:
            value = min(value, (1 << bits - (field.format in "bhiq")) - 1)
        result[name] = value
    return result


def read_owner(task: Task, address: int, layout: Layout, member: str) -> dict[str, Any]:
    """The struct that IPC_SET gives, with its permissions' members beside its own. EFAULT."""
    given = layout.unpack(task.mm.read(address, layout.size))
    return {**given, **given[member]}


def layout_of(task: Task, new: bool, name: str) -> Layout:
    """The newer (``shmid64_ds``) or the older (``shmid_ds``) layout of a struct."""
    return task.abi.layout(name.replace("_ds", "64_ds") if new else name)
