"""From a file to a task that is ready to run."""

import contextlib

import pytest

from emu.arch.cpu import ACCESS_EXEC, ACCESS_WRITE
from emu.kernel.cred import Credentials
from emu.kernel.errno import (
    E2BIG,
    EACCES,
    EINVAL,
    ELIBBAD,
    ELOOP,
    ENOENT,
    ENOEXEC,
    ETXTBSY,
    KernelError,
)
from emu.kernel.exec.execve import do_execve
from emu.kernel.uapi.capability import CAP_SYS_ADMIN
from emu.kernel.uapi.mman import PROT_READ
from emu.kernel.uapi.mount import MS_NOEXEC, MS_NOSUID
from emu.kernel.uapi.personality import MMAP_PAGE_ZERO, READ_IMPLIES_EXEC
from tests.unit.mm.elves import (
    ET_DYN,
    PT_GNU_STACK,
    PT_INTERP,
    PT_LOAD,
    R,
    W,
    X,
    elf,
    segment,
    simple_program,
)
from tests.unit.mm.fakes import ANON, PAGE, FakeTask

AT_PHDR, AT_PHENT, AT_PHNUM, AT_BASE, AT_ENTRY = 3, 4, 5, 7, 9
AT_UID, AT_EUID, AT_SECURE = 11, 12, 23
AT_PLATFORM, AT_HWCAP, AT_RANDOM, AT_EXECFN, AT_SYSINFO, AT_SYSINFO_EHDR = 15, 16, 25, 31, 32, 33

ALL = ["x86-64", "i386", "arm64", "mips-o32", "riscv64", "arm-eabi"]


def run(task, name=b"/prog", argv=(b"prog", b"arg"), envp=(b"A=B",)):
    do_execve(task, task.paths[name], name, list(argv), list(envp))
    return task.mm


def registers(task):
    """The first stack pointer and pc."""
    values, pc = task.saved_registers
    return values[task.abi.convention.stack_pointer], pc


def read_stack(task):
    """argv, envp and the auxiliary vector, read as a C library does."""
    mm = task.mm
    at, _ = registers(task)
    argc = mm.read_word(at)
    vectors = []
    for _ in range(2):
        strings = []
        at += mm.word_bytes
        while pointer := mm.read_word(at):
            strings.append(mm.read_string(pointer, 1 << 20))
            at += mm.word_bytes
        vectors.append(strings)
    auxv = {}
    at += mm.word_bytes
    while key := mm.read_word(at):
        auxv[key] = mm.read_word(at + mm.word_bytes)
        at += 2 * mm.word_bytes
    assert argc == len(vectors[0])
    return *vectors, auxv


def areas(mm):
    return [(vma.start, vma.end, vma.permissions) for vma in mm.vmas]


@pytest.mark.parametrize("abi", ALL)
def test_a_program_starts_at_its_entry_with_its_arguments(abi):
    task = FakeTask({b"/prog": simple_program(abi)})
    mm = run(task)
    sp, pc = registers(task)
    assert task.abi.name == task.image_abi.name == abi
    assert pc == 0x400100
    assert sp % 16 == 0
    argv, envp, auxv = read_stack(task)
    assert (argv, envp) == ([b"prog", b"arg"], [b"A=B"])
    assert mm.read_string(auxv[AT_EXECFN], 100) == b"/prog"
    assert mm.read_string(auxv[AT_PLATFORM], 100) == b"fake"
    assert auxv[AT_ENTRY] == pc
    assert auxv[AT_HWCAP] == 0x1234
    assert mm.read(auxv[AT_PHDR], 4)[:1] in (b"\1", b"\0")
    assert len(mm.read(auxv[AT_RANDOM], 16)) == 16
    assert mm.fault(pc >> 12, ACCESS_EXEC)
    assert mm.fault(sp >> 12, ACCESS_EXEC) == 0
    assert sum(task.saved_registers[0]) == sp  # all other registers are zero
    assert mm.saved_auxv[-2 * mm.word_bytes :] == bytes(2 * mm.word_bytes)


def test_strings_lie_at_the_top_of_the_stack_in_order():
    task = FakeTask({b"/prog": simple_program()})
    mm = run(task)
    strings = b"prog\0arg\0A=B\0/prog\0"
    top = mm.abi.memory.stack_top
    assert mm.read(top - 8 - len(strings), len(strings) + 8) == strings + bytes(8)
    assert (mm.arg_end - mm.arg_start, mm.env_end - mm.env_start) == (9, 4)


def test_a_task_becomes_its_program():
    task = FakeTask({b"/usr/bin/a-program-with-long-name": simple_program()})
    run(task, b"/usr/bin/a-program-with-long-name")
    assert task.comm == b"a-program-with-"
    assert task.exe is task.paths[b"/usr/bin/a-program-with-long-name"]
    assert task.events == ["close on exec", "reset signals"]
    assert task.work


def test_bss_is_zero_from_the_middle_of_the_last_file_page():
    data = b"D" * 0xC00
    task = FakeTask(
        {b"/prog": elf([segment(PT_LOAD, 0x400000, 0x600, 0x3000, flags=R | W)], data=data)}
    )
    mm = run(task)
    assert mm.read(0x4005FF, 3) == b"D\0\0"
    assert mm.read(0x401000, 0x2000) == bytes(0x2000)
    assert areas(mm)[:2] == [(0x400000, 0x401000, "rw-p"), (0x401000, 0x403000, "rw-p")]
    assert mm.brk == mm.start_brk == 0x403000
    assert bytes(task.paths[b"/prog"].inode.mapping.page(0)[0x600:0x601]) == b"D"


def test_a_position_independent_program_goes_to_its_base_and_its_linker_to_the_mmap_area():
    program = elf(
        [
            segment(PT_INTERP, 0x400, 4, offset=0x400),
            segment(PT_LOAD, 0, 0x500),
            segment(PT_LOAD, 0x3010, 0x10, flags=R | W, offset=0x10),
        ],
        kind=ET_DYN, entry=0x100, data=b"/ld\0",
    )  # fmt: skip
    linker = elf([segment(PT_LOAD, 0, 0x400, 0x1800)], kind=ET_DYN, entry=0x20)
    task = FakeTask({b"/prog": program, b"/ld": linker})
    mm = run(task)
    base = mm.abi.memory.pie_base
    linker_base = mm.mmap_base - 2 * PAGE
    *_, auxv = read_stack(task)
    assert registers(task)[1] == linker_base + 0x20
    assert (auxv[AT_ENTRY], auxv[AT_BASE], auxv[AT_PHDR]) == (base + 0x100, linker_base, base + 64)
    assert (base + 0x3000, base + 0x4000, "rw-p") in areas(mm)
    assert mm.vmas.at(base + 0x1000) is None
    assert mm.brk == base + 0x4000


def test_a_static_position_independent_program_has_its_break_elsewhere():
    program = elf([segment(PT_LOAD, 0, 0x400)], kind=ET_DYN, entry=0x10)
    task = FakeTask({b"/prog": program})
    mm = run(task)
    assert registers(task)[1] == mm.mmap_base - PAGE + 0x10
    assert mm.brk == mm.abi.memory.pie_base


def test_large_alignment_is_honoured():
    program = elf([segment(PT_LOAD, 0, 0x400, align=0x200000)], kind=ET_DYN, entry=0)
    task = FakeTask({b"/prog": program})
    run(task)
    assert registers(task)[1] % 0x200000 == 0


@pytest.mark.parametrize(
    ("abi", "stack_flags", "everything", "stack"),
    [
        ("x86-64", None, False, False),
        ("x86-64", R | W | X, False, True),
        ("i386", None, True, True),
        ("i386", R | W, False, False),
        ("arm-eabi", None, True, True),
        ("arm-eabi", R | W | X, False, True),
        ("arm64", None, False, False),
        ("mips-o32", None, True, True),
        ("riscv64", None, False, False),
    ],
)
def test_who_may_run_data(abi, stack_flags, everything, stack):
    segments = [segment(PT_LOAD, 0x400000, 0x400, 0x2000, flags=R | W)]
    if stack_flags is not None:
        segments.append(segment(PT_GNU_STACK, 0, 0, flags=stack_flags))
    task = FakeTask({b"/prog": elf(segments, abi=abi, entry=0x400100)})
    mm = run(task)
    sp, _ = registers(task)
    assert bool(mm.fault(0x400, ACCESS_EXEC)) is everything
    assert bool(mm.fault(sp >> 12, ACCESS_EXEC)) is stack


def test_i386_programs_get_a_vdso():
    task = FakeTask({b"/prog": simple_program("i386")})
    mm = run(task)
    *_, auxv = read_stack(task)
    assert mm.read(auxv[AT_SYSINFO_EHDR], 4) == b"\x7fELF"
    assert mm.read(auxv[AT_SYSINFO], 3) == b"\x51\x52\x55"  # push ecx; push edx; push ebp
    assert mm.read(mm.vdso_landing - 2, 2) == b"\xcd\x80"
    assert mm.vmas.at(mm.vdso_base).name == b"[vdso]"
    assert mm.fork().vdso_landing == mm.vdso_landing


def test_arm_programs_see_the_vector_page():
    task = FakeTask({b"/prog": simple_program("arm-eabi")})
    task.kernel.cpu("arm").vector_page = (0xFFFF0000, b"kuser" + bytes(PAGE - 5))
    mm = run(task)
    assert mm.read(0xFFFF0000, 5) == b"kuser"
    assert mm.fault(0xFFFF0, ACCESS_WRITE) == 0


def test_the_old_memory_is_given_back_and_text_is_kept_for_the_next_time():
    task = FakeTask({b"/prog": simple_program()})
    first = run(task)
    first.fault(0x400, ACCESS_EXEC)
    frame = first.pages[0x400] & ~0xFFF
    free = task.kernel.ram.free_bytes
    second = run(task)
    second.fault(0x400, ACCESS_EXEC)
    assert second.pages[0x400] & ~0xFFF == frame
    assert task.kernel.ram.free_bytes == free
    assert not first.pages
    assert task.paths[b"/prog"].inode.reads == [0]
    assert task.paths[b"/prog"].inode.write_count == -1


def test_a_changed_file_is_parsed_again():
    task = FakeTask({b"/prog": simple_program()})
    run(task)
    inode = task.paths[b"/prog"].inode
    page = inode.mapping.page_for_write(0)
    page[24:32] = (0x400200).to_bytes(8, "little")
    inode.mtime_ns += 1
    run(task)
    assert registers(task)[1] == 0x400200


def test_scripts_run_their_interpreter():
    task = FakeTask({b"/script": b"#! /prog  some arg \nrest", b"/prog": simple_program()})
    run(task, b"/script", [b"zero", b"one"])
    argv, _, auxv = read_stack(task)
    assert argv == [b"/prog", b"some arg", b"/script", b"one"]
    assert task.mm.read_string(auxv[AT_EXECFN], 100) == b"/script"
    assert task.comm == b"script"
    assert task.exe is task.paths[b"/prog"]


def test_scripts_of_scripts_end_somewhere():
    files = {b"/s%d" % i: b"#!/s%d\n" % (i + 1) for i in range(5)}
    task = FakeTask({**files, b"/s5": simple_program()})
    run(task, b"/s0", [b"x"])
    assert read_stack(task)[0] == [b"/s5", b"/s4", b"/s3", b"/s2", b"/s1", b"/s0"]
    task = FakeTask({b"/loop": b"#!/loop\n"})
    with pytest.raises(ELOOP):
        run(task, b"/loop")


@pytest.mark.parametrize(
    ("error", "script"),
    [
        (ENOENT, b"#!/missing\n"),
        (ENOEXEC, b"#!\n"),
        (ENOEXEC, b"#!   \t \n"),
        (ENOEXEC, b"#!" + b"/x" * 200),
        (ENOEXEC, b"# !/prog\n"),
        (ENOEXEC, b""),
    ],
)
def test_bad_scripts(error, script):
    task = FakeTask({b"/script": script})
    with pytest.raises(error):
        run(task, b"/script")


def test_an_argument_after_a_long_line_is_cut_but_not_a_name():
    task = FakeTask({b"/script": b"#!/prog " + b"a" * 400, b"/prog": simple_program()})
    run(task, b"/script")
    assert read_stack(task)[0][1] == b"a" * (255 - len(b"#!/prog "))


def test_no_arguments_become_one_empty_one():
    task = FakeTask({b"/prog": simple_program()})
    run(task, argv=[])
    assert read_stack(task)[0] == [b""]


def test_too_many_arguments():
    task = FakeTask({b"/prog": simple_program()})
    with pytest.raises(E2BIG):
        run(task, argv=[b"x" * 131072])
    with pytest.raises(E2BIG):
        run(task, argv=[b"x" * 100000] * 30)
    run(task, argv=[b"x" * 100000] * 15)
    assert len(read_stack(task)[0]) == 15


@pytest.mark.parametrize(
    ("error", "change"),
    [
        (EACCES, {"is_regular": False}),
        (EACCES, {"mode": 0o100644}),
        (ETXTBSY, {"write_count": 1}),
        (ENOEXEC, {"mapping": None}),
    ],
)
def test_files_that_may_not_be_run(error, change):
    task = FakeTask({b"/prog": simple_program()})
    vars(task.paths[b"/prog"].inode).update(change)
    with pytest.raises(error):
        run(task)


def test_nothing_is_run_from_noexec_mounts():
    task = FakeTask({b"/prog": simple_program()})
    task.paths[b"/prog"].mount.flags = MS_NOEXEC
    with pytest.raises(EACCES):
        run(task)


TEXT = segment(PT_LOAD, 0x400000, 0x400)


@pytest.mark.parametrize(
    ("error", "contents"),
    [
        (ENOEXEC, b"\x7fELF"),
        (ENOEXEC, elf([TEXT], machine=9999)),
        (ENOEXEC, elf([TEXT], kind=1)),
        (ENOEXEC, elf([TEXT], phentsize=55)),
        (ENOEXEC, elf([TEXT], phnum=0)),
        (ENOEXEC, elf([TEXT], phnum=65535)),
        (ENOEXEC, elf([TEXT], phoff=1 << 62)),
        (ENOEXEC, elf([segment(PT_INTERP, 0, 1)])),
        (ENOEXEC, elf([segment(PT_INTERP, 0, 5000)])),
        (ENOEXEC, elf([segment(PT_INTERP, 0, 3, offset=0)])),
        (ENOENT, elf([TEXT, segment(PT_INTERP, 0, 4, offset=0x400)], data=b"/ld\0")),
        (EINVAL, elf([segment(PT_LOAD, 1 << 60, 0x400)])),
        (EINVAL, elf([segment(PT_LOAD, 0x400000, 0x400, 1 << 60)])),
        (EINVAL, elf([segment(PT_LOAD, 0x400000, 0x400, 0x100)])),
        (EINVAL, elf([segment(PT_LOAD, 0x400000, 0x400, offset=1)])),
        (EINVAL, elf([TEXT], entry=1 << 63)),
        (EINVAL, elf([segment(PT_GNU_STACK, 0, 0)], kind=ET_DYN)),
    ],
)
def test_malformed_programs(error, contents):
    task = FakeTask({b"/prog": contents})
    with pytest.raises(error):
        run(task)
    assert not hasattr(task, "mm")
    assert task.kernel.ram.free_bytes >= task.kernel.ram.size - 6 * PAGE


def test_a_linker_for_another_machine_or_no_linker_at_all():
    program = elf([TEXT, segment(PT_INTERP, 0, 4, offset=0x400)], data=b"/ld\0")
    for linker in (simple_program("arm64"), b"not an elf", b"\x7fELF"):
        with pytest.raises(ELIBBAD):
            run(FakeTask({b"/prog": program, b"/ld": linker}))


def test_a_running_task_dies_of_what_is_found_too_late():
    late = elf([segment(PT_LOAD, 0x400000, 0x400, 0x100)])
    task = FakeTask({b"/prog": simple_program(), b"/late": late, b"/early": b"nothing"})
    mm = run(task)
    with pytest.raises(ENOEXEC):
        run(task, b"/early")
    assert task.mm is mm
    assert task.events == ["close on exec", "reset signals"]
    with pytest.raises(EINVAL):
        run(task, b"/late")
    assert task.events[-1] == "died of 11"


def test_no_file_whatever_breaks_the_kernel():
    """Every byte of the headers, changed in turn to what hurts most."""
    program = bytearray(simple_program())
    for position in range(64 + 56):
        for value in (0, 1, 0x7F, 0x80, 0xFF):
            contents = bytes(program[:position]) + bytes([value]) + bytes(program[position + 1 :])
            with contextlib.suppress(KernelError):
                run(FakeTask({b"/prog": contents}))


def test_set_user_id_programs_run_as_their_owner():
    task = FakeTask({b"/prog": simple_program()})
    task.cred = Credentials.for_user(1000, 1000)
    inode = task.paths[b"/prog"].inode
    inode.mode, inode.uid, inode.gid = 0o106755, 0, 7
    run(task)
    cred = task.cred
    assert (cred.uid, cred.euid, cred.suid, cred.fsuid) == (1000, 0, 0, 0)
    assert (cred.gid, cred.egid, cred.sgid, cred.fsgid) == (1000, 7, 7, 7)
    assert cred.capable(CAP_SYS_ADMIN)
    *_, auxv = read_stack(task)
    assert (auxv[AT_UID], auxv[AT_EUID], auxv[AT_SECURE]) == (1000, 0, 1)


@pytest.mark.parametrize("why", ["the mount is nosuid", "no_new_privs"])
def test_set_user_id_is_ignored_where_it_is_not_wanted(why):
    task = FakeTask({b"/prog": simple_program()})
    task.cred = Credentials.for_user(1000, 1000)
    task.paths[b"/prog"].inode.mode = 0o104755
    if why == "no_new_privs":
        task.attributes.no_new_privs = True
    else:
        task.paths[b"/prog"].mount.flags = MS_NOSUID
    run(task)
    assert task.cred.euid == 1000
    assert not task.cred.capable(CAP_SYS_ADMIN)


def test_a_program_may_ask_for_memory_at_zero_and_for_running_data():
    task = FakeTask({b"/prog": simple_program("riscv64")})
    task.attributes.personality = MMAP_PAGE_ZERO | READ_IMPLIES_EXEC
    mm = run(task)
    assert mm.read(0, 4) == bytes(4)
    area = mm.mmap(0, PAGE, PROT_READ, ANON)
    assert mm.vmas.at(area).permissions == "r-xp"


def test_old_x86_64_programs_find_their_vsyscall_page():
    task = FakeTask({b"/prog": simple_program()})
    mm = run(task)
    pte = mm.fault(0xFFFFFFFFFF600, ACCESS_EXEC)
    frame = pte & ~0xFFF
    assert mm.ram.view[frame + 0x400 + 7 : frame + 0x400 + 10] == b"\x0f\x05\xc3"


def test_the_areas_that_have_names():
    task = FakeTask({b"/prog": simple_program()})
    mm = run(task)
    mm.set_brk(mm.brk + PAGE)
    names = [mm.area_name(vma) for vma in mm.vmas]
    assert names == [b"", b"[heap]", b"[stack]", b"[vsyscall]"]
