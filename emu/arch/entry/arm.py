"""`svc` on ARM (the new and the old ABI) and on arm64."""

from __future__ import annotations

from emu.arch.entry.step import EntryPath, Step, memory, registers
from emu.record import replace

SVC = "ARM ARM (DDI 0406C), Supervisor Call (SVC) exception"
VECTORS = "ARM ARM (DDI 0406C), Exception vectors and the exception base address"
BANKED = "ARM ARM (DDI 0406C), ARM processor modes and ARM core registers"
COMMON = "arch/arm/kernel/entry-common.S"
HEADER = "arch/arm/kernel/entry-header.S"

ARM_HARDWARE = (
    Step(
        "return state", "cpu", "LR_svc := the next instruction; SPSR_svc := CPSR",
        SVC, registers("PC", "CPSR"), registers("LR_svc", "SPSR_svc"),
    ),
    Step(
        "mode switch", "cpu",
        "CPSR.M := Supervisor, I := 1, T := SCTLR.TE: sp and lr are now the banked ones, and "
        "sp_svc "
        "is the thread's stack already",
        f"{SVC}; {BANKED}", registers("SCTLR"), registers("CPSR"),
    ),
    Step(
        "vector", "cpu",
        "PC := the vectors' base + 8: 0xffff0008 with SCTLR.V. The immediate of the "
        "instruction is kept nowhere",
        VECTORS, registers("SCTLR.V or VBAR"), registers("PC"),
    ),
)  # fmt: skip
ARM_STUB = (
    Step(
        "vector's load", "kernel", "the vector is `ldr pc`, of a word one page further",
        "arch/arm/kernel/entry-armv.S, .L__vectors_start", (memory("[vectors + 0x1000]", 1),),
        registers("PC"), follows="[vectors + 0x1000] -> vector_swi",
    ),
    Step(
        "save registers", "kernel", "r0 to r12, the user's sp and lr, pc, CPSR, and r0 again",
        f"{COMMON}, vector_swi", registers("r0-r12, sp_usr, lr_usr, LR_svc, SPSR_svc"),
        (memory("pt_regs", 18),),
    ),
)  # fmt: skip
ARM_ARGUMENTS = Step(
    "arguments", "kernel",
    "r0 to r3 are where the C function wants them; r4 and r5 are pushed as its fifth and sixth",
    f"{COMMON}, vector_swi and local_restart", registers("r0-r5"), (memory("r4, r5", 2),),
)  # fmt: skip


def arm_table(name: str) -> Step:
    """The table of either ABI."""
    return Step(
        "table", "kernel", f"ldr pc, [{name}, number * 4]; beyond it arm_syscall()",
        f"{HEADER}, invoke_syscall", (memory(f"{name}[number]", 1),), registers("PC"),
        follows=f"{name}[number] -> the handler",
    )  # fmt: skip


ARM_OUT = (
    Step(
        "result", "kernel", "r0 stays in the register; signals and tracing would store it",
        f"{COMMON}, ret_fast_syscall", (memory("thread_info.flags", 1),), registers("r0"),
    ),
    Step(
        "restore registers", "kernel", "CPSR, pc, r1 to r12, the user's sp and lr",
        f"{HEADER}, restore_user_regs", (memory("pt_regs", 16),),
        registers("SPSR_svc", "LR_svc", "r1-r12, sp_usr, lr_usr"),
    ),
    Step(
        "movs pc, lr", "cpu", "PC := LR_svc and CPSR := SPSR_svc at once",
        "ARM ARM (DDI 0406C), SUBS PC, LR and related instructions",
        registers("LR_svc", "SPSR_svc"), registers("PC", "CPSR"),
    ),
)  # fmt: skip
EABI = EntryPath(
    "svc, EABI", "arm", "svc", "arm-eabi", "svc #0", "sys_call_table", 32,
    (
        *ARM_HARDWARE,
        *ARM_STUB,
        Step(
            "number", "kernel", "r7; the instruction is not looked at",
            f"{COMMON}, vector_swi", registers("r7"), (memory("thread_info.abi_syscall", 1),),
        ),
        ARM_ARGUMENTS,
        arm_table("sys_call_table"),
    ),
    ARM_OUT,
)  # fmt: skip
OABI = replace(
    EABI, title="swi, the old ABI", abi="arm-oabi", instruction="swi #0x900000 + number",
    table="sys_oabi_call_table",
    steps=(
        *ARM_HARDWARE,
        *ARM_STUB,
        Step(
            "number", "kernel",
            "the instruction is read from the program: its 24 bits, exclusive-or 0x900000; if they "
            "are 0 the call is EABI's, by r7",
            f"{COMMON}, vector_swi (CONFIG_OABI_COMPAT)", (memory("[lr - 4], the program's", 1),),
            (memory("thread_info.abi_syscall", 1),),
        ),
        ARM_ARGUMENTS,
        arm_table("sys_oabi_call_table"),
    ),
)  # fmt: skip

EXCEPTION = "Arm ARM (DDI 0487), Exception entry"
ENTRY = "arch/arm64/kernel/entry.S"
SYSCALL = "arch/arm64/kernel/syscall.c"

ARM64 = EntryPath(
    "svc, AArch64", "arm64", "svc", "arm64", "svc #0", "sys_call_table", 64,
    (
        Step(
            "return state", "cpu", "ELR_EL1 := the next instruction; SPSR_EL1 := PSTATE",
            EXCEPTION, registers("PC", "PSTATE"), registers("ELR_EL1", "SPSR_EL1"),
        ),
        Step(
            "syndrome", "cpu",
            "ESR_EL1.EC := 0x15, SVC of AArch64; ISS := the instruction's 16 bits",
            "Arm ARM (DDI 0487), ESR_EL1", writes=registers("ESR_EL1"),
        ),
        Step(
            "level", "cpu",
            "PSTATE.EL := 1, SP is SP_EL1, the thread's stack; D, A, I and F are masked",
            EXCEPTION, writes=registers("PSTATE"),
        ),
        Step(
            "vector", "cpu",
            "PC := VBAR_EL1 + 0x400, synchronous from a lower level in AArch64: code, "
            "not a pointer",
            "Arm ARM (DDI 0487), VBAR_EL1; Exception vectors", registers("VBAR_EL1"),
            registers("PC"),
        ),
        Step(
            "save registers", "kernel",
            "x0 to x30, sp, pc, PSTATE, the frame record, no number yet",
            f"{ENTRY}, kernel_ventry and kernel_entry",
            registers("x0-x30, SP_EL0, ELR_EL1, SPSR_EL1"), (memory("pt_regs", 37),),
        ),
        Step(
            "current", "kernel", "the per-CPU pointer to the running task goes to SP_EL0",
            f"{ENTRY}, kernel_entry", (memory("__entry_task", 1),), registers("SP_EL0"),
        ),
        Step(
            "class", "kernel", "el0t_64_sync_handler() reads ESR_EL1 and branches by its class",
            "arch/arm64/kernel/entry-common.c, el0t_64_sync_handler and el0_svc",
            registers("ESR_EL1"),
        ),
        Step(
            "number", "kernel", "w8; x0 is kept as orig_x0 for a restart",
            f"{SYSCALL}, do_el0_svc and el0_svc_common", (memory("pt_regs.regs[8] and [0]", 2),),
            (memory("pt_regs.orig_x0 and syscallno", 2),),
        ),
        Step(
            "table", "kernel", "the handler's stub takes x0 to x5 from pt_regs",
            f"{SYSCALL}, invoke_syscall", (memory("sys_call_table[number]", 1),),
            follows="sys_call_table[number] -> the handler",
        ),
    ),
    (
        Step(
            "result", "kernel", "x0 of pt_regs, an error as its negative",
            f"{SYSCALL}, invoke_syscall", writes=(memory("pt_regs.regs[0]", 1),),
        ),
        Step(
            "restore registers", "kernel", "pc and PSTATE, sp, x0 to x30",
            f"{ENTRY}, ret_to_user and kernel_exit", (memory("pt_regs", 34),),
            registers("ELR_EL1", "SPSR_EL1", "SP_EL0", "x0-x30"),
        ),
        Step(
            "eret", "cpu", "PC := ELR_EL1, PSTATE := SPSR_EL1",
            "Arm ARM (DDI 0487), ERET", registers("ELR_EL1", "SPSR_EL1"),
            registers("PC", "PSTATE"),
        ),
    ),
    note="the upper half of the vectors, SVE's, is lost; V0 to V31 are kept",
)  # fmt: skip
PATHS = (EABI, OABI, ARM64)
