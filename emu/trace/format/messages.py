"""struct msghdr with what it points to: names, pieces, control messages. As strace writes them."""

from __future__ import annotations

import struct
from typing import TYPE_CHECKING, Any

from emu.kernel.errno import KernelError
from emu.kernel.net.msghdr import parse_cmsgs
from emu.kernel.uapi.socket import MSG_FLAGS, SOL_SOCKET
from emu.trace.format.flags import flags
from emu.trace.format.sockets import LEVELS, socket_address
from emu.trace.format.text import pointer, quoted

if TYPE_CHECKING:
    from emu.kernel.net.msghdr import Cmsg
    from emu.trace.format.call import Call

PIECES_SHOWN = 16
MESSAGES_SHOWN = 16
CONTROL_MAX = 4096
SCM = {1: "SCM_RIGHTS", 2: "SCM_CREDENTIALS", 3: "SCM_SECURITY", 4: "SCM_PIDFD"}


def message(call: Call, index: int) -> str:
    """A struct msghdr, or several struct mmsghdr in brackets."""
    arg: Any = call.parameters[index].arg
    address = call.value(index)
    if not address or (arg.out and call.failed):
        return pointer(address)
    try:
        if not arg.length:
            received = call.event.result if arg.out else None
            return _header(call, address, received)
        return _several(call, address, arg.out)
    except KernelError:
        return pointer(address)


def _several(call: Call, address: int, out: bool) -> str:
    layout = call.abi.layout("mmsghdr")
    count = (call.event.result or 0) if out else call.named("vlen") or 0
    shown = []
    for place in range(min(count, MESSAGES_SHOWN)):
        at = address + place * layout.size
        length = call.mm.read_u32(at + layout.find("msg_len").offset)
        text = _header(call, at, length if out else None)
        shown.append(f"{{msg_hdr={text}, msg_len={length}}}" if out else f"{{msg_hdr={text}}}")
    return f"[{', '.join(shown)}{', ...' if count > MESSAGES_SHOWN else ''}]"


def _header(call: Call, address: int, received: int | None) -> str:
    layout = call.abi.layout("user_msghdr")
    fields = layout.unpack(call.mm.read(address, layout.size))
    name, length = fields["msg_name"], fields["msg_namelen"]
    shown_name = socket_address(call, name, length) if name and length > 0 else pointer(name)
    pieces = _pieces(call, fields["msg_iov"], fields["msg_iovlen"], received)
    parts = [
        f"msg_name={shown_name}", f"msg_namelen={length}", f"msg_iov={pieces}",
        f"msg_iovlen={fields['msg_iovlen']}",
    ]  # fmt: skip
    control, size = fields["msg_control"], fields["msg_controllen"]
    if control and 0 < size <= CONTROL_MAX:
        parts.append(f"msg_control={_control(call, control, size)}")
    parts.append(f"msg_controllen={size}")
    parts.append(f"msg_flags={flags(call.abi, MSG_FLAGS, fields['msg_flags'])}")
    return f"{{{', '.join(parts)}}}"


def _pieces(call: Call, address: int, count: int, received: int | None) -> str:
    """The buffers; of those that were filled as much as was received."""
    if not address:
        return "NULL"
    layout = call.abi.layout("iovec")
    shown, left = [], received
    for place in range(min(count, PIECES_SHOWN)):
        piece = layout.unpack(call.mm.read(address + place * layout.size, layout.size))
        length = piece["iov_len"] if left is None else min(left, piece["iov_len"])
        left = None if left is None else left - length
        data = (
            call.mm.read(piece["iov_base"], min(length, call.string_limit + 1)) if length else b""
        )
        shown.append(f"{{iov_base={quoted(data, call.string_limit)}, iov_len={piece['iov_len']}}}")
    return f"[{', '.join(shown)}{', ...' if count > PIECES_SHOWN else ''}]"


def _control(call: Call, address: int, size: int) -> str:
    try:
        found = parse_cmsgs(call.abi, call.mm.read(address, size))
    except KernelError:
        return pointer(address)
    return f"[{', '.join(_cmsg(call, cmsg) for cmsg in found)}]"


def _cmsg(call: Call, cmsg: Cmsg) -> str:
    order = call.abi.isa.byte_order
    level = "SOL_SOCKET" if cmsg.level == SOL_SOCKET else LEVELS.get(cmsg.level, f"{cmsg.level:#x}")
    kind = SCM.get(cmsg.type) if cmsg.level == SOL_SOCKET else None
    data = cmsg.data
    if kind in ("SCM_RIGHTS", "SCM_PIDFD"):
        shown = str(list(struct.unpack(f"{order}{len(data) // 4}i", data[: len(data) // 4 * 4])))
    elif kind == "SCM_CREDENTIALS" and len(data) == 12:
        pid, uid, gid = struct.unpack(order + "iII", data)
        shown = f"{{pid={pid}, uid={uid}, gid={gid}}}"
    else:
        shown = quoted(data)
    length = len(data) + call.abi.layout("cmsghdr").size
    type = kind or cmsg.type
    return f"{{cmsg_len={length}, cmsg_level={level}, cmsg_type={type}, cmsg_data={shown}}}"
