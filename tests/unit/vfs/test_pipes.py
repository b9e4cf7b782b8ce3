"""Pipes, named pipes, and waiting for files with poll and select."""

import struct

import pytest

from emu.kernel.errno import Restart
from tests.unit.vfs.guest import ABIS, Asleep, Guest


def pipe(g, flags=""):
    assert g.sys("pipe2", g.buffer, g.bits(flags)) == 0
    return g.mm.read_u32(g.buffer), g.mm.read_u32(g.buffer + 4)


def test_bytes_go_through(any_guest):
    g = any_guest
    r, w = pipe(g)
    assert g.write(w, b"hello") == 5
    assert g.read(r, 2) == b"he"
    assert g.read(r) == b"llo"
    assert g.write(r, b"x") == "EBADF"
    assert g.read(w) == "EBADF"
    if g.abi.name != "riscv32":
        assert g.sys("lseek", r, 0, 0) == "ESPIPE"
    assert g.pread(r, 1, 0) == "ESPIPE"


def test_the_end_comes_when_nobody_writes(guest):
    r, w = pipe(guest)
    guest.write(w, b"last")
    guest.close(w)
    assert guest.read(r) == b"last"
    assert guest.read(r) == b""


def test_writing_to_nobody_is_a_broken_pipe(guest):
    r, w = pipe(guest)
    guest.close(r)
    assert guest.write(w, b"x") == "EPIPE"
    assert guest.task.signals.pending >> 12 & 1


def test_nonblocking_ends_say_try_again(guest):
    r, w = pipe(guest, "O_NONBLOCK")
    assert guest.read(r) == "EAGAIN"
    assert guest.write(w, bytes(0x7000)) == 0x7000
    assert guest.write(w, bytes(0x7000)) == 0x7000
    assert guest.write(w, bytes(0x7000)) == 0x2000
    assert guest.write(w, b"x") == "EAGAIN"
    guest.read(r, 100)
    assert guest.write(w, bytes(4096)) == "EAGAIN"
    assert guest.write(w, bytes(5000)) == "EAGAIN"
    guest.read(r, 5000)
    assert guest.write(w, bytes(4096)) == 4096
    assert guest.write(w, bytes(5000)) == "EAGAIN"


def test_a_reader_sleeps_until_there_is_something(guest):
    r, w = pipe(guest)
    call = guest.start("sys_read", r, guest.buffer, 10)
    wait = call.send(None)
    assert len(wait.queues) == 1
    guest.write(w, b"late")
    with pytest.raises(StopIteration) as end:
        call.send(True)
    assert end.value.value == 4


def test_a_writer_writes_all_as_room_comes(guest):
    r, w = pipe(guest)
    guest.mm.write(guest.buffer, bytes(0x7000))
    assert guest.sys("write", w, guest.buffer, 0x7000) == 0x7000
    assert guest.sys("write", w, guest.buffer, 0x7000) == 0x7000
    call = guest.start("sys_write", w, guest.buffer, 0x7000)
    call.send(None)
    guest.read(r, 0x7000)
    with pytest.raises(StopIteration) as end:
        call.send(True)
    assert end.value.value == 0x7000


def test_an_interrupted_writer_tells_how_much_it_wrote(guest):
    _, w = pipe(guest)
    guest.sys("write", w, guest.buffer, 0x7000)
    guest.sys("write", w, guest.buffer, 0x7000)
    call = guest.start("sys_write", w, guest.buffer, 0x7000)
    call.send(None)
    with pytest.raises(StopIteration) as end:
        call.throw(Restart())
    assert end.value.value == 0x2000


def test_the_size_of_a_pipe_can_be_changed(guest):
    r, w = pipe(guest)
    set_size, get_size = (guest.abi.constant(f"F_{n}PIPE_SZ") for n in ("SET", "GET"))
    assert guest.sys("fcntl", w, get_size, 0) == 65536
    assert guest.sys("fcntl", w, set_size, 5000) == 8192
    guest.write(w, bytes(8000))
    assert guest.sys("fcntl", w, set_size, 4096) == "EBUSY"
    fd = guest.open("/etc/passwd")
    assert guest.sys("fcntl", fd, get_size, 0) == "EBADF"
    assert guest.sys("ioctl", r, guest.abi.constant("FIONREAD"), guest.buffer) == 0
    assert guest.mm.read_u32(guest.buffer) == 8000


def test_a_named_pipe_opens_when_both_sides_are_there(guest):
    guest.sys("mknodat", -100, "/tmp/p", 0o010666, 0)
    name = guest.name("/tmp/p")
    assert guest.open("/tmp/p", "O_WRONLY|O_NONBLOCK") == "ENXIO"
    reading = guest.start("sys_openat", -100, name, 0, 0)
    reading.send(None)
    writer = guest.open("/tmp/p", "O_WRONLY")
    with pytest.raises(StopIteration) as end:
        reading.send(True)
    guest.write(writer, b"x")
    assert guest.read(end.value.value) == b"x"
    assert isinstance(guest.open("/tmp/p", "O_RDONLY|O_NONBLOCK"), int)


def test_an_interrupted_open_leaves_nothing_behind(guest):
    guest.sys("mknodat", -100, "/tmp/p", 0o010666, 0)
    reading = guest.start("sys_openat", -100, guest.name("/tmp/p"), 0, 0)
    reading.send(None)
    with pytest.raises(Restart):
        reading.throw(Restart())
    assert guest.open("/tmp/p", "O_WRONLY|O_NONBLOCK") == "ENXIO"


def test_mips_gives_the_second_descriptor_in_a_register():
    g = Guest("mips-o32")
    assert g.call("sysm_pipe") == 0
    assert g.cpu.registers[g.abi.convention.second_result] == 1


def test_a_pipe_is_not_left_open_when_its_numbers_cannot_be_told(guest):
    assert guest.sys("pipe2", 16, 0) == "EFAULT"
    assert guest.task.files.descriptors() == []
    guest.task.rlimits["RLIMIT_NOFILE"] = (1, 1)
    assert guest.sys("pipe2", guest.buffer, 0) == "EMFILE"
    assert guest.task.files.descriptors() == []


def pollfds(g, *pairs):
    code = g.abi.isa.byte_order + "ihh" * len(pairs)
    g.mm.write(g.buffer, struct.pack(code, *(n for fd, e in pairs for n in (fd, e, 0x55))))


def revents(g, count):
    data = g.mm.read(g.buffer, 8 * count)
    return [r for _, _, r in struct.iter_unpack(g.abi.isa.byte_order + "ihh", data)]


@pytest.mark.parametrize("abi", ABIS)
def test_ppoll_tells_what_is_ready(abi):
    g = Guest(abi)
    r, w = pipe(g)
    file = g.open("/etc/passwd")
    pollfds(g, (r, 1), (w, 4), (file, 5), (-1, 1), (99, 1))
    zero = g.put("__kernel_timespec", 0x500, tv_sec=0)
    assert g.sys("ppoll", g.buffer, 5, zero, 0, 8) == 3
    assert revents(g, 5) == [0, 4, 5, 0, 0x20]
    g.write(w, b"x")
    pollfds(g, (r, 1))
    assert g.sys("ppoll", g.buffer, 1, 0, 0, 8) == 1
    assert revents(g, 1) == [1]


def test_poll_sleeps_for_its_time_and_wakes_for_its_files(guest):
    r, w = pipe(guest)
    pollfds(guest, (r, 1))
    before = guest.clock.monotonic_ns()
    assert guest.sys("poll", guest.buffer, 1, 50) == 0
    assert guest.clock.monotonic_ns() - before == 50_000_000
    call = guest.start("sys_poll", guest.buffer, 1, -1)
    assert call.send(None).timeout_ns is None
    guest.close(w)
    pollfds(guest, (r, 1))
    with pytest.raises(StopIteration) as end:
        call.send(True)
    assert end.value.value == 1
    assert revents(guest, 1) == [0x10]
    with pytest.raises(Asleep):
        guest.sys("poll", guest.buffer, 0, -1)


@pytest.mark.parametrize("abi", ABIS)
def test_pselect6_sets_bits_in_the_callers_longs(abi):
    g = Guest(abi)
    r, w = pipe(g)
    g.sys("dup3", w, 40, 0)
    word, order = g.abi.word_bits, g.abi.isa.byte_order
    code = f"{order}{128 // word}{'Q' if word == 64 else 'I'}"

    def bits(*fds):
        words = [0] * (128 // word)
        for fd in fds:
            words[fd // word] |= 1 << fd % word
        return struct.pack(code, *words)

    reads, writes = g.buffer, g.buffer + 0x100
    g.mm.write(reads, bits(r))
    g.mm.write(writes, bits(w, 40))
    zero = g.put("__kernel_timespec", 0x500, tv_sec=0)
    assert g.sys("pselect6", 41, reads, writes, 0, zero, 0) == 2
    assert g.mm.read(reads, 16) == bits()
    assert g.mm.read(writes, 16) == bits(w, 40)
    g.mm.write(reads, bits(50))
    g.task.files.close(40)
    assert g.sys("pselect6", 51, reads, 0, 0, zero, 0) == "EBADF"


def test_select_tells_the_time_that_is_left(guest):
    r, _ = pipe(guest)
    guest.mm.write(guest.buffer, (1 << r).to_bytes(8, "little"))
    timeval = guest.put("__kernel_old_timeval", 0x100, tv_sec=2, tv_usec=5)
    assert guest.sys("select", r + 1, guest.buffer, 0, 0, timeval) == 0
    assert guest.get("__kernel_old_timeval", 0x100) == {"tv_sec": 0, "tv_usec": 0}
    assert guest.mm.read(guest.buffer, 8) == bytes(8)


def test_small_writes_share_a_page_and_large_ones_begin_a_new_one(guest):
    r, w = pipe(guest, "O_NONBLOCK")
    full = 0
    while guest.write(w, bytes(3000)) == 3000:
        full += 1
    assert full == 16
    assert guest.write(w, bytes(1000)) == 1000
    assert guest.write(w, bytes(97)) == "EAGAIN"
    assert guest.sys("ioctl", r, guest.abi.constant("FIONREAD"), guest.buffer) == 0
    assert guest.mm.read_u32(guest.buffer) == 16 * 3000 + 1000


def test_packets_stay_apart(any_guest):
    g = any_guest
    r, w = pipe(g, "O_DIRECT|O_NONBLOCK")
    g.write(w, b"one")
    g.write(w, b"second")
    g.write(w, bytes(5000))
    assert g.read(r, 100) == b"one"
    assert g.read(r, 3) == b"sec"
    assert g.read(r, 9000) == bytes(4096)
    assert g.read(r, 9000) == bytes(904)
    assert g.read(r) == "EAGAIN"


def test_the_largest_pipe_is_a_variable(guest):
    g = guest
    fd = g.open("/proc/sys/fs/pipe-max-size", "O_WRONLY")
    assert g.write(fd, b"100000\n") == 7
    assert g.cat("/proc/sys/fs/pipe-max-size") == b"131072\n"
    assert g.write(fd, b"much") == 4, "only a write at the start counts: sysctl_writes_strict"
    assert g.write(g.open("/proc/sys/fs/pipe-max-size", "O_WRONLY"), b"much") == "EINVAL"
    user = Guest(uid=1000, beside=g)
    r, _ = pipe(user)
    set_size = user.abi.constant("F_SETPIPE_SZ")
    assert user.sys("fcntl", r, set_size, 131072) == 131072
    assert user.sys("fcntl", r, set_size, 131073) == "EPERM"
    assert user.sys("fcntl", r, set_size, 1) == 4096


def test_all_pipes_together_hold_no_more_than_the_machine_can(guest):
    memory = guest.kernel.root_mount.vfs.pipe_memory
    memory.limit = 10_000
    r, w = pipe(guest)
    assert guest.write(w, bytes(8000)) == 8000
    _, other = pipe(guest)
    assert guest.write(other, bytes(4096)) == 4096
    assert guest.write(other, bytes(4096)) == "ENOMEM"
    guest.close(r)
    guest.close(w)
    assert memory.used == 4096
    assert guest.write(other, bytes(4096)) == 4096


def test_a_reader_that_came_before_any_writer_is_not_told_of_their_absence(guest):
    g = guest
    assert g.sys("mknodat", -100, "/tmp/fifo", 0o010644, 0) == 0
    early = g.open("/tmp/fifo", "O_RDONLY|O_NONBLOCK")
    assert g.task.files[early].f_op.poll(g.task.files[early], None) == 0
    g.close(g.open("/tmp/fifo", "O_WRONLY"))
    assert g.task.files[early].f_op.poll(g.task.files[early], None) == 0x10


@pytest.mark.parametrize(("gone", "flags"), [(1, "O_RDONLY"), (0, "O_WRONLY|O_NONBLOCK")])
def test_a_pipe_opened_by_its_link_in_proc_does_not_wait_for_the_other_side(guest, gone, flags):
    ends = pipe(guest)
    guest.close(ends[gone])
    again = guest.open(f"/proc/self/fd/{ends[1 - gone]}", flags)
    assert isinstance(again, int)
    assert guest.write(again, b"x") == "EPIPE" if gone == 0 else guest.read(again) == b""


def test_times_of_a_named_pipe_tell_when_it_was_used(any_guest):
    g = any_guest
    assert g.sys("mknodat", -100, "/pipe", 0o010600, 0) == 0
    fd = g.open("/pipe", "O_RDWR")

    def times():
        found = g.stat("/pipe")
        return found["stx_atime"], found["stx_mtime"], found["stx_ctime"]

    made = times()
    g.clock.advance(2_000_000_000)
    g.write(fd, b"x")
    written = times()
    assert written[0] == made[0]
    assert written[1] == written[2] != made[1]
    g.clock.advance(2_000_000_000)
    assert g.sys("read", fd, g.buffer, 1) == 1
    assert times()[0] != written[0]
    assert times()[1:] == written[1:]
