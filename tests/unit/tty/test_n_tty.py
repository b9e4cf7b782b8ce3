"""The line discipline, case by case: what is typed, what is read, and what is shown."""

import pytest

from emu.kernel.uapi import termios as t
from tests.unit.tty.pairs import HostPair, OurPair

CANONICAL = (
    ("a line is read whole", b"abc\n", [b"abc\n"], b"abc\r\n"),
    ("an unfinished line is not read", b"abc", ["EAGAIN"], b"abc"),
    ("two lines are read one after the other", b"a\nb\n", [b"a\n", b"b\n"], b"a\r\nb\r\n"),
    ("a carriage return ends a line", b"abc\r", [b"abc\n"], b"abc\r\n"),
    ("DEL erases a character", b"abx\x7fc\n", [b"abc\n"], b"abx\b \bc\r\n"),
    ("DEL at the start of a line does nothing", b"\x7fa\n", [b"a\n"], b"a\r\n"),
    ("a control character is erased with its caret", b"\x01\x7f\n", [b"\n"], b"^A\b \b\b \b\r\n"),
    ("a tab is erased to where it began", b"ab\t\x7fc\n", [b"abc\n"], b"ab\t\b\b\b\b\b\bc\r\n"),
    ("Ctrl-U erases the line", b"abc\x15x\n", [b"x\n"], b"abc" + b"\b \b" * 3 + b"x\r\n"),
    ("Ctrl-W erases a word", b"foo bar\x17x\n", [b"foo x\n"], b"foo bar" + b"\b \b" * 3 + b"x\r\n"),
    ("Ctrl-W erases what follows the word too", b"a b,, \x17\n", [b"a \n"],
     b"a b,, " + b"\b \b" * 4 + b"\r\n"),
    ("Ctrl-V takes what follows as it is", b"a\x16\x04\n", [b"a\x04\n"], b"a^\b^D\r\n"),
    ("Ctrl-R shows the line again", b"ab\x12c\n", [b"abc\n"], b"ab^R\r\nabc\r\n"),
    ("Ctrl-D alone is the end", b"\x04", [b""], b""),
    ("Ctrl-D after text gives the text", b"abc\x04", [b"abc", "EAGAIN"], b"abc"),
    ("twice Ctrl-D after text is text and the end", b"abc\x04\x04", [b"abc", b""], b"abc"),
    ("a zero byte is no end", b"a\0b\n", [b"a\0b\n"], b"a^@b\r\n"),
    ("Ctrl-C forgets the line", b"abc\x03d\n", [b"d\n"], b"^Cd\r\n"),
    ("Ctrl-S stops and Ctrl-Q starts", b"a\x13b\x11c\n", [b"abc\n"], b"abc\r\n"),
    ("an escape is shown with its caret", b"\x1b[A\n", [b"\x1b[A\n"], b"^[[A\r\n"),
)  # fmt: skip

LFLAG = t.ISIG | t.ICANON | t.ECHO | t.ECHOE | t.ECHOK | t.ECHOCTL | t.ECHOKE | t.IEXTEN
CHANGED = (
    ("no echo", {"lflag": LFLAG & ~t.ECHO}, b"ab\x7fc\n", [b"ac\n"], b""),
    ("ECHONL alone", {"lflag": LFLAG & ~t.ECHO | t.ECHONL}, b"ab\n", [b"ab\n"], b"\r\n"),
    ("no ECHOE", {"lflag": LFLAG & ~t.ECHOE}, b"ab\x7f\n", [b"a\n"], b"ab^?\r\n"),
    ("no ECHOKE", {"lflag": LFLAG & ~t.ECHOKE}, b"ab\x15c\n", [b"c\n"], b"ab^U\r\nc\r\n"),
    ("no ECHOK either", {"lflag": LFLAG & ~(t.ECHOKE | t.ECHOK)}, b"ab\x15c\n", [b"c\n"],
     b"ab^Uc\r\n"),
    ("no ECHOCTL", {"lflag": LFLAG & ~t.ECHOCTL}, b"\x01\x7f\n", [b"\n"], b"\x01\r\n"),
    ("ECHOPRT", {"lflag": LFLAG | t.ECHOPRT}, b"abc\x7f\x7fd\n", [b"ad\n"], b"abc\\cb/d\r\n"),
    ("no IEXTEN", {"lflag": LFLAG & ~t.IEXTEN}, b"a b\x17\n", [b"a b\x17\n"], b"a b^W\r\n"),
    ("no ISIG", {"lflag": LFLAG & ~t.ISIG}, b"a\x03\n", [b"a\x03\n"], b"a^C\r\n"),
    ("NOFLSH", {"lflag": LFLAG | t.NOFLSH}, b"a\x03b\n", [b"ab\n"], b"a^Cb\r\n"),
    ("IGNCR", {"iflag": t.IGNCR}, b"a\rb\n", [b"ab\n"], b"ab\r\n"),
    ("INLCR", {"iflag": t.INLCR}, b"a\n\x04", [b"a\r"], b"a^M"),
    ("ISTRIP", {"iflag": t.ISTRIP}, b"\xe1\n", [b"a\n"], b"a\r\n"),
    ("IUCLC", {"iflag": t.IUCLC}, b"ABC\n", [b"abc\n"], b"abc\r\n"),
    ("IUTF8 erases whole characters", {"iflag": t.IUTF8}, "aé\x7f\n".encode(), [b"a\n"],
     "aé\b \b\r\n".encode()),
    ("PARMRK doubles 0xff", {"iflag": t.PARMRK}, b"\xff\n", [b"\xff\xff\n"], b"\xff\r\n"),
    ("IXANY starts again", {"iflag": t.IXON | t.IXANY}, b"\x13ab\n", [b"ab\n"], b"ab\r\n"),
    ("without IXANY it stays stopped", {"iflag": t.IXON}, b"\x13ab\n", [b"ab\n"], "EAGAIN"),
    ("no OPOST", {"oflag": 0}, b"a\n", [b"a\n"], b"a\n"),
    ("OCRNL", {"oflag": t.OPOST | t.OCRNL, "iflag": 0}, b"a\r\x04", [b"a\r"], b"a^M"),
    ("OLCUC", {"oflag": t.OPOST | t.OLCUC}, b"ab\n", [b"ab\n"], b"AB\n"),
    ("XTABS", {"oflag": t.OPOST | t.XTABS}, b"a\tb", ["EAGAIN"], b"a       b"),
)  # fmt: skip


def session(pair, changes, typed, reads):
    """What was read, each time, and what was shown."""
    new = pair.settings()
    for name, value in changes.items():
        setattr(new, name, value)
    pair.set(new)
    assert pair.write("master", typed) == len(typed)
    got = [pair.read("slave") for _ in range(reads)]
    shown = pair.read("master")
    pair.close()
    return got, shown


@pytest.mark.parametrize("pair", [OurPair, HostPair], ids=["ours", "host"])
@pytest.mark.parametrize(
    ("typed", "read", "shown"), [c[1:] for c in CANONICAL], ids=[c[0] for c in CANONICAL]
)
def test_with_the_usual_settings(pair, typed, read, shown):
    assert session(pair(), {}, typed, len(read)) == (read, shown or "EAGAIN")


@pytest.mark.parametrize("pair", [OurPair, HostPair], ids=["ours", "host"])
@pytest.mark.parametrize(
    ("changes", "typed", "read", "shown"), [c[1:] for c in CHANGED], ids=[c[0] for c in CHANGED]
)
def test_with_other_settings(pair, changes, typed, read, shown):
    assert session(pair(), changes, typed, len(read)) == (read, shown or "EAGAIN")


@pytest.mark.parametrize("pair", [OurPair, HostPair], ids=["ours", "host"])
def test_a_line_holds_4095_characters_and_its_end(pair):
    pair = pair()
    new = pair.settings()
    new.lflag &= ~t.ECHO
    pair.set(new)
    for _ in range(5):
        assert pair.write("master", b"x" * 1000) == 1000
    assert pair.waiting("slave") == 0
    pair.write("master", b"\n")
    assert pair.waiting("slave") == 4096
    assert pair.read("slave", 8192) == b"x" * 4095 + b"\n"
    pair.close()


@pytest.mark.parametrize("pair", [OurPair, HostPair], ids=["ours", "host"])
def test_a_change_to_raw_gives_what_is_typed_so_far(pair):
    pair = pair()
    pair.write("master", b"abc")
    new = pair.settings()
    new.lflag &= ~t.ICANON
    pair.set(new)
    assert pair.read("slave") == b"abc"
    pair.write("master", b"de")
    new.lflag |= t.ICANON
    pair.set(new)
    assert pair.read("slave") == b"de"
    pair.close()


@pytest.mark.parametrize("pair", [OurPair, HostPair], ids=["ours", "host"])
def test_packet_mode_tells_of_flushes_and_flow(pair):
    pair = pair()
    pair.packet(True)
    pair.write("slave", b"hi")
    assert pair.read("master") == b"\0hi"
    pair.flush("slave", 0)
    assert pair.read("master") == bytes([t.TIOCPKT_FLUSHREAD])
    pair.flow("slave", 0)
    pair.flow("slave", 1)
    assert pair.read("master") == bytes([t.TIOCPKT_START])
    new = pair.settings()
    new.iflag &= ~t.IXON
    pair.set(new)
    assert pair.read("master") == bytes([t.TIOCPKT_NOSTOP])
    pair.close()


def test_output_waits_while_nobody_reads_and_no_memory_is_lost():
    pair = OurPair()
    sent = sum(iter(lambda: pair.write("slave", b"x" * 1000), "EAGAIN"))
    assert 8192 <= sent <= 16384
    for _ in range(100):
        pair.write("master", b"typed ")
    assert len(pair.slave.ldisc.echo._queue) <= 4096
    got = 0
    while isinstance(piece := pair.read("master"), bytes):
        got += piece.count(b"x")
    assert got == sent
