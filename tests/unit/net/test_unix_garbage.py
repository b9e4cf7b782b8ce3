"""Sockets that are sent over each other and closed are thrown away, with all they hold.

As on Linux this happens when the next socket is closed.
"""

import struct

from tests.unit.vfs.guest import Guest

AF_UNIX, SOCK_STREAM, SOL_SOCKET, SCM_RIGHTS = 1, 1, 1, 1


def pair(guest):
    assert guest.sys("socketpair", AF_UNIX, SOCK_STREAM, 0, guest.buffer) == 0
    return struct.unpack("<ii", guest.mm.read(guest.buffer, 8))


def send_files(guest, fd, *files):
    at = guest.buffer
    control = struct.pack(f"<Qii{len(files)}i", 16 + 4 * len(files), SOL_SOCKET, SCM_RIGHTS, *files)
    guest.mm.write(at + 0x100, control)
    guest.mm.write(at + 0x200, struct.pack("<QQ", at, 1))
    header = guest.abi.layout("user_msghdr").pack(
        msg_iov=at + 0x200, msg_iovlen=1, msg_control=at + 0x100, msg_controllen=len(control)
    )
    guest.mm.write(at + 0x300, header)
    assert guest.sys("sendmsg", fd, at + 0x300, 0) == 1


def family(guest):
    return guest.kernel.net.in_use(AF_UNIX)


def test_a_pair_sent_over_itself_goes_when_it_is_closed():
    guest = Guest()
    one, other = pair(guest)
    send_files(guest, one, one, other)
    assert len(family(guest).inflight) == 2
    guest.close(one)
    guest.close(other)
    close_another(guest)
    assert not family(guest).sockets
    assert not family(guest).inflight


def test_what_can_still_be_received_stays():
    guest = Guest()
    one, other = pair(guest)
    third, fourth = pair(guest)
    send_files(guest, one, third)
    guest.close(third)
    guest.close(fourth)
    assert len(family(guest).sockets) == 3
    guest.close(other)
    assert len(family(guest).sockets) == 1
    guest.close(one)
    assert not family(guest).sockets


def test_a_cycle_of_two_pairs_takes_other_files_along():
    guest = Guest()
    read_end, write_end = pipe(guest)
    a, b = pair(guest)
    c, d = pair(guest)
    send_files(guest, a, c, write_end)
    send_files(guest, c, a)
    send_files(guest, a, d)
    send_files(guest, c, b)
    for fd in (a, b, c, d, write_end):
        guest.close(fd)
    close_another(guest)
    assert not family(guest).sockets
    assert guest.sys("read", read_end, guest.buffer, 1) == 0


def close_another(guest):
    assert guest.close(guest.sys("socket", AF_UNIX, SOCK_STREAM, 0)) == 0


def pipe(guest):
    assert guest.sys("pipe2", guest.buffer, 0) == 0
    return struct.unpack("<ii", guest.mm.read(guest.buffer, 8))
