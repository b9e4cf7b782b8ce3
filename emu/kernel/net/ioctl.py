"""ioctl(2) on sockets: owners and time stamps; the rest is the family's. See sock_ioctl."""

from __future__ import annotations

import struct
from typing import TYPE_CHECKING

from emu.kernel.errno import ENOENT, ENOTTY
from emu.kernel.net.times import pack_timestamp
from emu.kernel.signal.sigio import owner_number, set_owner
from emu.kernel.uapi import sockios
from emu.kernel.uapi.socket import (
    SO_TIMESTAMP_NEW,
    SO_TIMESTAMP_OLD,
    SO_TIMESTAMPNS_NEW,
    SO_TIMESTAMPNS_OLD,
)

if TYPE_CHECKING:
    from emu.kernel.net.socket import Socket
    from emu.kernel.task import Task
    from emu.kernel.vfs.file import File
    from emu.kernel.vfs.file_operations import Result

STAMPS = {
    sockios.SIOCGSTAMP_OLD: SO_TIMESTAMP_OLD,
    sockios.SIOCGSTAMP_NEW: SO_TIMESTAMP_NEW,
    sockios.SIOCGSTAMPNS_OLD: SO_TIMESTAMPNS_OLD,
    sockios.SIOCGSTAMPNS_NEW: SO_TIMESTAMPNS_NEW,
}


def socket_ioctl(file: File, socket: Socket, task: Task, cmd: int, arg: int) -> Result:
    """Answer a command to a socket."""
    match cmd:
        case sockios.FIOSETOWN | sockios.SIOCSPGRP:
            (who,) = struct.unpack(f"{task.abi.isa.byte_order}i", task.mm.read(arg, 4))
            set_owner(task, file, who)
            return 0
        case sockios.FIOGETOWN | sockios.SIOCGPGRP:
            task.mm.write_u32(arg, owner_number(file) & 0xFFFFFFFF)
            return 0
    if cmd in STAMPS and socket.keeps_stamps:
        if not socket.stamp_ns:
            raise ENOENT("no message has a time stamp")
        task.mm.write(arg, pack_timestamp(task.abi, STAMPS[cmd], socket.stamp_ns))
        return 0
    try:
        return socket.ioctl(task, cmd, arg)
    except ENOTTY:
        return socket.net.device_ioctl(task, cmd, arg)
