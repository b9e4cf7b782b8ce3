"""Messages between user memory and the socket layer: struct msghdr and the buffers it names."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

from emu.kernel.errno import EINVAL, EMSGSIZE, ENOBUFS
from emu.kernel.net.address import SOCKADDR_STORAGE
from emu.kernel.net.msghdr import MsgHdr, parse_cmsgs
from emu.kernel.sys.read_write import import_iovec
from emu.kernel.sys.sockaddr import put_sockaddr, take_sockaddr
from emu.kernel.uapi.fs import UIO_MAXIOV

if TYPE_CHECKING:
    from emu.kernel.task import Task

INT_MAX = (1 << 31) - 1
OPTMEM_MAX = 131072
"""net.core.optmem_max: how many bytes of control messages one call may give."""


class UserMsghdr(NamedTuple):
    """A struct msghdr as the caller has it, at `address`."""

    address: int
    fields: dict[str, Any]

    def check_name(self) -> tuple[int, int]:
        """Where the name is and its length. EINVAL."""
        name, length = self.fields["msg_name"], self.fields["msg_namelen"]
        if length < 0:
            raise EINVAL("negative length of a name")
        return name, min(length, SOCKADDR_STORAGE) if name else 0


def read_msghdr(task: Task, address: int) -> UserMsghdr:
    """A caller's struct msghdr. EFAULT."""
    layout = task.abi.layout("user_msghdr")
    return UserMsghdr(address, layout.unpack(task.mm.read(address, layout.size)))


def message_to_send(task: Task, header: UserMsghdr) -> MsgHdr:
    """What a struct msghdr says to send. EMSGSIZE for too many buffers, ENOBUFS; EINVAL, EFAULT."""
    name, length = header.check_name()
    fields = header.fields
    to = take_sockaddr(task, name, length) if length else None
    if fields["msg_iovlen"] > UIO_MAXIOV:
        raise EMSGSIZE("too many buffers")
    buffer = import_iovec(task, fields["msg_iov"], fields["msg_iovlen"])
    size = fields["msg_controllen"]
    if not size:
        return MsgHdr(task, buffer, to)
    if size > OPTMEM_MAX:
        raise ENOBUFS("too much control data")
    control = parse_cmsgs(task.abi, task.mm.read(fields["msg_control"], size))
    return MsgHdr(task, buffer, to, control)


def message_to_fill(task: Task, header: UserMsghdr) -> MsgHdr:
    """Where a struct msghdr says to receive. EMSGSIZE; EINVAL, EFAULT."""
    header.check_name()
    fields = header.fields
    if fields["msg_iovlen"] > UIO_MAXIOV:
        raise EMSGSIZE("too many buffers")
    msg = MsgHdr(task, import_iovec(task, fields["msg_iov"], fields["msg_iovlen"]))
    msg.set_control_room(fields["msg_control"], fields["msg_controllen"])
    return msg


def tell_received(task: Task, header: UserMsghdr, msg: MsgHdr) -> None:
    """Fill in the struct msghdr what was received beside the data. EFAULT."""
    layout = task.abi.layout("user_msghdr")
    fields, mm = header.fields, task.mm
    if fields["msg_name"]:
        name = msg.address.pack(msg.order) if msg.address is not None else b""
        length_at = header.address + layout.find("msg_namelen").offset
        put_sockaddr(task, name, fields["msg_name"], length_at)
    mm.write_u32(header.address + layout.find("msg_flags").offset, msg.flags)
    used = msg.control_end - fields["msg_control"] if msg.wants_control else 0
    place = header.address + layout.find("msg_controllen").offset
    mm.write(place, used.to_bytes(task.abi.word_bytes, task.abi.byte_order))
