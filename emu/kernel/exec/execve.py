"""execve: a task becomes another program. See begin_new_exec and load_elf_binary."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from emu.arch.cpu import PAGE_SIZE
from emu.kernel.commit_creds import SUID_DUMP_DISABLE, commit_creds
from emu.kernel.errno import KernelError
from emu.kernel.exec import auxv as at
from emu.kernel.exec.binfmt_elf import LoadedImage, load_interpreter, load_program
from emu.kernel.exec.bprm import Program, open_program
from emu.kernel.exec.creds import creds_after_exec
from emu.kernel.exec.de_thread import de_thread
from emu.kernel.exec.elf import ElfImage
from emu.kernel.exec.stack import RANDOM_BYTES, create_elf_tables, setup_arg_pages
from emu.kernel.exec.vdso import map_vdso
from emu.kernel.exec.vsyscall import VSYSCALL_ADDRESS, vsyscall_page
from emu.kernel.exit import mm_release
from emu.kernel.mm.address_space import AddressSpace
from emu.kernel.mm.layout import page_align
from emu.kernel.mm.mapping import mmap_region
from emu.kernel.mm.special import install_special_mapping
from emu.kernel.mm.vma import VM_EXEC, VM_MAYANY, VM_READ
from emu.kernel.uapi.personality import MMAP_PAGE_ZERO, READ_IMPLIES_EXEC
from emu.kernel.uapi.signal import SIGSEGV
from emu.kernel.vfs.fdtable import unshare_files

if TYPE_CHECKING:
    from emu.arch.cpu import Cpu
    from emu.kernel.cred import Credentials
    from emu.kernel.task import Task
    from emu.kernel.vfs.path import VfsPath

COMM_LENGTH = 15


def do_execve(
    task: Task,
    path: VfsPath,
    filename: bytes,
    argv: Sequence[bytes],
    envp: Sequence[bytes],
    *,
    inaccessible: bool = False,
) -> None:
    """Run the file at `path`, called `filename`, in this task.

    `inaccessible` says that the name means nothing to the new program, so that a script's
    interpreter could not open it.
    Any `KernelError` of execve(2) leaves the task as it was. Once the old program would be gone
    there is no way back: as on Linux a task that already runs something dies of SIGSEGV then,
    while one that is being made raises the error.
    """
    program = open_program(task, path, filename, argv, envp, inaccessible)
    try:
        _replace(task, program)
    finally:
        program.put()


def _replace(task: Task, program: Program) -> None:
    image = program.image
    kernel = task.kernel
    if kernel.ram.free_bytes < kernel.ram.size >> 4:
        kernel.ram.reclaim()
    abi = kernel.abi(image.abi, "big" if image.big_endian else "little")
    cpu = kernel.cpu(image.isa)
    mm = AddressSpace(kernel.ram, abi, task.rlimits)
    cred, secure = creds_after_exec(task, program.path)
    personality = personality_of(task.attributes.personality, image)
    try:
        mm.read_implies_exec = bool(personality & READ_IMPLIES_EXEC)
        auxv = _credentials_auxv(cred, secure)
        entry, sp = _load(task, mm, cpu, program, auxv)
        if personality & MMAP_PAGE_ZERO:
            mmap_region(mm, None, 0, PAGE_SIZE, VM_READ | VM_EXEC | VM_MAYANY, 0)
    except KernelError:
        mm.release()
        if getattr(task, "mm", None) is not None:
            task.die(SIGSEGV)
        raise
    mm.set_exe_file(program.file)
    old = getattr(task, "mm", None)
    if old is not None:
        de_thread(task)
        mm_release(task)
    _begin_new_exec(task, program)
    task.attributes.personality = personality
    commit_creds(task, cred)
    if (cred.euid, cred.egid) != (cred.uid, cred.gid):
        task.attributes.dumpable = SUID_DUMP_DISABLE
    task.mm, task.abi, task.image_abi, task.cpu = mm, abi, abi, cpu
    if old is not None:
        old.release()
    _start_thread(task, cpu, entry, sp)


def _load(
    task: Task, mm: AddressSpace, cpu: Cpu, program: Program, who: list[tuple[int, int]]
) -> tuple[int, int]:
    """Fill a new address space: the first pc and the first stack pointer."""
    image = program.image
    executable = image.executable_stack
    if executable is None:
        executable = mm.read_implies_exec
    setup_arg_pages(mm, program.arguments, executable)
    loaded = load_program(mm, program.file, image)
    entry, base = loaded.entry, 0
    if program.linker is not None and program.linker_image is not None:
        linker = load_interpreter(mm, program.linker, program.linker_image, loaded.bias)
        entry, base = linker.entry, linker.bias
    auxv = _kernel_pages(mm, cpu)
    auxv += _auxv(cpu, image, loaded, base, who)
    random = task.kernel.random.randbytes(RANDOM_BYTES)
    platform = cpu.platform if mm.abi.platform is None else mm.abi.platform.encode()
    sp = create_elf_tables(mm, program.arguments, auxv, platform, random)
    _set_break(mm, image, loaded)
    return entry, sp


def personality_of(old: int, image: ElfImage) -> int:
    """The execution domain of a program: what it inherits, and READ_IMPLIES_EXEC.

    See SET_PERSONALITY and elf_read_implies_exec. That is set only without a PT_GNU_STACK, and
    only for ABIs older than no-execute memory; MIPS programs run as on a CPU without RIXI.
    """
    if image.abi in ("x86-64", "x32", "arm64"):
        old &= ~READ_IMPLIES_EXEC
    ancient = image.abi in ("i386", "x32") or image.abi.startswith(("arm-", "mips-"))
    return old | READ_IMPLIES_EXEC if ancient and image.executable_stack is None else old


def _kernel_pages(mm: AddressSpace, cpu: Cpu) -> list[tuple[int, int]]:
    """Map what the kernel gives every program, and tell where it is."""
    if cpu.vector_page is not None:
        address, contents = cpu.vector_page
        install_special_mapping(mm, address, contents, VM_READ | VM_EXEC, b"[vectors]")
    if mm.abi.name == "x86-64":
        install_special_mapping(mm, VSYSCALL_ADDRESS, vsyscall_page(), VM_EXEC, b"[vsyscall]")
    auxv = map_vdso(mm)
    if minimum := mm.abi.frames.minimum_stack:
        auxv.append((at.AT_MINSIGSTKSZ, minimum))
    return auxv


def _credentials_auxv(cred: Credentials, secure: bool) -> list[tuple[int, int]]:
    """What the auxiliary vector tells of who runs the program."""
    return [
        (at.AT_UID, cred.uid),
        (at.AT_EUID, cred.euid),
        (at.AT_GID, cred.gid),
        (at.AT_EGID, cred.egid),
        (at.AT_SECURE, int(secure)),
    ]


def _auxv(
    cpu: Cpu, image: ElfImage, loaded: LoadedImage, base: int, who: list[tuple[int, int]]
) -> list[tuple[int, int]]:
    """The auxiliary vector without its pointers into the stack, in Linux's order."""
    auxv = [
        (at.AT_HWCAP, cpu.hwcap),
        (at.AT_PAGESZ, PAGE_SIZE),
        (at.AT_CLKTCK, at.CLOCKS_PER_SEC),
        (at.AT_PHDR, loaded.headers),
        (at.AT_PHENT, image.header_size),
        (at.AT_PHNUM, image.header_count),
        (at.AT_BASE, base),
        (at.AT_FLAGS, 0),
        (at.AT_ENTRY, loaded.entry),
        *who,
        (at.AT_RANDOM, 0),
    ]
    if not image.abi.startswith(("mips-", "riscv")):
        auxv.append((at.AT_HWCAP2, cpu.hwcap2))
    return auxv


def _set_break(mm: AddressSpace, image: ElfImage, loaded: LoadedImage) -> None:
    mm.start_code, mm.end_code = loaded.start_code, loaded.end_code
    mm.start_data, mm.end_data = loaded.start_data, loaded.end_data
    end = loaded.end
    if image.is_dynamic and image.interpreter is None:
        end = mm.abi.memory.pie_base  # away from the area of mmap(2)
    mm.start_brk = mm.brk = page_align(end)


def _begin_new_exec(task: Task, program: Program) -> None:
    """What a task loses with its old program."""
    unshare_files(task)
    task.files.close_on_exec()
    task.signals.after_exec()
    task.group.posix_timers.clear()
    task.attributes.after_exec()
    task.comm = program.arguments.filename.rpartition(b"/")[2][:COMM_LENGTH]
    task.exe = program.path


def _start_thread(task: Task, cpu: Cpu, entry: int, sp: int) -> None:
    """Give the task the registers of a fresh program: zero, but for pc and stack pointer."""
    whoever_is_there = cpu.save()
    cpu.reset()
    cpu.registers[task.abi.convention.stack_pointer] = sp
    cpu.pc = entry
    task.saved_registers = cpu.save()
    cpu.restore(whoever_is_there)
    # Registers and address space are put on the CPU when the guest is entered next.
    task.kernel.sched.leave_cpu(task)
    task.work = True
