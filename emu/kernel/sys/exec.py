"""Running programs: execve(2), execveat(2)."""

from __future__ import annotations

from typing import Annotated

from emu.kernel.args import Fd, FlagsArg, Path, PointerArg
from emu.kernel.errno import E2BIG, EINVAL, ELOOP, ENAMETOOLONG
from emu.kernel.exec.execve import do_execve
from emu.kernel.exec.stack import MAX_ARG_STRLEN, POINTER_SIZE, argument_limit
from emu.kernel.syscall import syscall
from emu.kernel.task import Task
from emu.kernel.uapi.fcntl import AT_EMPTY_PATH, AT_FDCWD, AT_FLAGS, AT_SYMLINK_NOFOLLOW
from emu.kernel.vfs.namei import LOOKUP_EMPTY, LOOKUP_FOLLOW, path_lookup

Strings = Annotated[int, PointerArg()]
AtFlags = Annotated[int, FlagsArg(family=AT_FLAGS)]


@syscall("sys_execve")
def execve(task: Task, filename: Path, argv: Strings, envp: Strings) -> int:
    """Run another program in this task. See execve(2)."""
    arguments, environment = read_arguments(task, argv, envp)
    path = path_lookup(task, AT_FDCWD, filename)
    do_execve(task, path, filename, arguments, environment)
    return 0


@syscall("sys_execveat")
def execveat(
    task: Task, fd: Fd, filename: Path, argv: Strings, envp: Strings, flags: AtFlags
) -> int:
    """Run a program that is named relative to a directory, or open. See execveat(2)."""
    if flags & ~(AT_EMPTY_PATH | AT_SYMLINK_NOFOLLOW):
        raise EINVAL("unknown flags")
    arguments, environment = read_arguments(task, argv, envp)
    follow = 0 if flags & AT_SYMLINK_NOFOLLOW else LOOKUP_FOLLOW
    path = path_lookup(task, fd, filename, follow | (LOOKUP_EMPTY if flags & AT_EMPTY_PATH else 0))
    if path.inode.is_symlink:
        raise ELOOP("a symbolic link")
    relative = fd != AT_FDCWD and not filename.startswith(b"/")
    if relative:
        filename = b"/dev/fd/%d" % fd + (b"/" + filename if filename else b"")
    inaccessible = relative and fd in task.files.cloexec
    do_execve(task, path, filename, arguments, environment, inaccessible=inaccessible)
    return 0


def read_arguments(task: Task, argv: int, envp: int) -> tuple[list[bytes], list[bytes]]:
    """The strings of both vectors. EFAULT, E2BIG."""
    room = argument_limit(task.rlimits["RLIMIT_STACK"][0])
    arguments, room = _read_strings(task, argv, room)
    environment, _ = _read_strings(task, envp, room)
    return arguments, environment


def _read_strings(task: Task, vector: int, room: int) -> tuple[list[bytes], int]:
    """The strings that a vector of the caller's pointers names, and the room that is left."""
    mm, width = task.mm, task.abi.word_bytes
    read_pointer = mm.read_u64 if width == 8 else mm.read_u32
    strings: list[bytes] = []
    while vector and (pointer := read_pointer(vector)):
        try:
            string = mm.read_string(pointer, MAX_ARG_STRLEN)
        except ENAMETOOLONG:
            raise E2BIG("a string is longer than MAX_ARG_STRLEN") from None
        strings.append(string)
        room -= len(string) + 1 + POINTER_SIZE
        if room < 0:
            raise E2BIG("more than a quarter of the stack")
        vector += width
    return strings, room
