"""Sessions, controlling terminals and foreground groups."""

import pytest

from emu.kernel.errno import Restart
from emu.kernel.tty.jobctrl import disassociate_ctty
from tests.unit.tty.terminals import (
    SIGCONT,
    SIGHUP,
    SIGINT,
    SIGTTIN,
    SIGTTOU,
    SIGWINCH,
    Program,
)


@pytest.fixture
def shell():
    """A session leader whose terminal is descriptor `slave`, and its master."""
    p = Program()
    p.master, p.slave, p.pts = p.lead_session()
    return p


def stopped(program, entry, *arguments):
    """Whether a call is stopped by a signal to its group, to be made again."""
    program.kernel.sched.current = program.task
    call = program.start(f"sys_{entry}", *arguments)
    if isinstance(call, int):
        return False
    assert call.send(None).timeout_ns == 0
    with pytest.raises(Restart):
        call.send(False)
    return True


def test_a_session_leaders_first_terminal_is_its_own(shell):
    assert shell.task.group.tty is not None
    assert shell.ask(shell.slave, "TIOCGPGRP") == shell.task.pgid
    assert shell.ask(shell.slave, "TIOCGSID") == shell.task.sid
    assert isinstance(shell.open("/dev/tty", "O_RDWR"), int)


def test_o_noctty_leaves_a_leader_without():
    p = Program()
    _, slave, _ = p.open_pair("O_RDWR|O_NOCTTY")
    assert p.task.group.tty is None
    assert p.ask(slave, "TIOCGPGRP") == "ENOTTY"
    assert p.open("/dev/tty", "O_RDWR") == "ENXIO"
    assert p.sys("fcntl", slave, 3, 0) & p.bits("O_NOCTTY") == 0


def test_a_write_only_open_gives_no_terminal():
    p = Program()
    p.open_pair("O_WRONLY")
    assert p.task.group.tty is None


def test_a_master_never_becomes_one():
    p = Program()
    p.open("/dev/ptmx", "O_RDWR")
    assert p.task.group.tty is None


def test_a_member_that_does_not_lead_gets_none(shell):
    child = shell.child(group="own")
    child.task.group.tty = None
    child.open(shell.pts, "O_RDWR")
    assert child.task.group.tty is None
    assert child.direct(shell.slave, "TIOCSCTTY") == "EPERM"


def test_a_terminal_of_another_session_is_only_stolen_by_root(shell):
    thief = Program(beside=shell)
    fd = thief.open(shell.pts, "O_RDWR")
    assert thief.task.group.tty is None
    assert thief.direct(fd, "TIOCSCTTY", 0) == "EPERM"
    assert thief.direct(fd, "TIOCSCTTY", 1) == 0
    assert thief.task.group.tty is not None
    assert shell.task.group.tty is None


def test_ctrl_c_goes_to_the_foreground_group_alone(shell):
    job, sibling, other = shell.child(group="own"), None, shell.child(group="own")
    sibling = shell.child(group=job.task.pgid)
    for program in (shell, job, sibling, other):
        program.catch(SIGINT)
    assert shell.ioctl(shell.slave, "TIOCSPGRP", job.task.pgid) == 0
    shell.write(shell.master, b"\x03")
    assert SIGINT in job.pending()
    assert SIGINT in sibling.pending()
    assert SIGINT not in shell.pending() | other.pending()


def test_a_background_read_stops_the_group(shell):
    job = shell.child(group="own")
    job.catch(SIGTTIN)
    assert stopped(job, "read", shell.slave, job.buffer, 10)
    assert job.pending() == {SIGTTIN}


def test_a_background_read_that_ignores_it_fails(shell):
    job = shell.child(group="own")
    job.ignore(SIGTTIN)
    assert job.read(shell.slave) == "EIO"


def test_an_orphaned_background_group_fails(shell):
    job = shell.child(group="own")
    job.task.parent = None
    assert job.read(shell.slave) == "EIO"
    assert job.ioctl(shell.slave, "TIOCSPGRP", job.task.pgid) == "ENOTTY"


def test_a_background_write_is_stopped_by_tostop_only(shell):
    job = shell.child(group="own")
    job.catch(SIGTTOU)
    assert job.write(shell.slave, b"x") == 1
    fields = shell.termios(shell.slave)
    fields["c_lflag"] |= shell.bits("TOSTOP")
    shell.ioctl(shell.slave, "TCSETS", shell.abi.layout("termios").pack(**fields))
    assert stopped(job, "write", shell.slave, job.buffer, 1)
    assert job.pending() == {SIGTTOU}
    job.ignore(SIGTTOU)
    assert job.write(shell.slave, b"x") == 1


def test_a_background_change_of_settings_is_stopped(shell):
    job = shell.child(group="own")
    job.catch(SIGTTOU)
    job.termios(shell.slave)
    command = job.abi.constant("TCSETS")
    assert stopped(job, "ioctl", shell.slave, command, job.buffer)
    assert job.pending() == {SIGTTOU}


def test_only_groups_of_the_session_come_to_the_foreground(shell):
    job = shell.child(group="own")
    stranger = Program(beside=shell)
    shell.kernel.sched.current = shell.task
    assert shell.ioctl(shell.slave, "TIOCSPGRP", job.task.pgid) == 0
    assert shell.ask(shell.slave, "TIOCGPGRP") == job.task.pgid
    shell.ignore(SIGTTOU)
    assert shell.ioctl(shell.slave, "TIOCSPGRP", stranger.task.pgid) == "EPERM"
    assert shell.ioctl(shell.slave, "TIOCSPGRP", 9999) == "ESRCH"
    assert shell.ioctl(shell.slave, "TIOCSPGRP", -1) == "EINVAL"
    fd = stranger.open(shell.pts, "O_RDWR|O_NOCTTY")
    assert stranger.ioctl(fd, "TIOCSPGRP", stranger.task.pgid) == "ENOTTY"


def test_a_new_size_is_told_to_the_foreground(shell):
    job = shell.child(group="own")
    for program in (shell, job):
        program.catch(SIGWINCH)
    size = shell.abi.layout("winsize").pack(ws_row=1, ws_col=2)
    shell.ioctl(shell.master, "TIOCSWINSZ", size)
    assert SIGWINCH in shell.pending()
    assert SIGWINCH not in job.pending()
    shell.task.signals.shared.flush(~0)
    shell.ioctl(shell.master, "TIOCSWINSZ", size)
    assert shell.pending() == set()


def test_the_master_sends_signals(shell):
    shell.catch(SIGINT)
    assert shell.direct(shell.master, "TIOCSIG", SIGINT) == 0
    assert shell.pending() == {SIGINT}
    assert shell.direct(shell.master, "TIOCSIG", 9) == "EINVAL"


def test_closing_the_master_hangs_up(shell):
    job = shell.child(group="own")
    job.sys("close", shell.master)
    for program in (shell, job):
        program.catch(SIGHUP, SIGCONT)
    shell.ioctl(shell.slave, "TIOCSPGRP", job.task.pgid)
    shell.close(shell.master)
    assert shell.pending() == {SIGHUP, SIGCONT}
    assert job.pending() == set()
    assert shell.read(shell.slave) == b""
    assert shell.write(shell.slave, b"x") == "EIO"
    assert shell.direct(shell.slave, "TCGETS") == "EIO"
    assert shell.direct(shell.slave, "TIOCSPGRP") == "ENOTTY"
    assert shell.open(shell.pts, "O_RDWR") == "ENOENT"
    assert shell.open("/dev/tty", "O_RDWR") == "ENXIO"
    # The foreground group hears of it when the leader ends.
    disassociate_ctty(shell.task.group)
    assert job.pending() == {SIGHUP, SIGCONT}


def test_closing_the_slave_is_the_masters_end(shell):
    p = Program(beside=shell)
    master, slave, name = p.open_pair()
    p.write(slave, b"last words")
    p.close(slave)
    assert p.read(master) == b"last words"
    assert p.read(master) == "EIO"
    again = p.open(name, "O_RDWR|O_NOCTTY|O_NONBLOCK")
    assert p.read(master) == "EAGAIN"
    p.write(master, b"hi\n")
    assert p.read(again) == b"hi\n"


def test_a_leaders_end_hangs_up_the_foreground_and_frees_the_terminal(shell):
    job = shell.child(group="own")
    job.catch(SIGHUP)
    shell.ioctl(shell.slave, "TIOCSPGRP", job.task.pgid)
    disassociate_ctty(shell.task.group)
    assert job.pending() == {SIGHUP}
    assert job.task.group.tty is None
    other = Program(beside=shell)
    other.open(shell.pts, "O_RDWR")
    assert other.task.group.tty is not None


def test_exit_of_the_leader_does_it(shell):
    job = shell.child(group="own")
    job.catch(SIGHUP)
    shell.ioctl(shell.slave, "TIOCSPGRP", job.task.pgid)
    shell.task.exit(0)
    assert SIGHUP in job.pending()
    assert job.task.group.tty is None


def test_a_leader_gives_its_terminal_up(shell):
    child = shell.child()
    shell.catch(SIGHUP, SIGCONT)
    shell.kernel.sched.current = shell.task
    assert shell.direct(shell.slave, "TIOCNOTTY") == 0
    assert shell.pending() == {SIGHUP, SIGCONT}
    assert child.task.group.tty is None
    assert shell.direct(shell.slave, "TIOCNOTTY") == "ENOTTY"


def test_a_child_gives_up_only_its_own(shell):
    child = shell.child()
    assert child.direct(shell.slave, "TIOCNOTTY") == 0
    assert child.task.group.tty is None
    assert shell.task.group.tty is not None


def test_a_hangup_by_command_needs_root(shell):
    assert shell.direct(shell.slave, "TIOCVHANGUP") == 0
    assert shell.read(shell.slave) == b""
    user = Program(uid=1000)
    _, slave, _ = user.open_pair()
    assert user.direct(slave, "TIOCVHANGUP") == "EPERM"


def test_vhangup_hangs_up_the_callers_terminal(shell):
    shell.catch(SIGHUP, SIGCONT)
    assert shell.sys("vhangup") == 0
    assert shell.read(shell.slave) == b""
    assert shell.pending() == {SIGHUP, SIGCONT}
    assert Program(uid=1000).sys("vhangup") == "EPERM"
    assert Program().sys("vhangup") == 0


def test_proc_tells_the_terminal_and_its_foreground(shell):
    fields = shell.cat("/proc/self/stat").split(b") ")[1].split()
    assert (int(fields[4]), int(fields[5])) == (136 << 8, shell.task.pgid)
    fields = Program().cat("/proc/self/stat").split(b") ")[1].split()
    assert (int(fields[4]), int(fields[5])) == (0, -1)
