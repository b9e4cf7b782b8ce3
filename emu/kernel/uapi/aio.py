"""Operations and flags of struct iocb. See include/uapi/linux/aio_abi.h."""

from __future__ import annotations

IOCB_CMD_PREAD = 0
IOCB_CMD_PWRITE = 1
IOCB_CMD_FSYNC = 2
IOCB_CMD_FDSYNC = 3
IOCB_CMD_POLL = 5
IOCB_CMD_PREADV = 7
IOCB_CMD_PWRITEV = 8

IOCB_FLAG_RESFD = 1 << 0
