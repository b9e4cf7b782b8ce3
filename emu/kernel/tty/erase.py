"""Erasing what was typed: a character, a word, the line. See eraser in n_tty.c."""

from __future__ import annotations

from typing import TYPE_CHECKING

from emu.kernel.tty.characters import TAB, isalnum, iscntrl
from emu.kernel.uapi.termios import (
    ECHO,
    ECHOCTL,
    ECHOE,
    ECHOK,
    ECHOKE,
    ECHOPRT,
    VERASE,
    VKILL,
    VWERASE,
)

if TYPE_CHECKING:
    from emu.kernel.tty.n_tty import NTty

ECHO_OF_KILL = ECHOK | ECHOKE | ECHOE
WIPE = b"\b \b"


def erase(ldisc: NTty, c: int) -> None:
    """Do what VERASE, VWERASE or VKILL asks for."""
    if not ldisc.typed:
        return
    termios = ldisc.tty.termios
    lflag, echo = termios.lflag, ldisc.echo
    is_erase = c == termios.cc[VERASE]
    is_word = not is_erase and c == termios.cc[VWERASE]
    if not is_erase and not is_word:
        if not lflag & ECHO:
            ldisc.drop_typed(ldisc.typed)
            return
        if lflag & ECHO_OF_KILL != ECHO_OF_KILL:
            ldisc.drop_typed(ldisc.typed)
            ldisc.finish_erasing()
            echo.char(termios.cc[VKILL])
            if lflag & ECHOK:
                echo.raw(b"\n")
            return
    seen_word = False
    while ldisc.typed:
        character = _last_character(ldisc)
        if character is None:
            break
        first = character[0]
        if is_word:
            if isalnum(first) or first == 0x5F:
                seen_word = True
            elif seen_word:
                break
        ldisc.drop_typed(len(character))
        if lflag & ECHO:
            _show_erased(ldisc, character, is_erase)
        if is_erase:
            break
    if not ldisc.typed and lflag & ECHO:
        ldisc.finish_erasing()


def _last_character(ldisc: NTty) -> bytes | None:
    """The last character typed; None if only a part of one is there."""
    length = 1
    while ldisc.is_continuation(ldisc.buffer[-length]) and length < ldisc.typed:
        length += 1
    if ldisc.is_continuation(ldisc.buffer[-length]):
        return None
    return bytes(ldisc.buffer[-length:])


def _show_erased(ldisc: NTty, character: bytes, is_erase: bool) -> None:
    termios, echo = ldisc.tty.termios, ldisc.echo
    lflag, c = termios.lflag, character[0]
    if lflag & ECHOPRT:
        if not ldisc.erasing:
            echo.raw(b"\\")
            ldisc.erasing = True
        echo.char(c)
        for rest in character[1:]:
            echo.raw(bytes((rest,)))
            echo.move_back_column()
    elif is_erase and not lflag & ECHOE:
        echo.char(termios.cc[VERASE])
    elif c == TAB:
        echo.erase_tab(*_columns_before(ldisc))
    else:
        if iscntrl(c) and lflag & ECHOCTL:
            echo.raw(WIPE)
        if not iscntrl(c) or lflag & ECHOCTL:
            echo.raw(WIPE)


def _columns_before(ldisc: NTty) -> tuple[int, bool]:
    """The columns of what was typed since the last tab, or since the start of the line."""
    columns = 0
    shows_control = ldisc.tty.termios.lflag & ECHOCTL
    for place in range(1, ldisc.typed + 1):
        c = ldisc.buffer[-place]
        if c == TAB:
            return columns, True
        if iscntrl(c):
            columns += 2 if shows_control else 0
        elif not ldisc.is_continuation(c):
            columns += 1
    return columns, False
