"""Who a task is after execve: set-user-ID programs and capabilities.

See bprm_fill_uid in fs/exec.c and cap_bprm_creds_from_file in security/commoncap.c.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from emu.kernel.errno import EPERM
from emu.kernel.uapi.capability import CAP_SYS_PTRACE, SECBIT_KEEP_CAPS, SECBIT_NOROOT
from emu.kernel.uapi.mount import MS_NOSUID
from emu.kernel.uapi.stat import S_ISGID, S_ISUID, S_IXGRP
from emu.record import replace

if TYPE_CHECKING:
    from emu.kernel.cred import Credentials
    from emu.kernel.exec.file_caps import FileCapabilities
    from emu.kernel.task import Task
    from emu.kernel.vfs.path import VfsPath


def creds_after_exec(task: Task, path: VfsPath) -> tuple[Credentials, bool]:
    """The credentials under a new program, and whether it must not trust who runs it.

    EPERM for a program that wants capabilities at once which the bounding set does not allow.
    """
    old = task.cred
    euid, egid = old.euid, old.egid
    mode = path.inode.mode
    caps: FileCapabilities | None = None
    tracer = None if task.ptrace is None else task.ptrace.tracer
    watched = tracer is not None and not tracer.cred.capable(CAP_SYS_PTRACE)
    if not (path.mount.flags & MS_NOSUID or task.attributes.no_new_privs or watched):
        if path.inode.has_file_capabilities:
            from emu.kernel.exec.file_caps import file_capabilities

            caps = file_capabilities(path.inode)
        if mode & S_ISUID:
            euid = path.inode.uid
        if mode & (S_ISGID | S_IXGRP) == S_ISGID | S_IXGRP:
            egid = path.inode.gid
    is_setid = euid != old.uid or egid != old.gid
    permitted, effective = _from_file(old, caps)
    root_runs = 0 in (euid, old.uid) and not old.securebits & SECBIT_NOROOT
    if root_runs and not (caps is not None and euid == 0 != old.uid):
        permitted = old.cap_bset | old.cap_inheritable
        effective = effective or euid == 0
    ambient = old.cap_ambient
    if caps is not None or (euid, egid) != (old.euid, old.egid):
        ambient = 0
    permitted |= ambient
    secure = is_setid or (old.uid != 0 and (effective or bool(permitted & ~ambient)))
    new = replace(
        old,
        euid=euid, suid=euid, fsuid=euid, egid=egid, sgid=egid, fsgid=egid,
        cap_permitted=permitted, cap_effective=permitted if effective else ambient,
        cap_ambient=ambient, securebits=old.securebits & ~SECBIT_KEEP_CAPS,
    )  # fmt: skip
    return new, secure


def _from_file(old: Credentials, caps: FileCapabilities | None) -> tuple[int, bool]:
    """What a program's own capabilities permit, and whether that is in effect at once. EPERM."""
    if caps is None:
        return 0, False
    permitted = caps.permitted & old.cap_bset | caps.inheritable & old.cap_inheritable
    if caps.effective and caps.permitted & ~permitted:
        raise EPERM("the program wants more than the bounding set allows")
    return permitted, caps.effective
