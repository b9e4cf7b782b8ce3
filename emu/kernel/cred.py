"""Credentials: who a task is and what it may do. See credentials(7) and capabilities(7).

They never change: a task gets others by `dataclasses.replace`, so that open files and tasks
share them freely, as struct cred is shared.
"""

from __future__ import annotations

from bisect import bisect_left

from emu.kernel.errno import EPERM
from emu.kernel.uapi.capability import (
    CAP_FS_SET,
    CAP_FULL_SET,
    CAP_SETGID,
    CAP_SETUID,
    SECBIT_KEEP_CAPS,
    SECBIT_NO_SETUID_FIXUP,
)
from emu.record import record, replace

UNCHANGED = 0xFFFFFFFF
"""-1 as a uid_t or gid_t: leave this id as it is."""


@record
class Credentials:
    """The ids, groups and capability sets of a task. Sets are ints with one bit a capability."""

    uid: int = 0
    gid: int = 0
    euid: int = 0
    egid: int = 0
    suid: int = 0
    sgid: int = 0
    fsuid: int = 0
    fsgid: int = 0
    groups: tuple[int, ...] = ()
    cap_inheritable: int = 0
    cap_permitted: int = CAP_FULL_SET
    cap_effective: int = CAP_FULL_SET
    cap_bset: int = CAP_FULL_SET
    cap_ambient: int = 0
    securebits: int = 0

    @classmethod
    def for_user(cls, uid: int, gid: int, groups: tuple[int, ...] = ()) -> Credentials:
        """What login gives a user: all ids alike, and all capabilities only for root."""
        capabilities = CAP_FULL_SET if uid == 0 else 0
        return cls(
            uid=uid,
            gid=gid,
            euid=uid,
            egid=gid,
            suid=uid,
            sgid=gid,
            fsuid=uid,
            fsgid=gid,
            groups=tuple(sorted(groups)),
            cap_permitted=capabilities,
            cap_effective=capabilities,
        )

    def capable(self, capability: int) -> bool:
        """Whether a capability (CAP_CHOWN ...) is in effect."""
        return bool(self.cap_effective >> capability & 1)

    def in_group(self, gid: int) -> bool:
        """Whether files of this group are the task's: see in_group_p."""
        return gid == self.fsgid or self._supplementary(gid)

    def in_effective_group(self, gid: int) -> bool:
        """The same by the effective group: see in_egroup_p."""
        return gid == self.egid or self._supplementary(gid)

    def _supplementary(self, gid: int) -> bool:
        groups = self.groups  # sorted
        index = bisect_left(groups, gid)
        return index < len(groups) and groups[index] == gid

    # The rules of kernel/sys.c. All raise EPERM, and take UNCHANGED where the calls take -1.

    def setuid(self, uid: int) -> Credentials:
        """What setuid(2) makes of these."""
        if self.capable(CAP_SETUID):
            return self._with_uids(uid, uid, uid)
        if uid not in (self.uid, self.suid):
            raise EPERM("only the real or saved user id")
        return self._with_uids(self.uid, uid, self.suid)

    def setreuid(self, ruid: int, euid: int) -> Credentials:
        """What setreuid(2) makes of these."""
        if not self.capable(CAP_SETUID):
            if ruid not in (UNCHANGED, self.uid, self.euid):
                raise EPERM("not the real or effective user id")
            if euid not in (UNCHANGED, self.uid, self.euid, self.suid):
                raise EPERM("none of the user ids")
        new_ruid = self.uid if ruid == UNCHANGED else ruid
        new_euid = self.euid if euid == UNCHANGED else euid
        saved = ruid != UNCHANGED or (euid not in (UNCHANGED, self.uid))
        return self._with_uids(new_ruid, new_euid, new_euid if saved else self.suid)

    def setresuid(self, ruid: int, euid: int, suid: int) -> Credentials:
        """What setresuid(2) makes of these."""
        allowed = (UNCHANGED, self.uid, self.euid, self.suid)
        if not self.capable(CAP_SETUID) and any(i not in allowed for i in (ruid, euid, suid)):
            raise EPERM("none of the user ids")
        return self._with_uids(
            self.uid if ruid == UNCHANGED else ruid,
            self.euid if euid == UNCHANGED else euid,
            self.suid if suid == UNCHANGED else suid,
        )

    def setfsuid(self, uid: int) -> Credentials:
        """What setfsuid(2) makes of these; they stay as they are when it is not allowed."""
        allowed = uid in (self.uid, self.euid, self.suid, self.fsuid)
        if uid == UNCHANGED or not (allowed or self.capable(CAP_SETUID)):
            return self
        new = replace(self, fsuid=uid)
        if self.securebits & SECBIT_NO_SETUID_FIXUP:
            return new
        if self.fsuid == 0 and uid != 0:
            return replace(new, cap_effective=self.cap_effective & ~CAP_FS_SET)
        if self.fsuid != 0 and uid == 0:
            return replace(
                new, cap_effective=self.cap_effective | (self.cap_permitted & CAP_FS_SET)
            )
        return new

    def setgid(self, gid: int) -> Credentials:
        """What setgid(2) makes of these."""
        if self.capable(CAP_SETGID):
            return self._with_gids(gid, gid, gid)
        if gid not in (self.gid, self.sgid):
            raise EPERM("only the real or saved group id")
        return self._with_gids(self.gid, gid, self.sgid)

    def setregid(self, rgid: int, egid: int) -> Credentials:
        """What setregid(2) makes of these."""
        if not self.capable(CAP_SETGID):
            if rgid not in (UNCHANGED, self.gid, self.egid):
                raise EPERM("not the real or effective group id")
            if egid not in (UNCHANGED, self.gid, self.egid, self.sgid):
                raise EPERM("none of the group ids")
        new_rgid = self.gid if rgid == UNCHANGED else rgid
        new_egid = self.egid if egid == UNCHANGED else egid
        saved = rgid != UNCHANGED or (egid not in (UNCHANGED, self.gid))
        return self._with_gids(new_rgid, new_egid, new_egid if saved else self.sgid)

    def setresgid(self, rgid: int, egid: int, sgid: int) -> Credentials:
        """What setresgid(2) makes of these."""
        allowed = (UNCHANGED, self.gid, self.egid, self.sgid)
        if not self.capable(CAP_SETGID) and any(i not in allowed for i in (rgid, egid, sgid)):
            raise EPERM("none of the group ids")
        return self._with_gids(
            self.gid if rgid == UNCHANGED else rgid,
            self.egid if egid == UNCHANGED else egid,
            self.sgid if sgid == UNCHANGED else sgid,
        )

    def setfsgid(self, gid: int) -> Credentials:
        """What setfsgid(2) makes of these; they stay as they are when it is not allowed."""
        allowed = gid in (self.gid, self.egid, self.sgid, self.fsgid)
        if gid == UNCHANGED or not (allowed or self.capable(CAP_SETGID)):
            return self
        return replace(self, fsgid=gid)

    def setgroups(self, groups: tuple[int, ...]) -> Credentials:
        """What setgroups(2) makes of these."""
        if not self.capable(CAP_SETGID):
            raise EPERM("setting groups needs CAP_SETGID")
        return replace(self, groups=tuple(sorted(groups)))

    def _with_uids(self, uid: int, euid: int, suid: int) -> Credentials:
        new = replace(self, uid=uid, euid=euid, suid=suid, fsuid=euid)
        if self.securebits & SECBIT_NO_SETUID_FIXUP:
            return new
        return new._after_uid_change(self)

    def _after_uid_change(self, old: Credentials) -> Credentials:
        """Capabilities follow the user ids to and from root: cap_emulate_setxuid."""
        permitted, effective, ambient = self.cap_permitted, self.cap_effective, self.cap_ambient
        was_root = 0 in (old.uid, old.euid, old.suid)
        if was_root and 0 not in (self.uid, self.euid, self.suid):
            if not old.securebits & SECBIT_KEEP_CAPS:
                permitted = effective = 0
            ambient = 0
        if old.euid == 0 and self.euid != 0:
            effective = 0
        if old.euid != 0 and self.euid == 0:
            effective = permitted
        return replace(self, cap_permitted=permitted, cap_effective=effective, cap_ambient=ambient)

    def _with_gids(self, gid: int, egid: int, sgid: int) -> Credentials:
        return replace(self, gid=gid, egid=egid, sgid=sgid, fsgid=egid)
