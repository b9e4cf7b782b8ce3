"""Argument kinds that several subjects share. They say more to the trace than to the decoder."""

from __future__ import annotations

from typing import Annotated

from emu.kernel.args import Arg, PointerArg
from emu.record import record


@record
class IdArg(Arg):
    """A uid_t or gid_t, in which all ones mean -1."""

    bits: int = 32


@record
class SignalArg(Arg):
    """A signal number, handed over in the caller's own numbers."""

    bits: int = 32
    signed: bool = True


@record
class SigsetArg(PointerArg):
    """A user address of a sigset_t; `old` is the one-word kind."""

    old: bool = False


@record
class IntegersArg(PointerArg):
    """A user array of integers of `item_bits` each (0: a word), `length` naming their count.

    Without a `length` it is a single integer.
    """

    item_bits: int = 32
    item_signed: bool = True


@record
class EpollEventsArg(PointerArg):
    """A user array of struct epoll_event, of which the call's result says how many are filled."""

    out: bool = True


Uid = Annotated[int, IdArg()]
Uid16 = Annotated[int, IdArg(16)]
Signal = Annotated[int, SignalArg()]
Sigset = Annotated[int, SigsetArg()]
OutSigset = Annotated[int, SigsetArg(out=True)]
OldSigset = Annotated[int, SigsetArg(old=True)]
OutOldSigset = Annotated[int, SigsetArg(old=True, out=True)]
OutInt = Annotated[int, IntegersArg(out=True)]
OutUInt = Annotated[int, IntegersArg(out=True, item_signed=False)]
OutWord = Annotated[int, IntegersArg(out=True, item_bits=0)]
EpollEvents = Annotated[int, EpollEventsArg()]
