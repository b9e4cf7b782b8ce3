"""Telling poll(2) what would not block. See include/linux/poll.h."""

from __future__ import annotations

from typing import Any

from emu.kernel.uapi.poll import POLLERR, POLLHUP, POLLIN, POLLOUT, POLLPRI, POLLRDNORM, POLLWRNORM
from emu.linux.wait import wait_queue_head

EPOLLIN, EPOLLOUT, EPOLLPRI, EPOLLERR, EPOLLHUP = POLLIN, POLLOUT, POLLPRI, POLLERR, POLLHUP
EPOLLRDNORM, EPOLLWRNORM = POLLRDNORM, POLLWRNORM


def poll_wait(filp: Any, wait_address: wait_queue_head, p: Any) -> None:
    """Name a queue that is woken when the answer may change."""
    if p is not None:
        p.append(wait_address.queue)


__all__ = [
    "EPOLLERR", "EPOLLHUP", "EPOLLIN", "EPOLLOUT", "EPOLLPRI", "EPOLLRDNORM", "EPOLLWRNORM",
    "POLLERR", "POLLHUP", "POLLIN", "POLLOUT", "POLLPRI", "POLLRDNORM", "POLLWRNORM", "poll_wait",
]  # fmt: skip
