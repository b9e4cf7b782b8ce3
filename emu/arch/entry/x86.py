"""x86's ways in: `int 0x80`, `syscall` and `sysenter`, on a 64-bit kernel without PTI.

With page table isolation CR3 is written twice more, and the stack frame is copied once more. Where
the CPU has FRED none of this holds. Before Linux 6.9 the kernel read a table for the handler's
address, one more level of indirection: now `x64_sys_call` and its kin are compiled branches.
"""

from __future__ import annotations

from emu.arch.entry.step import EntryPath, Step, memory, registers
from emu.record import replace

INT = "Intel SDM vol. 2A, INT n/INTO/INT3/INT1"
HANDLER = "Intel SDM vol. 3A, Exception- or Interrupt-Handler Procedures"
IDT64 = "Intel SDM vol. 3A, 64-Bit Mode IDT"
STACK64 = "Intel SDM vol. 3A, 64-Bit Mode Stack Frame"
PROTECTION = "Intel SDM vol. 3A, Protection of Exception- and Interrupt-Handler Procedures"
IRET = "Intel SDM vol. 2A, IRET/IRETD/IRETQ"
SYSCALL = "Intel SDM vol. 2B, SYSCALL"
SYSRET = "Intel SDM vol. 2B, SYSRET"
SYSENTER = "Intel SDM vol. 2B, SYSENTER"
ENTRY_64 = "arch/x86/entry/entry_64.S"
COMPAT = "arch/x86/entry/entry_64_compat.S"
COMMON = "arch/x86/entry/common.c"
WRAPPER = "arch/x86/include/asm/syscall_wrapper.h"

SAVED = 15
"""The general registers of pt_regs but rsp: PUSH_AND_CLEAR_REGS."""
PT_REGS = 21
FRAME = 5
"""ss, rsp, rflags, cs, rip."""

THREAD_STACK = "pcpu_hot.top_of_stack -> the thread's stack"


def dispatch(function: str, file: str, number: str) -> Step:
    """From the number to the handler."""
    return Step(
        "table", "kernel",
        f"{function}() takes the number from {number} and branches to the handler: no table is "
        "read (one was before 6.9)",
        f"{file}, {function}", reads=registers(number),
    )  # fmt: skip


WIDENING = Step(
    "compat widening", "kernel",
    "each argument is cut to 32 bits and zero-extended: the stubs take (unsigned int) of the saved "
    "ebx, ecx, edx, esi, edi, ebp",
    f"{WRAPPER}, SC_IA32_REGS_TO_ARGS", reads=registers("bx cx dx si di bp of pt_regs"),
)  # fmt: skip
SIX_ARGUMENTS = Step(
    "arguments", "kernel",
    "the stub takes rdi, rsi, rdx, r10, r8, r9 whole from pt_regs; r10 stands for rcx, which the "
    "instruction took",
    f"{WRAPPER}, SC_X86_64_REGS_TO_ARGS", reads=registers("di si dx r10 r8 r9 of pt_regs"),
)  # fmt: skip
RESULT = Step(
    "result", "kernel", "the handler's long becomes rax of pt_regs, an error as its negative",
    f"{COMMON}, do_syscall_64 and do_syscall_32_irqs_on", writes=(memory("pt_regs.ax", 1),),
)  # fmt: skip

INT80_IN = (
    Step(
        "gate", "cpu", "IDTR plus 16 times the vector: the gate with the entry's address",
        f"{INT}; {IDT64}", registers("IDTR") + (memory("IDT[0x80], 16 bytes", 2),),
        follows="IDT[0x80] -> the entry code",
    ),
    Step(
        "privilege", "cpu",
        "the gate's DPL must be 3 or more, or the instruction faults with #GP(0x80 * 8 + 2); other "
        "vectors have 0",
        PROTECTION, registers("CS.CPL", "the gate's DPL"),
    ),
    Step(
        "code segment", "cpu", "the gate's selector names the descriptor that CS is loaded from",
        HANDLER, registers("GDTR") + (memory("GDT[__KERNEL_CS]", 1),), registers("CS"),
        follows="the gate's selector -> GDT",
    ),
    Step(
        "stack switch", "cpu",
        "the privilege rises, so the stack pointer comes from the TSS; SS becomes null",
        f"{HANDLER}; {STACK64}", registers("TR") + (memory("TSS.RSP0", 1),),
        registers("RSP", "SS"), follows="TSS.RSP0 -> the entry stack",
    ),
    Step(
        "five pushes", "cpu",
        "SS, RSP, RFLAGS, CS and RIP, eight bytes each, whatever the mode was",
        STACK64, registers("SS", "RSP", "RFLAGS", "CS", "RIP"),
        (memory("SS RSP RFLAGS CS RIP", FRAME),),
    ),
    Step(
        "flags", "cpu", "an interrupt gate clears IF; TF, NT and RF are cleared, too",
        HANDLER, registers("RFLAGS"), registers("RFLAGS", "RIP"),
    ),
    Step(
        "entry stub", "kernel", "asm_int80_emulation: clac, and -1 where orig_ax will be",
        f"{ENTRY_64}, idtentry", writes=(memory("pt_regs.orig_ax", 1),),
    ),
    Step(
        "save registers", "kernel", "15 general registers are pushed and cleared; swapgs",
        f"{ENTRY_64}, error_entry; arch/x86/entry/calling.h, PUSH_AND_CLEAR_REGS",
        registers("all general registers"),
        (*registers("GS.base, KERNEL_GS_BASE"), memory("pt_regs", SAVED)),
    ),
    Step(
        "thread stack", "kernel", "the frame is copied from the CPU's entry stack to the thread's",
        "arch/x86/kernel/traps.c, sync_regs",
        (memory("pcpu_hot.top_of_stack", 1), memory("pt_regs", PT_REGS)),
        (*registers("RSP"), memory("pt_regs", PT_REGS)), follows=THREAD_STACK,
    ),
    Step(
        "number", "kernel", "eax, 32 bits of it, becomes orig_ax; TS_COMPAT marks the thread",
        f"{COMMON}, do_int80_emulation and syscall_32_enter",
        (memory("pt_regs.ax", 1),), (memory("pt_regs.orig_ax and ax", 2), memory("TS_COMPAT", 1)),
    ),
    dispatch("ia32_sys_call", "arch/x86/entry/syscall_32.c", "eax"),
    WIDENING,
)  # fmt: skip
INT80_OUT = (
    RESULT,
    Step(
        "restore registers", "kernel", "15 general registers are popped; swapgs",
        f"{ENTRY_64}, swapgs_restore_regs_and_return_to_usermode",
        (memory("pt_regs", SAVED),), registers("all general registers", "GS.base"),
    ),
    Step(
        "iretq", "cpu", "RIP, CS, RFLAGS, RSP and SS are popped, and both descriptors read",
        IRET, (memory("RIP CS RFLAGS RSP SS", FRAME), memory("GDT[CS], GDT[SS]", 2)),
        registers("RIP", "CS", "RFLAGS", "RSP", "SS"),
    ),
)  # fmt: skip

SYSCALL_IN = (
    Step(
        "return address", "cpu", "RCX := the next RIP; R11 := RFLAGS. Nothing goes to memory",
        SYSCALL, registers("RIP", "RFLAGS"), registers("RCX", "R11"),
    ),
    Step(
        "target", "cpu", "RIP := IA32_LSTAR: a register, so no gate is looked up",
        SYSCALL, registers("IA32_LSTAR"), registers("RIP"),
    ),
    Step(
        "segments", "cpu",
        "CS := IA32_STAR[47:32], SS := that + 8, with fixed descriptors: the GDT is not read",
        SYSCALL, registers("IA32_STAR"), registers("CS", "SS"),
    ),
    Step(
        "flags", "cpu",
        "every bit of IA32_FMASK is cleared in RFLAGS: IF, TF, DF, AC, NT and others",
        f"{SYSCALL}; arch/x86/kernel/cpu/common.c, syscall_init",
        registers("IA32_FMASK"), registers("RFLAGS"),
    ),
    Step(
        "swapgs", "kernel",
        "GS.base changes places with IA32_KERNEL_GS_BASE: per-CPU data is there",
        f"{ENTRY_64}, entry_SYSCALL_64; Intel SDM vol. 2B, SWAPGS",
        registers("IA32_KERNEL_GS_BASE"), registers("GS.base"),
    ),
    Step(
        "thread stack", "kernel",
        "rsp is still the user's: it is put aside, and the thread's loaded",
        f"{ENTRY_64}, entry_SYSCALL_64", (memory("pcpu_hot.top_of_stack", 1),),
        (*registers("RSP"), memory("cpu_tss_rw.sp2", 1)), follows=THREAD_STACK,
    ),
    Step(
        "save registers", "kernel",
        "the kernel itself pushes the frame that `int` gets from the CPU, orig_ax, and 15 "
        "registers",
        f"{ENTRY_64}, entry_SYSCALL_64; arch/x86/entry/calling.h, PUSH_AND_CLEAR_REGS",
        (*registers("all general registers"), memory("cpu_tss_rw.sp2", 1)),
        (memory("pt_regs", PT_REGS),),
    ),
    dispatch("x64_sys_call", "arch/x86/entry/syscall_64.c", "eax"),
    SIX_ARGUMENTS,
)  # fmt: skip
SYSCALL_OUT = (
    RESULT,
    Step(
        "sysret or iret", "kernel",
        "sysret if rcx is rip and r11 is rflags in pt_regs, rip is canonical, the segments are the "
        "user's, and RF and TF are clear; else as after `int`: after sigreturn, execve, ptrace",
        f"{COMMON}, do_syscall_64", (memory("pt_regs cx ip r11 flags cs ss", 6),),
    ),
    Step(
        "restore registers", "kernel",
        "14 registers are popped; rdi and rsp go over the entry stack; swapgs",
        f"{ENTRY_64}, syscall_return_via_sysret",
        (memory("pt_regs", SAVED - 1), memory("TSS.sp0", 1), memory("rdi and rsp, twice", 4)),
        (*registers("all general registers", "GS.base"), memory("rdi and rsp", 2)),
    ),
    Step(
        "sysretq", "cpu", "RIP := RCX, RFLAGS := R11, CS and SS from IA32_STAR[63:48]: no memory",
        SYSRET, registers("RCX", "R11", "IA32_STAR"), registers("RIP", "RFLAGS", "CS", "SS"),
    ),
)  # fmt: skip

SYSENTER_IN = (
    Step(
        "target and stack", "cpu",
        "RIP := IA32_SYSENTER_EIP, RSP := IA32_SYSENTER_ESP, CS and SS from IA32_SYSENTER_CS. "
        "Neither the old RIP nor the old RSP is kept anywhere",
        SYSENTER, registers("IA32_SYSENTER_CS", "IA32_SYSENTER_EIP", "IA32_SYSENTER_ESP"),
        registers("CS", "SS", "RIP", "RSP"),
    ),
    Step("flags", "cpu", "IF and VM are cleared", SYSENTER, writes=registers("RFLAGS")),
    Step(
        "thread stack", "kernel", "swapgs; the thread's stack is loaded",
        f"{COMPAT}, entry_SYSENTER_compat", (memory("pcpu_hot.top_of_stack", 1),),
        registers("GS.base", "RSP"), follows=THREAD_STACK,
    ),
    Step(
        "save registers", "kernel",
        "a frame with blanks for rsp and rip, orig_ax, and 15 registers; NT, AC and TF are cleared",
        f"{COMPAT}, entry_SYSENTER_compat", registers("all general registers"),
        (memory("pt_regs", PT_REGS),),
    ),
    Step(
        "user's stack and return", "kernel",
        "esp := ebp; eip := the landing pad of the vDSO, the only place that may use sysenter",
        f"{COMMON}, do_SYSENTER_32 and do_fast_syscall_32",
        (memory("pt_regs.bp", 1), memory("current->mm->context.vdso", 3)),
        (memory("pt_regs.sp and ip", 2),), follows="current->mm->context.vdso -> the landing pad",
    ),
    Step(
        "sixth argument", "kernel",
        "ebp := the word at the user's stack pointer, where the vDSO pushed it; EFAULT if it is "
        "not "
        "readable",
        f"{COMMON}, __do_fast_syscall_32", (memory("[ebp], the user's", 1),),
        (memory("pt_regs.bp", 1), memory("TS_COMPAT", 1)),
    ),
    dispatch("ia32_sys_call", "arch/x86/entry/syscall_32.c", "eax"),
    WIDENING,
)  # fmt: skip
SYSENTER_OUT = (
    RESULT,
    Step(
        "restore registers", "kernel",
        "sysretl if segments, flags and the landing pad are as expected: ecx := eip, r11 := flags, "
        "r8 to r10 := 0; else as after `int`",
        f"{COMPAT}, sysret32_from_system_call", (memory("pt_regs", 10),),
        registers("RBX RBP R11 RCX RAX RDX RSI RDI RSP", "GS.base"),
    ),
    Step(
        "sysretl", "cpu", "RIP := ECX, RFLAGS := R11, CS and SS from IA32_STAR[63:48]",
        SYSRET, registers("RCX", "R11", "IA32_STAR"), registers("RIP", "RFLAGS", "CS", "SS"),
    ),
    Step(
        "vDSO's epilogue", "kernel", "user code again: the landing pad pops ebp, edx and ecx",
        "arch/x86/entry/vdso/vdso32/system_call.S, __kernel_vsyscall",
        (memory("ebp edx ecx and the return address", 4),), registers("EBP", "EDX", "ECX"),
    ),
)  # fmt: skip

INT80_64 = EntryPath(
    "int 0x80 from 64-bit code", "x86-64", "int80", "i386", "int 0x80", "ia32_sys_call_table", 32,
    INT80_IN, INT80_OUT,
    note=
    "32-bit numbers and structs, and pointers cut to 32 bits, in a program that has 64-bit ones",
)  # fmt: skip
SYSENTER_64 = EntryPath(
    "sysenter from 64-bit code", "x86-64", "sysenter", "i386", "sysenter", "ia32_sys_call_table",
    32, SYSENTER_IN, SYSENTER_OUT[:-1], ("rcx", "r11", "r8", "r9", "r10", "rsp", "rbp", "rdx"),
    note="a 64-bit program has no landing pad: it goes on in the first page, and dies there",
)  # fmt: skip
SYSCALL_64 = EntryPath(
    "syscall", "x86-64", "syscall", "x86-64", "syscall", "sys_call_table", 64,
    SYSCALL_IN, SYSCALL_OUT, ("rcx", "r11"),
)  # fmt: skip
X32_TABLE = replace(
    dispatch("x32_sys_call", "arch/x86/entry/syscall_x32.c", "eax"),
    does="the number has bit 30: do_syscall_x64 declines it, and x32_sys_call() branches to the "
    "handler of the number without that bit",
)
SYSCALL_X32 = replace(
    SYSCALL_64, title="syscall with x32's bit", abi="x32", table="x32_sys_call_table",
    steps=tuple(X32_TABLE if step.name == "table" else step for step in SYSCALL_IN),
)  # fmt: skip
PATHS = (
    SYSCALL_64, SYSCALL_X32, INT80_64, SYSENTER_64,
    replace(INT80_64, title="int 0x80 from 32-bit code", isa="i386", note=""),
    replace(
        SYSENTER_64, title="sysenter, by the vDSO", isa="i386", returns=SYSENTER_OUT,
        clobbers=("ecx", "edx", "esp", "ebp"),
        note=
        "code that calls the vDSO sees none of the clobbers; a bare sysenter returns there, too",
    ),
)  # fmt: skip
