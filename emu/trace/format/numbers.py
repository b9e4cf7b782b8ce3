"""Names of numbers and flags that no handler declares: by the kernel's generic values."""

from __future__ import annotations

from collections.abc import Sequence

from emu.trace.format.text import hexadecimal

Names = Sequence[tuple[int, str]]

SEEK: Names = (
    (0, "SEEK_SET"), (1, "SEEK_CUR"), (2, "SEEK_END"), (3, "SEEK_DATA"), (4, "SEEK_HOLE"),
)  # fmt: skip
ACCESS: Names = ((4, "R_OK"), (2, "W_OK"), (1, "X_OK"))
FD_FLAGS: Names = ((1, "FD_CLOEXEC"),)
FALLOCATE: Names = (
    (0x01, "FALLOC_FL_KEEP_SIZE"), (0x02, "FALLOC_FL_PUNCH_HOLE"),
    (0x04, "FALLOC_FL_NO_HIDE_STALE"), (0x08, "FALLOC_FL_COLLAPSE_RANGE"),
    (0x10, "FALLOC_FL_ZERO_RANGE"), (0x20, "FALLOC_FL_INSERT_RANGE"),
    (0x40, "FALLOC_FL_UNSHARE_RANGE"),
)  # fmt: skip
MEMBARRIER: Names = (
    (1 << 0, "MEMBARRIER_CMD_GLOBAL"),
    (1 << 1, "MEMBARRIER_CMD_GLOBAL_EXPEDITED"),
    (1 << 2, "MEMBARRIER_CMD_REGISTER_GLOBAL_EXPEDITED"),
    (1 << 3, "MEMBARRIER_CMD_PRIVATE_EXPEDITED"),
    (1 << 4, "MEMBARRIER_CMD_REGISTER_PRIVATE_EXPEDITED"),
)
SYSLOG: Names = (
    (0, "SYSLOG_ACTION_CLOSE"), (1, "SYSLOG_ACTION_OPEN"), (2, "SYSLOG_ACTION_READ"),
    (3, "SYSLOG_ACTION_READ_ALL"), (4, "SYSLOG_ACTION_READ_CLEAR"), (5, "SYSLOG_ACTION_CLEAR"),
    (6, "SYSLOG_ACTION_CONSOLE_OFF"), (7, "SYSLOG_ACTION_CONSOLE_ON"),
    (8, "SYSLOG_ACTION_CONSOLE_LEVEL"), (9, "SYSLOG_ACTION_SIZE_UNREAD"),
    (10, "SYSLOG_ACTION_SIZE_BUFFER"),
)  # fmt: skip
CAPABILITIES = (
    "CAP_CHOWN", "CAP_DAC_OVERRIDE", "CAP_DAC_READ_SEARCH", "CAP_FOWNER", "CAP_FSETID", "CAP_KILL",
    "CAP_SETGID", "CAP_SETUID", "CAP_SETPCAP", "CAP_LINUX_IMMUTABLE", "CAP_NET_BIND_SERVICE",
    "CAP_NET_BROADCAST", "CAP_NET_ADMIN", "CAP_NET_RAW", "CAP_IPC_LOCK", "CAP_IPC_OWNER",
    "CAP_SYS_MODULE", "CAP_SYS_RAWIO", "CAP_SYS_CHROOT", "CAP_SYS_PTRACE", "CAP_SYS_PACCT",
    "CAP_SYS_ADMIN", "CAP_SYS_BOOT", "CAP_SYS_NICE", "CAP_SYS_RESOURCE", "CAP_SYS_TIME",
    "CAP_SYS_TTY_CONFIG", "CAP_MKNOD", "CAP_LEASE", "CAP_AUDIT_WRITE", "CAP_AUDIT_CONTROL",
    "CAP_SETFCAP", "CAP_MAC_OVERRIDE", "CAP_MAC_ADMIN", "CAP_SYSLOG", "CAP_WAKE_ALARM",
    "CAP_BLOCK_SUSPEND", "CAP_AUDIT_READ", "CAP_PERFMON", "CAP_BPF", "CAP_CHECKPOINT_RESTORE",
)  # fmt: skip


def one_of(names: Names, value: int, prefix: str) -> str:
    """A number by its name."""
    for number, name in names:
        if number == value:
            return name
    return f"{hexadecimal(value)} /* {prefix}_??? */"


def set_of(names: Names, value: int, nothing: str = "0") -> str:
    """A set of bits by their names."""
    shown = [name for bit, name in names if value & bit]
    rest = value
    for bit, _ in names:
        rest &= ~bit
    if rest:
        shown.append(hexadecimal(rest))
    return "|".join(shown) or nothing


def capability(number: int) -> str:
    """A capability by its name."""
    if number < len(CAPABILITIES):
        return CAPABILITIES[number]
    return f"{hexadecimal(number)} /* CAP_??? */"


def capabilities(value: int) -> str:
    """A set of capabilities, as shifts."""
    names = [f"1<<{CAPABILITIES[n]}" for n in range(len(CAPABILITIES)) if value >> n & 1]
    return "|".join(names) or "0"
