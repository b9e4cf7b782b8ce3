"""Terminal commands in every ABI's own numbers and structs."""

import pytest

from tests.unit.tty.terminals import Program
from tests.unit.vfs.guest import ABIS

ORDERS = [(abi, None) for abi in ABIS] + [("mips-o32", "little"), ("mips-n64", "little")]


@pytest.fixture(params=ORDERS, ids=str)
def program(request):
    return Program(*request.param)


def change(p, fd, struct, get, put, **changes):
    """Read settings, change some and write them back; c_cc's items by name."""
    fields = p.termios(fd, struct, get)
    characters = bytearray(fields["c_cc"])
    for name, value in changes.items():
        if name.startswith("V"):
            characters[p.abi.constant(name)] = value
        else:
            fields[name] = value
    fields["c_cc"] = bytes(characters)
    return p.ioctl(fd, put, p.abi.layout(struct).pack(**fields))


def test_a_new_terminal_has_the_usual_settings(program):
    p = program
    _, slave, _ = p.open_pair()
    found = p.termios(slave)
    assert found["c_lflag"] == p.bits("ISIG|ICANON|ECHO|ECHOE|ECHOK|ECHOCTL|ECHOKE|IEXTEN")
    assert found["c_iflag"] == p.bits("ICRNL|IXON")
    assert found["c_oflag"] == p.bits("OPOST|ONLCR")
    assert found["c_cflag"] == p.bits("B38400|CS8|CREAD")
    for name, value in (("VINTR", 3), ("VEOF", 4), ("VERASE", 127), ("VSUSP", 26), ("VMIN", 1)):
        assert found["c_cc"][p.abi.constant(name)] == value, name


@pytest.mark.parametrize(
    ("struct", "get", "put"),
    [("termios", "TCGETS", "TCSETS"), ("termios2", "TCGETS2", "TCSETSW2"),
     ("termio", "TCGETA", "TCSETAW")],
)  # fmt: skip
def test_settings_are_kept_and_obeyed(program, struct, get, put):
    p = program
    master, slave, _ = p.open_pair()
    local = p.bits("ISIG|ICANON|IEXTEN")
    assert change(p, slave, struct, get, put, c_lflag=local, VERASE=ord("#"), VINTR=7) == 0
    now = p.termios(slave, struct, get)
    assert now["c_lflag"] == local
    assert now["c_cc"][p.abi.constant("VERASE")] == ord("#")
    p.write(master, b"ab#c\n")
    assert p.read(slave) == b"ac\n"
    assert p.read(master) == "EAGAIN"  # no echo


def test_a_struct_is_written_no_further_than_its_size(program):
    p = program
    _, slave, _ = p.open_pair()
    for struct, get in (("termios", "TCGETS"), ("termios2", "TCGETS2"), ("termio", "TCGETA")):
        size = p.abi.layout(struct).size
        p.mm.write(p.buffer, b"\xee" * 80)
        assert p.ioctl(slave, get) == 0
        assert p.mm.read(p.buffer + size, 80 - size) == b"\xee" * (80 - size)


def test_speeds_follow_the_bits_that_name_them(program):
    p = program
    _, slave, _ = p.open_pair()
    flags = p.termios(slave)["c_cflag"] & ~p.abi.constant("CBAUD")
    assert change(p, slave, "termios", "TCGETS", "TCSETS", c_cflag=flags | p.bits("B115200")) == 0
    assert p.termios(slave, "termios2", "TCGETS2")["c_ospeed"] == 115200
    custom = flags | p.bits("BOTHER")
    args = ("termios2", "TCGETS2", "TCSETS2")
    assert change(p, slave, *args, c_cflag=custom, c_ospeed=12345, c_ispeed=9) == 0
    found = p.termios(slave, "termios2", "TCGETS2")
    assert (found["c_ospeed"], found["c_ispeed"]) == (12345, 12345)


def test_the_masters_settings_are_the_slaves(program):
    p = program
    master, slave, _ = p.open_pair()
    assert p.termios(master) == p.termios(slave)
    assert change(p, master, "termios", "TCGETS", "TCSETSF", VEOL=ord("x")) == 0
    p.write(master, b"abx")
    assert p.read(slave) == b"abx"


def test_a_size_is_kept_for_both_ends(program):
    p = program
    master, slave, _ = p.open_pair()
    size = p.abi.layout("winsize").pack(ws_row=50, ws_col=132, ws_xpixel=1, ws_ypixel=2)
    assert p.ioctl(master, "TIOCSWINSZ", size) == 0
    assert p.ioctl(slave, "TIOCGWINSZ") == 0
    assert p.mm.read(p.buffer, 8) == size


def test_what_waits_is_counted(program):
    p = program
    master, slave, _ = p.open_pair()
    p.write(master, b"abc\nde\x04f")
    assert p.ask(slave, "FIONREAD") == 6
    assert p.ask(slave, "TIOCINQ") == 6
    assert p.ask(slave, "TIOCOUTQ") == 0


def test_flushing_forgets(program):
    p = program
    master, slave, _ = p.open_pair()
    p.write(master, b"abc\n")
    assert p.direct(slave, "TCFLSH", p.abi.constant("TCIFLUSH")) == 0
    assert p.read(slave) == "EAGAIN"
    assert p.direct(slave, "TCFLSH", 3) == "EINVAL"


def test_output_is_stopped_and_started(program):
    p = program
    master, slave, _ = p.open_pair()
    assert p.direct(slave, "TCXONC", 0) == 0
    assert p.write(slave, b"x") == "EAGAIN"
    assert p.direct(slave, "TCXONC", 1) == 0
    assert p.write(slave, b"x") == 1
    assert p.direct(slave, "TCXONC", 2) == 0
    assert p.read(master) == b"x\x13"
    assert p.direct(slave, "TCXONC", 4) == "EINVAL"


def test_drains_and_breaks_have_nothing_to_do(program):
    p = program
    _, slave, _ = p.open_pair()
    for command, argument in (("TCSBRK", 0), ("TCSBRK", 1), ("TCSBRKP", 3), ("TIOCSBRK", 0)):
        assert p.direct(slave, command, argument) == 0


def test_there_is_one_line_discipline(program):
    p = program
    _, slave, _ = p.open_pair()
    assert p.ask(slave, "TIOCGETD") == 0
    assert p.ioctl(slave, "TIOCSETD", 0) == 0
    assert p.ioctl(slave, "TIOCSETD", 1) == "EINVAL"


def test_packet_mode_is_the_masters(program):
    p = program
    master, slave, _ = p.open_pair()
    assert p.ioctl(slave, "TIOCPKT", 1) == "ENOTTY"
    assert p.ask(master, "TIOCGPKT") == 0
    assert p.ioctl(master, "TIOCPKT", 1) == 0
    assert p.ask(master, "TIOCGPKT") == 1
    p.write(slave, b"hi")
    assert p.read(master) == b"\0hi"


def test_a_byte_can_be_typed_by_a_program(program):
    p = program
    _, slave, _ = p.lead_session()
    for byte in b"ok\n":
        assert p.ioctl(slave, "TIOCSTI", bytes([byte])) == 0
    assert p.read(slave) == b"ok\n"


def test_exclusive_use_keeps_others_out(program):
    p = program
    _, slave, name = p.open_pair()
    assert p.direct(slave, "TIOCEXCL") == 0
    assert p.ask(slave, "TIOCGEXCL") == 1
    assert isinstance(p.open(name, "O_RDWR|O_NOCTTY"), int)  # root may
    p.chmod(name, 0o666)
    other = Program(p.abi.name, beside=p, uid=1000)
    assert other.open(name, "O_RDWR|O_NOCTTY") == "EBUSY"
    p.kernel.sched.current = p.task
    assert p.direct(slave, "TIOCNXCL") == 0
    assert isinstance(other.open(name, "O_RDWR|O_NOCTTY"), int)


def test_the_slave_is_opened_without_its_name(program):
    p = program
    master = p.open("/dev/ptmx", "O_RDWR")
    p.ioctl(master, "TIOCSPTLCK", 0)
    peer = p.direct(master, "TIOCGPTPEER", p.bits("O_RDWR|O_NOCTTY|O_CLOEXEC"))
    assert isinstance(peer, int)
    assert peer in p.task.files.cloexec
    assert p.readlink(f"/proc/self/fd/{peer}") == b"/dev/pts/0"
    p.write(master, b"x\n")
    assert p.read(peer) == b"x\n"


def test_a_strangers_command_is_enotty(program):
    p = program
    master, slave, _ = p.open_pair()
    for fd in (master, slave):
        assert p.sys("ioctl", fd, 0x12345678, p.buffer) == "ENOTTY"
        assert p.direct(fd, "TIOCMGET", p.buffer) == "ENOTTY"


def test_bad_addresses_are_efault(program):
    p = program
    _, slave, _ = p.open_pair()
    for command in ("TCGETS", "TCSETS", "TCGETA", "TIOCGWINSZ", "TIOCSWINSZ", "TIOCOUTQ"):
        assert p.direct(slave, command, 8) == "EFAULT", command
