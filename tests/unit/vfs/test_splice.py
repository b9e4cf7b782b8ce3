"""splice(2) and tee(2): what waits, and what is put back."""

import pytest

from tests.unit.vfs.guest import Guest
from tests.unit.vfs.test_pipes import pipe


def test_a_splice_waits_for_something_to_move(guest):
    g = guest
    (r, w), (r2, w2) = pipe(g), pipe(g)
    call = g.start("sys_splice", r, 0, w2, 0, 100, 0)
    call.send(None)
    g.write(w, b"late")
    with pytest.raises(StopIteration) as end:
        call.send(True)
    assert end.value.value == 4
    assert g.read(r2) == b"late"


def test_a_splice_waits_for_room(guest):
    g = guest
    (r, w), (r2, w2) = pipe(g), pipe(g, "O_DIRECT")
    for _ in range(16):
        g.write(w2, b"packet")
    g.write(w, b"more")
    call = g.start("sys_splice", r, 0, w2, 0, 100, 0)
    call.send(None)
    g.read(r2)
    with pytest.raises(StopIteration) as end:
        call.send(True)
    assert end.value.value == 4


def test_what_a_file_does_not_take_stays_in_the_pipe(guest):
    g = guest
    r, w = pipe(g)
    g.write(w, b"precious")
    sealed = g.sys("memfd_create", "sealed", g.bits("MFD_ALLOW_SEALING"))
    assert g.sys("fcntl", sealed, g.bits("F_ADD_SEALS"), g.bits("F_SEAL_WRITE")) == 0
    assert g.sys("splice", r, 0, sealed, 0, 100, 0) == "EPERM"
    assert g.read(r) == b"precious"


def test_nobody_reads_is_a_broken_pipe(guest):
    g = guest
    (r, w), (r2, w2) = pipe(g), pipe(g)
    g.write(w, b"x")
    g.close(r2)
    assert g.sys("tee", r, w2, 10, 0) == "EPIPE"
    assert g.task.signals.pending >> 12 & 1


@pytest.mark.parametrize("abi", ["i386", "mips-o32", "arm-eabi", "mips-n64"])
def test_offsets_are_64_bits_wide_on_every_abi(abi):
    g = Guest(abi)
    g.make("/tmp/f", b"0123456789")
    fd = g.open("/tmp/f")
    r, w = pipe(g)
    order = "big" if g.abi.big_endian else "little"
    g.mm.write(g.buffer, (3).to_bytes(8, order))
    assert g.sys("splice", fd, g.buffer, w, 0, 4, 0) == 4
    assert int.from_bytes(g.mm.read(g.buffer, 8), order) == 7
    assert g.read(r) == b"3456"
