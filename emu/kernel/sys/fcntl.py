"""Descriptor and file flags, record locks, pipe sizes: fcntl(2)."""

from __future__ import annotations

from collections.abc import Awaitable

from emu.kernel.args import Fd
from emu.kernel.errno import EBADF, EINVAL, EPERM
from emu.kernel.fs.memfd import add_seals, get_seals
from emu.kernel.fs.pipe_buffer import pipe_of
from emu.kernel.fs.pipefs import may_exceed_pipe_size
from emu.kernel.signal.numbers import signal_numbers
from emu.kernel.signal.sigio import owner_number, set_owner
from emu.kernel.sys.fcntl_lock import get_lock, set_lock
from emu.kernel.sys.fcntl_owner import get_owner_ex, set_owner_ex
from emu.kernel.sys.file_kinds import FcntlCommand, OpenFlagsOrOther, Translated, to_user
from emu.kernel.sys.open import has_32bit_off_t
from emu.kernel.syscall import syscall
from emu.kernel.task import Task
from emu.kernel.uapi import fcntl as cmds
from emu.kernel.uapi.fcntl import (
    FASYNC,
    FD_CLOEXEC,
    O_APPEND,
    O_DIRECT,
    O_NOATIME,
    O_NONBLOCK,
    OPEN_FLAGS,
)
from emu.kernel.uapi.stat import S_IFIFO, S_IFMT
from emu.kernel.vfs.fasync import set_fasync
from emu.kernel.vfs.fdtable import fd_install, open_file_limit
from emu.kernel.vfs.file import File
from emu.kernel.vfs.permission import owner_or_capable

SETFL_MASK = O_APPEND | O_NONBLOCK | O_DIRECT | O_NOATIME

RECORD_LOCKS = (cmds.F_GETLK, cmds.F_SETLK, cmds.F_SETLKW)
RECORD_LOCKS_64 = (cmds.F_GETLK64, cmds.F_SETLK64, cmds.F_SETLKW64)
OFD_LOCKS = (cmds.F_OFD_GETLK, cmds.F_OFD_SETLK, cmds.F_OFD_SETLKW)


@syscall("sys_fcntl")
def fcntl(task: Task, fd: Fd, cmd: FcntlCommand, arg: OpenFlagsOrOther) -> int | Awaitable[int]:
    """Ask or change what belongs to a descriptor or its open file. See fcntl(2)."""
    file = _file(task, fd, cmd)
    if cmd in RECORD_LOCKS:
        return _lock(task, file, cmd, arg.value, "flock")
    if cmd in OFD_LOCKS and not has_32bit_off_t(task.abi):
        return _lock(task, file, cmd, arg.value, "flock")
    return _do_fcntl(task, fd, file, cmd, arg)


@syscall("sys_fcntl64")
def fcntl64(task: Task, fd: Fd, cmd: FcntlCommand, arg: OpenFlagsOrOther) -> int | Awaitable[int]:
    """fcntl of 32-bit callers, with 64-bit record locks too."""
    file = _file(task, fd, cmd)
    if cmd in RECORD_LOCKS:
        return _lock(task, file, cmd, arg.value, "flock")
    if cmd in RECORD_LOCKS_64 or cmd in OFD_LOCKS:
        return _lock(task, file, cmd, arg.value, "flock64")
    return _do_fcntl(task, fd, file, cmd, arg)


def _file(task: Task, fd: int, cmd: int) -> File:
    file = task.files.raw(fd)
    if file.is_path and cmd not in (
        cmds.F_DUPFD,
        cmds.F_DUPFD_CLOEXEC,
        cmds.F_DUPFD_QUERY,
        cmds.F_GETFD,
        cmds.F_SETFD,
        cmds.F_GETFL,
    ):
        raise EBADF("only a place (O_PATH)")
    return file


def _do_fcntl(task: Task, fd: int, file: File, cmd: int, arg: Translated) -> int:
    value = arg.value
    match cmd:
        case cmds.F_DUPFD | cmds.F_DUPFD_CLOEXEC:
            if value >= open_file_limit(task):
                raise EINVAL("above the limit on open files")
            cloexec = cmd == cmds.F_DUPFD_CLOEXEC
            return fd_install(task, file.get(), minimum=value, cloexec=cloexec)
        case cmds.F_DUPFD_QUERY:
            return int(task.files.raw(value & 0xFFFFFFFF) is file)
        case cmds.F_GETFD:
            return FD_CLOEXEC if fd in task.files.cloexec else 0
        case cmds.F_SETFD:
            task.files.set_cloexec(fd, bool(value & FD_CLOEXEC))
        case cmds.F_GETFL:
            return to_user(task.abi, OPEN_FLAGS, file.flags)
        case cmds.F_SETFL:
            _set_flags(task, fd, file, arg.flags)
        case cmds.F_GETPIPE_SZ | cmds.F_SETPIPE_SZ:
            if not is_fifo(file) or file.inode.private is None:
                raise EBADF("not a pipe")
            pipe = pipe_of(file.inode)
            if cmd == cmds.F_GETPIPE_SZ:
                return pipe.size
            return pipe.set_size(value & 0xFFFFFFFF, may_exceed_pipe_size(task))
        case cmds.F_GET_SEALS:
            return get_seals(file)
        case cmds.F_ADD_SEALS:
            add_seals(file, value & 0xFFFFFFFF)
        case cmds.F_GETOWN:
            return owner_number(file)
        case cmds.F_SETOWN:
            set_owner(task, file, (value & 0xFFFFFFFF ^ 1 << 31) - (1 << 31))
        case cmds.F_GETOWN_EX:
            get_owner_ex(task, file, value)
        case cmds.F_SETOWN_EX:
            set_owner_ex(task, file, value)
        case cmds.F_GETSIG:
            return signal_numbers(task.abi).encode(file.signum)
        case cmds.F_SETSIG:
            file.signum = signal_numbers(task.abi).decode(value & 0xFFFFFFFF)
        case cmds.F_GETLEASE:
            from emu.kernel.vfs.leases import fcntl_getlease

            return fcntl_getlease(file)
        case cmds.F_SETLEASE:
            from emu.kernel.vfs.leases import fcntl_setlease

            fcntl_setlease(task, fd, file, value & 0xFFFFFFFF)
        case cmds.F_NOTIFY:
            from emu.kernel.notify.dnotify import fcntl_dirnotify

            fcntl_dirnotify(task, fd, file, value & 0xFFFFFFFF)
        case _:
            raise EINVAL("no such command")
    return 0


def _set_flags(task: Task, fd: int, file: File, flags: int) -> None:
    """See setfl: only these flags can change; the others are ignored."""
    new_noatime = flags & O_NOATIME and not file.flags & O_NOATIME
    if new_noatime and not owner_or_capable(task.cred, file.inode):
        raise EPERM("O_NOATIME is for the owner")
    if flags & O_DIRECT and not (file.inode.is_regular or is_fifo(file)):
        raise EINVAL("O_DIRECT is for regular files, and makes packets of a pipe's writes")
    if file.f_op.has_fasync:
        set_fasync(task, fd, file, bool(flags & FASYNC))
    file.flags = file.flags & ~SETFL_MASK | flags & SETFL_MASK


def is_fifo(file: File) -> bool:
    """Whether an open file is a pipe, named or not."""
    return file.inode.mode & S_IFMT == S_IFIFO


def _lock(task: Task, file: File, cmd: int, address: int, layout: str) -> int | Awaitable[int]:
    if cmd in (cmds.F_GETLK, cmds.F_GETLK64, cmds.F_OFD_GETLK):
        return get_lock(task, file, cmd, address, layout)
    return set_lock(task, file, cmd, address, layout)
