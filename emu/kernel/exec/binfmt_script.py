"""Scripts: files that begin with ``#!``. See fs/binfmt_script.c."""

from __future__ import annotations

from emu.kernel.errno import ENOEXEC

BINPRM_BUF_SIZE = 256


def parse_script(head: bytes) -> tuple[bytes, bytes | None]:
    """The interpreter and its optional argument, from the first bytes of a script.

    ENOEXEC if it is none, or its interpreter's name does not fit in them.
    """
    head = head[:BINPRM_BUF_SIZE].ljust(BINPRM_BUF_SIZE, b"\0")
    if head[:2] != b"#!":
        raise ENOEXEC("not a script")
    line, newline, _ = head.partition(b"\n")
    if not newline:
        # A name that may go on behind the buffer's end must not be run.
        line = line[: BINPRM_BUF_SIZE - 1]
        name = line[2:].lstrip(b" \t")
        if not name or not any(stop in name for stop in b" \t\0"):
            raise ENOEXEC("the interpreter's name is too long")
    line = line[2:].strip(b" \t")
    end = min((i for i, byte in enumerate(line) if byte in b" \t\0"), default=len(line))
    name, rest = line[:end], line[end:]
    if not name:
        raise ENOEXEC("no interpreter")
    if rest[:1] == b"\0":
        return name, None
    argument = rest.lstrip(b" \t").partition(b"\0")[0]
    return name, argument or None
