"""Whose terminal it is: sessions, foreground groups, and who may do what. See tty_jobctrl.c."""

from __future__ import annotations

from typing import TYPE_CHECKING

from emu.kernel.errno import EINVAL, EIO, ENOTTY, EPERM, ESRCH, Restart
from emu.kernel.family import is_orphaned_pgrp
from emu.kernel.signal.actions import sigmask
from emu.kernel.signal.send import kill_pgrp, send_signal
from emu.kernel.uapi.capability import CAP_SYS_ADMIN
from emu.kernel.uapi.signal import SIG_IGN, SIGCONT, SIGHUP, SIGTTIN, SIGTTOU
from emu.kernel.vfs.file import FMODE_READ

if TYPE_CHECKING:
    from emu.kernel.kernel import Kernel
    from emu.kernel.task import Task
    from emu.kernel.thread_group import ThreadGroup
    from emu.kernel.tty.tty import Tty
    from emu.kernel.vfs.file import File


def check_change(tty: Tty, signal: int = SIGTTOU) -> None:
    """Stop a caller in the background: EIO, or `Restart` after signalling its group.

    Whoever has another controlling terminal, or none, is not asked: see __tty_check_change.
    """
    task = tty.kernel.sched.current
    if task is None or task.group.tty is not tty:
        return
    foreground = tty.ctrl.pgrp
    if not foreground or task.pgid == foreground:
        return
    signals = task.signals
    if signals.blocked & sigmask(signal) or signals.actions[signal].handler == SIG_IGN:
        if signal == SIGTTIN:
            raise EIO("a background process that ignores SIGTTIN")
    elif is_orphaned_pgrp(task):
        raise EIO("a background process that nobody could continue")
    else:
        kill_pgrp(tty.kernel, task.pgid, signal)
        raise Restart


def is_session_leader(group: ThreadGroup) -> bool:
    """Whether a process leads its session."""
    return group.sid == group.tgid


def proc_set_tty(tty: Tty, group: ThreadGroup) -> None:
    """Make a terminal a session leader's controlling terminal: see __proc_set_tty."""
    tty.ctrl.pgrp = group.pgid
    tty.ctrl.session = group.sid
    group.tty = tty
    group.tty_old_pgrp = 0


def open_proc_set_tty(file: File, tty: Tty, task: Task) -> None:
    """A session leader without a terminal opens one that is free: it becomes his."""
    group = task.group
    if (
        is_session_leader(group)
        and group.tty is None
        and not tty.ctrl.session
        and file.mode & FMODE_READ
    ):
        proc_set_tty(tty, group)


def session_clear_tty(kernel: Kernel, session: int) -> None:
    """No process of a session has a controlling terminal any more."""
    if session:
        for group in kernel.groups():
            if group.sid == session:
                group.tty = None


def disassociate_ctty(group: ThreadGroup, on_exit: bool = True) -> None:
    """A session leader lets go of the terminal, by TIOCNOTTY or at its end.

    The foreground group is hung up. The process core calls this when a process ends.
    """
    if not is_session_leader(group):
        return
    kernel, tty = group.leader.kernel, group.tty
    if tty is not None:
        if on_exit and not tty.driver.is_pty:
            from emu.kernel.tty.hangup import vhangup_session  # it is who calls others here

            vhangup_session(tty)
        elif tty.ctrl.pgrp:
            kill_pgrp(kernel, tty.ctrl.pgrp, SIGHUP)
            if not on_exit:
                kill_pgrp(kernel, tty.ctrl.pgrp, SIGCONT)
    elif on_exit:
        if group.tty_old_pgrp:
            kill_pgrp(kernel, group.tty_old_pgrp, SIGHUP)
            kill_pgrp(kernel, group.tty_old_pgrp, SIGCONT)
        group.tty_old_pgrp = 0
        return
    group.tty_old_pgrp = 0
    if group.tty is not None:
        group.tty.ctrl.session = group.tty.ctrl.pgrp = 0
    session_clear_tty(kernel, group.sid)


def signal_session_leader(tty: Tty, exit_session: bool) -> None:
    """Tell the leader of a terminal's session that it is gone: see tty_signal_session_leader."""
    kernel, session, foreground = tty.kernel, tty.ctrl.session, tty.ctrl.pgrp
    if session:
        for group in list(kernel.groups()):
            if group.sid != session:
                continue
            if group.tty is tty:
                group.tty = None
            if is_session_leader(group) and group.alive:
                send_signal(group.leader, SIGHUP)
                send_signal(group.leader, SIGCONT)
                group.tty_old_pgrp = foreground
    if foreground and exit_session:
        kill_pgrp(kernel, foreground, SIGHUP)


def tiocsctty(tty: Tty, file: File, task: Task, steal: int) -> int:
    """Make it the caller's controlling terminal. EPERM."""
    group = task.group
    if is_session_leader(group) and tty.ctrl.session == group.sid:
        return 0
    if not is_session_leader(group) or group.tty is not None:
        raise EPERM("not a session leader without a terminal")
    privileged = task.cred.capable(CAP_SYS_ADMIN)
    if tty.ctrl.session:
        if steal != 1 or not privileged:
            raise EPERM("the terminal of another session")
        session_clear_tty(tty.kernel, tty.ctrl.session)
    if not file.mode & FMODE_READ and not privileged:
        raise EPERM("not open for reading")
    proc_set_tty(tty, group)
    return 0


def tiocnotty(tty: Tty, task: Task) -> int:
    """Give up the controlling terminal. ENOTTY."""
    if task.group.tty is not tty:
        raise ENOTTY("not the controlling terminal")
    disassociate_ctty(task.group, on_exit=False)
    task.group.tty = None
    return 0


def tiocgpgrp(file_tty: Tty, task: Task) -> int:
    """The foreground process group. ENOTTY."""
    tty = file_tty.setting
    if tty is file_tty and task.group.tty is not tty:
        raise ENOTTY("not the controlling terminal")
    return tty.ctrl.pgrp


def tiocspgrp(tty: Tty, task: Task, pgrp: int) -> int:
    """Choose the foreground process group. ENOTTY, EINVAL, ESRCH, EPERM."""
    if pgrp < 0:
        raise EINVAL("a group id is positive")
    group = task.group
    if group.tty is not tty or tty.ctrl.session != group.sid:
        raise ENOTTY("not the controlling terminal of this session")
    members = [other for other in tty.kernel.groups() if other.pgid == pgrp]
    if not members:
        raise ESRCH(f"no process group {pgrp}")
    if members[0].sid != group.sid:
        raise EPERM("a group of another session")
    tty.ctrl.pgrp = pgrp
    return 0


def tiocgsid(file_tty: Tty, task: Task) -> int:
    """The session. ENOTTY."""
    tty = file_tty.setting
    if (tty is file_tty and task.group.tty is not tty) or not tty.ctrl.session:
        raise ENOTTY("not the controlling terminal")
    return tty.ctrl.session
