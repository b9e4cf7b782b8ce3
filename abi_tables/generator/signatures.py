"""The parameters of every entry point, from the SYSCALL_DEFINE lines of the kernel's C files."""

from __future__ import annotations

import re
from pathlib import Path
from typing import NamedTuple

# Where system calls of the supported architectures are defined.
FOLDERS = (
    "block", "drivers/char", "drivers/pci", "fs", "init", "io_uring", "ipc", "kernel", "mm", "net",
    "security",
    "arch/x86", "arch/arm", "arch/arm64", "arch/riscv", "arch/mips",
)  # fmt: skip
X86 = ("x86-64", "x32", "i386")
ARM = ("arm-eabi", "arm-oabi")
RISCV = ("riscv64", "riscv32")
MIPS = ("mips-o32", "mips-n32", "mips-n64")
OWNERS = {
    "arch/x86": X86,
    "arch/arm": ARM,
    "arch/arm64": ("arm64",),
    "arch/riscv": RISCV,
    "arch/mips": MIPS,
}

DEFINE = re.compile(
    r"^(?P<compat>COMPAT_)?SYSCALL(?:32)?_DEFINE(?P<count>\d)(?:_\w+)?\s*\(", re.MULTILINE
)
COMMENT = re.compile(r"/\*.*?\*/|//[^\n]*", re.DOTALL)
DIRECTIVE = re.compile(r"^[ \t]*#[^\n]*(?:\\\n[^\n]*)*", re.MULTILINE)


class Signature(NamedTuple):
    """One row of signatures.tsv; *abis* is empty for what holds everywhere."""

    entry: str
    parameters: tuple[str, ...]
    abis: tuple[str, ...] = ()


# kernel/fork.c defines clone four times under #ifdef; the order is the architecture's Kconfig.
CLONE_BACKWARDS = (
    "unsigned long clone_flags", "unsigned long newsp", "int * parent_tidptr",
    "unsigned long tls", "int * child_tidptr",
)  # fmt: skip
CLONE = (
    "unsigned long clone_flags", "unsigned long newsp", "int * parent_tidptr",
    "int * child_tidptr", "unsigned long tls",
)  # fmt: skip
SIGSUSPEND3 = ("int unused1", "int unused2", "old_sigset_t mask")
BACKWARDS_ABIS = ("arm-eabi", "arm-oabi", "arm64", "i386", *MIPS, *RISCV)

# Entry points written without SYSCALL_DEFINE, each with the file that has it.
BY_HAND = (
    Signature("sys_clone", CLONE_BACKWARDS, BACKWARDS_ABIS),
    Signature("sys_clone", CLONE),
    # arch/arm/kernel/sys_arm.c: so that the 64-bit pairs start at even registers
    Signature("sys_arm_fadvise64_64", ("int fd", "int advice", "loff_t offset", "loff_t len"), ARM),
    # arch/arm/kernel/traps.c: arm_syscall
    Signature("sys_arm_breakpoint", (), ARM),
    Signature("sys_arm_cacheflush", ("unsigned long start", "unsigned long end", "int flags"), ARM),
    Signature("sys_arm_usr26", (), ARM),
    Signature("sys_arm_usr32", (), ARM),
    Signature("sys_arm_set_tls", ("unsigned long tls",), ARM),
    Signature("sys_arm_get_tls", (), ARM),
    # arch/arm/kernel/entry-common.S, arch/mips/kernel/scall32-o32.S: the number comes first
    Signature("sys_syscall", ("long number",)),
    # arch/mips/kernel/syscall.c: both descriptors come back in registers
    Signature("sysm_pipe", (), MIPS),
    # kernel/signal.c: three parameters under CONFIG_OLD_SIGSUSPEND3
    Signature("sys_sigsuspend", SIGSUSPEND3, ("i386", *ARM)),
    Signature("sys_sigsuspend", ("sigset_t * uset",), MIPS),
    # include/linux/syscalls.h; no supported architecture defines it any more
    Signature("sys_pciconfig_iobase", ("long which", "unsigned long bus", "unsigned long devfn")),
    # What they need is in the frame on the user's stack.
    Signature("sys_sigreturn", ()),
    Signature("sys_rt_sigreturn", ()),
    Signature("compat_sys_x32_rt_sigreturn", ()),
    Signature("sysn32_rt_sigreturn", ()),
    Signature("sys_ni_syscall", ()),
)


def scanned_files(root: Path) -> list[Path]:
    """The C files that may define system calls, by name."""
    found = {path for folder in FOLDERS for path in (root / folder).rglob("*.c")}
    return sorted(path for path in found if "/um/" not in str(path) and "/tools/" not in str(path))


def read_signatures(root: Path) -> list[Signature]:
    """All signatures of the tree, sorted; definitions that differ by ABI carry its ABIs."""
    found: dict[str, set[Signature]] = {}
    for path in scanned_files(root):
        text = path.read_text(errors="replace")
        if "SYSCALL" not in text or "_DEFINE" not in text:
            continue
        for signature in definitions(text, owners_of(path.relative_to(root))):
            found.setdefault(signature.entry, set()).add(signature)
    for entry in {signature.entry for signature in BY_HAND}:
        found[entry] = {signature for signature in BY_HAND if signature.entry == entry}
    return sorted(row for several in found.values() for row in merged(several))


def merged(rows: set[Signature]) -> list[Signature]:
    """Rows of one entry point without repetitions: same types, possibly for more ABIs.

    The row of common code stands for every ABI that has none of its own.
    """
    by_types: dict[tuple[str, ...], list[Signature]] = {}
    for row in sorted(rows):
        by_types.setdefault(plain_types(row.parameters), []).append(row)
    result = []
    for same in by_types.values():
        everywhere = len(by_types) == 1 or any(not row.abis for row in same)
        abis = () if everywhere else tuple(sorted({abi for row in same for abi in row.abis}))
        result.append(Signature(same[0].entry, same[0].parameters, abis))
    return result


def plain_types(parameters: tuple[str, ...]) -> tuple[str, ...]:
    """The parameters' types without const, to compare definitions."""
    return tuple(p.rpartition(" ")[0].replace("const ", "") for p in parameters)


def owners_of(path: Path) -> tuple[str, ...]:
    """The ABIs of the architecture a file belongs to; none for common code."""
    return next((abis for folder, abis in OWNERS.items() if path.is_relative_to(folder)), ())


def definitions(text: str, abis: tuple[str, ...]) -> list[Signature]:
    """The SYSCALL_DEFINEs of one C file."""
    text = COMMENT.sub(" ", text)
    found = []
    for match in DEFINE.finditer(text):
        arguments = DIRECTIVE.sub("", argument_text(text, match.end()))
        parts = [" ".join(part.split()) for part in arguments.split(",")]
        name, rest = parts[0], parts[1:]
        count = int(match["count"])
        if len(rest) != 2 * count:
            continue  # clone, whose arguments depend on #ifdef: see BY_HAND
        parameters = (f"{clean_type(rest[i])} {rest[i + 1]}" for i in range(0, 2 * count, 2))
        prefix = "compat_sys_" if match["compat"] else "sys_"
        if "SYSCALL32" in match[0]:
            prefix = "sys32_"  # arch/mips/kernel/linux32.c names its wrappers so
        found.append(Signature(prefix + name, tuple(parameters), abis))
    return found


def argument_text(text: str, start: int) -> str:
    """What stands between the parenthesis that ends before *start* and its partner."""
    depth, end = 1, start
    while depth:
        depth += {"(": 1, ")": -1}.get(text[end], 0)
        end += 1
    return text[start : end - 1]


def clean_type(text: str) -> str:
    """A C type without the kernel's address space marks, its stars set apart."""
    bare = re.sub(r"\b__(user|force|kernel)\b", "", text)
    return " ".join(bare.replace("*", " * ").split()).replace("* *", "**")


def signatures_text(rows: list[Signature]) -> str:
    """``entry<TAB>type name, type name<TAB>abi,abi`` lines; the last column may be missing."""
    lines = []
    for row in rows:
        columns = [row.entry, ", ".join(row.parameters)]
        if row.abis:
            columns.append(",".join(sorted(row.abis)))
        lines.append("\t".join(columns) + "\n")
    return "".join(lines)
