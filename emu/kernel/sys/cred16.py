"""The same families with 16-bit ids, as i386 and ARM first had them. See kernel/uid16.c."""

from __future__ import annotations

import struct
from typing import Annotated

from emu.kernel.args import Int
from emu.kernel.commit_creds import commit_creds
from emu.kernel.cred import UNCHANGED
from emu.kernel.sys import cred
from emu.kernel.sys.kinds import IntegersArg, Uid16
from emu.kernel.syscall import syscall
from emu.kernel.task import Task

OVERFLOW_ID = 65534
"""What an id that does not fit reads as (fs.overflowuid)."""

OutId16 = Annotated[int, IntegersArg(item_bits=16, item_signed=False, out=True)]
Groups16 = Annotated[int, IntegersArg(length="gidsetsize", item_bits=16, item_signed=False)]
OutGroups16 = Annotated[
    int, IntegersArg(length="gidsetsize", item_bits=16, item_signed=False, out=True)
]


def low2high(value: int) -> int:
    """A 16-bit id as a full one: -1 stays -1."""
    return UNCHANGED if value == 0xFFFF else value


def high2low(value: int) -> int:
    """A full id in 16 bits."""
    return OVERFLOW_ID if value & ~0xFFFF else value


@syscall("sys_getuid16")
def getuid16(task: Task) -> int:
    """The real user id. See getuid(2)."""
    return high2low(task.cred.uid)


@syscall("sys_geteuid16")
def geteuid16(task: Task) -> int:
    """The effective user id. See geteuid(2)."""
    return high2low(task.cred.euid)


@syscall("sys_getgid16")
def getgid16(task: Task) -> int:
    """The real group id. See getgid(2)."""
    return high2low(task.cred.gid)


@syscall("sys_getegid16")
def getegid16(task: Task) -> int:
    """The effective group id. See getegid(2)."""
    return high2low(task.cred.egid)


@syscall("sys_getresuid16")
def getresuid16(task: Task, ruidp: OutId16, euidp: OutId16, suidp: OutId16) -> int:
    """The real, effective and saved user ids. See getresuid(2)."""
    ids = (task.cred.uid, task.cred.euid, task.cred.suid)
    return _write_ids(task, (ruidp, euidp, suidp), ids)


@syscall("sys_getresgid16")
def getresgid16(task: Task, rgidp: OutId16, egidp: OutId16, sgidp: OutId16) -> int:
    """The real, effective and saved group ids. See getresgid(2)."""
    ids = (task.cred.gid, task.cred.egid, task.cred.sgid)
    return _write_ids(task, (rgidp, egidp, sgidp), ids)


@syscall("sys_setuid16")
def setuid16(task: Task, uid: Uid16) -> int:
    """Set the user ids. See setuid(2)."""
    return cred.setuid(task, low2high(uid))


@syscall("sys_setgid16")
def setgid16(task: Task, gid: Uid16) -> int:
    """Set the group ids. See setgid(2)."""
    return cred.setgid(task, low2high(gid))


@syscall("sys_setreuid16")
def setreuid16(task: Task, ruid: Uid16, euid: Uid16) -> int:
    """Set the real and effective user ids. See setreuid(2)."""
    return cred.setreuid(task, low2high(ruid), low2high(euid))


@syscall("sys_setregid16")
def setregid16(task: Task, rgid: Uid16, egid: Uid16) -> int:
    """Set the real and effective group ids. See setregid(2)."""
    return cred.setregid(task, low2high(rgid), low2high(egid))


@syscall("sys_setresuid16")
def setresuid16(task: Task, ruid: Uid16, euid: Uid16, suid: Uid16) -> int:
    """Set the real, effective and saved user ids. See setresuid(2)."""
    return cred.setresuid(task, low2high(ruid), low2high(euid), low2high(suid))


@syscall("sys_setresgid16")
def setresgid16(task: Task, rgid: Uid16, egid: Uid16, sgid: Uid16) -> int:
    """Set the real, effective and saved group ids. See setresgid(2)."""
    return cred.setresgid(task, low2high(rgid), low2high(egid), low2high(sgid))


@syscall("sys_setfsuid16")
def setfsuid16(task: Task, uid: Uid16) -> int:
    """Set the user id for files; answers the old one. See setfsuid(2)."""
    return high2low(cred.setfsuid(task, low2high(uid)))


@syscall("sys_setfsgid16")
def setfsgid16(task: Task, gid: Uid16) -> int:
    """Set the group id for files; answers the old one. See setfsgid(2)."""
    return high2low(cred.setfsgid(task, low2high(gid)))


@syscall("sys_getgroups16")
def getgroups16(task: Task, gidsetsize: Int, grouplist: OutGroups16) -> int:
    """Tell the supplementary groups, or how many there are. See getgroups(2)."""
    groups = [high2low(group) for group in task.cred.groups]
    if gidsetsize and cred.check_room(gidsetsize, len(groups)) and groups:
        task.mm.write(grouplist, struct.pack(f"{task.abi.isa.byte_order}{len(groups)}H", *groups))
    return len(groups)


@syscall("sys_setgroups16")
def setgroups16(task: Task, gidsetsize: Int, grouplist: Groups16) -> int:
    """Replace the supplementary groups. See setgroups(2)."""
    count = cred.check_count(task, gidsetsize)
    raw = task.mm.read(grouplist, 2 * count) if count else b""
    groups = struct.unpack(f"{task.abi.isa.byte_order}{count}H", raw)
    commit_creds(
        task, task.cred.setgroups(tuple(cred.valid_id(low2high(group)) for group in groups))
    )
    return 0


def _write_ids(task: Task, addresses: tuple[int, ...], ids: tuple[int, ...]) -> int:
    for address, value in zip(addresses, ids, strict=True):
        task.mm.write(address, struct.pack(f"{task.abi.isa.byte_order}H", high2low(value)))
    return 0
