"""Declarations of kernel-private headers that user programs nevertheless depend on.

AF_INET, struct user_msghdr, ERESTARTSYS, struct linux_dirent: user space sees them through libc,
but the kernel keeps them out of its exported headers. They are cut out of the kernel source as
text when the tables are generated, so they follow the kernel like everything else.
"""

from __future__ import annotations

import re
from pathlib import Path

from abi_tables.generator.source import SourceError

MACROS: tuple[tuple[str, str], ...] = (
    ("include/linux/socket.h", r"(AF|PF|MSG|SOL|SCM|SOMAXCONN|UIO)\w*"),
    ("include/linux/errno.h", r"E\w+"),
    ("include/linux/net.h", r"SOCK_\w+"),
    ("include/linux/stat.h", r"(S_I\w+|UTIME_\w+)"),
    ("include/linux/fcntl.h", r"(VALID|OPEN_HOW)_\w+"),
    ("include/linux/fs.h", r"(MNT_|UMOUNT_)\w+"),
    ("include/linux/splice.h", r"SPLICE_F_\w+"),
    ("include/linux/swap.h", r"SWAP_FLAG\w+"),
)

DECLARATIONS: tuple[tuple[str, str], ...] = (
    ("include/linux/socket.h", "struct linger"),
    ("include/linux/socket.h", "struct user_msghdr"),
    ("include/linux/socket.h", "struct mmsghdr"),
    ("include/linux/socket.h", "struct cmsghdr"),
    ("include/linux/socket.h", "struct ucred"),
    ("fs/readdir.c", "struct old_linux_dirent"),
    ("fs/readdir.c", "struct linux_dirent"),
    ("include/linux/dirent.h", "struct linux_dirent64"),
    ("include/vdso/time32.h", "struct old_timespec32"),
    ("include/vdso/time32.h", "struct old_timeval32"),
    ("include/linux/time32.h", "struct old_itimerspec32"),
    ("include/linux/time32.h", "struct old_utimbuf32"),
    ("include/linux/time32.h", "struct old_timex32"),
    ("kernel/time/itimer.c", "struct old_itimerval32"),
    ("include/linux/sched.h", "struct sched_param"),
    ("include/linux/fs.h", "struct file_handle"),
    ("include/linux/types.h", "struct ustat"),
    ("mm/mmap.c", "struct mmap_arg_struct"),
    ("fs/select.c", "struct sigset_argpack"),
    ("fs/select.c", "struct sel_arg_struct"),
)

# MIPS numbers its socket types in its own order and says so by ARCH_HAS_SOCKET_TYPES.
SOCKET_TYPES = {"mips": "arch/mips/include/asm/socket.h"}
GENERIC_SOCKET_TYPES = "include/linux/net.h"

MACRO_LINE = re.compile(r"^[ \t]*#[ \t]*define[ \t]+(\w+)[ \t]+(\S.*?)[ \t]*$", re.MULTILINE)
COMMENT = re.compile(r"/\*.*?\*/|//[^\n]*", re.DOTALL)


def macros(text: str, pattern: str) -> list[str]:
    """The ``#define`` lines of *text* whose name matches *pattern* as a whole, redefinable."""
    wanted = re.compile(pattern)
    found = {
        name: value
        for name, value in MACRO_LINE.findall(text.replace("\\\n", " "))
        if wanted.fullmatch(name)
    }
    lines = []
    for name, value in found.items():
        lines += [f"#undef {name}", f"#define {name} {value}"]
    return lines


def declaration(text: str, kind_and_name: str, path: str) -> str:
    """The text of one struct or enum, made compilable outside the kernel.

    ``long`` becomes __kernel_long_t: where x32 uses a native entry, its longs have 64 bits.
    """
    match = re.search(rf"^{kind_and_name}\s*\{{.*?^\}}[^;\n]*;", text, re.MULTILINE | re.DOTALL)
    if match is None:
        raise SourceError(f"{path}: {kind_and_name} is no longer declared there")
    body = match[0].replace("__user ", "").replace("unsigned long", "__kernel_ulong_t")
    body = re.sub(r"(?<!long )\blong\b(?! long)", "__kernel_long_t", body)
    return re.sub(r"__counted_by\(\w+\)", "", body)


def borrowed_files(arch: str) -> list[str]:
    """The source files `borrowed_text` reads for one ARCH."""
    paths = {path for path, _ in MACROS} | {path for path, _ in DECLARATIONS}
    return sorted(paths | {SOCKET_TYPES.get(arch, GENERIC_SOCKET_TYPES)})


def borrowed_text(root: Path, arch: str) -> str:
    """A header with every borrowed declaration for one ARCH."""
    texts = {path: COMMENT.sub("", (root / path).read_text()) for path in borrowed_files(arch)}
    lines: list[str] = []
    for path, pattern in MACROS:
        lines += macros(texts[path], pattern)
    for path, name in DECLARATIONS:
        lines.append(declaration(texts[path], name, path))
    types = SOCKET_TYPES.get(arch, GENERIC_SOCKET_TYPES)
    lines.append(declaration(texts[types], "enum sock_type", types))
    return "\n".join(lines) + "\n"
