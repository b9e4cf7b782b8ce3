"""NETLINK_GENERIC: families by name, with operations, policies and groups. See genetlink.c.

A family registers with the `GenericFamilies` of its machine and gets a number, as its groups do.
The family ``nlctrl`` is `emu.kernel.net.netlink.controller`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING

from emu.kernel.errno import EEXIST, EINVAL, ENOENT, EOPNOTSUPP, EPERM
from emu.kernel.net.netlink.attributes import (
    VALIDATE_STRICT,
    NlAttr,
    Policy,
)
from emu.kernel.net.netlink.family import KernelSide, NetlinkFamily
from emu.kernel.net.netlink.message import Attribute, NlMsg, Packed
from emu.kernel.uapi.capability import CAP_NET_ADMIN
from emu.kernel.uapi.netlink import (
    GENL_ADMIN_PERM,
    GENL_ID_CTRL,
    GENL_NAMSIZ,
    GENL_UNS_ADMIN_PERM,
    NETLINK_GENERIC,
    NLMSG_MIN_TYPE,
)
from emu.record import field, record

if TYPE_CHECKING:
    from emu.kernel.net.netlink.request import Request
    from emu.kernel.net.netlink.socket import NetlinkSocket

GENL_HEADER = "BBH"
GENL_HDRLEN = 4
FIRST_FAMILY = NLMSG_MIN_TYPE + 4
"""Numbers below it are the controller's and those of families of old."""

LAST_FAMILY = 1023
CONTROLLER_GROUP = 16


@record(frozen=False, eq=False)
class Operation:
    """A command: `doit` answers one request, `dumpit` makes the messages of a dump.

    Both get a `Message` and raise their error. `policy` is the family's if it is None. `validate`
    is how strictly attributes are checked; old operations are liberal.
    """

    cmd: int
    doit: Callable[[Message], None] | None = None
    dumpit: Callable[[Message], Iterable[NlMsg]] | None = None
    flags: int = 0
    policy: Policy | None = None
    maxattr: int | None = None
    validate: int = VALIDATE_STRICT


@record(frozen=False, eq=False)
class GenericFamily:
    """A family; `id` and the groups' numbers come with its registration."""

    name: bytes
    version: int = 1
    hdrsize: int = 0
    maxattr: int = 0
    policy: Policy | None = None
    operations: list[Operation] = field(default_factory=list)
    groups: list[bytes] = field(default_factory=list)
    id: int = 0
    first_group: int = 0
    resv_start_op: int = 0
    """Operations below it ignore what later ones refuse in the header."""

    def operation(self, cmd: int) -> Operation | None:
        """What answers a command."""
        return next((o for o in self.operations if o.cmd == cmd), None)

    def maxattr_of(self, operation: Operation) -> int:
        """The highest attribute of an operation."""
        return self.maxattr if operation.maxattr is None else operation.maxattr

    def policy_of(self, operation: Operation) -> Policy | None:
        """What an operation demands of its attributes."""
        return self.policy if operation.policy is None else operation.policy


class Message:
    """A request to a family: struct genl_info."""

    __slots__ = ("attributes", "cmd", "family", "request", "user_header", "version")

    def __init__(self, request: Request, family: GenericFamily) -> None:
        self.request = request
        self.family = family
        self.cmd, self.version, _ = request.fixed(GENL_HEADER)
        self.user_header = request.payload[GENL_HDRLEN : GENL_HDRLEN + family.hdrsize]
        self.attributes: dict[int, NlAttr] = {}

    def answer(self, cmd: int, attributes: Iterable[Attribute]) -> None:
        """Send one message back."""
        self.request.answer(message_of(self.family, cmd, attributes))


class GenericFamilies:
    """The families of one machine, by number and by name."""

    def __init__(self, netlink: NetlinkFamily) -> None:
        self.netlink = netlink
        self.by_id: dict[int, GenericFamily] = {}
        self._next_id = FIRST_FAMILY
        self._groups: dict[int, GenericFamily] = {}

    def find(self, name: bytes) -> GenericFamily | None:
        """The family of a name."""
        return next((f for f in self.by_id.values() if f.name == name), None)

    def register(self, family: GenericFamily, number: int = 0, first_group: int = 0) -> None:
        """Add a family and tell who listens. EEXIST, EINVAL."""
        if not family.name or len(family.name) >= GENL_NAMSIZ:
            raise EINVAL("no good name for a family")
        if self.find(family.name) is not None:
            raise EEXIST("there is a family of this name")
        family.id = number or self._free_id()
        family.first_group = first_group or self._free_groups(len(family.groups))
        self.by_id[family.id] = family
        for group in range(len(family.groups)):
            self._groups[family.first_group + group] = family
        self._tell("new", family)

    def unregister(self, family: GenericFamily) -> None:
        """Take a family away. ENOENT."""
        if self.by_id.get(family.id) is not family:
            raise ENOENT("it is not registered")
        del self.by_id[family.id]
        for group in range(family.first_group, family.first_group + len(family.groups)):
            self._groups.pop(group, None)
            for socket in self.netlink.members(NETLINK_GENERIC, group):
                socket.groups.discard(group)
        self._tell("del", family)

    def _tell(self, what: str, family: GenericFamily) -> None:
        from emu.kernel.net.netlink.controller import announce

        announce(self, what, family)

    def _free_id(self) -> int:
        for _ in range(FIRST_FAMILY, LAST_FAMILY + 1):
            number = self._next_id
            self._next_id = number + 1 if number < LAST_FAMILY else FIRST_FAMILY
            if number not in self.by_id:
                return number
        raise EEXIST("no number is free")

    def _free_groups(self, count: int) -> int:
        first = CONTROLLER_GROUP + 1
        while count and any(number in self._groups for number in range(first, first + count)):
            first += 1
        return first

    def multicast(self, family: GenericFamily, group: int, message: NlMsg, exclude: int = 0) -> int:
        """Tell the members of a family's group, counted from 0. ESRCH if there are none."""
        number = family.first_group + group
        return self.netlink.multicast(NETLINK_GENERIC, number, message, exclude)

    def has_listeners(self, family: GenericFamily, group: int) -> bool:
        """Whether anybody is in a family's group."""
        return self.netlink.has_listeners(NETLINK_GENERIC, family.first_group + group)

    def bind(self, socket: NetlinkSocket, group: int) -> None:
        """Somebody joins a group. ENOENT if no family has it."""
        if group != CONTROLLER_GROUP and group not in self._groups:
            raise ENOENT("no family has this group")

    def receive(self, request: Request) -> None:
        """Hand a request to its family: see genl_rcv_msg. ENOENT, EOPNOTSUPP, EPERM, EINVAL."""
        family = self.by_id.get(request.type)
        if family is None:
            raise ENOENT("no such family")
        if len(request.payload) < GENL_HDRLEN + family.hdrsize:
            raise EINVAL("the message is shorter than its header")
        message = Message(request, family)
        operation = family.operation(message.cmd)
        if operation is None:
            raise EOPNOTSUPP("the family has no such command")
        if request.is_dump and operation.dumpit is None:
            raise EOPNOTSUPP("the command dumps nothing")
        if not request.is_dump and operation.doit is None:
            raise EOPNOTSUPP("the command only dumps")
        needs_admin = operation.flags & (GENL_ADMIN_PERM | GENL_UNS_ADMIN_PERM)
        if needs_admin and not request.task.cred.capable(CAP_NET_ADMIN):
            raise EPERM("the command needs CAP_NET_ADMIN")
        self._check_header(message)
        message.attributes = request.attributes(
            GENL_HDRLEN + family.hdrsize,
            family.maxattr_of(operation),
            family.policy_of(operation),
            operation.validate,
        )
        if request.is_dump:
            assert operation.dumpit is not None
            request.dump(operation.dumpit(message))
        assert operation.doit is not None
        operation.doit(message)

    def _check_header(self, message: Message) -> None:
        """What must be zero, for operations that came after this rule: see genl_header_check."""
        if message.cmd < message.family.resv_start_op:
            return
        _, _, reserved = message.request.fixed(GENL_HEADER)
        if reserved:
            message.request.extack.say("genlmsghdr.reserved field is not 0")
            raise EINVAL("genlmsghdr.reserved field is not 0")


def message_of(
    family: GenericFamily, cmd: int, attributes: Iterable[Attribute], header: bytes = b""
) -> NlMsg:
    """A message of a family."""
    fixed = Packed(f"{GENL_HEADER}{family.hdrsize}s", (cmd, family.version, 0, header))
    return NlMsg(family.id, header=fixed, attributes=list(attributes))


class GenericSide(KernelSide):
    """The protocol's kernel side, which knows the families."""

    def __init__(self, families: GenericFamilies) -> None:
        super().__init__(
            receive=families.receive,
            groups=1024,
            nonroot_receive=True,
            bind=families.bind,
        )
        self.families = families


def kernel_side(netlink: NetlinkFamily) -> GenericSide:
    """The protocol for a machine, with its controller."""
    from emu.kernel.net.netlink.controller import controller

    families = GenericFamilies(netlink)
    families.register(controller(families), GENL_ID_CTRL, CONTROLLER_GROUP)
    return GenericSide(families)


def generic_families(netlink: NetlinkFamily) -> GenericFamilies:
    """The families of a machine."""
    side = netlink.side(NETLINK_GENERIC)
    assert isinstance(side, GenericSide)
    return side.families
