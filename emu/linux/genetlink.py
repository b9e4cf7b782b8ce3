"""Generic netlink families of modules. See include/net/genetlink.h.

A family names its commands, what each demands of its attributes (``nla_policy``), and groups that
programs may join. What does not keep to the policy never reaches the module.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

from emu.kernel.errno import EINVAL, KernelError
from emu.kernel.module.ambient import this_module
from emu.kernel.module.guard import call, checked
from emu.kernel.module.module import Module, Resource
from emu.kernel.net.netlink.attributes import (
    VALIDATE_LIBERAL,
    VALIDATE_STRICT,
    Kind,
    Nla,
    NlAttr,
    parse,
)
from emu.kernel.net.netlink.generic import (
    GENL_HEADER,
    GenericFamilies,
    GenericFamily,
    Message,
    Operation,
    generic_families,
)
from emu.kernel.net.netlink.message import NlMsg, Packed
from emu.kernel.uapi.netlink import GENL_ADMIN_PERM as GENL_ADMIN_PERM
from emu.kernel.uapi.netlink import GENL_NAMSIZ as GENL_NAMSIZ
from emu.kernel.uapi.netlink import GENL_UNS_ADMIN_PERM as GENL_UNS_ADMIN_PERM
from emu.linux.netlink import NL_SET_ERR_MSG as NL_SET_ERR_MSG
from emu.linux.netlink import NL_SET_ERR_MSG_ATTR as NL_SET_ERR_MSG_ATTR
from emu.linux.netlink import NLMSG_DEFAULT_SIZE, net, netlink_family, nlmsg_free
from emu.linux.netlink import init_net as init_net
from emu.linux.netlink_attributes import nla_get_flag as nla_get_flag
from emu.linux.netlink_attributes import nla_get_s32 as nla_get_s32
from emu.linux.netlink_attributes import nla_get_string as nla_get_string
from emu.linux.netlink_attributes import nla_get_u8 as nla_get_u8
from emu.linux.netlink_attributes import nla_get_u16 as nla_get_u16
from emu.linux.netlink_attributes import nla_get_u32 as nla_get_u32
from emu.linux.netlink_attributes import nla_get_u64 as nla_get_u64
from emu.linux.netlink_attributes import nla_nest_end as nla_nest_end
from emu.linux.netlink_attributes import nla_nest_start as nla_nest_start
from emu.linux.netlink_attributes import nla_put as nla_put
from emu.linux.netlink_attributes import nla_put_flag as nla_put_flag
from emu.linux.netlink_attributes import nla_put_s32 as nla_put_s32
from emu.linux.netlink_attributes import nla_put_string as nla_put_string
from emu.linux.netlink_attributes import nla_put_u8 as nla_put_u8
from emu.linux.netlink_attributes import nla_put_u16 as nla_put_u16
from emu.linux.netlink_attributes import nla_put_u32 as nla_put_u32
from emu.linux.netlink_attributes import nla_put_u64 as nla_put_u64
from emu.linux.skbuff import nlmsghdr, sk_buff

GENLMSG_DEFAULT_SIZE = NLMSG_DEFAULT_SIZE - 4
GENL_DONT_VALIDATE_STRICT = 1
GENL_DONT_VALIDATE_DUMP = 2

NLA_UNSPEC, NLA_FLAG = Kind.UNSPEC, Kind.FLAG
NLA_U8, NLA_U16, NLA_U32, NLA_U64 = Kind.U8, Kind.U16, Kind.U32, Kind.U64
NLA_S8, NLA_S16, NLA_S32, NLA_S64 = Kind.S8, Kind.S16, Kind.S32, Kind.S64
NLA_STRING, NLA_NUL_STRING, NLA_BINARY = Kind.STRING, Kind.NUL_STRING, Kind.BINARY
NLA_NESTED, NLA_NESTED_ARRAY, NLA_REJECT = Kind.NESTED, Kind.NESTED_ARRAY, Kind.REJECT


def nla_policy(type: Kind = Kind.UNSPEC, len: int = 0) -> Nla:
    """What is demanded of an attribute: ``{ .type = NLA_STRING, .len = 16 }``."""
    return Nla(type, len)


def NLA_POLICY_RANGE(type: Kind, min: int, max: int) -> Nla:
    """A number within bounds."""
    return Nla(type, low=min, high=max)


def NLA_POLICY_MIN(type: Kind, min: int) -> Nla:
    """A number that is not less."""
    return Nla(type, low=min)


def NLA_POLICY_MAX(type: Kind, max: int) -> Nla:
    """A number that is not more."""
    return Nla(type, high=max)


def NLA_POLICY_NESTED(policy: Mapping[int, Nla]) -> Nla:
    """Attributes within one, by a policy of their own."""
    return Nla(Kind.NESTED, policy=policy, maxtype=max(policy, default=0))


def NLA_POLICY_NESTED_ARRAY(policy: Mapping[int, Nla]) -> Nla:
    """An array of such."""
    return Nla(Kind.NESTED_ARRAY, policy=policy, maxtype=max(policy, default=0))


class genl_ops:
    """A command: what answers it, what makes the messages of a dump, and its policy."""

    def __init__(
        self,
        *,
        cmd: int,
        doit: Callable[..., Any] | None = None,
        dumpit: Callable[..., Any] | None = None,
        flags: int = 0,
        policy: Mapping[int, Nla] | None = None,
        maxattr: int | None = None,
        validate: int = 0,
    ) -> None:
        self.cmd = cmd
        self.doit = doit
        self.dumpit = dumpit
        self.flags = flags
        self.policy = policy
        self.maxattr = maxattr
        self.validate = validate


genl_small_ops = genl_split_ops = genl_ops


class genl_multicast_group:
    """A group of a family, by name."""

    def __init__(self, name: str, flags: int = 0) -> None:
        self.name = name
        self.flags = flags


class genl_family:
    """A family; ``id`` is given to it when it is registered."""

    def __init__(
        self,
        *,
        name: str,
        version: int = 1,
        maxattr: int = 0,
        policy: Mapping[int, Nla] | None = None,
        ops: Sequence[genl_ops] = (),
        small_ops: Sequence[genl_ops] = (),
        mcgrps: Sequence[genl_multicast_group] = (),
        hdrsize: int = 0,
        resv_start_op: int = 0,
        netnsok: bool = True,
        parallel_ops: bool = False,
        module: Any = None,
    ) -> None:
        self.name = name
        self.version = version
        self.maxattr = maxattr
        self.policy = policy
        self.ops = [*ops, *small_ops]
        self.mcgrps = list(mcgrps)
        self.hdrsize = hdrsize
        self.resv_start_op = resv_start_op
        self.known: GenericFamily | None = None
        self.resource: Resource | None = None

    @property
    def id(self) -> int:
        """Its number."""
        return self.known.id if self.known is not None else 0


class Attributes(Mapping[int, NlAttr]):
    """``info->attrs``: an attribute by its number, or None."""

    def __init__(self, found: dict[int, NlAttr]) -> None:
        self._found = found

    def __getitem__(self, type: int) -> NlAttr | None:  # type: ignore[override]
        return self._found.get(type)

    def __iter__(self) -> Iterator[int]:
        return iter(self._found)

    def __len__(self) -> int:
        return len(self._found)


class genl_info:
    """A request: its attributes, who sent it, and ``extack`` for words about an error."""

    def __init__(self, message: Message, family: genl_family) -> None:
        self.message = message
        self.family = family
        self.attrs = Attributes(message.attributes)
        self.cmd = message.cmd
        self.snd_portid = message.request.socket.portid
        self.snd_seq = message.request.seq
        self.user_hdr = message.user_header
        self.extack = message.request.extack

    @property
    def nlhdr(self) -> nlmsghdr:
        """The message itself."""
        return nlmsghdr.of_request(self.message.request)


class netlink_callback:
    """What a dump keeps between its calls: ``args``, and the request."""

    def __init__(self, info: genl_info) -> None:
        self.args: list[Any] = [0] * 6
        self.info = info
        self.nlh = info.nlhdr
        self.extack = info.extack


def _families() -> GenericFamilies:
    return generic_families(netlink_family())


def genl_register_family(family: genl_family) -> int:
    """Let programs find a family by its name: 0, or -EEXIST if there is one of this name."""
    module, families = this_module(), _families()
    known = GenericFamily(
        family.name.encode(),
        version=family.version,
        hdrsize=family.hdrsize,
        maxattr=family.maxattr,
        policy=family.policy,
        operations=[_operation(module, family, ops) for ops in family.ops],
        groups=[group.name.encode() for group in family.mcgrps],
        resv_start_op=family.resv_start_op,
    )
    try:
        families.register(known)
    except KernelError as error:
        return -type(error)
    family.known = known
    what = f"the generic netlink family {family.name}"
    family.resource = module.made(what, lambda: families.unregister(known))
    return 0


def genl_unregister_family(family: genl_family) -> int:
    """Take the family away; who is in its groups is so no longer."""
    if family.known is None:
        return -EINVAL
    _families().unregister(family.known)
    this_module().returned(family.resource)
    family.known = None
    return 0


def _operation(module: Module, family: genl_family, ops: genl_ops) -> Operation:
    made = Operation(
        ops.cmd,
        flags=ops.flags,
        policy=ops.policy,
        maxattr=ops.maxattr,
        validate=(
            VALIDATE_LIBERAL if ops.validate & GENL_DONT_VALIDATE_STRICT else VALIDATE_STRICT
        ),
    )
    if ops.doit is not None:
        doit = ops.doit

        def answer(message: Message) -> None:
            request = message.request
            skb = sk_buff.received(request.raw, request.socket, request.task)
            checked(call(module, doit, skb, genl_info(message, family)))

        made.doit = answer
    if ops.dumpit is not None:
        dumpit = ops.dumpit
        made.dumpit = lambda message: _dump(module, dumpit, genl_info(message, family))
    return made


def _dump(module: Module, dumpit: Callable[..., Any], info: genl_info) -> Iterator[NlMsg]:
    """The messages that a dumpit makes, called until it makes none."""
    callback = netlink_callback(info)
    while True:
        skb = sk_buff()
        checked(call(module, dumpit, skb, callback))
        if not skb.messages:
            return
        yield from skb.encoded()


def genlmsg_new(payload: int, flags: int) -> sk_buff:
    """A buffer for messages."""
    return sk_buff()


def genlmsg_put(
    skb: sk_buff, portid: int, seq: int, family: genl_family, flags: int, cmd: int
) -> nlmsghdr:
    """Add a message of a family; attributes follow by ``nla_put``."""
    nlh = skb.add(portid, seq, family.id, family.hdrsize, flags)
    head = Packed(f"{GENL_HEADER}{family.hdrsize}s", (cmd, family.version, 0, b""))
    nlh.header = head
    return nlh


def genlmsg_put_reply(
    skb: sk_buff, info: genl_info, family: genl_family, flags: int, cmd: int
) -> nlmsghdr:
    """Add a message that answers a request."""
    return genlmsg_put(skb, info.snd_portid, info.snd_seq, family, flags, cmd)


def genlmsg_end(skb: sk_buff, hdr: nlmsghdr) -> None:
    """The message is complete."""


def genlmsg_cancel(skb: sk_buff, hdr: nlmsghdr) -> None:
    """Leave the message out."""
    skb.messages.remove(hdr)


def genlmsg_unicast(net: net, skb: sk_buff, portid: int) -> int:
    """Send to one program: 0, or -ECONNREFUSED."""
    netlink = netlink_family()
    try:
        netlink.unicast(16, portid, skb.encoded())
    except KernelError as error:
        return -type(error)
    return 0


def genlmsg_reply(skb: sk_buff, info: genl_info) -> int:
    """Send to who asked."""
    return genlmsg_unicast(init_net, skb, info.snd_portid)


def genlmsg_multicast(
    family: genl_family, skb: sk_buff, portid: int, group: int, flags: int
) -> int:
    """Send to all in a family's group, counted from 0: 0, or -ESRCH if nobody is in it."""
    if family.known is None or not 0 <= group < len(family.mcgrps):
        return -EINVAL
    families = _families()
    try:
        for message in skb.encoded():
            families.multicast(family.known, group, message, portid)
    except KernelError as error:
        return -type(error)
    return 0


def genl_has_listeners(family: genl_family, net: net, group: int) -> bool:
    """Whether anybody is in a family's group."""
    return family.known is not None and _families().has_listeners(family.known, group)


def genl_info_net(info: genl_info) -> net:
    """The network of a request."""
    return init_net


genlmsg_free = nlmsg_free


def nla_parse_nested(
    tb: dict[int, NlAttr], maxtype: int, nla: NlAttr, policy: Mapping[int, Nla], extack: Any
) -> int:
    """Put the attributes within one into `tb` by their numbers: 0, -EINVAL, -ERANGE."""
    try:
        tb.update(parse(nla.inside, maxtype, policy, extack, VALIDATE_STRICT))
    except KernelError as error:
        return -type(error)
    return 0
