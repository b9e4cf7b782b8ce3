"""Seeking, reading and writing: lseek whence, preadv2 flags, sizes. See lseek(2)."""

from __future__ import annotations

from emu.kernel.args import FlagFamily

SEEK_SET = 0
SEEK_CUR = 1
SEEK_END = 2
SEEK_DATA = 3
SEEK_HOLE = 4

RWF_HIPRI = 0x01
RWF_DSYNC = 0x02
RWF_SYNC = 0x04
RWF_NOWAIT = 0x08
RWF_APPEND = 0x10
RWF_NOAPPEND = 0x20
RWF_ATOMIC = 0x40
RWF_KNOWN = 0x3F

RWF_FLAGS = FlagFamily(
    "RWF flags",
    (
        ("RWF_HIPRI", RWF_HIPRI),
        ("RWF_DSYNC", RWF_DSYNC),
        ("RWF_SYNC", RWF_SYNC),
        ("RWF_NOWAIT", RWF_NOWAIT),
        ("RWF_APPEND", RWF_APPEND),
        ("RWF_NOAPPEND", RWF_NOAPPEND),
        ("RWF_ATOMIC", RWF_ATOMIC),
    ),
)

CLOSE_RANGE_UNSHARE = 0x2
CLOSE_RANGE_CLOEXEC = 0x4

NAME_MAX = 255
PATH_MAX = 4096
UIO_MAXIOV = 1024
MAX_RW_COUNT = 0x7FFFF000
MAX_LFS_FILESIZE = 0x7FFFFFFFFFFFFFFF
MAX_NON_LFS = 0x7FFFFFFF
PIPE_BUF = 4096

SPLICE_F_MOVE = 1
SPLICE_F_NONBLOCK = 2
SPLICE_F_MORE = 4
SPLICE_F_GIFT = 8
SPLICE_F_ALL = 15

SPLICE_FLAGS = FlagFamily(
    "splice flags",
    (
        ("SPLICE_F_MOVE", SPLICE_F_MOVE),
        ("SPLICE_F_NONBLOCK", SPLICE_F_NONBLOCK),
        ("SPLICE_F_MORE", SPLICE_F_MORE),
        ("SPLICE_F_GIFT", SPLICE_F_GIFT),
    ),
)
