"""Socket addresses and flags between the calls and the socket layer."""

from __future__ import annotations

from collections.abc import Awaitable
from typing import TYPE_CHECKING

from emu.kernel.errno import EINVAL
from emu.kernel.net.address import SOCKADDR_STORAGE, SockAddr
from emu.kernel.uapi.fcntl import O_NONBLOCK
from emu.kernel.uapi.socket import MSG_DONTWAIT

if TYPE_CHECKING:
    from emu.kernel.task import Task
    from emu.kernel.vfs.file import File


def take_sockaddr(task: Task, address: int, length: int) -> SockAddr:
    """A caller's address: see move_addr_to_kernel. EINVAL, EFAULT."""
    if not 0 <= length <= SOCKADDR_STORAGE:
        raise EINVAL("no such length of an address")
    raw = task.mm.read(address, length) if length else b""
    return SockAddr(raw, task.abi.isa.byte_order)


def put_sockaddr(task: Task, name: bytes, address: int, length_address: int) -> None:
    """Tell an address, as far as there is room, and its length: see move_addr_to_user."""
    room = task.mm.read_u32(length_address)
    if room >> 31:
        raise EINVAL("negative room for an address")
    room = min(room, len(name))
    if room:
        task.mm.write(address, name[:room])
    task.mm.write_u32(length_address, len(name))


def nonblocking(file: File, flags: int) -> int:
    """A call's MSG_ flags, with MSG_DONTWAIT if the descriptor is O_NONBLOCK."""
    return flags | MSG_DONTWAIT if file.flags & O_NONBLOCK else flags


async def holding(file: File, result: Awaitable[int]) -> int:
    """Await, keeping the file open although another thread may close its descriptor."""
    file.get()
    try:
        return await result
    finally:
        file.put()
