"""Commands to terminals: ioctl_tty(2). See tty_ioctl and n_tty_ioctl."""

from __future__ import annotations

from typing import TYPE_CHECKING

from emu.kernel.errno import EINVAL, EIO, ENOTTY, EPERM
from emu.kernel.tty import jobctrl
from emu.kernel.tty.hangup import vhangup
from emu.kernel.tty.ktermios import Winsize
from emu.kernel.tty.mode_ioctl import tty_mode_ioctl
from emu.kernel.tty.signals import flush_input
from emu.kernel.uapi import ioctl as ioctls
from emu.kernel.uapi.capability import CAP_SYS_ADMIN
from emu.kernel.uapi.termios import (
    DISABLED_CHAR,
    N_TTY,
    TCIFLUSH,
    TCIOFF,
    TCIOFLUSH,
    TCION,
    TCOFLUSH,
    TCOOFF,
    TCOON,
    VSTART,
    VSTOP,
)
from emu.kernel.vfs.dev import new_encode_dev

if TYPE_CHECKING:
    from emu.kernel.task import Task
    from emu.kernel.tty.tty import Tty
    from emu.kernel.vfs.file import File
    from emu.kernel.vfs.file_operations import Result

CHANGES = (
    ioctls.TIOCSETD,
    ioctls.TIOCSBRK,
    ioctls.TIOCCBRK,
    ioctls.TCSBRK,
    ioctls.TCSBRKP,
)
"""What a background process may not do, checked before anything else."""


def tty_ioctl(tty: Tty, file: File, task: Task, cmd: int, arg: int) -> Result:
    """Do a command. ENOTTY for one that terminals do not have."""
    if cmd in CHANGES:
        jobctrl.check_change(tty)
    mm, setting = task.mm, tty.setting
    match cmd:
        case ioctls.TIOCSTI:
            _simulate_input(tty, task, arg)
        case ioctls.TIOCGWINSZ:
            size = setting.winsize
            mm.write(arg, task.abi.layout("winsize").pack(
                ws_row=size.row, ws_col=size.col, ws_xpixel=size.xpixel, ws_ypixel=size.ypixel
            ))  # fmt: skip
        case ioctls.TIOCSWINSZ:
            layout = task.abi.layout("winsize")
            given = layout.unpack(mm.read(arg, layout.size))
            fields = ("ws_row", "ws_col", "ws_xpixel", "ws_ypixel")
            setting.driver.resize(setting, Winsize(*(given[field] for field in fields)))
        case ioctls.TIOCEXCL:
            tty.exclusive = True
        case ioctls.TIOCNXCL:
            tty.exclusive = False
        case ioctls.TIOCGEXCL:
            mm.write_u32(arg, tty.exclusive)
        case ioctls.TIOCGETD:
            mm.write_u32(arg, N_TTY)
        case ioctls.TIOCSETD:
            if mm.read_u32(arg) != N_TTY:
                raise EINVAL("no such line discipline")
        case ioctls.TIOCVHANGUP:
            if not task.cred.capable(CAP_SYS_ADMIN):
                raise EPERM
            vhangup(tty)
        case ioctls.TIOCGDEV:
            mm.write_u32(arg, new_encode_dev(setting.device))
        case ioctls.TIOCSBRK | ioctls.TIOCCBRK | ioctls.TCSBRK | ioctls.TCSBRKP:
            pass  # Everything has been sent, and none of our lines has a break.
        case _:
            return _job_control(tty, file, task, cmd, arg)
    return 0


def _simulate_input(tty: Tty, task: Task, address: int) -> None:
    """TIOCSTI: as if a byte had been typed. EPERM."""
    if task.group.tty is not tty and not task.cred.capable(CAP_SYS_ADMIN):
        raise EPERM("not the controlling terminal")
    tty.ldisc.receive(task.mm.read(address, 1))


def _job_control(tty: Tty, file: File, task: Task, cmd: int, arg: int) -> Result:
    mm, setting = task.mm, tty.setting
    match cmd:
        case ioctls.TIOCNOTTY:
            return jobctrl.tiocnotty(tty, task)
        case ioctls.TIOCSCTTY:
            return jobctrl.tiocsctty(setting, file, task, arg)
        case ioctls.TIOCGPGRP:
            mm.write_u32(arg, jobctrl.tiocgpgrp(tty, task))
        case ioctls.TIOCSPGRP:
            try:
                jobctrl.check_change(setting)
            except EIO:
                raise ENOTTY("in an orphaned background group") from None
            return jobctrl.tiocspgrp(setting, task, _signed(mm.read_u32(arg)))
        case ioctls.TIOCGSID:
            mm.write_u32(arg, jobctrl.tiocgsid(tty, task))
        case _:
            own = tty.driver.ioctl(file, tty, task, cmd, arg)
            return _line_discipline(tty, task, cmd, arg) if own is None else own
    return 0


def _line_discipline(tty: Tty, task: Task, cmd: int, arg: int) -> Result:
    match cmd:
        case ioctls.TIOCOUTQ:
            task.mm.write_u32(arg, tty.driver.chars_in_buffer(tty))
        case ioctls.FIONREAD:
            task.mm.write_u32(arg, tty.ldisc.waiting())
        case ioctls.TCXONC:
            jobctrl.check_change(tty)
            flow_control(tty, arg)
        case ioctls.TCFLSH:
            if arg in (TCIFLUSH, TCIOFLUSH):
                tty.port.clear()
            jobctrl.check_change(tty)
            flush(tty, arg)
        case _:
            return tty_mode_ioctl(tty.setting, task, cmd, arg)
    return 0


def flow_control(tty: Tty, what: int) -> None:
    """TCXONC: stop or start the output, or ask the other end to. EINVAL."""
    flow = tty.flow
    if what == TCOOFF:
        if not flow.tco_stopped:
            tty.stop()
            flow.tco_stopped = True
    elif what == TCOON:
        if flow.tco_stopped:
            flow.tco_stopped = False
            tty.start()
    elif what == TCIOFF:
        _send_xchar(tty, tty.termios.cc[VSTOP])
    elif what == TCION:
        _send_xchar(tty, tty.termios.cc[VSTART])
    else:
        raise EINVAL("no such action")


def flush(tty: Tty, what: int) -> None:
    """TCFLSH: forget input, output, or both. EINVAL."""
    if what in (TCIFLUSH, TCIOFLUSH):
        flush_input(tty)
        tty.drained()
    elif what != TCOFLUSH:
        raise EINVAL("no such queue")
    if what in (TCOFLUSH, TCIOFLUSH):
        tty.driver.flush_buffer(tty)


def _send_xchar(tty: Tty, character: int) -> None:
    """Send a character past stopped output."""
    if character == DISABLED_CHAR:
        return
    stopped = tty.flow.stopped
    if stopped:
        tty.start()
    tty.driver.write(tty, bytes((character,)))
    if stopped:
        tty.stop()


def _signed(word: int) -> int:
    return word - (word >> 31 << 32)
