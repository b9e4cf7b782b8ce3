"""The kernel's log, for the system's own programs: syslog(2). See do_syslog."""

from __future__ import annotations

from collections.abc import Awaitable
from enum import IntEnum

from emu.kernel.args import Int, Pointer
from emu.kernel.errno import EINVAL, EPERM
from emu.kernel.module.printk import BUFFER_BYTES, KernelLog
from emu.kernel.syscall import syscall
from emu.kernel.task import Task
from emu.kernel.uapi.capability import CAP_SYS_ADMIN, CAP_SYSLOG


class Action(IntEnum):
    """SYSLOG_ACTION_: see include/linux/syslog.h."""

    CLOSE, OPEN, READ, READ_ALL, READ_CLEAR, CLEAR = range(6)
    CONSOLE_OFF, CONSOLE_ON, CONSOLE_LEVEL, SIZE_UNREAD, SIZE_BUFFER = range(6, 11)


LEAST_LEVEL, MOST_LEVEL = 1, 8


class SyslogState:
    """What the calls of one machine remember: how far READ came, and a level switched off."""

    def __init__(self, kernel: object) -> None:
        self.seq = 0
        self.partly = b""
        self.saved_loglevel: int | None = None


@syscall("sys_syslog")
def syslog(task: Task, type: Int, buf: Pointer, len: Int) -> int | Awaitable[int]:
    """Read or control the kernel's message buffer. See syslog(2)."""
    if type not in (Action.READ_ALL, Action.SIZE_BUFFER):
        cred = task.cred
        if not cred.capable(CAP_SYSLOG) and not cred.capable(CAP_SYS_ADMIN):
            raise EPERM("the kernel's messages need CAP_SYSLOG")
    log, state = task.kernel.part(KernelLog), task.kernel.part(SyslogState)
    if type in (Action.READ, Action.READ_ALL, Action.READ_CLEAR):
        if not buf or len < 0:
            raise EINVAL("no buffer")
        if not len:
            return 0
        if type == Action.READ:
            return _read(task, log, state, buf, len)
        return _read_all(task, log, buf, len, clear=type == Action.READ_CLEAR)
    return _control(log, state, type, len)


def _control(log: KernelLog, state: SyslogState, action: int, value: int) -> int:
    match action:
        case Action.CLOSE | Action.OPEN:
            pass
        case Action.CLEAR:
            log.clear_seq = log.next_seq
        case Action.CONSOLE_OFF:
            if state.saved_loglevel is None:
                state.saved_loglevel = log.console_loglevel
            log.console_loglevel = LEAST_LEVEL
        case Action.CONSOLE_ON:
            if state.saved_loglevel is not None:
                log.console_loglevel, state.saved_loglevel = state.saved_loglevel, None
        case Action.CONSOLE_LEVEL:
            if not LEAST_LEVEL <= value <= MOST_LEVEL:
                raise EINVAL("no such level")
            log.console_loglevel, state.saved_loglevel = value, None
        case Action.SIZE_UNREAD:
            return len(state.partly) + sum(len(r.syslog_lines()) for r in log.since(state.seq))
        case Action.SIZE_BUFFER:
            return BUFFER_BYTES
        case _:
            raise EINVAL(f"syslog action {action} is not known")
    return 0


async def _read(task: Task, log: KernelLog, state: SyslogState, buf: int, size: int) -> int:
    """Messages nobody has read this way; sleeps until there are any."""
    while not state.partly and state.seq >= log.next_seq:
        await log.changed.wait()
    text = state.partly + b"".join(record.syslog_lines() for record in log.since(state.seq))
    task.mm.write(buf, text[:size])
    state.partly, state.seq = text[size:], log.next_seq
    return min(size, len(text))


def _read_all(task: Task, log: KernelLog, buf: int, size: int, *, clear: bool) -> int:
    """The last messages that fit whole, of those since the log was cleared."""
    texts: list[bytes] = []
    room = size
    for record in reversed(log.since(log.clear_seq)):
        lines = record.syslog_lines()
        if len(lines) > room:
            break
        room -= len(lines)
        texts.append(lines)
    text = b"".join(reversed(texts))
    if text:
        task.mm.write(buf, text)
    if clear:
        log.clear_seq = log.next_seq
    return len(text)
