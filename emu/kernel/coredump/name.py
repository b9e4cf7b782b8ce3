"""The name of a core file. See format_corename in fs/coredump.c."""

from __future__ import annotations

from typing import TYPE_CHECKING

from emu.kernel.vfs.path import file_name

if TYPE_CHECKING:
    from emu.kernel.task import Task

PERCENT = ord("%")


def core_name(task: Task, signal: int) -> bytes:
    """core_pattern with its specifiers filled in; what no specifier is left out."""
    settings = task.kernel.core
    pattern, name, has_pid = settings.pattern, b"", False
    position = 0
    while position < len(pattern):
        byte = pattern[position]
        position += 1
        if byte != PERCENT:
            name += bytes([byte])
            continue
        letter = pattern[position : position + 1]
        position += 1
        has_pid = has_pid or letter == b"p"
        name += filled(task, letter, signal)
    if settings.uses_pid and not has_pid:
        name += b".%d" % task.tgid
    return name


def filled(task: Task, letter: bytes, signal: int) -> bytes:
    """What a specifier stands for."""
    cred, kernel = task.cred, task.kernel
    match letter:
        case b"%":
            return b"%"
        case b"p" | b"P":
            return b"%d" % task.tgid
        case b"i" | b"I":
            return b"%d" % task.pid
        case b"u":
            return b"%d" % cred.uid
        case b"g":
            return b"%d" % cred.gid
        case b"d":
            return b"%d" % task.attributes.dumpable
        case b"s":
            return b"%d" % signal
        case b"t":
            return b"%d" % (kernel.clock.realtime_ns() // 1_000_000_000)
        case b"h":
            return safe(kernel.uts.nodename)
        case b"e":
            return safe(task.comm)
        case b"f":
            return safe(_exe(task).rpartition(b"/")[2])
        case b"E":
            return safe(_exe(task))
        case b"c":
            return b"%d" % task.rlimits["RLIMIT_CORE"][0]
        case b"C":
            return b"0"
        case _:
            return b""


def safe(text: bytes) -> bytes:
    """A text as one name in a folder, which it cannot leave: see cn_esc_printf."""
    if text in (b".", b".."):
        text = b"!" + text[1:]
    return text.replace(b"/", b"!")


def _exe(task: Task) -> bytes:
    return file_name(task.exe, task.fs.root) if task.exe is not None else task.comm
