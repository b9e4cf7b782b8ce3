"""ioctl(2): the ABI's own numbers, and what they do."""

from __future__ import annotations

from emu.conformance.checks import Argument, Checks
from emu.conformance.files import AT_FDCWD, pipe


def of_pipes(c: Checks) -> None:
    """FIONREAD, FIONBIO, FIOCLEX, FIONCLEX."""
    c.check("FIONREAD tells what is in a pipe")
    reader, writer = pipe(c)
    c.call("write", writer, c.text("hello"), 5)
    at = c.space(4)
    c.call("ioctl", reader, c.constant("FIONREAD"), at)
    c.succeeds()
    c.word(at, 4, 5)
    _close(c, reader, writer)
    c.check("FIONBIO makes a pipe non-blocking")
    reader, writer = pipe(c)
    c.call("ioctl", reader, c.constant("FIONBIO"), c.copy(c.words(1, size=4)))
    c.succeeds()
    c.call("read", reader, c.space(1), 1)
    c.error("EAGAIN")
    c.call("ioctl", reader, c.constant("FIONBIO"), c.copy(c.words(0, size=4)))
    c.call("fcntl", reader, c.constant("F_GETFL"))
    c.value(c.saved(), 0, c.constant("O_NONBLOCK"))
    _close(c, reader, writer)
    c.check("FIOCLEX and FIONCLEX set and clear FD_CLOEXEC")
    reader, writer = pipe(c)
    for command, flag in (("FIOCLEX", 1), ("FIONCLEX", 0)):
        c.call("ioctl", reader, c.constant(command))
        c.succeeds()
        c.call("fcntl", reader, c.constant("F_GETFD"))
        c.result(flag)
    _close(c, reader, writer)


def of_others(c: Checks) -> None:
    """What is no command of a file is ENOTTY."""
    for command in ("TIOCGWINSZ", "TCGETS", "TIOCGPGRP", "TIOCGPTN"):
        c.check(f"{command} of /dev/null is ENOTTY")
        file = c.open("/dev/null")
        c.call("ioctl", file, c.constant(command), c.space(128))
        c.error("ENOTTY")
        c.call("close", file)
    c.check("an ioctl of no file is EBADF")
    c.call("ioctl", -1, c.constant("FIONREAD"), 0)
    c.error("EBADF")


def of_terminals(c: Checks) -> None:
    """A pseudo-terminal's size, number and modes."""
    c.check("a new terminal's size is 0, and what is set")
    layout = c.layout("winsize")
    terminal = c.open("/dev/ptmx", "O_RDWR|O_NOCTTY")
    at = c.space(layout.size, 0xFF)
    c.call("ioctl", terminal, c.constant("TIOCGWINSZ"), at)
    c.succeeds()
    c.memory(at, bytes(layout.size))
    c.call("ioctl", terminal, c.constant("TIOCSWINSZ"), c.copy(layout.pack(ws_row=7, ws_col=9)))
    c.succeeds()
    c.call("ioctl", terminal, c.constant("TIOCGWINSZ"), at)
    c.field(at, layout, "ws_row", 7)
    c.field(at, layout, "ws_col", 9)
    c.call("close", terminal)
    c.check("TIOCGPTN tells a terminal's number")
    terminal = c.open("/dev/ptmx", "O_RDWR|O_NOCTTY")
    at = c.space(4, 0xFF)
    c.call("ioctl", terminal, c.constant("TIOCGPTN"), at)
    c.succeeds()
    c.value(c.read(at, 4, True), 0, -1 << 31)
    c.call("close", terminal)
    layout = c.layout("termios" if c.abi.has_layout("termios") else "ktermios")
    c.check("a new terminal has the usual modes")
    terminal = c.open("/dev/ptmx", "O_RDWR|O_NOCTTY")
    at = c.space(layout.size + 16, 0xC7)
    c.call("ioctl", terminal, c.constant("TCGETS"), at)
    c.succeeds()
    for field, flags in (
        ("c_iflag", "ICRNL|IXON"), ("c_oflag", "OPOST|ONLCR"), ("c_lflag", "ISIG|ICANON|ECHO"),
    ):  # fmt: skip
        value = c.constant(flags)
        c.value(c.read_field(at, layout, field), value, value)
    c.value(c.read_field(at, layout, "c_cflag"), c.constant("CS8|CREAD"), c.constant("CSIZE|CREAD"))
    c.memory(at + layout.size, b"\xc7" * 16)
    c.call("close", terminal)


def encodings(c: Checks) -> None:
    """The bits of a command: direction, size, type and number, which MIPS has in other places."""
    c.check("TIOCGPTN is _IOR('T', 0x30, unsigned int)")
    direction, size_bits = (2, 13) if c.abi.name.startswith("mips") else (2, 14)
    value = direction << 16 + size_bits | 4 << 16 | ord("T") << 8 | 0x30
    c.value(c.constant("TIOCGPTN"), value)
    c.check("a command of an unknown type is ENOTTY on a folder")
    folder = c.open("/", "O_RDONLY|O_DIRECTORY")
    c.call("ioctl", folder, value ^ 0x7F, 0)
    c.error("ENOTTY")
    c.call("close", folder)
    c.check("faccessat of what has no ioctl")
    c.call("faccessat", AT_FDCWD, c.text("/dev/null"), 0)
    c.succeeds()


def _close(c: Checks, *files: Argument) -> None:
    for file in files:
        c.call("close", file)


CHECKS = (of_pipes, of_others, of_terminals, encodings)
