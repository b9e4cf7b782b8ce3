"""Terminals' settings, flag by flag: struct termios and its kin."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from emu.trace.format.text import hexadecimal

if TYPE_CHECKING:
    from emu.arch.abi import Abi

Values = dict[str, Any]

INPUT = (
    "IGNBRK", "BRKINT", "IGNPAR", "PARMRK", "INPCK", "ISTRIP", "INLCR", "IGNCR", "ICRNL", "IUCLC",
    "IXON", "IXANY", "IXOFF", "IMAXBEL", "IUTF8",
)  # fmt: skip
DELAYS = (
    ("NLDLY", ("NL0", "NL1")), ("CRDLY", ("CR0", "CR1", "CR2", "CR3")),
    ("TABDLY", ("TAB0", "TAB1", "TAB2", "XTABS")), ("BSDLY", ("BS0", "BS1")),
    ("VTDLY", ("VT0", "VT1")), ("FFDLY", ("FF0", "FF1")),
)  # fmt: skip
OUTPUT = ("OPOST", "OLCUC", "ONLCR", "OCRNL", "ONOCR", "ONLRET", "OFILL", "OFDEL")
RATES = (
    "B0", "B50", "B75", "B110", "B134", "B150", "B200", "B300", "B600", "B1200", "B1800", "B2400",
    "B4800", "B9600", "B19200", "B38400", "B57600", "B115200", "B230400", "B460800", "B500000",
    "B576000", "B921600", "B1000000", "B1152000", "B1500000", "B2000000", "B2500000", "B3000000",
    "B3500000", "B4000000", "BOTHER",
)  # fmt: skip
SIZES = ("CS5", "CS6", "CS7", "CS8")
CONTROL = ("CSTOPB", "CREAD", "PARENB", "PARODD", "HUPCL", "CLOCAL", "CMSPAR", "CRTSCTS")
LOCAL = (
    "ISIG", "ICANON", "XCASE", "ECHO", "ECHOE", "ECHOK", "ECHONL", "NOFLSH", "IEXTEN", "ECHOCTL",
    "ECHOPRT", "ECHOKE", "FLUSHO", "PENDIN", "TOSTOP", "EXTPROC",
)  # fmt: skip
CHARACTERS = (
    "VINTR", "VQUIT", "VERASE", "VKILL", "VEOF", "VTIME", "VMIN", "VSWTC", "VSTART", "VSTOP",
    "VSUSP", "VEOL", "VREPRINT", "VDISCARD", "VWERASE", "VLNEXT", "VEOL2",
)  # fmt: skip


def termios(abi: Abi, values: Values) -> str:
    """The four words of flags, and that there is more."""
    words = (
        ("c_iflag", named(abi, INPUT, values["c_iflag"])),
        ("c_oflag", output(abi, values["c_oflag"])),
        ("c_cflag", control(abi, values["c_cflag"])),
        ("c_lflag", named(abi, LOCAL, values["c_lflag"])),
    )
    return f"{{{', '.join(f'{name}={text}' for name, text in words)}, ...}}"


def in_full(abi: Abi, values: Values) -> str:
    """With the line discipline and the control characters, and the speeds if there are any."""
    text = termios(abi, values).removesuffix(", ...}")
    names = {abi.constants[name]: name for name in CHARACTERS if name in abi.constants}
    characters = ", ".join(
        f"[{names.get(place, place)}]={hexadecimal(value)}"
        for place, value in enumerate(values["c_cc"])
    )
    text += f", c_line={line_discipline(values['c_line'])}, c_cc=[{characters}]"
    if "c_ispeed" in values:
        text += f", c_ispeed={values['c_ispeed']}, c_ospeed={values['c_ospeed']}"
    return text + "}"


def line_discipline(number: int) -> str:
    """N_TTY, mostly."""
    return "N_TTY" if number == 0 else hexadecimal(number)


def output(abi: Abi, value: int) -> str:
    """Delays, each by name, and what is done with the output."""
    names = []
    for mask_name, choices in DELAYS:
        mask = abi.constants[mask_name]
        chosen = value & mask
        names.append(
            next((n for n in choices if abi.constants.get(n, 0) == chosen), hexadecimal(chosen))
        )
        value &= ~mask
    more = named(abi, OUTPUT, value)
    return "|".join([*names, more] if more else names)


def control(abi: Abi, value: int) -> str:
    """The speed, the size of characters, and the line's control."""
    rate_mask, size_mask = abi.constants["CBAUD"], abi.constants["CSIZE"]
    names = [
        rate(abi, value & rate_mask),
        next(name for name in SIZES if abi.constants[name] == value & size_mask),
    ]
    value &= ~(rate_mask | size_mask)
    shift = abi.constants["IBSHIFT"]
    if value >> shift & rate_mask:
        names.insert(1, f"{rate(abi, value >> shift & rate_mask)}<<IBSHIFT")
        value &= ~(rate_mask << shift)
    more = named(abi, CONTROL, value)
    return "|".join([*names, more] if more else names)


def rate(abi: Abi, value: int) -> str:
    """A speed."""
    return next((name for name in RATES if abi.constants.get(name) == value), hexadecimal(value))


def named(abi: Abi, names: tuple[str, ...], value: int) -> str:
    """A set of flags; nothing for none."""
    shown = []
    for name in names:
        bit = abi.constants.get(name, 0)
        if bit and value & bit == bit:
            shown.append(name)
            value &= ~bit
    if value:
        shown.append(hexadecimal(value))
    return "|".join(shown)
