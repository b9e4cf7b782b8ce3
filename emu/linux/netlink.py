"""Netlink for modules: a protocol of one's own, messages and attributes. See include/net/netlink.h.

Messages are told to each program in its own byte order: numbers that are put with ``nla_put_u32``
and its like are right on every ABI; what is copied into ``nlmsg_data`` goes as it is.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from emu.kernel.errno import KernelError
from emu.kernel.module.ambient import this_kernel, this_module
from emu.kernel.module.guard import call, checked
from emu.kernel.module.module import Module, Resource
from emu.kernel.net.netlink.family import KernelSide, NetlinkFamily
from emu.kernel.net.netlink.request import Request, receive_messages
from emu.kernel.net.netlink.socket import NetlinkSocket
from emu.kernel.task import Task
from emu.kernel.uapi import netlink as uapi
from emu.kernel.uapi.socket import AF_NETLINK
from emu.linux.netlink_attributes import nla_data as nla_data
from emu.linux.netlink_attributes import nla_get_flag as nla_get_flag
from emu.linux.netlink_attributes import nla_get_s32 as nla_get_s32
from emu.linux.netlink_attributes import nla_get_string as nla_get_string
from emu.linux.netlink_attributes import nla_get_u8 as nla_get_u8
from emu.linux.netlink_attributes import nla_get_u16 as nla_get_u16
from emu.linux.netlink_attributes import nla_get_u32 as nla_get_u32
from emu.linux.netlink_attributes import nla_get_u64 as nla_get_u64
from emu.linux.netlink_attributes import nla_len as nla_len
from emu.linux.netlink_attributes import nla_nest_cancel as nla_nest_cancel
from emu.linux.netlink_attributes import nla_nest_end as nla_nest_end
from emu.linux.netlink_attributes import nla_nest_start as nla_nest_start
from emu.linux.netlink_attributes import nla_nest_start_noflag as nla_nest_start_noflag
from emu.linux.netlink_attributes import nla_put as nla_put
from emu.linux.netlink_attributes import nla_put_flag as nla_put_flag
from emu.linux.netlink_attributes import nla_put_s32 as nla_put_s32
from emu.linux.netlink_attributes import nla_put_string as nla_put_string
from emu.linux.netlink_attributes import nla_put_u8 as nla_put_u8
from emu.linux.netlink_attributes import nla_put_u16 as nla_put_u16
from emu.linux.netlink_attributes import nla_put_u32 as nla_put_u32
from emu.linux.netlink_attributes import nla_put_u64 as nla_put_u64
from emu.linux.skbuff import kfree_skb as kfree_skb
from emu.linux.skbuff import nlmsghdr as nlmsghdr
from emu.linux.skbuff import sk_buff as sk_buff

NETLINK_USERSOCK = uapi.NETLINK_USERSOCK
NETLINK_GENERIC = uapi.NETLINK_GENERIC
NLMSG_NOOP, NLMSG_ERROR, NLMSG_DONE = uapi.NLMSG_NOOP, uapi.NLMSG_ERROR, uapi.NLMSG_DONE
NLMSG_MIN_TYPE = uapi.NLMSG_MIN_TYPE
NLM_F_REQUEST, NLM_F_MULTI, NLM_F_ACK = uapi.NLM_F_REQUEST, uapi.NLM_F_MULTI, uapi.NLM_F_ACK
NLM_F_ECHO, NLM_F_DUMP, NLM_F_CREATE = uapi.NLM_F_ECHO, uapi.NLM_F_DUMP, uapi.NLM_F_CREATE
NLM_F_EXCL, NLM_F_REPLACE, NLM_F_APPEND = uapi.NLM_F_EXCL, uapi.NLM_F_REPLACE, uapi.NLM_F_APPEND
NL_CFG_F_NONROOT_RECV = 1
NL_CFG_F_NONROOT_SEND = 2
NLMSG_DEFAULT_SIZE = NLMSG_GOODSIZE = 3776
NLMSG_HDRLEN = 16


class net:
    """The network of the machine: there is one."""


init_net = net()


class netlink_kernel_cfg:
    """What a protocol is: who gets its messages, how many groups it has, who may join them."""

    def __init__(
        self,
        *,
        groups: int = 0,
        flags: int = 0,
        input: Callable[[sk_buff], Any] | None = None,
        bind: Callable[[net, int], Any] | None = None,
    ) -> None:
        self.groups = groups
        self.flags = flags
        self.input = input
        self.bind = bind


class sock:
    """The kernel's socket of a protocol: what netlink_kernel_create returns."""

    def __init__(self, family: NetlinkFamily, unit: int) -> None:
        self.family = family
        self.unit = unit
        self.resource: Resource | None = None


def netlink_family() -> NetlinkFamily:
    """AF_NETLINK of the running module's machine."""
    family = this_kernel().net.family(AF_NETLINK)
    assert isinstance(family, NetlinkFamily)
    return family


def netlink_kernel_create(net: net, unit: int, cfg: netlink_kernel_cfg) -> sock | None:
    """Take a protocol's number; None if somebody has it."""
    module, family = this_module(), netlink_family()
    side = KernelSide(
        groups=max(cfg.groups, 32),
        nonroot_receive=bool(cfg.flags & NL_CFG_F_NONROOT_RECV),
        nonroot_send=bool(cfg.flags & NL_CFG_F_NONROOT_SEND),
    )
    if cfg.input is not None:
        side.raw = _input(module, cfg.input)
    if cfg.bind is not None:
        joined = cfg.bind

        def bind(socket: NetlinkSocket, group: int) -> None:
            checked(call(module, joined, net, group))

        side.bind = bind
    try:
        family.register(unit, side)
    except KernelError:
        return None
    made = sock(family, unit)
    made.resource = module.made(f"netlink protocol {unit}", lambda: family.unregister(unit))
    return made


def _input(module: Module, function: Callable[[sk_buff], Any]) -> Any:
    def raw(data: bytes, socket: NetlinkSocket, task: Task) -> None:
        call(module, function, sk_buff.received(data, socket, task))

    return raw


def netlink_kernel_release(sk: sock) -> None:
    """Give the number back."""
    sk.family.unregister(sk.unit)
    this_module().returned(sk.resource)


def nlmsg_new(payload: int, flags: int) -> sk_buff:
    """A buffer for messages; its size is not kept to, for there is always room."""
    return sk_buff()


def nlmsg_put(skb: sk_buff, portid: int, seq: int, type: int, payload: int, flags: int) -> nlmsghdr:
    """Add a message with a fixed part of so many bytes: see `nlmsg_data`."""
    return skb.add(portid, seq, type, payload, flags)


def nlmsg_end(skb: sk_buff, nlh: nlmsghdr) -> int:
    """The message is complete."""
    return nlh.nlmsg_len


def nlmsg_cancel(skb: sk_buff, nlh: nlmsghdr) -> None:
    """Leave the message out."""
    skb.messages.remove(nlh)


def nlmsg_hdr(skb: sk_buff) -> nlmsghdr:
    """The first message of a buffer."""
    return skb.first()


def nlmsg_data(nlh: nlmsghdr) -> bytes | bytearray:
    """A message's fixed part: to be filled in one that is sent."""
    return nlh.data


def nlmsg_len(nlh: nlmsghdr) -> int:
    """How long it is."""
    return len(nlh.data)


def nlmsg_free(skb: sk_buff) -> None:
    """Give up a buffer that is not sent."""


def NETLINK_CB(skb: sk_buff) -> sk_buff:
    """What netlink keeps with a buffer: ``portid`` and ``dst_group``, and ``creds``."""
    return skb


def nlmsg_unicast(sk: sock, skb: sk_buff, portid: int) -> int:
    """Send to one program: 0, -ECONNREFUSED, or -EAGAIN if its buffer is full."""
    try:
        sk.family.unicast(sk.unit, portid, skb.encoded())
    except KernelError as error:
        return _negative(error)
    return 0


def netlink_unicast(sk: sock, skb: sk_buff, portid: int, nonblock: int) -> int:
    """The same, as it is called underneath: how many bytes."""
    try:
        return sk.family.unicast(sk.unit, portid, skb.encoded())
    except KernelError as error:
        return _negative(error)


def nlmsg_multicast(sk: sock, skb: sk_buff, portid: int, group: int, flags: int) -> int:
    """Send to all in a group but `portid`: 0, or -ESRCH if nobody is in it."""
    skb.dst_group = group
    try:
        for message in skb.encoded():
            sk.family.multicast(sk.unit, group, message, portid)
    except KernelError as error:
        return _negative(error)
    return 0


netlink_broadcast = nlmsg_multicast


def netlink_has_listeners(sk: sock, group: int) -> int:
    """Whether anybody is in a group."""
    return int(sk.family.has_listeners(sk.unit, group))


def netlink_rcv_skb(skb: sk_buff, cb: Callable[[sk_buff, nlmsghdr, Any], Any]) -> int:
    """Hand each request of a buffer to a function; acknowledge what asks for it or fails."""
    module, socket, task = this_module(), skb.socket, skb.task
    assert socket is not None and task is not None, "not a buffer that was received"

    def handle(request: Request) -> None:
        nlh = nlmsghdr.of_request(request)
        checked(call(module, cb, skb, nlh, request.extack))

    receive_messages(socket, task, skb.data, handle)
    return 0


def NL_SET_ERR_MSG(extack: Any, message: str) -> None:
    """Say in words why a request fails."""
    if extack is not None:
        extack.say(message)


NL_SET_ERR_MSG_MOD = NL_SET_ERR_MSG


def NL_SET_ERR_MSG_ATTR(extack: Any, attribute: Any, message: str) -> None:
    """The same, and which attribute is at fault."""
    if extack is not None:
        extack.say(message, attribute)


NL_SET_BAD_ATTR = NL_SET_ERR_MSG_ATTR


def _negative(error: KernelError) -> int:
    return -type(error)
