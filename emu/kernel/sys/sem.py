"""Semaphores: semget(2), semop(2), semtimedop(2), semctl(2)."""

from __future__ import annotations

import struct
from collections.abc import Awaitable
from typing import Annotated

from emu.kernel.args import FlagsArg, Int, StructArg, UInt, ULong, UserStruct
from emu.kernel.deadline import Deadline
from emu.kernel.errno import E2BIG, EFBIG, EINVAL, ERANGE
from emu.kernel.ipc.perm import S_IRUGO, S_IWUGO
from emu.kernel.ipc.sem import SemaphoreSet, SemOp, operate, operate_later, sem_create
from emu.kernel.ipc.sem_undo import sem_undo_list
from emu.kernel.sys.clock import TIME32, InTimespec, read_timespec
from emu.kernel.sys.ipc_structs import (
    check_command,
    described,
    layout_of,
    parse_version,
    permissions,
    read_owner,
    write_struct,
)
from emu.kernel.sys.shm import GetFlags
from emu.kernel.syscall import syscall
from emu.kernel.task import Task
from emu.kernel.uapi.ipc import (
    GETALL,
    GETNCNT,
    GETPID,
    GETVAL,
    GETZCNT,
    IPC_INFO,
    IPC_RMID,
    IPC_SET,
    IPC_STAT,
    SEM_COMMAND,
    SEM_INFO,
    SEM_STAT,
    SEM_STAT_ANY,
    SEM_UNDO,
    SEMAEM,
    SEMMAP,
    SEMMNU,
    SEMUME,
    SEMUSZ,
    SEMVMX,
    SETALL,
    SETVAL,
)

SemOps = Annotated[UserStruct, StructArg(layout="sembuf")]
SemCommand = Annotated[int, FlagsArg(signed=True, family=SEM_COMMAND)]


@syscall("sys_semget")
def semget(task: Task, key: Int, nsems: Int, semflg: GetFlags) -> int:
    """Find or make a set. See semget(2)."""
    namespace = task.kernel.ipc
    if not 0 <= nsems <= namespace.semmsl:
        raise EINVAL("not a number of semaphores")

    def is_large_enough(found: SemaphoreSet) -> None:
        if nsems > len(found):
            raise EINVAL("the set is smaller")

    return namespace.sem.get(
        task,
        key,
        semflg,
        lambda: sem_create(namespace, task, key, nsems, semflg),
        is_large_enough,
    )


@syscall("sys_semop")
def semop(task: Task, semid: Int, tsops: SemOps, nsops: UInt) -> int | Awaitable[int]:
    """Change semaphores all at once. See semop(2)."""
    return semaphore_operations(task, semid, tsops, nsops, None)


@syscall("sys_semtimedop", ("sys_semtimedop_time32", TIME32))
def semtimedop(
    task: Task, semid: Int, tsops: SemOps, nsops: UInt, timeout: InTimespec
) -> int | Awaitable[int]:
    """The same, waiting for a limited time. See semtimedop(2)."""
    return semaphore_operations(task, semid, tsops, nsops, timeout or None)


def semaphore_operations(
    task: Task, id: int, tsops: UserStruct, count: int, timeout: UserStruct | None
) -> int | Awaitable[int]:
    """What all come to. E2BIG, EINVAL, EFAULT, EIDRM, EFBIG, EACCES, EAGAIN, ERANGE, ENOMEM."""
    namespace = task.kernel.ipc
    if not count:
        raise EINVAL("no operation")
    if count > namespace.semopm:
        raise E2BIG("more than SEMOPM operations")
    layout, mm = tsops.layout, task.mm
    raw = mm.read(tsops.address, count * layout.size)
    ops = []
    for index in range(count):
        given = layout.unpack(raw[index * layout.size : (index + 1) * layout.size])
        ops.append(SemOp(given["sem_num"], given["sem_op"], given["sem_flg"]))
    delay_ns = None if timeout is None else read_timespec(task, timeout)
    if id < 0:
        raise EINVAL("a negative id")
    semaphores = namespace.sem.find(id)
    if max(op.number for op in ops) >= len(semaphores):
        raise EFBIG("the set has no such semaphore")
    alters = any(op.change for op in ops)
    semaphores.check(task.cred, S_IWUGO if alters else S_IRUGO)
    undo = None
    if any(op.flags & SEM_UNDO for op in ops):
        undo = sem_undo_list(task).of(semaphores)
    blocking = operate(task, semaphores, ops, undo)
    if blocking is None:
        return 0
    deadline = None if delay_ns is None else Deadline.after(task.kernel.clock, delay_ns)
    pending = semaphores.new_pending(task, ops, undo, blocking)
    return operate_later(task, semaphores, pending, deadline)


@syscall("sys_semctl")
def semctl(task: Task, semid: Int, semnum: Int, cmd: SemCommand, arg: ULong) -> int:
    """Describe, read, set or remove a set. See semctl(2)."""
    return control(task, semid, semnum, cmd, arg, new=True)


@syscall("sys_old_semctl")
def old_semctl(task: Task, semid: Int, semnum: Int, cmd: SemCommand, arg: ULong) -> int:
    """The same with the older layouts, unless the command says IPC_64."""
    command, new = parse_version(cmd)
    return control(task, semid, semnum, command, arg, new=new)


def control(task: Task, id: int, number: int, command: int, arg: int, *, new: bool) -> int:
    """What both come to. EINVAL, EIDRM, EACCES, EPERM, ERANGE, EFAULT."""
    if id < 0 or command < 0:
        check_command(id, command)
    ids = task.kernel.ipc.sem
    if command in (IPC_INFO, SEM_INFO):
        write_struct(task, arg, task.abi.layout("seminfo"), limits(task, command == SEM_INFO))
        return ids.highest_index
    if command in (IPC_STAT, SEM_STAT, SEM_STAT_ANY):
        found, result = described(task, ids, id, command, SEM_STAT, SEM_STAT_ANY)
        values = {
            "sem_perm": permissions(found),
            "sem_otime": found.otime,
            "sem_ctime": found.ctime,
            "sem_nsems": len(found),
        }
        write_struct(task, arg, layout_of(task, new, "semid_ds"), values)
        return result
    if command == SETVAL:
        return set_value(task, id, number, int_of(task, arg))
    if command == IPC_SET:
        given = read_owner(task, arg, layout_of(task, new, "semid_ds"), "sem_perm")
        found = ids.find_owned(id, task.cred)
        found.change(task, given["uid"], given["gid"], given["mode"])
        return 0
    if command == IPC_RMID:
        found = ids.find_owned(id, task.cred)
        found.remove()
        return 0
    if command not in (GETALL, SETALL, GETVAL, GETPID, GETNCNT, GETZCNT):
        raise EINVAL(f"no command {command}")
    found = ids.find(id)
    found.check(task.cred, S_IWUGO if command == SETALL else S_IRUGO)
    if command in (GETALL, SETALL):
        return all_values(task, found, command == SETALL, arg)
    found.check_number(number)
    if command == GETVAL:
        return found.values[number]
    if command == GETPID:
        return found.pids[number]
    return found.waiting(number, for_zero=command == GETZCNT)


def set_value(task: Task, id: int, number: int, value: int) -> int:
    """SETVAL. ERANGE before anything else, as in Linux."""
    if not 0 <= value <= SEMVMX:
        raise ERANGE("not a value of a semaphore")
    found = task.kernel.ipc.sem.find(id)
    found.check_number(number)
    found.check(task.cred, S_IWUGO)
    found.set_values(task, [(number, value)])
    return 0


def all_values(task: Task, found: SemaphoreSet, store: bool, address: int) -> int:
    """GETALL and SETALL: an array of unsigned shorts. EFAULT, ERANGE."""
    array = struct.Struct(f"{task.abi.isa.byte_order}{len(found)}H")
    if not store:
        task.mm.write(address, array.pack(*found.values))
        return 0
    values = array.unpack(task.mm.read(address, array.size))
    if max(values) > SEMVMX:
        raise ERANGE("not a value of a semaphore")
    found.set_values(task, enumerate(values))
    return 0


def int_of(task: Task, arg: int) -> int:
    """The int in a union semun that was passed as a word: the first of its bytes in memory."""
    if task.abi.word_bits == 64 and task.abi.big_endian:
        arg >>= 32
    return ((arg & 0xFFFFFFFF) ^ 0x80000000) - 0x80000000


def limits(task: Task, used: bool) -> dict[str, int]:
    """The members of struct seminfo; with `used` two of them tell what is in use."""
    namespace = task.kernel.ipc
    return {
        "semmap": SEMMAP,
        "semmni": namespace.sem.limit,
        "semmns": namespace.semmns,
        "semmnu": SEMMNU,
        "semmsl": namespace.semmsl,
        "semopm": namespace.semopm,
        "semume": SEMUME,
        "semvmx": SEMVMX,
        "semusz": len(namespace.sem) if used else SEMUSZ,
        "semaem": namespace.used_semaphores if used else SEMAEM,
    }
