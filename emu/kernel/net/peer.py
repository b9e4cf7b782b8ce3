"""Who is at the other end of a connection: what SO_PEERCRED and SCM_CREDENTIALS tell."""

from __future__ import annotations

import struct
from typing import TYPE_CHECKING

from emu.record import record

if TYPE_CHECKING:
    from emu.kernel.task import Task

NOBODY_ID = 0xFFFFFFFF
OVERFLOW_ID = 65534


@record
class Peer:
    """A process as it was when it connected, listened, or sent: its thread group and effective ids.

    `leader` is None where the process is not known.
    """

    pid: int
    uid: int
    gid: int
    groups: tuple[int, ...] = ()
    leader: Task | None = None

    @classmethod
    def of(cls, task: Task) -> Peer:
        """A task's process, with its effective ids: see init_peercred."""
        cred = task.cred
        return cls(task.tgid, cred.euid, cred.egid, cred.groups, task.group.leader)

    def pack(self, order: str) -> bytes:
        """The struct ucred, in a byte order."""
        return struct.pack(f"{order}III", self.pid, self.uid, self.gid)


NO_PEER = Peer(0, NOBODY_ID, NOBODY_ID)
"""What SO_PEERCRED tells of a socket without a peer."""
