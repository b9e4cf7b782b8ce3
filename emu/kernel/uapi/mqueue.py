"""POSIX message queues: limits and kinds of notification. See mq_overview(7)."""

from __future__ import annotations

MQ_PRIO_MAX = 32768
DFLT_QUEUESMAX = 256
DFLT_MSGMAX = 10
DFLT_MSGSIZEMAX = 8192
HARD_MSGMAX = 65536
HARD_MSGSIZEMAX = 16 * 1024 * 1024
MIN_MSGMAX = 1
MIN_MSGSIZEMAX = 128

MQUEUE_MAGIC = 0x19800202
