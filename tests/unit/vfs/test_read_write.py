"""read(2), write(2) and their kin: positions, vectors, bad addresses."""

import struct

from tests.unit.vfs.guest import Guest

PAGE = 4096


def vector(guest, *pieces, at=0x1000):
    """An iovec array of (offset in the buffer, length) pairs."""
    word = "Q" if guest.abi.layout("iovec").size == 16 else "I"
    code = f"{guest.abi.isa.byte_order}{2 * len(pieces)}{word}"
    flat = [n for offset, length in pieces for n in (guest.buffer + offset, length)]
    guest.mm.write(guest.buffer + at, struct.pack(code, *flat))
    return guest.buffer + at


def test_the_position_moves(any_guest):
    g = any_guest
    g.make("/f", b"abcdef")
    fd = g.open("/f", "O_RDWR")
    assert g.read(fd, 2) == b"ab"
    assert g.write(fd, b"XY") == 2
    assert g.read(fd) == b"ef"
    assert g.read(fd) == b""
    assert g.cat("/f") == b"abXYef"


def test_pread_and_pwrite_take_64_bit_positions(any_guest):
    g = any_guest
    fd = g.open("/f", "O_CREAT|O_RDWR")
    assert g.sys("pwrite64", fd, g.name("hi"), 2, 5 << 32) == 2
    assert g.pread(fd, 10, (5 << 32) - 1) == b"\0hi"
    assert g.pread(fd, 10, -1) == "EINVAL"
    assert g.stat("/f")["stx_size"] == (5 << 32) + 2


def test_vectors(any_guest):
    g = any_guest
    g.mm.write(g.buffer, b"0123456789")
    fd = g.open("/f", "O_CREAT|O_RDWR")
    assert g.sys("writev", fd, vector(g, (5, 2), (0, 0), (0, 3)), 3) == 5
    assert g.cat("/f") == b"56012"
    low, high = (1, 0)
    assert g.sys("preadv", fd, vector(g, (0x100, 1), (0x200, 9)), 2, low, high) == 4
    assert g.mm.read(g.buffer + 0x100, 1) + g.mm.read(g.buffer + 0x200, 3) == b"6012"
    assert g.sys("writev", fd, vector(g, (0, 1)), 1025) == "EINVAL"
    assert g.sys("readv", fd, 0, 0) == 0
    assert g.sys("readv", fd, 16, 1) == "EFAULT"


def test_preadv2_with_position_minus_one_moves_the_files_own(guest):
    guest.make("/f", b"abcdef")
    fd = guest.open("/f")
    assert guest.sys("preadv2", fd, vector(guest, (0, 2)), 1, -1, 0, 0) == 2
    assert guest.read(fd, 2) == b"cd"
    assert guest.sys("preadv2", fd, vector(guest, (0, 2)), 1, 0, 0, 0x80) == "EOPNOTSUPP"


def test_access_mode_and_kind_are_checked(guest):
    guest.make("/f", b"x")
    assert guest.read(guest.open("/f", "O_WRONLY")) == "EBADF"
    assert guest.write(guest.open("/f"), b"x") == "EBADF"
    assert guest.read(guest.open("/tmp")) == "EISDIR"
    assert guest.read(99) == "EBADF"
    assert guest.sys("read", guest.open("/f"), guest.buffer, 1 << 63) == "EFAULT"


def test_a_copy_that_faults_half_way_is_short(guest):
    guest.make("/f", bytes(range(256)) * 40)
    fd = guest.open("/f", "O_RDWR")
    end = guest.mm.mmap(0, 2 * PAGE, 3, 0x22) + PAGE
    guest.mm.munmap(end, PAGE)
    assert guest.sys("read", fd, end - 100, 5000) == 100
    assert guest.mm.read(end - 100, 100) == bytes(range(100))
    assert guest.sys("read", fd, end, 10) == "EFAULT"
    assert guest.sys("lseek", fd, 0, 1) == 100
    assert guest.sys("pwrite64", fd, end - 3, 10, 0) == 3
    assert guest.sys("write", fd, 0, 10) == "EFAULT"
    assert guest.sys("read", fd, 0, 0) == 0


def test_large_counts_do_not_cost_large_memory(guest):
    fd = guest.open("/dev/zero")
    assert guest.sys("read", fd, guest.buffer, 1 << 26) == 0x10000
    null = guest.open("/dev/null", "O_WRONLY")
    assert guest.sys("write", null, guest.buffer, 1 << 26) == 1 << 26


def test_lseek(any_guest):
    g = any_guest
    g.make("/f", b"0123456789")
    fd = g.open("/f", "O_RDWR")
    if g.abi.name == "riscv32":
        assert g.sys("llseek", fd, 0, 7, g.buffer, 0) == 0
        assert g.mm.read_u64(g.buffer) == 7
        return
    assert g.sys("lseek", fd, -3, 2) == 7
    assert g.sys("lseek", fd, 2, 1) == 9
    assert g.sys("lseek", fd, -10, 1) == "EINVAL"
    assert g.sys("lseek", fd, 0, 9) == "EINVAL"
    assert g.sys("lseek", fd, 100, 0) == 100
    assert g.read(fd) == b""
    assert g.write(fd, b"x") == 1
    assert g.stat("/f")["stx_size"] == 101


def test_lseek_beyond_off_t_overflows_for_32_bit_callers():
    g = Guest("arm-eabi")
    fd = g.open("/f", "O_CREAT|O_RDWR|O_LARGEFILE")
    assert g.sys("llseek", fd, 1, 5, g.buffer, 0) == 0
    assert g.mm.read_u64(g.buffer) == (1 << 32) + 5
    assert g.sys("lseek", fd, 0, 1) == "EOVERFLOW"


def test_holes_are_found(guest):
    fd = guest.open("/tmp/f", "O_CREAT|O_RDWR")
    guest.sys("pwrite64", fd, guest.name("x"), 1, 5 * PAGE)
    data, hole = 3, 4
    assert guest.sys("lseek", fd, 0, data) == 5 * PAGE
    assert guest.sys("lseek", fd, 0, hole) == 0
    assert guest.sys("lseek", fd, 5 * PAGE, hole) == 5 * PAGE + 1
    assert guest.sys("lseek", fd, 6 * PAGE, data) == "ENXIO"


def test_the_limit_on_file_size(guest):
    guest.task.rlimits["RLIMIT_FSIZE"] = (10, 10)
    fd = guest.open("/f", "O_CREAT|O_RDWR")
    assert guest.write(fd, b"123456789012") == 10
    assert guest.write(fd, b"x") == "EFBIG"
    assert guest.task.signals.pending >> 24 & 1
    assert guest.sys("ftruncate", fd, 11) == "EFBIG"


def test_sendfile_and_copy_file_range(any_guest):
    g = any_guest
    g.make("/tmp/a", b"0123456789" * 1000)
    source, target = g.open("/tmp/a"), g.open("/tmp/b", "O_CREAT|O_RDWR")
    assert g.sys("sendfile64", target, source, 0, 20000) == 10000
    assert g.cat("/tmp/b") == g.cat("/tmp/a")
    g.mm.write_u64(g.buffer, 9990)
    assert g.sys("sendfile64", target, source, g.buffer, 100) == 10
    assert g.mm.read_u64(g.buffer) == 10000
    assert g.sys("copy_file_range", source, 0, target, 0, 5, 1) == "EINVAL"
    other = g.open("/tmp/c", "O_CREAT|O_RDWR")
    g.mm.write_u64(g.buffer, 3)
    assert g.sys("copy_file_range", source, g.buffer, other, 0, 4, 0) == 4
    assert g.cat("/tmp/c") == b"3456"
