"""The texts of /proc/net about AF_UNIX and netlink sockets."""

import struct

from emu.kernel.net.proc.netlink import show_netlink
from emu.kernel.net.proc.unix import show_unix
from tests.unit.vfs.guest import Guest

AF_UNIX, AF_NETLINK, SOCK_STREAM, SOCK_RAW = 1, 16, 1, 3


def test_unix_sockets_with_their_names():
    guest = Guest()
    assert show_unix(guest.kernel).count(b"\n") == 1
    fd = guest.sys("socket", AF_UNIX, SOCK_STREAM, 0)
    guest.mm.write(guest.buffer, struct.pack("<H", AF_UNIX) + b"\0one")
    assert guest.sys("bind", fd, guest.buffer, 6) == 0
    assert guest.sys("listen", fd, 1) == 0
    _, line = show_unix(guest.kernel).splitlines()
    fields = line.split()
    assert fields[1:] == [b"00000002", b"00000000", b"00010000", b"0001", b"01", b"2", b"@one"]


def test_netlink_sockets_with_their_groups():
    guest = Guest()
    fd = guest.sys("socket", AF_NETLINK, SOCK_RAW, 2)
    guest.mm.write(guest.buffer, struct.pack("<HxxII", AF_NETLINK, 77, 5))
    assert guest.sys("bind", fd, guest.buffer, 12) == 0
    _, line = show_netlink(guest.kernel).splitlines()
    assert line.split()[1:4] == [b"2", b"77", b"00000005"]
