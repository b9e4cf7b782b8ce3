"""Options of sockets: setsockopt(2), getsockopt(2)."""

from __future__ import annotations

from emu.kernel.args import Fd, Int, Pointer
from emu.kernel.bpf.classic import INSTRUCTION_BYTES
from emu.kernel.errno import EINVAL, ERANGE
from emu.kernel.net.socket import Socket
from emu.kernel.net.sockfs import socket_of
from emu.kernel.net.sockopt import NeedsRoom, OptionValue, set_socket_option
from emu.kernel.net.sockopt_get import get_socket_option
from emu.kernel.sys.socket_kinds import InOption, Level, Optname, OutOption
from emu.kernel.syscall import syscall
from emu.kernel.task import Task
from emu.kernel.uapi.socket import SO_GET_FILTER, SOL_SOCKET


@syscall(
    "sys_setsockopt",
    missing="SO_ATTACH_BPF, filters on NLATTR and PAY_OFFSET, time stamps by hardware",
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
    if level == SOL_SOCKET and optname.at(level) == SO_GET_FILTER:
        return _get_filter(task, socket, optval, optlen, room)
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


def _get_filter(task: Task, socket: Socket, optval: int, optlen: int, room: int) -> int:
    """SO_GET_FILTER, whose lengths are counts of instructions; without room the count is told."""
    raw = b"" if socket.filter is None else socket.filter.raw
    count = len(raw) // INSTRUCTION_BYTES
    if room and count:
        if room < count:
            raise EINVAL("the filter has more instructions")
        task.mm.write(optval, raw)
    task.mm.write_u32(optlen, count)
    return 0
