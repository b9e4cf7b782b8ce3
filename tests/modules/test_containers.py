"""Queues and arrays of the kernel's."""

PROC = "from emu.linux.proc_fs import *\n"
RUN = """
@module_init
def init():
    proc_file("mine", show)
"""


def test_a_queue_gives_back_what_was_put_in_as_far_as_there_is_room(load):
    guest = load(
        PROC,
        """
        from emu.linux.kfifo import *

        def show():
            fifo = DEFINE_KFIFO(None, 6)
            assert kfifo_size(fifo) == 8 and kfifo_is_empty(fifo)
            assert kfifo_in(fifo, b"hello", 5) == 5 and kfifo_in(fifo, "world", 5) == 3
            assert kfifo_is_full(fifo) and kfifo_avail(fifo) == 0 and not kfifo_put(fifo, 1)
            buf = bytearray(6)
            assert kfifo_out_peek(fifo, buf, 2) == 2 and kfifo_len(fifo) == 8
            assert kfifo_out(fifo, buf, 6) == 6 and bytes(buf) == b"hellow"
            numbers, cell = DEFINE_KFIFO(u32, 4), u32(0)
            assert kfifo_put(numbers, 1000) and kfifo_in(numbers, [1, 2], 2) == 2
            assert kfifo_peek(numbers, cell) and kfifo_get(numbers, cell) and cell.value == 1000
            assert kfifo_get(numbers) == 1 and kfifo_get(numbers, cell) and not kfifo_get(numbers, cell)
            assert kfifo_alloc(fifo, 1, 0) == -EINVAL and kfifo_alloc(fifo, 3, 0) == 0
            return kfifo_size(fifo)
        """,
        RUN,
    )
    assert guest.cat("/proc/mine") == "4\n"


def test_a_device_hands_a_queue_between_programs(load):
    guest = load(
        """
        from emu.linux.fs import *
        from emu.linux.kfifo import *
        from emu.linux.miscdevice import *

        fifo = DEFINE_KFIFO(None, 8)

        def read(file, buf, count, ppos):
            copied = u32(0)
            return kfifo_to_user(fifo, buf, count, copied) or copied.value

        def write(file, buf, count, ppos):
            copied = u32(0)
            return kfifo_from_user(fifo, buf, count, copied) or copied.value

        dev = miscdevice("queue", file_operations(read=read, write=write))

        @module_init
        def init():
            return misc_register(dev)
        """
    )
    fd = guest.open("/dev/queue", "O_RDWR")
    assert guest.write(fd, b"0123456789") == 8
    assert guest.read(fd, 3) == b"012"
    assert guest.read(fd, 100) == b"34567"
    assert guest.read(fd, 100) == b""
    assert guest.write(fd, b"abc") == 3
    assert guest.call("sys_read", fd, 0x10, 3) == "EFAULT"
    assert guest.read(fd, 3) == b"abc"


def test_an_array_keeps_things_by_number(load):
    guest = load(
        PROC,
        """
        from emu.linux.xarray import *

        def show():
            xa, cell = DEFINE_XARRAY(), u32(0)
            assert xa_store(xa, 5, "five") is None and xa_store(xa, 5, "fünf") == "five"
            assert xa_insert(xa, 5, "x") == -EBUSY and xa_insert(xa, 1, "one") == 0
            assert xa_load(xa, 5) == "fünf" and xa_load(xa, 9) is None
            assert list(xa_for_each(xa)) == [(1, "one"), (5, "fünf")] and xa_find(xa, 2) == (5, "fünf")
            assert xa_cmpxchg(xa, 1, "no", "x") == "one" and xa_erase(xa, 1) == "one"
            for index, entry in xa_for_each(xa):
                xa_erase(xa, index)
            assert xa_empty(xa)
            ids = DEFINE_XARRAY_ALLOC1()
            assert xa_alloc(ids, cell, "a", xa_limit_32b) == 0 and cell.value == 1
            assert xa_alloc(ids, None, "b", (1, 2)) == 2 and xa_alloc(ids, cell, "c", (1, 2)) == -EBUSY
            return "fine"
        """,
        RUN,
    )
    assert guest.cat("/proc/mine") == "fine\n"
