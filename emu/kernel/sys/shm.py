"""Shared memory: shmget(2), shmat(2), shmdt(2), shmctl(2)."""

from __future__ import annotations

from typing import Annotated

from emu.kernel.args import FlagsArg, Int, Pointer, Size
from emu.kernel.errno import EINVAL
from emu.kernel.ipc.shm import (
    ShmSegment,
    shm_attach,
    shm_create,
    shm_detach,
    shm_lock,
    shm_remove,
)
from emu.kernel.sys.ipc_structs import (
    check_command,
    described,
    layout_of,
    parse_version,
    permissions,
    read_owner,
    write_struct,
)
from emu.kernel.sys.mmap import compat_base
from emu.kernel.syscall import syscall
from emu.kernel.task import Task
from emu.kernel.uapi.ipc import (
    IPC_GET_FLAGS,
    IPC_INFO,
    IPC_RMID,
    IPC_SET,
    IPC_STAT,
    SHM_COMMAND,
    SHM_FLAGS,
    SHM_INFO,
    SHM_LOCK,
    SHM_STAT,
    SHM_STAT_ANY,
    SHM_UNLOCK,
    SHMMIN,
)
from emu.kernel.uapi.personality import READ_IMPLIES_EXEC

GetFlags = Annotated[int, FlagsArg(signed=True, family=IPC_GET_FLAGS)]
ShmFlags = Annotated[int, FlagsArg(signed=True, family=SHM_FLAGS)]
ShmCommand = Annotated[int, FlagsArg(signed=True, family=SHM_COMMAND)]

SHMLBA = {"mips": 0x40000, "arm": 4 << 12}
"""Where segments may be attached, by ISA, if not at any page: arch/*/include/asm/shmparam.h."""


@syscall("sys_shmget", missing="huge pages")
def shmget(task: Task, key: Int, size: Size, shmflg: GetFlags) -> int:
    """Find or make a segment. See shmget(2)."""
    namespace = task.kernel.ipc

    def is_large_enough(found: ShmSegment) -> None:
        if found.size < size:
            raise EINVAL("the segment is smaller")

    return namespace.shm.get(
        task,
        key,
        shmflg,
        lambda: shm_create(namespace, task, key, size, shmflg),
        is_large_enough,
    )


@syscall("sys_shmat")
def shmat(task: Task, shmid: Int, shmaddr: Pointer, shmflg: ShmFlags) -> int:
    """Attach a segment: where. See shmat(2)."""
    isa = task.abi.isa.name
    lba = next((size for name, size in SHMLBA.items() if is_isa(isa, name)), 1 << 12)
    task.mm.read_implies_exec = bool(task.attributes.personality & READ_IMPLIES_EXEC)
    return shm_attach(task.kernel.ipc, task, shmid, shmaddr, shmflg, lba, compat_base(task))


@syscall("sys_shmdt")
def shmdt(task: Task, shmaddr: Pointer) -> int:
    """Detach the segment at an address. See shmdt(2)."""
    shm_detach(task.mm, shmaddr)
    return 0


@syscall("sys_shmctl")
def shmctl(task: Task, shmid: Int, cmd: ShmCommand, buf: Pointer) -> int:
    """Describe, change or remove a segment. See shmctl(2)."""
    return control(task, shmid, cmd, buf, new=True)


@syscall("sys_old_shmctl")
def old_shmctl(task: Task, shmid: Int, cmd: ShmCommand, buf: Pointer) -> int:
    """The same with the older layouts, unless the command says IPC_64."""
    command, new = parse_version(cmd)
    return control(task, shmid, command, buf, new=new)


def control(task: Task, id: int, command: int, buf: int, *, new: bool) -> int:
    """What both come to. EINVAL, EIDRM, EACCES, EPERM, EFAULT."""
    check_command(id, command)
    namespace = task.kernel.ipc
    ids = namespace.shm
    if command == IPC_INFO:
        limits = {
            "shmmax": namespace.shmmax,
            "shmmin": SHMMIN,
            "shmmni": ids.limit,
            "shmseg": ids.limit,
            "shmall": namespace.shmall,
        }
        layout = task.abi.layout("shminfo64" if new else "shminfo")
        write_struct(task, buf, layout, bounded(task, limits))
        return ids.highest_index
    if command == SHM_INFO:
        used = {
            "used_ids": len(ids),
            "shm_tot": namespace.shm_pages,
            "shm_rss": sum(segment.resident_pages for segment in ids),
        }
        write_struct(task, buf, task.abi.layout("shm_info"), used)
        return ids.highest_index
    if command in (IPC_STAT, SHM_STAT, SHM_STAT_ANY):
        segment, result = described(task, ids, id, command, SHM_STAT, SHM_STAT_ANY)
        write_struct(task, buf, layout_of(task, new, "shmid_ds"), description(segment))
        return result
    if command == IPC_SET:
        given = read_owner(task, buf, layout_of(task, new, "shmid_ds"), "shm_perm")
        segment = ids.find_owned(id, task.cred)
        segment.change(task, given["uid"], given["gid"], given["mode"])
        return 0
    if command == IPC_RMID:
        segment = ids.find_owned(id, task.cred)
        shm_remove(namespace, segment)
        return 0
    if command in (SHM_LOCK, SHM_UNLOCK):
        shm_lock(task, ids.find(id), command == SHM_LOCK)
        return 0
    raise EINVAL(f"no command {command}")


def description(segment: ShmSegment) -> dict[str, object]:
    """The members of struct shmid64_ds."""
    return {
        "shm_perm": permissions(segment),
        "shm_segsz": segment.size,
        "shm_atime": segment.atime,
        "shm_dtime": segment.dtime,
        "shm_ctime": segment.ctime,
        "shm_cpid": segment.cpid,
        "shm_lpid": segment.lpid,
        "shm_nattch": segment.nattch,
    }


def bounded(task: Task, limits: dict[str, int]) -> dict[str, int]:
    """Limits as 32-bit programs see them: see put_compat_shminfo in ipc/shm.c."""
    if task.abi.word_bits == 64 or task.abi.name == "x32":
        return limits
    return {**limits, "shmmax": min(limits["shmmax"], (1 << 31) - 1)}


def is_isa(isa: str, family: str) -> bool:
    """Whether an ISA is of a family in which ARM is the 32-bit one."""
    return isa == family or (family == "mips" and isa.startswith("mips"))
