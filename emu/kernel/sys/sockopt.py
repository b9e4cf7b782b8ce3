"""Options of sockets: setsockopt(2), getsockopt(2)."""

from __future__ import annotations

from emu.kernel.args import Fd, Int, Pointer
from emu.kernel.errno import EINVAL, ERANGE
from emu.kernel.net.sockfs import socket_of
from emu.kernel.net.sockopt import NeedsRoom, OptionValue, set_socket_option
from emu.kernel.net.sockopt_get import get_socket_option
from emu.kernel.sys.socket_kinds import InOption, Level, Optname, OutOption
from emu.kernel.syscall import syscall
from emu.kernel.task import Task
from emu.kernel.uapi.socket import SOL_SOCKET


@syscall(
    "sys_setsockopt",
    missing="packet filters (SO_ATTACH_FILTER, SO_ATTACH_BPF), time stamps by hardware",
)
def setsockopt(
    task: Task, fd: Fd, level: Level, optname: Optname, optval: InOption, optlen: Int
) -> int:
    """Set an option of a socket. See setsockopt(2)."""
    if optlen < 0:
        raise EINVAL("negative length")
    socket = socket_of(task.files[fd])
    value = OptionValue(task, optval, optlen)
    if level == SOL_SOCKET:
        set_socket_option(socket, task, optname.at(level), value)
    else:
        socket.setsockopt(task, level, optname.value, value)
    return 0


@syscall("sys_getsockopt")
def getsockopt(
    task: Task, fd: Fd, level: Level, optname: Optname, optval: OutOption, optlen: Pointer
) -> int:
    """Tell an option of a socket. See getsockopt(2)."""
    socket = socket_of(task.files[fd])
    mm = task.mm
    room = mm.read_u32(optlen)
    if room >> 31:
        raise EINVAL("negative length")
    try:
        if level == SOL_SOCKET:
            answer = get_socket_option(socket, task, optname.at(level), room)
        else:
            answer = socket.getsockopt(task, level, optname.value, room)
    except NeedsRoom as needed:
        mm.write_u32(optlen, needed.size)
        raise ERANGE(str(needed)) from None
    answer = answer[:room]
    if answer:
        mm.write(optval, answer)
    mm.write_u32(optlen, len(answer))
    return 0
