"""User and group ids: getuid(2), setresuid(2), setgroups(2) and their families."""

from __future__ import annotations

import struct
from typing import Annotated

from emu.kernel.args import Int
from emu.kernel.commit_creds import commit_creds
from emu.kernel.cred import UNCHANGED
from emu.kernel.errno import EINVAL, EPERM
from emu.kernel.sys.kinds import IntegersArg, OutUInt, Uid
from emu.kernel.syscall import syscall
from emu.kernel.task import Task
from emu.kernel.uapi.capability import CAP_SETGID

NGROUPS_MAX = 65536

Groups = Annotated[int, IntegersArg(length="gidsetsize", item_signed=False)]
OutGroups = Annotated[int, IntegersArg(length="gidsetsize", item_signed=False, out=True)]


@syscall("sys_getuid")
def getuid(task: Task) -> int:
    """The real user id. See getuid(2)."""
    return task.cred.uid


@syscall("sys_geteuid")
def geteuid(task: Task) -> int:
    """The effective user id. See geteuid(2)."""
    return task.cred.euid


@syscall("sys_getgid")
def getgid(task: Task) -> int:
    """The real group id. See getgid(2)."""
    return task.cred.gid


@syscall("sys_getegid")
def getegid(task: Task) -> int:
    """The effective group id. See getegid(2)."""
    return task.cred.egid


@syscall("sys_getresuid")
def getresuid(task: Task, ruidp: OutUInt, euidp: OutUInt, suidp: OutUInt) -> int:
    """The real, effective and saved user ids. See getresuid(2)."""
    cred = task.cred
    for address, value in zip((ruidp, euidp, suidp), (cred.uid, cred.euid, cred.suid), strict=True):
        task.mm.write_u32(address, value)
    return 0


@syscall("sys_getresgid")
def getresgid(task: Task, rgidp: OutUInt, egidp: OutUInt, sgidp: OutUInt) -> int:
    """The real, effective and saved group ids. See getresgid(2)."""
    cred = task.cred
    for address, value in zip((rgidp, egidp, sgidp), (cred.gid, cred.egid, cred.sgid), strict=True):
        task.mm.write_u32(address, value)
    return 0


@syscall("sys_setuid")
def setuid(task: Task, uid: Uid) -> int:
    """Set the user ids. See setuid(2)."""
    commit_creds(task, task.cred.setuid(valid_id(uid)))
    return 0


@syscall("sys_setgid")
def setgid(task: Task, gid: Uid) -> int:
    """Set the group ids. See setgid(2)."""
    commit_creds(task, task.cred.setgid(valid_id(gid)))
    return 0


@syscall("sys_setreuid")
def setreuid(task: Task, ruid: Uid, euid: Uid) -> int:
    """Set the real and effective user ids. See setreuid(2)."""
    commit_creds(task, task.cred.setreuid(ruid, euid))
    return 0


@syscall("sys_setregid")
def setregid(task: Task, rgid: Uid, egid: Uid) -> int:
    """Set the real and effective group ids. See setregid(2)."""
    commit_creds(task, task.cred.setregid(rgid, egid))
    return 0


@syscall("sys_setresuid")
def setresuid(task: Task, ruid: Uid, euid: Uid, suid: Uid) -> int:
    """Set the real, effective and saved user ids. See setresuid(2)."""
    commit_creds(task, task.cred.setresuid(ruid, euid, suid))
    return 0


@syscall("sys_setresgid")
def setresgid(task: Task, rgid: Uid, egid: Uid, sgid: Uid) -> int:
    """Set the real, effective and saved group ids. See setresgid(2)."""
    commit_creds(task, task.cred.setresgid(rgid, egid, sgid))
    return 0


@syscall("sys_setfsuid")
def setfsuid(task: Task, uid: Uid) -> int:
    """Set the user id for files; answers the old one, changed or not. See setfsuid(2)."""
    old = task.cred
    commit_creds(task, old.setfsuid(uid))
    return old.fsuid


@syscall("sys_setfsgid")
def setfsgid(task: Task, gid: Uid) -> int:
    """Set the group id for files; answers the old one, changed or not. See setfsgid(2)."""
    old = task.cred
    commit_creds(task, old.setfsgid(gid))
    return old.fsgid


@syscall("sys_getgroups")
def getgroups(task: Task, gidsetsize: Int, grouplist: OutGroups) -> int:
    """Tell the supplementary groups, or how many there are. See getgroups(2)."""
    groups = task.cred.groups
    if gidsetsize and check_room(gidsetsize, len(groups)) and groups:
        task.mm.write(grouplist, struct.pack(f"{task.abi.isa.byte_order}{len(groups)}I", *groups))
    return len(groups)


@syscall("sys_setgroups")
def setgroups(task: Task, gidsetsize: Int, grouplist: Groups) -> int:
    """Replace the supplementary groups. See setgroups(2)."""
    count = check_count(task, gidsetsize)
    raw = task.mm.read(grouplist, 4 * count) if count else b""
    groups = struct.unpack(f"{task.abi.isa.byte_order}{count}I", raw)
    commit_creds(task, task.cred.setgroups(tuple(valid_id(group) for group in groups)))
    return 0


def valid_id(value: int) -> int:
    """An id that is not -1. EINVAL."""
    if value == UNCHANGED:
        raise EINVAL("-1 is not an id")
    return value


def check_room(gidsetsize: int, count: int) -> bool:
    """EINVAL unless a caller's array holds all groups."""
    if gidsetsize < count:
        raise EINVAL(f"{count} groups do not fit into {gidsetsize}")
    return True


def check_count(task: Task, gidsetsize: int) -> int:
    """A number of groups that the caller may set. EPERM, EINVAL."""
    if not task.cred.capable(CAP_SETGID):
        raise EPERM("setting groups needs CAP_SETGID")
    if not 0 <= gidsetsize <= NGROUPS_MAX:
        raise EINVAL(f"{gidsetsize} groups are too many")
    return gidsetsize
