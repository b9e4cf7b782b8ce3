"""Who a task is after execve: set-user-ID programs and capabilities.

See bprm_fill_uid in fs/exec.c and cap_bprm_creds_from_file in security/commoncap.c.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from emu.kernel.uapi.capability import CAP_SYS_PTRACE, SECBIT_KEEP_CAPS, SECBIT_NOROOT
from emu.kernel.uapi.mount import MS_NOSUID
from emu.kernel.uapi.stat import S_ISGID, S_ISUID, S_IXGRP
from emu.record import replace

if TYPE_CHECKING:
    from emu.kernel.cred import Credentials
    from emu.kernel.task import Task
    from emu.kernel.vfs.path import VfsPath


def creds_after_exec(task: Task, path: VfsPath) -> tuple[Credentials, bool]:
    """The credentials under a new program, and whether it must not trust who runs it.

    Capabilities of files (security.capability) are not honoured: such programs run without.
    """
    old = task.cred
    euid, egid = old.euid, old.egid
    mode = path.inode.mode
    tracer = None if task.ptrace is None else task.ptrace.tracer
    watched = tracer is not None and not tracer.cred.capable(CAP_SYS_PTRACE)
    if not (path.mount.flags & MS_NOSUID or task.attributes.no_new_privs or watched):
        if mode & S_ISUID:
            euid = path.inode.uid
        if mode & (S_ISGID | S_IXGRP) == S_ISGID | S_IXGRP:
            egid = path.inode.gid
    secure = euid != old.uid or egid != old.gid
    ambient = 0 if (euid, egid) != (old.euid, old.egid) else old.cap_ambient
    permitted, effective = ambient, ambient
    if not old.securebits & SECBIT_NOROOT and 0 in (euid, old.uid):
        permitted = old.cap_bset | old.cap_inheritable
        effective = permitted if euid == 0 else ambient
    new = replace(
        old,
        euid=euid, suid=euid, fsuid=euid, egid=egid, sgid=egid, fsgid=egid,
        cap_permitted=permitted, cap_effective=effective, cap_ambient=ambient,
        securebits=old.securebits & ~SECBIT_KEEP_CAPS,
    )  # fmt: skip
    return new, secure
