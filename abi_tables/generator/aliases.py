"""Entry points that do what another one does, once their arguments have been decoded.

Linux needs a second function where C fixes a layout or a register at compile time: a compat_
function for 32-bit longs, an ia32_ one to join register pairs. Here layouts and pairs are data,
so one handler serves both.
"""

from __future__ import annotations

from abi_tables.generator.signatures import Signature

# alias -> canonical, for those that no rule below finds.
BY_HAND = {
    "__sys_clone": "sys_clone",
    "__sys_clone3": "sys_clone3",
    "__sys_fork": "sys_fork",
    "__sys_sysmips": "sys_sysmips",
    "compat_sys_io_pgetevents": "sys_io_pgetevents_time32",
    "compat_sys_io_pgetevents_time64": "sys_io_pgetevents",
    "compat_sys_ppoll_time64": "sys_ppoll",
    "compat_sys_pselect6_time64": "sys_pselect6",
    "compat_sys_recvmmsg_time64": "sys_recvmmsg",
    "compat_sys_rt_sigtimedwait_time64": "sys_rt_sigtimedwait",
    "compat_sys_x32_rt_sigreturn": "sys_rt_sigreturn",
    "sys_32_personality": "sys_personality",
    "sys_fstatfs64_wrapper": "sys_fstatfs64",
    "sys_mips_mmap": "sys_mmap",
    "sys_mips_mmap2": "sys_mmap_pgoff",
    "sys_mmap2": "sys_mmap_pgoff",
    "sys_rt_sigreturn_wrapper": "sys_rt_sigreturn",
    "sys_sigreturn_wrapper": "sys_sigreturn",
    "sys_statfs64_wrapper": "sys_statfs64",
    "sysn32_rt_sigreturn": "sys_rt_sigreturn",
}

HALVES = "the position comes as two 32-bit halves in two registers"
NOTES = {
    "compat_sys_preadv": HALVES,
    "compat_sys_preadv2": HALVES,
    "compat_sys_pwritev": HALVES,
    "compat_sys_pwritev2": HALVES,
    "sys_fstatfs64_wrapper": "a size of 88 counts as 84",
    "sys_statfs64_wrapper": "a size of 88 counts as 84",
    "sys_mips_mmap2": "pgoff counts 4096 bytes",
    "sys_mmap2": "pgoff counts 4096 bytes",
}

# They look like aliases by name, but their arguments mean something else: x32 passes the position
# whole where sys_preadv takes two longs; sysm_pipe answers in two registers.
DIFFERENT = {
    "compat_sys_preadv64", "compat_sys_preadv64v2", "compat_sys_pwritev64",
    "compat_sys_pwritev64v2", "sys_arm_fadvise64_64", "sys_sync_file_range2", "sysm_pipe",
}  # fmt: skip


def canonical_entry(entry: str, known: set[str]) -> str | None:
    """The entry point *entry* is an alias of, or None."""
    if entry in DIFFERENT:
        return None
    if entry in BY_HAND:
        return BY_HAND[entry]
    for prefix in ("compat_sys_", "sys_ia32_"):
        plain = "sys_" + entry.removeprefix(prefix)
        if entry.startswith(prefix) and plain in known:
            return plain
    return None


def alias_rows(entries: set[str], signatures: list[Signature]) -> list[tuple[str, str, str]]:
    """(alias, canonical, note) for each of the tables' entry points that is an alias, sorted."""
    parameters = {row.entry: row.parameters for row in signatures}
    rows = []
    for entry in sorted(entries):
        canonical = canonical_entry(entry, set(parameters))
        if canonical is not None:
            note = NOTES.get(entry) or shape_note(parameters.get(entry), parameters.get(canonical))
            rows.append((entry, canonical, note))
    return rows


def shape_note(own: tuple[str, ...] | None, other: tuple[str, ...] | None) -> str:
    """How the parameters differ in number, empty if they do not."""
    if own is None or other is None or len(own) == len(other):
        return ""
    return f"({names(own)}) for ({names(other)})"


def names(parameters: tuple[str, ...]) -> str:
    """The parameters' names only."""
    return ", ".join(parameter.rpartition(" ")[2] for parameter in parameters)


def aliases_text(rows: list[tuple[str, str, str]]) -> str:
    """``alias<TAB>canonical<TAB>note`` lines; the note may be missing."""
    return "".join("\t".join(column for column in row if column) + "\n" for row in rows)
