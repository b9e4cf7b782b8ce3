"""The generic netlink family ``nlctrl``: which families there are, and what they demand.

See ctrl_getfamily and ctrl_dumppolicy in net/netlink/genetlink.c.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from emu.kernel.errno import EINVAL, ENODATA, ENOENT
from emu.kernel.net.netlink.attributes import (
    VALIDATE_LIBERAL,
    VALIDATE_STRICT,
    Kind,
    Nla,
    Policy,
)
from emu.kernel.net.netlink.generic import (
    CONTROLLER_GROUP,
    GenericFamilies,
    GenericFamily,
    Message,
    Operation,
    message_of,
)
from emu.kernel.net.netlink.message import (
    Attribute,
    NlMsg,
    nested,
    nested_noflag,
    string,
    u16,
    u32,
    u64,
)
from emu.kernel.uapi import netlink as nl

POLICY: Policy = {
    nl.CTRL_ATTR_FAMILY_ID: Nla(Kind.U16),
    nl.CTRL_ATTR_FAMILY_NAME: Nla(Kind.NUL_STRING, nl.GENL_NAMSIZ - 1),
}
POLICY_POLICY: Policy = {**POLICY, nl.CTRL_ATTR_OP: Nla(Kind.U32)}
MAX_POLICIES = 10


def controller(families: GenericFamilies) -> GenericFamily:
    """The family itself."""
    get_family = Operation(
        nl.CTRL_CMD_GETFAMILY,
        doit=lambda message: _get_family(families, message),
        dumpit=lambda message: _dump_families(families),
        validate=VALIDATE_LIBERAL,
        policy=POLICY,
        maxattr=nl.CTRL_ATTR_FAMILY_NAME,
    )
    get_policy = Operation(
        nl.CTRL_CMD_GETPOLICY,
        dumpit=lambda message: _dump_policies(families, message),
        policy=POLICY_POLICY,
        maxattr=nl.CTRL_ATTR_OP,
        validate=VALIDATE_STRICT,
    )
    return GenericFamily(
        b"nlctrl",
        version=2,
        maxattr=nl.CTRL_ATTR_MAX,
        operations=[get_family, get_policy],
        groups=[b"notify"],
        resv_start_op=nl.CTRL_CMD_GETPOLICY + 1,
    )


def announce(families: GenericFamilies, what: str, family: GenericFamily) -> None:
    """Tell the members of ``notify`` that a family came or went."""
    itself = families.by_id.get(nl.GENL_ID_CTRL)
    if itself is None or family is itself:
        return
    if not families.netlink.has_listeners(nl.NETLINK_GENERIC, CONTROLLER_GROUP):
        return
    new = what == "new"
    command = nl.CTRL_CMD_NEWFAMILY if new else nl.CTRL_CMD_DELFAMILY
    families.multicast(itself, 0, message_of(itself, command, _describe(family)))
    if new:
        for number, name in enumerate(family.groups):
            group = _group(family, number, name)
            about = [
                string(nl.CTRL_ATTR_FAMILY_NAME, family.name),
                u16(nl.CTRL_ATTR_FAMILY_ID, family.id),
                nested_noflag(nl.CTRL_ATTR_MCAST_GROUPS, [nested_noflag(1, group)]),
            ]
            families.multicast(itself, 0, message_of(itself, nl.CTRL_CMD_NEWMCAST_GRP, about))


def _get_family(families: GenericFamilies, message: Message) -> None:
    family = _named(families, message)
    message.answer(nl.CTRL_CMD_NEWFAMILY, _describe(family))


def _named(families: GenericFamilies, message: Message) -> GenericFamily:
    by_id = message.attributes.get(nl.CTRL_ATTR_FAMILY_ID)
    by_name = message.attributes.get(nl.CTRL_ATTR_FAMILY_NAME)
    found: GenericFamily | None = None
    if by_id is None and by_name is None:
        raise EINVAL("neither a number nor a name")
    if by_id is not None:
        found = families.by_id.get(by_id.u16)
    if by_name is not None:
        found = families.find(by_name.text)
    if found is None:
        raise ENOENT("no such family")
    return found


def _dump_families(families: GenericFamilies) -> Iterator[NlMsg]:
    itself = families.by_id[nl.GENL_ID_CTRL]
    for _, family in sorted(families.by_id.items()):
        yield message_of(itself, nl.CTRL_CMD_NEWFAMILY, _describe(family))


def _describe(family: GenericFamily) -> list[Attribute]:
    about = [
        string(nl.CTRL_ATTR_FAMILY_NAME, family.name),
        u16(nl.CTRL_ATTR_FAMILY_ID, family.id),
        u32(nl.CTRL_ATTR_VERSION, family.version),
        u32(nl.CTRL_ATTR_HDRSIZE, family.hdrsize),
        u32(nl.CTRL_ATTR_MAXATTR, family.maxattr),
    ]
    if family.operations:
        operations = [
            nested_noflag(
                place + 1,
                [u32(nl.CTRL_ATTR_OP_ID, o.cmd), u32(nl.CTRL_ATTR_OP_FLAGS, _flags(family, o))],
            )
            for place, o in enumerate(family.operations)
        ]
        about.append(nested_noflag(nl.CTRL_ATTR_OPS, operations))
    if family.groups:
        groups = [
            nested_noflag(number + 1, _group(family, number, name))
            for number, name in enumerate(family.groups)
        ]
        about.append(nested_noflag(nl.CTRL_ATTR_MCAST_GROUPS, groups))
    return about


def _group(family: GenericFamily, number: int, name: bytes) -> list[Attribute]:
    return [
        u32(nl.CTRL_ATTR_MCAST_GRP_ID, family.first_group + number),
        string(nl.CTRL_ATTR_MCAST_GRP_NAME, name),
    ]


def _flags(family: GenericFamily, operation: Operation) -> int:
    flags = operation.flags
    if operation.doit is not None:
        flags |= nl.GENL_CMD_CAP_DO
    if operation.dumpit is not None:
        flags |= nl.GENL_CMD_CAP_DUMP
    if family.policy_of(operation) is not None:
        flags |= nl.GENL_CMD_CAP_HASPOL
    return flags


def _dump_policies(families: GenericFamilies, message: Message) -> Iterable[NlMsg]:
    """The policies of a family's operations, each nested one by a number of its own."""
    family = _named(families, message)
    itself = families.by_id[nl.GENL_ID_CTRL]
    wanted = message.attributes.get(nl.CTRL_ATTR_OP)
    operations = family.operations
    if wanted is not None:
        operations = [o for o in operations if o.cmd == wanted.u32]
        if not operations:
            raise ENOENT("no such operation")
    numbered: list[tuple[Policy, int]] = []
    for operation in operations:
        policy = family.policy_of(operation)
        if policy is not None:
            _number(numbered, policy, family.maxattr_of(operation))
    if not numbered:
        raise ENODATA("no policy")
    return _policy_messages(itself, family, operations, numbered)


def _number(numbered: list[tuple[Policy, int]], policy: Policy, maxtype: int) -> None:
    if len(numbered) >= MAX_POLICIES or any(known is policy for known, _ in numbered):
        return
    numbered.append((policy, maxtype))
    for rule in policy.values():
        if rule.policy is not None:
            _number(numbered, rule.policy, rule.maxtype)


def _policy_messages(
    itself: GenericFamily,
    family: GenericFamily,
    operations: list[Operation],
    numbered: list[tuple[Policy, int]],
) -> Iterator[NlMsg]:
    identity = u16(nl.CTRL_ATTR_FAMILY_ID, family.id)
    for operation in operations:
        policy = family.policy_of(operation)
        if policy is None:
            continue
        place = next(place for place, (known, _) in enumerate(numbered) if known is policy)
        which = [
            u32(kind, place)
            for kind, there in (
                (nl.CTRL_ATTR_POLICY_DO, operation.doit),
                (nl.CTRL_ATTR_POLICY_DUMP, operation.dumpit),
            )
            if there is not None
        ]
        about = nested(nl.CTRL_ATTR_OP_POLICY, [nested(operation.cmd, which)])
        yield message_of(itself, nl.CTRL_CMD_GETPOLICY, [identity, about])
    for place, (policy, _) in enumerate(numbered):
        for type, rule in sorted(policy.items()):
            about = nested(
                nl.CTRL_ATTR_POLICY, [nested(place, [nested(type, _rule(rule, numbered))])]
            )
            yield message_of(itself, nl.CTRL_CMD_GETPOLICY, [identity, about])


def _rule(rule: Nla, numbered: list[tuple[Policy, int]]) -> list[Attribute]:
    about = [u32(nl.NL_POLICY_TYPE_ATTR_TYPE, max(0, rule.kind.value))]
    signed = rule.kind in (Kind.S8, Kind.S16, Kind.S32, Kind.S64)
    low, high = (
        (nl.NL_POLICY_TYPE_ATTR_MIN_VALUE_S, nl.NL_POLICY_TYPE_ATTR_MAX_VALUE_S)
        if signed
        else (nl.NL_POLICY_TYPE_ATTR_MIN_VALUE_U, nl.NL_POLICY_TYPE_ATTR_MAX_VALUE_U)
    )
    bounds = NUMBER_BOUNDS.get(rule.kind)
    if bounds is not None:
        about.append(u64(low, rule.low if rule.low is not None else bounds[0]))
        about.append(u64(high, rule.high if rule.high is not None else bounds[1]))
    if rule.kind in (Kind.STRING, Kind.NUL_STRING, Kind.BINARY) and rule.length:
        about.append(u32(nl.NL_POLICY_TYPE_ATTR_MAX_LENGTH, rule.length))
    if rule.policy is not None:
        for place, (known, maxtype) in enumerate(numbered):
            if known is rule.policy:
                about.append(u32(nl.NL_POLICY_TYPE_ATTR_POLICY_IDX, place))
                about.append(u32(nl.NL_POLICY_TYPE_ATTR_POLICY_MAXTYPE, maxtype))
    return about


def _bounds(bits: int, signed: bool) -> tuple[int, int]:
    return (-(1 << bits - 1), (1 << bits - 1) - 1) if signed else (0, (1 << bits) - 1)


NUMBER_BOUNDS = {
    Kind.U8: _bounds(8, False), Kind.U16: _bounds(16, False), Kind.U32: _bounds(32, False),
    Kind.U64: _bounds(64, False), Kind.S8: _bounds(8, True), Kind.S16: _bounds(16, True),
    Kind.S32: _bounds(32, True), Kind.S64: _bounds(64, True),
}  # fmt: skip
