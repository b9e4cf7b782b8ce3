"""Making, naming and connecting sockets: socket(2), bind(2), listen(2), accept(2), connect(2)."""

from __future__ import annotations

from collections.abc import Awaitable

from emu.kernel.args import Fd, Int, Pointer
from emu.kernel.errno import EFAULT, EINVAL, EMFILE
from emu.kernel.net.sockfs import socket_file, socket_of
from emu.kernel.sys.sockaddr import holding, nonblocking, put_sockaddr, take_sockaddr
from emu.kernel.sys.socket_kinds import Family, InSockaddr, OutSockaddr, SocketType
from emu.kernel.syscall import syscall
from emu.kernel.task import Task
from emu.kernel.uapi.socket import (
    SHUT_RDWR,
    SOCK_CLOEXEC,
    SOCK_NONBLOCK,
    SOCK_TYPE_MASK,
)
from emu.kernel.vfs.fdtable import fd_install


@syscall("sys_socket", missing="families but AF_UNIX, AF_INET, AF_INET6, AF_NETLINK and AF_PACKET")
def socket(task: Task, family: Family, type: SocketType, protocol: Int) -> int:
    """Make a socket. See socket(2)."""
    made = task.kernel.net.create(task, family, _plain_type(type), protocol)
    file = socket_file(task, made, type)
    return fd_install(task, file, cloexec=bool(type & SOCK_CLOEXEC))


@syscall("sys_socketpair")
def socketpair(
    task: Task, family: Family, type: SocketType, protocol: Int, usockvec: Pointer
) -> int:
    """Make two sockets that are connected with each other. See socketpair(2)."""
    net, plain, cloexec = task.kernel.net, _plain_type(type), bool(type & SOCK_CLOEXEC)
    first = net.create(task, family, plain, protocol)
    second = net.create(task, family, plain, protocol)
    files = [socket_file(task, first, type), socket_file(task, second, type)]
    fds: list[int] = []
    try:
        first.socketpair(second)
        while files:
            fds.append(fd_install(task, files.pop(0), cloexec=cloexec))
        for place, fd in enumerate(fds):
            task.mm.write_u32(usockvec + 4 * place, fd)
    except BaseException:
        for fd in fds:
            task.files.close(fd)
        for file in files:
            file.put()
        raise
    return 0


@syscall("sys_bind")
def bind(task: Task, fd: Fd, umyaddr: InSockaddr, addrlen: Int) -> int:
    """Give a socket a name. See bind(2)."""
    found = socket_of(task.files[fd])
    found.bind(task, take_sockaddr(task, umyaddr, addrlen))
    return 0


@syscall("sys_listen")
def listen(task: Task, fd: Fd, backlog: Int) -> int:
    """Let others connect to a socket. See listen(2)."""
    found = socket_of(task.files[fd])
    found.listen(task, min(backlog & 0xFFFFFFFF, found.net.sysctls.somaxconn))
    return 0


@syscall("sys_accept")
def accept(
    task: Task, fd: Fd, upeer_sockaddr: OutSockaddr, addrlen: Pointer
) -> int | Awaitable[int]:
    """Take the next connection of a listening socket. See accept(2)."""
    return accept4(task, fd, upeer_sockaddr, addrlen, 0)


@syscall("sys_accept4")
async def accept4(
    task: Task, fd: Fd, upeer_sockaddr: OutSockaddr, addrlen: Pointer, flags: SocketType
) -> int:
    """accept with flags for the new descriptor. See accept4(2)."""
    if flags & ~(SOCK_CLOEXEC | SOCK_NONBLOCK):
        raise EINVAL("unknown flag")
    file = task.files[fd]
    listener = socket_of(file)
    limit = task.rlimits["RLIMIT_NOFILE"][0]
    if len(task.files) >= limit:
        raise EMFILE("no descriptor for the connection")
    file.get()
    try:
        result = listener.accept(task, nonblocking(file, 0))
        accepted = await result if isinstance(result, Awaitable) else result
    finally:
        file.put()
    new = socket_file(task, accepted, flags)
    if upeer_sockaddr:
        try:
            name = accepted.getname(True).pack(task.abi.isa.byte_order)
            put_sockaddr(task, name, upeer_sockaddr, addrlen)
        except (EFAULT, EINVAL):
            new.put()
            raise
    return fd_install(task, new, cloexec=bool(flags & SOCK_CLOEXEC))


@syscall("sys_connect")
def connect(task: Task, fd: Fd, uservaddr: InSockaddr, addrlen: Int) -> int | Awaitable[int]:
    """Connect a socket. See connect(2)."""
    file = task.files[fd]
    found = socket_of(file)
    address = take_sockaddr(task, uservaddr, addrlen)
    result = found.connect(task, address, nonblocking(file, 0))
    return result if isinstance(result, int) else holding(file, result)


@syscall("sys_shutdown")
def shutdown(task: Task, fd: Fd, how: Int) -> int:
    """Close a direction of a connection, or both. See shutdown(2)."""
    found = socket_of(task.files[fd])
    if not 0 <= how <= SHUT_RDWR:
        raise EINVAL("no such direction")
    found.shutdown(how)
    return 0


@syscall("sys_getsockname")
def getsockname(task: Task, fd: Fd, usockaddr: OutSockaddr, addrlen: Pointer) -> int:
    """Tell a socket's own name. See getsockname(2)."""
    found = socket_of(task.files[fd])
    put_sockaddr(task, found.getname(False).pack(task.abi.isa.byte_order), usockaddr, addrlen)
    return 0


@syscall("sys_getpeername")
def getpeername(task: Task, fd: Fd, usockaddr: OutSockaddr, addrlen: Pointer) -> int:
    """Tell the name of a socket's peer. See getpeername(2)."""
    found = socket_of(task.files[fd])
    put_sockaddr(task, found.getname(True).pack(task.abi.isa.byte_order), usockaddr, addrlen)
    return 0


def _plain_type(type: int) -> int:
    """The type without its flags. EINVAL for a flag that there is not."""
    if type & ~(SOCK_TYPE_MASK | SOCK_CLOEXEC | SOCK_NONBLOCK):
        raise EINVAL("unknown flag")
    return type & SOCK_TYPE_MASK
