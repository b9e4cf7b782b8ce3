"""tmpfs: sparse files, limits, space."""

import gc

import pytest

PAGE = 4096


@pytest.fixture
def small(guest):
    """A guest with a tmpfs of four pages and eight inodes."""
    guest.mkdir("/mnt")
    assert guest.sys("mount", "none", "/mnt", "tmpfs", 0, guest.name("size=16k,nr_inodes=8")) == 0
    return guest


def used(g):
    return g.task.fs.lookup(g.task, b"/mnt").mount.sb.used_pages


def test_pages_are_limited_and_given_back(small):
    fd = small.open("/mnt/f", "O_CREAT|O_RDWR")
    assert small.write(fd, bytes(0x6000)) == 4 * PAGE
    assert small.write(fd, b"x") == "ENOSPC"
    assert used(small) == 4
    assert small.sys("ftruncate", fd, PAGE + 1) == 0
    assert used(small) == 2
    small.close(fd)
    small.unlink("/mnt/f")
    gc.collect()
    assert used(small) == 0


def test_inodes_are_limited(small):
    made = [small.mkdir(f"/mnt/{n}") for n in range(9)]
    assert made.count(0) == 7
    assert made[-1] == "ENOSPC"
    assert small.rmdir("/mnt/0") == 0
    gc.collect()
    assert small.mkdir("/mnt/again") == 0


def test_statfs_tells_what_is_used(small):
    small.make("/mnt/f", bytes(5000))
    assert small.sys("statfs", "/mnt", small.buffer) == 0
    found = small.get("statfs")
    assert (found["f_blocks"], found["f_bfree"], found["f_files"]) == (4, 2, 8)


def test_a_hole_costs_nothing(small):
    fd = small.open("/mnt/f", "O_CREAT|O_RDWR")
    assert small.sys("ftruncate", fd, 1 << 40) == 0
    assert small.sys("pwrite64", fd, small.name("end"), 3, (1 << 40) - 3) == 3
    assert used(small) == 1
    assert small.stat("/mnt/f")["stx_blocks"] == 8
    assert small.pread(fd, 10, 1 << 39) == bytes(10)
    assert small.pread(fd, 10, (1 << 40) - 3) == b"end"


def test_fallocate_reserves_all_or_nothing(small):
    fd = small.open("/mnt/f", "O_CREAT|O_RDWR")
    assert small.sys("fallocate", fd, 0, 0, 5 * PAGE) == "ENOSPC"
    assert used(small) == 0
    assert small.sys("fallocate", fd, 0, 0, 2 * PAGE) == 0
    assert small.stat("/mnt/f")["stx_size"] == 2 * PAGE
    assert small.sys("fallocate", fd, 1, 0, 3 * PAGE) == 0
    assert small.stat("/mnt/f")["stx_size"] == 2 * PAGE
    assert used(small) == 3
    assert small.sys("fallocate", fd, 3, PAGE, PAGE) == 0
    assert used(small) == 2
    assert small.sys("fallocate", fd, 2, 0, PAGE) == "EOPNOTSUPP"
    assert small.sys("fallocate", fd, 0, 0, 0) == "EINVAL"


def test_what_was_cut_off_reads_as_zero(guest):
    guest.make("/f", b"x" * 5000)
    guest.sys("truncate", "/f", 100)
    guest.sys("truncate", "/f", 5000)
    assert guest.cat("/f") == b"x" * 100 + bytes(4900)


def test_mount_options_are_checked(guest):
    assert guest.sys("mount", "none", "/root", "tmpfs", 0, guest.name("size=x")) == "EINVAL"
    assert guest.sys("mount", "none", "/root", "tmpfs", 0, guest.name("color=red")) == "EINVAL"
    assert guest.sys("mount", "none", "/root", "tmpfs", 0, guest.name("mode=700,uid=5")) == 0
    assert guest.stat("/root")["stx_mode"] == 0o040700
    assert guest.stat("/root")["stx_uid"] == 5


def test_directory_sizes_count_their_names(guest):
    guest.mkdir("/tmp/d")
    assert guest.stat("/tmp/d")["stx_size"] == 40
    guest.make("/tmp/d/f")
    assert guest.stat("/tmp/d")["stx_size"] == 60


def test_truncating_by_name_to_the_same_size_only_touches_what_has_pages(any_guest):
    g = any_guest

    def is_touched_by(*call):
        before = g.stat("/f")["stx_mtime"]
        g.clock.advance(5_000_000_000)
        assert g.sys(*call) == 0
        return g.stat("/f")["stx_mtime"] != before

    for data, touched in ((b"", False), (b"x", True)):
        fd = g.open("/f", "O_RDWR|O_CREAT|O_TRUNC")
        g.write(fd, data)
        assert is_touched_by("truncate", "/f", len(data)) == touched
        assert is_touched_by("ftruncate", fd, len(data))
        g.close(fd)


def test_a_file_without_a_name_may_be_sticky(any_guest):
    g = any_guest
    g.sys("umask", 0o22)
    fd = g.open("/", "O_TMPFILE|O_RDWR", 0o1777)
    assert g.stat(f"/proc/self/fd/{fd}")["stx_mode"] & 0o7777 == 0o1755
