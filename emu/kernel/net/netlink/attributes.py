"""Attributes that programs send: parsed and held against a policy. See lib/nlattr.c."""

from __future__ import annotations

import struct
from collections.abc import Mapping
from enum import Enum

from emu.kernel.errno import EINVAL, ERANGE, KernelError
from emu.kernel.net.netlink.message import NLA_HDRLEN, align
from emu.kernel.uapi.netlink import NLA_F_NESTED, NLA_TYPE_MASK
from emu.record import field, record

VALIDATE_LIBERAL = 0
VALIDATE_TRAILING = 1
VALIDATE_MAXTYPE = 2
VALIDATE_UNSPEC = 4
VALIDATE_STRICT_ATTRS = 8
VALIDATE_NESTED = 16
VALIDATE_DEPRECATED_STRICT = VALIDATE_TRAILING | VALIDATE_MAXTYPE
VALIDATE_STRICT = 31

MAX_DEPTH = 10
"""How deep policies may lead; the kernel's own nest no deeper."""


class ExtAck:
    """What an answer says beside an error's number: see struct netlink_ext_ack."""

    __slots__ = ("cookie", "message", "miss_nest", "miss_type", "offset", "policy")

    def __init__(self) -> None:
        self.message: bytes | None = None
        self.offset: int | None = None
        """Where the attribute at fault is, from the message's start."""
        self.miss_type: int | None = None
        self.miss_nest: int | None = None
        self.policy: Nla | None = None
        self.cookie = b""

    def say(self, message: str, attribute: NlAttr | None = None) -> None:
        """Set the text, and the attribute that it is about."""
        self.message = message.encode()
        if attribute is not None:
            self.offset = attribute.offset


class Kind(Enum):
    """What an attribute holds; the values are those of NL_ATTR_TYPE_*."""

    UNSPEC = 0
    FLAG = 1
    U8 = 2
    U16 = 3
    U32 = 4
    U64 = 5
    S8 = 6
    S16 = 7
    S32 = 8
    S64 = 9
    BINARY = 10
    STRING = 11
    NUL_STRING = 12
    NESTED = 13
    NESTED_ARRAY = 14
    REJECT = -1


FORMATS = {
    Kind.U8: "B", Kind.U16: "H", Kind.U32: "I", Kind.U64: "Q",
    Kind.S8: "b", Kind.S16: "h", Kind.S32: "i", Kind.S64: "q",
}  # fmt: skip


@record
class Nla:
    """What a policy demands of one attribute: see struct nla_policy.

    `length` is the least size (UNSPEC, numbers) or the greatest (strings, BINARY); `policy` and
    `maxtype` are for what is nested. `low` and `high` bound a number.
    """

    kind: Kind = Kind.UNSPEC
    length: int = 0
    low: int | None = None
    high: int | None = None
    policy: Mapping[int, Nla] | None = None
    maxtype: int = 0
    reject: str = ""


Policy = Mapping[int, Nla]


@record
class NlAttr:
    """An attribute as it came: its data, where it was in the message, and the byte order."""

    type: int
    data: bytes
    offset: int
    order: str
    is_nested: bool = False
    nested: dict[int, NlAttr] = field(default_factory=dict)

    def number(self, format: str) -> int:
        """The data as a number by its struct format. EINVAL if it is too short."""
        size = struct.calcsize("=" + format)
        if len(self.data) < size:
            raise EINVAL("an attribute too short for its number")
        (value,) = struct.unpack(self.order + format, self.data[:size])
        return int(value)

    @property
    def u8(self) -> int:
        """Eight bits."""
        return self.number("B")

    @property
    def u16(self) -> int:
        """Sixteen bits."""
        return self.number("H")

    @property
    def u32(self) -> int:
        """Thirty-two bits."""
        return self.number("I")

    @property
    def s32(self) -> int:
        """Thirty-two bits with a sign."""
        return self.number("i")

    @property
    def u64(self) -> int:
        """Sixty-four bits."""
        return self.number("Q")

    @property
    def text(self) -> bytes:
        """A string, up to its NUL."""
        return self.data.partition(b"\0")[0]

    @property
    def inside(self) -> Inside:
        """The attributes in it, for `parse`."""
        return Inside(self.data, self.offset + NLA_HDRLEN, self.order)


@record
class Inside:
    """Bytes that hold attributes; `offset` is where they are in the message."""

    data: bytes
    offset: int
    order: str


def split(inside: Inside) -> tuple[list[NlAttr], int]:
    """The attributes in their order, unchecked, and how many bytes are left over."""
    found: list[NlAttr] = []
    data, place = inside.data, 0
    while len(data) - place >= NLA_HDRLEN:
        length, type = struct.unpack_from(inside.order + "HH", data, place)
        if length < NLA_HDRLEN or length > len(data) - place:
            break
        body = data[place + NLA_HDRLEN : place + length]
        nested = bool(type & NLA_F_NESTED)
        found.append(
            NlAttr(type & NLA_TYPE_MASK, body, inside.offset + place, inside.order, nested)
        )
        place = min(place + align(length), len(data))
    return found, len(data) - place


def parse(
    inside: Inside,
    maxtype: int,
    policy: Policy | None,
    extack: ExtAck,
    validate: int = VALIDATE_LIBERAL,
    depth: int = 0,
) -> dict[int, NlAttr]:
    """The attributes by type; of several the last counts: see __nla_validate_parse. ERANGE."""
    if depth >= MAX_DEPTH:
        extack.say("allowed policy recursion depth exceeded")
        raise EINVAL("nested too deep")
    attributes, left = split(inside)
    found: dict[int, NlAttr] = {}
    for attribute in attributes:
        if not 0 < attribute.type <= maxtype:
            if validate & VALIDATE_MAXTYPE:
                extack.say("Unknown attribute type", attribute)
                raise EINVAL("unknown attribute type")
            continue
        if policy is not None:
            _check(attribute, policy, extack, validate, depth)
        found[attribute.type] = attribute
    if left and validate & VALIDATE_TRAILING:
        extack.say("bytes leftover after parsing attributes")
        raise EINVAL("bytes leftover after parsing attributes")
    return found


def _check(attribute: NlAttr, policy: Policy, extack: ExtAck, validate: int, depth: int) -> None:
    """One attribute against its policy: see validate_nla."""
    rule = policy.get(attribute.type, UNSPECIFIED)
    if validate & VALIDATE_NESTED:
        wants = rule.kind in (Kind.NESTED, Kind.NESTED_ARRAY)
        if wants and not attribute.is_nested:
            _fail(extack, attribute, rule, EINVAL, "NLA_F_NESTED is missing")
        if not wants and rule.kind is not Kind.UNSPEC and attribute.is_nested:
            _fail(extack, attribute, rule, EINVAL, "NLA_F_NESTED not expected")
    length = len(attribute.data)
    match rule.kind:
        case Kind.REJECT:
            text = rule.reject or "Attribute failed policy validation"
            _fail(extack, attribute, rule, EINVAL, text)
        case Kind.FLAG:
            _demand(not length, extack, attribute, rule)
        case Kind.STRING | Kind.NUL_STRING:
            _check_string(attribute, rule, extack)
        case Kind.BINARY:
            _demand(not rule.length or length <= rule.length, extack, attribute, rule)
        case Kind.NESTED | Kind.NESTED_ARRAY:
            _check_nested(attribute, rule, extack, validate, depth)
        case Kind.UNSPEC:
            if validate & VALIDATE_UNSPEC:
                _fail(extack, attribute, rule, EINVAL, "Unsupported attribute")
            _demand(length >= rule.length, extack, attribute, rule)
        case _:
            _check_number(attribute, rule, extack, validate)


def _check_string(attribute: NlAttr, rule: Nla, extack: ExtAck) -> None:
    data = attribute.data
    if rule.kind is Kind.NUL_STRING:
        looked_at = data[: rule.length + 1] if rule.length else data
        if b"\0" not in looked_at:
            _fail(extack, attribute, rule, EINVAL)
    _demand(bool(data), extack, attribute, rule)
    if rule.length:
        length = len(data) - (data[-1:] == b"\0")
        _demand(length <= rule.length, extack, attribute, rule)


def _check_nested(attribute: NlAttr, rule: Nla, extack: ExtAck, validate: int, depth: int) -> None:
    if not attribute.data:
        return
    _demand(len(attribute.data) >= NLA_HDRLEN, extack, attribute, rule)
    if rule.policy is None:
        return
    inside = [attribute.inside]
    if rule.kind is Kind.NESTED_ARRAY:
        inside = [entry.inside for entry in split(attribute.inside)[0] if entry.data]
    for one in inside:
        attribute.nested.update(parse(one, rule.maxtype, rule.policy, extack, validate, depth + 1))


def _check_number(attribute: NlAttr, rule: Nla, extack: ExtAck, validate: int) -> None:
    format = FORMATS[rule.kind]
    size = struct.calcsize("=" + format)
    if len(attribute.data) != size and validate & VALIDATE_STRICT_ATTRS:
        _fail(extack, attribute, rule, EINVAL, "invalid attribute length")
    _demand(len(attribute.data) >= (rule.length or size), extack, attribute, rule)
    if rule.low is None and rule.high is None:
        return
    value = attribute.number(format)
    if (rule.low is not None and value < rule.low) or (rule.high is not None and value > rule.high):
        _fail(extack, attribute, rule, ERANGE, "integer out of range")


def _demand(truth: bool, extack: ExtAck, attribute: NlAttr, rule: Nla) -> None:
    if not truth:
        _fail(extack, attribute, rule, ERANGE)


def _fail(
    extack: ExtAck,
    attribute: NlAttr,
    rule: Nla,
    error: type[KernelError],
    text: str = "Attribute failed policy validation",
) -> None:
    extack.say(text, attribute)
    extack.policy = rule
    raise error(text)


UNSPECIFIED = Nla()
