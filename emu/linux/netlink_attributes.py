"""Attributes of netlink messages, put and got. See include/net/netlink.h.

The ``nla_put`` functions return 0: there is always room. Numbers are told in each program's own
byte order, and read in the sender's.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from emu.kernel.net.netlink import message as make
from emu.kernel.net.netlink.attributes import NlAttr
from emu.kernel.net.netlink.message import Attribute
from emu.kernel.uapi.netlink import NLA_F_NESTED
from emu.linux.skbuff import sk_buff


class nest:
    """An attribute that others are put into: between `nla_nest_start` and `nla_nest_end`."""

    def __init__(self, type: int) -> None:
        self.type = type
        self.inside: list[Attribute] = []


def _put(skb: sk_buff, attribute: Attribute) -> int:
    skb.current().open[-1].append(attribute)
    return 0


def _putter(maker: Callable[[int, int], Attribute]) -> Callable[[sk_buff, int, int], int]:
    def put(skb: sk_buff, attrtype: int, value: int) -> int:
        return _put(skb, maker(attrtype, int(value)))

    return put


nla_put_u8 = _putter(make.u8)
nla_put_u16 = _putter(make.u16)
nla_put_u32 = _putter(make.u32)
nla_put_s32 = _putter(make.s32)


def nla_put_u64(skb: sk_buff, attrtype: int, value: int, padattr: int = 0) -> int:
    """Put a number of 64 bits: nla_put_u64_64bit."""
    return _put(skb, make.u64(attrtype, int(value)))


def nla_put_string(skb: sk_buff, attrtype: int, text: str | bytes) -> int:
    """Put a string, with its NUL."""
    raw = text.encode(errors="surrogateescape") if isinstance(text, str) else text
    return _put(skb, make.string(attrtype, raw))


def nla_put_flag(skb: sk_buff, attrtype: int) -> int:
    """Put an attribute that says yes by being there."""
    return _put(skb, Attribute(attrtype, b""))


def nla_put(skb: sk_buff, attrtype: int, attrlen: int, data: Any) -> int:
    """Put bytes as they are."""
    return _put(skb, Attribute(attrtype, bytes(data)[:attrlen]))


def nla_nest_start(skb: sk_buff, attrtype: int) -> nest:
    """Put what follows into an attribute of its own."""
    begun = nest(attrtype | NLA_F_NESTED)
    skb.current().open.append(begun.inside)
    return begun


def nla_nest_start_noflag(skb: sk_buff, attrtype: int) -> nest:
    """The same without the mark of nested attributes, as older protocols do."""
    begun = nest(attrtype)
    skb.current().open.append(begun.inside)
    return begun


def nla_nest_end(skb: sk_buff, start: nest) -> int:
    """What follows goes where it went before."""
    message = skb.current()
    message.open.remove(start.inside)
    message.open[-1].append(Attribute(start.type, tuple(start.inside)))
    return skb.len


def nla_nest_cancel(skb: sk_buff, start: nest) -> None:
    """Leave the nested attributes out."""
    skb.current().open.remove(start.inside)


def nla_get_u8(nla: NlAttr) -> int:
    """Eight bits."""
    return nla.u8


def nla_get_u16(nla: NlAttr) -> int:
    """Sixteen bits."""
    return nla.u16


def nla_get_u32(nla: NlAttr) -> int:
    """Thirty-two bits."""
    return nla.u32


def nla_get_s32(nla: NlAttr) -> int:
    """Thirty-two bits with a sign."""
    return nla.s32


def nla_get_u64(nla: NlAttr) -> int:
    """Sixty-four bits."""
    return nla.u64


def nla_get_flag(nla: NlAttr | None) -> bool:
    """Whether it is there."""
    return nla is not None


def nla_get_string(nla: NlAttr) -> str:
    """The text, up to its NUL: what C has as ``nla_data`` of a string."""
    return nla.text.decode(errors="surrogateescape")


def nla_data(nla: NlAttr) -> bytes:
    """The bytes."""
    return nla.data


def nla_len(nla: NlAttr) -> int:
    """How many bytes there are."""
    return len(nla.data)
