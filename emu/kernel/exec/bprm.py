"""What is found out about a program before it replaces the old one. See struct linux_binprm."""

from __future__ import annotations

from typing import TYPE_CHECKING

from emu.kernel.errno import EACCES, ELIBBAD, ELOOP, ENOENT, ENOEXEC, ETXTBSY
from emu.kernel.exec.binfmt_elf import check_interpreter, elf_image, read_file
from emu.kernel.exec.binfmt_script import BINPRM_BUF_SIZE, parse_script
from emu.kernel.exec.elf import ELF_MAGIC, ElfImage
from emu.kernel.exec.stack import Arguments
from emu.kernel.uapi.fcntl import O_RDONLY
from emu.kernel.uapi.mount import MS_NOEXEC
from emu.kernel.vfs.file import File
from emu.kernel.vfs.permission import MAY_EXEC, inode_permission
from emu.record import record

if TYPE_CHECKING:
    from collections.abc import Sequence

    from emu.kernel.task import Task
    from emu.kernel.vfs.path import VfsPath

MAX_REWRITES = 5
"""How many scripts may be one another's interpreters: see exec_binprm."""


@record(frozen=False)
class Program:
    """A program and its dynamic linker, open and parsed, with the arguments it will get.

    `path` is the file that was named: for a script, the interpreter that runs it. Close it with
    `put` when it is loaded or given up.
    """

    path: VfsPath
    arguments: Arguments
    file: File
    image: ElfImage
    linker: File | None = None
    linker_image: ElfImage | None = None

    def put(self) -> None:
        """Close the files; mappings keep their own counts."""
        self.file.put()
        if self.linker is not None:
            self.linker.put()


def open_program(
    task: Task,
    path: VfsPath,
    filename: bytes,
    argv: Sequence[bytes],
    envp: Sequence[bytes],
    inaccessible: bool = False,
) -> Program:
    """Find what is to be run: follow ``#!`` lines, parse the ELF image, find its linker.

    EACCES, ENOEXEC, ENOENT, ELOOP, ELIBBAD, E2BIG, ETXTBSY, and what looking names up raises.
    """
    arguments = Arguments(filename, list(argv) or [b""], envp)
    arguments.check(task.rlimits["RLIMIT_STACK"][0])
    interpreted = filename
    for _ in range(MAX_REWRITES + 1):
        file = open_exec(task, path)
        try:
            head = _head(file)
            if head[:2] != b"#!":
                return _elf_program(task, path, arguments, file)
            name, argument = parse_script(head)
            if inaccessible:
                raise ENOENT("the script's name would mean nothing to its interpreter")
        except BaseException:
            file.put()
            raise
        file.put()
        argv = [name, *([argument] if argument is not None else []), interpreted]
        arguments = Arguments(filename, [*argv, *arguments.argv[1:]], envp)
        arguments.check(task.rlimits["RLIMIT_STACK"][0])
        interpreted = name
        path = find_interpreter(task, name)
    raise ELOOP("scripts run each other too deep")


def open_exec(task: Task, path: VfsPath) -> File:
    """Open a file to run it. EACCES, ETXTBSY. See do_open_execat."""
    inode = path.inode
    if not inode.is_regular or path.mount.flags & MS_NOEXEC:
        raise EACCES("not a file that may be run")
    inode_permission(task.cred, inode, MAY_EXEC)
    if inode.write_count > 0:
        raise ETXTBSY("somebody has it open for writing")
    inode.refresh()
    file = File(path, O_RDONLY, task.cred)
    try:
        file.f_op.open(inode, file)
    except BaseException:
        file.put()
        raise
    return file


def _head(file: File) -> bytes:
    if file.inode.mapping is None:
        raise ENOEXEC("not a file that can be mapped")
    return read_file(file.inode, 0, BINPRM_BUF_SIZE)


def _elf_program(task: Task, path: VfsPath, arguments: Arguments, file: File) -> Program:
    image = elf_image(file.inode)
    program = Program(path, arguments, file, image)
    if image.interpreter is not None:
        linker = open_exec(task, find_interpreter(task, image.interpreter))
        try:
            program.linker_image = _linker_image(linker)
            check_interpreter(image, program.linker_image)
        except BaseException:
            linker.put()
            raise
        program.linker = linker
    return program


def _linker_image(linker: File) -> ElfImage:
    try:
        head = _head(linker)
        if head[:4] != ELF_MAGIC:
            raise ELIBBAD("the interpreter is no ELF file")
        return elf_image(linker.inode)
    except ENOEXEC as error:
        raise ELIBBAD(str(error)) from error


def find_interpreter(task: Task, name: bytes) -> VfsPath:
    """The place of the program that a program asks for. ENOENT says which one is missing."""
    try:
        return task.fs.lookup(task, name)
    except ENOENT:
        text = name.decode(errors="replace")
        raise ENOENT(f"its interpreter {text} is not in the guest's root") from None
