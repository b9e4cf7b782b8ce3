"""Calls on sockets, as strace 6.1 writes them."""

import struct

import pytest

from emu.kernel.fs.setup import mount_root
from emu.kernel.vfs.fdtable import FileTable
from tests.unit.trace.tracing import Traced

AF_UNIX, AF_NETLINK, AF_INET = 1, 16, 2


@pytest.fixture(params=["x86-64", "i386", "mips-o32"])
def traced(request):
    traced = Traced(request.param)
    mount_root(traced.kernel, ())
    traced.task.files = FileTable()
    return traced


def line(traced, entry, *arguments):
    """What is written, with the buffer's address called BUF and columns squeezed."""
    text = traced.trace(entry, *arguments)
    return " ".join(text.replace(f"{traced.buffer:#x}", "BUF").split())


def number(traced, name):
    return traced.abi.constant(name)


def test_types_have_their_abis_numbers(traced):
    stream = number(traced, "SOCK_STREAM") | number(traced, "SOCK_CLOEXEC")
    assert line(traced, "sys_socket", AF_UNIX, stream, 0) == (
        "socket(AF_UNIX, SOCK_STREAM|SOCK_CLOEXEC, 0) = 0"
    )
    assert line(traced, "sys_socket", AF_NETLINK, number(traced, "SOCK_RAW"), 0) == (
        "socket(AF_NETLINK, SOCK_RAW, NETLINK_ROUTE) = 1"
    )
    assert line(traced, "sys_socketpair", AF_UNIX, number(traced, "SOCK_DGRAM"), 0, traced.buffer)
    assert line(traced, "sys_shutdown", 0, 1) == "shutdown(0, SHUT_WR) = 0"


def test_addresses_by_family(traced):
    order = traced.abi.isa.byte_order
    traced.call("sys_socket", AF_UNIX, number(traced, "SOCK_STREAM"), 0)
    traced.mm.write(traced.buffer, struct.pack(order + "H", AF_UNIX) + b"\0name")
    assert line(traced, "sys_bind", 0, traced.buffer, 7) == (
        'bind(0, {sa_family=AF_UNIX, sun_path=@"name"}, 7) = 0'
    )
    traced.mm.write(traced.buffer, struct.pack(order + "H", AF_INET) + b"\0\x50\x7f\0\0\1")
    assert line(traced, "sys_connect", 0, traced.buffer, 16) == (
        "connect(0, {sa_family=AF_INET, sin_port=htons(80), "
        'sin_addr=inet_addr("127.0.0.1")}, 16) = -1 EINVAL (Invalid argument)'
    )


def test_options_by_level(traced):
    traced.call("sys_socket", AF_UNIX, number(traced, "SOCK_STREAM"), 0)
    traced.mm.write_u32(traced.buffer, 1)
    level, name = number(traced, "SOL_SOCKET"), number(traced, "SO_REUSEADDR")
    assert line(traced, "sys_setsockopt", 0, level, name, traced.buffer, 4) == (
        "setsockopt(0, SOL_SOCKET, SO_REUSEADDR, [1], 4) = 0"
    )


def test_messages_with_descriptors(traced):
    traced.call("sys_socketpair", AF_UNIX, number(traced, "SOCK_STREAM"), 0, traced.buffer)
    abi, at = traced.abi, traced.buffer
    order, word = abi.isa.byte_order, abi.word_bytes
    header = abi.layout("cmsghdr").pack(
        cmsg_len=word + 12, cmsg_level=number(traced, "SOL_SOCKET"), cmsg_type=1
    )
    traced.mm.write(at + 0x100, header + struct.pack(order + "i", 1))
    traced.mm.write(at + 0x200, b"data")
    traced.mm.write(at + 0x300, abi.layout("iovec").pack(iov_base=at + 0x200, iov_len=4))
    msghdr = abi.layout("user_msghdr").pack(
        msg_iov=at + 0x300, msg_iovlen=1, msg_control=at + 0x100, msg_controllen=word + 12
    )
    traced.mm.write(at, msghdr)
    assert line(traced, "sys_sendmsg", 0, at, 0x4000) == (
        'sendmsg(0, {msg_name=NULL, msg_namelen=0, msg_iov=[{iov_base="data", iov_len=4}], '
        f"msg_iovlen=1, msg_control=[{{cmsg_len={word + 12}, cmsg_level=SOL_SOCKET, "
        f"cmsg_type=SCM_RIGHTS, cmsg_data=[1]}}], msg_controllen={word + 12}, msg_flags=0}}, "
        "MSG_NOSIGNAL) = 4"
    )
