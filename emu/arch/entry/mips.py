"""MIPS's `syscall`, of o32 on a 32-bit kernel, n64 and n32 on a 64-bit one."""

from __future__ import annotations

from emu.arch.entry.step import EntryPath, Step, memory, registers

MANUAL = "MIPS Architecture For Programmers vol. III"
GENEX = "arch/mips/kernel/genex.S"
FRAME = "arch/mips/include/asm/stackframe.h"

# What SAVE_SOME leaves out and C code may change.
TEMPORARIES = ("at", "t0", "t1", "t2", "t3", "t4", "t5", "t6", "t7", "t8", "k0", "k1")
TEMPORARIES_64 = ("at", "a6", "a7", "t0", "t1", "t2", "t3", "t8", "k0", "k1")
SLOT = (
    "a syscall in a branch's delay slot has EPC at the branch and Cause.BD set. The kernel adds 4 "
    "all the same: the trap comes a second time, its number the result, and the branch is lost"
)


def hardware() -> tuple[Step, ...]:
    """What the processor does."""
    return (
        Step(
            "return address", "cpu",
            "EPC := the syscall itself; in a delay slot the branch before it, and Cause.BD := 1",
            f"{MANUAL}, General Exception Processing", registers("PC"),
            registers("EPC", "Cause.BD"),
        ),
        Step(
            "cause", "cpu", "Cause.ExcCode := 8, Sys",
            f"{MANUAL}, System Call Exception; Cause Register", writes=registers("Cause"),
        ),
        Step(
            "level", "cpu", "Status.EXL := 1: kernel mode, interrupts off",
            f"{MANUAL}, General Exception Processing; Status Register", writes=registers("Status"),
        ),
        Step(
            "vector", "cpu", "PC := EBase + 0x180, the general exception vector: code",
            f"{MANUAL}, Exception Vector Locations", registers("EBase", "Status.BEV"),
            registers("PC"),
        ),
    )  # fmt: skip


def stub(saved: int, handler: str) -> tuple[Step, ...]:
    """From the vector to the saved registers."""
    return (
        Step(
            "cause's table", "kernel", "exception_handlers[Cause.ExcCode]",
            f"{GENEX}, except_vec3_generic",
            (*registers("Cause"), memory("exception_handlers[8]", 1)), registers("k0", "k1"),
            follows=f"exception_handlers[8] -> {handler}",
        ),
        Step(
            "thread stack", "kernel", "sp := kernelsp of this CPU",
            f"{FRAME}, get_saved_sp", (memory("kernelsp[cpu]", 1),), registers("sp", "k0"),
            follows="kernelsp[cpu] -> the thread's stack",
        ),
        Step(
            "save registers", "kernel",
            "v0, v1, the arguments, t9, gp, sp, ra, Status, Cause and EPC: not the temporaries, "
            "which "
            "a call may change, nor s0 to s7, which C code keeps",
            f"{FRAME}, SAVE_SOME", registers("some general registers, Status, Cause, EPC"),
            (memory("pt_regs", saved),),
        ),
        Step(
            "return address", "kernel", "EPC += 4, without a look at Cause.BD",
            f"arch/mips/kernel/scall*.S, {handler}", (memory("pt_regs.cp0_epc", 1),),
            (memory("pt_regs.cp0_epc", 1), memory("a3, for a restart", 1)),
        ),
    )  # fmt: skip


STACK_ARGUMENTS = Step(
    "stack arguments", "kernel",
    "the fifth to eighth argument are read from the user's stack, whether the call has them or not",
    "arch/mips/kernel/scall32-o32.S, handle_sys", (memory("16 to 28(sp), the user's", 4),),
    (memory("the kernel's stack", 4),),
)  # fmt: skip


def table(name: str, base: int, file: str) -> Step:
    """The table, whose first number is not 0."""
    return Step(
        "table", "kernel", f"the number is v0 - {base}; the arguments are still in registers",
        f"arch/mips/kernel/{file}", (*registers("v0"), memory(f"{name}[number]", 1)),
        (memory("thread_info.syscall", 1),), follows=f"{name}[number] -> the handler",
    )  # fmt: skip


def returns(file: str, restored: int) -> tuple[Step, ...]:
    """The way back."""
    return (
        Step(
            "result", "kernel",
            "from -1133 up it is an error: v0 := its positive number and a3 := 1; else a3 := 0",
            f"arch/mips/kernel/{file}", writes=(memory("pt_regs v0 and a3", 2),),
        ),
        Step(
            "restore registers", "kernel", "those that were saved",
            f"{FRAME}, RESTORE_SOME and RESTORE_SP_AND_RET", (memory("pt_regs", restored),),
            registers("some general registers, Status, EPC"),
        ),
        Step(
            "eret", "cpu", "PC := EPC, Status.EXL := 0", f"{MANUAL}, ERET",
            registers("EPC", "Status"), registers("PC", "Status"),
        ),
    )  # fmt: skip


def path(isa: str, abi: str) -> EntryPath:
    """One of the three ABIs on one byte order."""
    if abi == "mips-o32":
        steps = (
            *hardware(),
            *stub(14, "handle_sys"),
            STACK_ARGUMENTS,
            table("sys_call_table", 4000, "scall32-o32.S, syscall_common"),
        )
        return EntryPath(
            "syscall, o32", isa, "syscall", abi, "syscall", "sys_call_table", 32, steps,
            returns("scall32-o32.S, syscall_common", 12), ("v1", "a3", *TEMPORARIES), SLOT,
        )  # fmt: skip
    number, name, file, entry = {
        "mips-n64": (5000, "sys_call_table", "scall64-n64.S, syscall_common", "handle_sys64"),
        "mips-n32": (6000, "sysn32_call_table", "scall64-n32.S, syscall_common", "handle_sysn32"),
    }[abi]
    steps = (*hardware(), *stub(16, entry), table(name, number, file))
    return EntryPath(
        f"syscall, {abi.removeprefix('mips-')}", isa, "syscall", abi, "syscall", name, 64, steps,
        returns(file, 14), ("v1", "a3", *TEMPORARIES_64), SLOT,
    )  # fmt: skip


PATHS = (
    *(path(isa, "mips-o32") for isa in ("mips", "mipsel")),
    *(path(isa, abi) for abi in ("mips-n32", "mips-n64") for isa in ("mips64", "mips64el")),
)
