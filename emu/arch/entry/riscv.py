"""RISC-V's only way in, `ecall`; the two widths differ in nothing here."""

from __future__ import annotations

from emu.arch.entry.step import EntryPath, Step, memory, registers
from emu.record import replace

PRIVILEGED = "RISC-V Privileged Architecture"
ENTRY = "arch/riscv/kernel/entry.S"
TRAPS = "arch/riscv/kernel/traps.c"

RISCV64 = EntryPath(
    "ecall", "riscv64", "ecall", "riscv64", "ecall", "sys_call_table", 64,
    (
        Step(
            "delegation", "cpu", "cause 8 is delegated by medeleg: the trap is taken in S-mode",
            f"{PRIVILEGED}, Machine Trap Delegation (medeleg and mideleg) Registers",
            registers("medeleg"),
        ),
        Step(
            "cause and return", "cpu",
            "sepc := the address of the ecall itself; scause := 8, environment call from U-mode",
            f"{PRIVILEGED}, Environment Call and Breakpoint; Supervisor Cause (scause) Register",
            registers("pc"), registers("sepc", "scause", "stval"),
        ),
        Step(
            "status", "cpu", "sstatus.SPP := 0 (it was user), SPIE := SIE, SIE := 0",
            f"{PRIVILEGED}, Supervisor Status (sstatus) Register", registers("sstatus"),
            registers("sstatus"),
        ),
        Step(
            "vector", "cpu", "pc := stvec's base: one entry for all exceptions, in a register",
            f"{PRIVILEGED}, Supervisor Trap Vector Base Address (stvec) Register",
            registers("stvec"), registers("pc"),
        ),
        Step(
            "current", "kernel", "tp changes places with sscratch, the running task's address",
            f"{ENTRY}, handle_exception", registers("sscratch"), registers("tp", "sscratch"),
        ),
        Step(
            "thread stack", "kernel", "the user's sp is put aside, the thread's loaded",
            f"{ENTRY}, handle_exception", (memory("thread_info.kernel_sp", 1),),
            (*registers("sp"), memory("thread_info.user_sp", 1)),
            follows="thread_info.kernel_sp -> the thread's stack",
        ),
        Step(
            "save registers", "kernel",
            "29 registers, then sp, tp, sstatus, sepc, stval and scause",
            f"{ENTRY}, handle_exception",
            (*registers("all general registers and CSRs"), memory("thread_info.user_sp", 1)),
            (memory("pt_regs", 35),),
        ),
        Step(
            "cause's table", "kernel", "excp_vect_table[scause]",
            f"{ENTRY}, handle_exception and excp_vect_table", (memory("excp_vect_table[8]", 1),),
            follows="excp_vect_table[8] -> do_trap_ecall_u",
        ),
        Step(
            "return address", "kernel",
            "sepc += 4; a0 is kept as orig_a0, -ENOSYS put in its place",
            f"{TRAPS}, do_trap_ecall_u", (memory("pt_regs.epc, a0 and a7", 3),),
            (memory("pt_regs.epc, orig_a0 and a0", 3),),
        ),
        Step(
            "table", "kernel", "the number is a7; the stub takes a0 to a6 from pt_regs",
            "arch/riscv/include/asm/syscall.h, syscall_handler",
            (memory("sys_call_table[number]", 1),),
            follows="sys_call_table[number] -> the handler",
        ),
    ),
    (
        Step(
            "result", "kernel", "a0 of pt_regs, an error as its negative",
            "arch/riscv/include/asm/syscall.h, syscall_handler",
            writes=(memory("pt_regs.a0", 1),),
        ),
        Step(
            "restore registers", "kernel",
            "sscratch and thread_info get back the task and its stack; sstatus, sepc, 31 registers",
            f"{ENTRY}, ret_from_exception", (memory("pt_regs", 33),),
            (*registers("all general registers, sstatus, sepc"), memory(
            "thread_info.kernel_sp", 1)),
        ),
        Step(
            "sret", "cpu", "pc := sepc, the mode := SPP, SIE := SPIE",
            f"{PRIVILEGED}, Trap Return (SRET and MRET)", registers("sepc", "sstatus"),
            registers("pc", "sstatus"),
        ),
    ),
    note="the vector registers are lost, all others kept",
)  # fmt: skip
PATHS = (
    RISCV64,
    replace(RISCV64, isa="riscv32", abi="riscv32", argument_bits=32),
)
