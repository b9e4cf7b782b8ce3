"""Terminal commands as strace shows them."""

import pytest

from tests.unit.trace.tracing import Traced
from tests.unit.tty.terminals import Program


class Traceable(Traced, Program):
    def shown(self, fd, name, argument):
        """What stands between the command and the closing parenthesis, or nothing."""
        line = self.trace("sys_ioctl", fd, self.abi.constant(name), argument)
        start, _, rest = line.partition(name)
        assert start.removesuffix("SNDCTL_TMR_CONTINUE or ") == f"ioctl({fd}, ", line
        return rest.partition(") ")[0].removeprefix(", ")


@pytest.mark.parametrize("abi", ["x86-64", "mips-o32"])
def test_each_command_has_its_own_argument(abi):
    p = Traceable(abi)
    master, slave, _ = p.open_pair()
    settings = (
        "{c_iflag=ICRNL|IXON, c_oflag=NL0|CR0|TAB0|BS0|VT0|FF0|OPOST|ONLCR, "
        "c_cflag=B38400|CS8|CREAD, "
        "c_lflag=ISIG|ICANON|ECHO|ECHOE|ECHOK|IEXTEN|ECHOCTL|ECHOKE, ...}"
    )
    p.termios(slave)
    for name in ("TCGETS", "TCSETSF", "TCGETS2", "TCGETA"):
        assert p.shown(slave, name, p.buffer) == settings
    p.mm.write_u32(p.buffer, 1)
    assert p.shown(master, "TIOCSPTLCK", p.buffer) == "[1]"
    assert p.shown(master, "TIOCGPTN", p.buffer) == "[0]"
    assert p.shown(slave, "TCFLSH", 2) == "TCIOFLUSH"
    assert p.shown(slave, "TCXONC", 1) == "TCOON"
    assert p.shown(slave, "TCSBRK", 1) == "1"
    assert p.shown(slave, "TIOCSCTTY", 0) == "0"
    assert p.shown(slave, "TIOCEXCL", 0) == ""
    p.mm.write(p.buffer, b"x")
    assert p.shown(slave, "TIOCSTI", p.buffer) == '"x"'
    assert p.shown(slave, "TIOCGWINSZ", p.buffer).startswith("{ws_row=0, ws_col=0")
