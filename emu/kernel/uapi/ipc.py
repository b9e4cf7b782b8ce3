"""System V IPC: flags, commands and limits. See sysvipc(7)."""

from __future__ import annotations

from emu.kernel.args import FlagFamily

IPC_PRIVATE = 0
IPC_CREAT = 0o1000
IPC_EXCL = 0o2000
IPC_NOWAIT = 0o4000

IPC_RMID = 0
IPC_SET = 1
IPC_STAT = 2
IPC_INFO = 3
IPC_64 = 0x100
"""Marks a command of the calls that know two layouts as meaning the newer one."""

SHM_RDONLY = 0o10000
SHM_RND = 0o20000
SHM_REMAP = 0o40000
SHM_EXEC = 0o100000
SHM_HUGETLB = 0o4000
SHM_NORESERVE = 0o10000
SHM_DEST = 0o1000
SHM_LOCKED = 0o2000
SHM_LOCK = 11
SHM_UNLOCK = 12
SHM_STAT = 13
SHM_INFO = 14
SHM_STAT_ANY = 15
SHMMIN = 1
SHMMNI = 4096
SHMMAX = (1 << 64) - 1 - (1 << 24)
SHMALL = SHMMAX

SEM_UNDO = 0x1000
GETPID = 11
GETVAL = 12
GETALL = 13
GETNCNT = 14
GETZCNT = 15
SETVAL = 16
SETALL = 17
SEM_STAT = 18
SEM_INFO = 19
SEM_STAT_ANY = 20
SEMMNI = 32000
SEMMSL = 32000
SEMMNS = SEMMNI * SEMMSL
SEMOPM = 500
SEMVMX = 32767
SEMAEM = SEMVMX
SEMUME = SEMOPM
SEMMNU = SEMMNS
SEMMAP = SEMMNS
SEMUSZ = 20

MSG_NOERROR = 0o10000
MSG_EXCEPT = 0o20000
MSG_COPY = 0o40000
MSG_STAT = 11
MSG_INFO = 12
MSG_STAT_ANY = 13
MSGMNI = 32000
MSGMAX = 8192
MSGMNB = 16384
MSGPOOL = MSGMNI * MSGMNB // 1024
MSGTQL = MSGMNB
MSGMAP = MSGMNB
MSGSSZ = 16
MSGSEG = 0xFFFF

_CONTROL = (
    ("IPC_RMID", IPC_RMID),
    ("IPC_SET", IPC_SET),
    ("IPC_STAT", IPC_STAT),
    ("IPC_INFO", IPC_INFO),
)
SHM_COMMAND = FlagFamily(
    "shmctl command",
    (
        *_CONTROL,
        ("SHM_LOCK", SHM_LOCK),
        ("SHM_UNLOCK", SHM_UNLOCK),
        ("SHM_STAT", SHM_STAT),
        ("SHM_INFO", SHM_INFO),
        ("SHM_STAT_ANY", SHM_STAT_ANY),
    ),
    is_number=True,
)
SEM_COMMAND = FlagFamily(
    "semctl command",
    (
        *_CONTROL,
        ("GETPID", GETPID),
        ("GETVAL", GETVAL),
        ("GETALL", GETALL),
        ("GETNCNT", GETNCNT),
        ("GETZCNT", GETZCNT),
        ("SETVAL", SETVAL),
        ("SETALL", SETALL),
        ("SEM_STAT", SEM_STAT),
        ("SEM_INFO", SEM_INFO),
        ("SEM_STAT_ANY", SEM_STAT_ANY),
    ),
    is_number=True,
)
MSG_COMMAND = FlagFamily(
    "msgctl command",
    (
        *_CONTROL,
        ("MSG_STAT", MSG_STAT),
        ("MSG_INFO", MSG_INFO),
        ("MSG_STAT_ANY", MSG_STAT_ANY),
    ),
    is_number=True,
)
"""For the trace; the numbers are the same on every ABI."""

SHM_FLAGS = FlagFamily(
    "shmat flags",
    (
        ("SHM_RDONLY", SHM_RDONLY),
        ("SHM_RND", SHM_RND),
        ("SHM_REMAP", SHM_REMAP),
        ("SHM_EXEC", SHM_EXEC),
    ),
)
MSG_FLAGS = FlagFamily(
    "message flags",
    (
        ("IPC_NOWAIT", IPC_NOWAIT),
        ("MSG_NOERROR", MSG_NOERROR),
        ("MSG_EXCEPT", MSG_EXCEPT),
        ("MSG_COPY", MSG_COPY),
    ),
)
IPC_GET_FLAGS = FlagFamily("ipc flags", (("IPC_CREAT", IPC_CREAT), ("IPC_EXCL", IPC_EXCL)))
