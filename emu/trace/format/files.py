"""Structs about files: stat, statx, statfs, flock, termios, winsize."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from emu.kernel.uapi.stat import S_IFBLK, S_IFCHR, S_IFMT
from emu.trace.format.numbers import set_of
from emu.trace.format.termios import termios
from emu.trace.format.text import hexadecimal, octal

if TYPE_CHECKING:
    from emu.arch.abi import Abi

Values = dict[str, Any]

FILE_TYPES = {
    0o140000: "S_IFSOCK", 0o120000: "S_IFLNK", 0o100000: "S_IFREG", 0o060000: "S_IFBLK",
    0o040000: "S_IFDIR", 0o020000: "S_IFCHR", 0o010000: "S_IFIFO",
}  # fmt: skip
MODE_BITS = ((0o4000, "S_ISUID"), (0o2000, "S_ISGID"), (0o1000, "S_ISVTX"))
DEVICES = (S_IFCHR, S_IFBLK)

# The magic numbers that strace knows, of the file systems there are here.
FILE_SYSTEMS = {
    0x01021994: "TMPFS_MAGIC", 0x9FA0: "PROC_SUPER_MAGIC", 0x62656572: "SYSFS_MAGIC",
    0x1CD1: "DEVPTS_SUPER_MAGIC", 0x858458F6: "RAMFS_MAGIC", 0x64626720: "DEBUGFS_MAGIC",
    0x794C7630: "OVERLAYFS_SUPER_MAGIC", 0xEF53: "EXT2_SUPER_MAGIC", 0x50495045: "PIPEFS_MAGIC",
    0x534F434B: "SOCKFS_MAGIC", 0x63677270: "CGROUP2_SUPER_MAGIC",
    0x09041934: "ANON_INODE_FS_MAGIC",
}  # fmt: skip
ST_FLAGS = (
    (0x1, "ST_RDONLY"), (0x2, "ST_NOSUID"), (0x4, "ST_NODEV"), (0x8, "ST_NOEXEC"),
    (0x10, "ST_SYNCHRONOUS"), (0x20, "ST_VALID"), (0x40, "ST_MANDLOCK"), (0x400, "ST_NOATIME"),
    (0x800, "ST_NODIRATIME"), (0x1000, "ST_RELATIME"),
)  # fmt: skip
STATX_MASK = (
    (0x1, "STATX_TYPE"), (0x2, "STATX_MODE"), (0x4, "STATX_NLINK"), (0x8, "STATX_UID"),
    (0x10, "STATX_GID"), (0x20, "STATX_ATIME"), (0x40, "STATX_MTIME"), (0x80, "STATX_CTIME"),
    (0x100, "STATX_INO"), (0x200, "STATX_SIZE"), (0x400, "STATX_BLOCKS"), (0x800, "STATX_BTIME"),
    (0x1000, "STATX_MNT_ID"),
)  # fmt: skip
STATX_ATTRIBUTES = (
    (0x4, "STATX_ATTR_COMPRESSED"), (0x10, "STATX_ATTR_IMMUTABLE"), (0x20, "STATX_ATTR_APPEND"),
    (0x40, "STATX_ATTR_NODUMP"), (0x800, "STATX_ATTR_ENCRYPTED"), (0x1000, "STATX_ATTR_AUTOMOUNT"),
    (0x2000, "STATX_ATTR_MOUNT_ROOT"), (0x100000, "STATX_ATTR_VERITY"),
    (0x200000, "STATX_ATTR_DAX"),
)  # fmt: skip
STATX_BASIC_STATS, STATX_ALL = 0x7FF, 0xFFF
LOCK_TYPES = {0: "F_RDLCK", 1: "F_WRLCK", 2: "F_UNLCK"}
WHENCE = {0: "SEEK_SET", 1: "SEEK_CUR", 2: "SEEK_END"}


def mode(value: int) -> str:
    """A mode with its file type: ``S_IFREG|0644``."""
    kind = value & S_IFMT
    parts = [FILE_TYPES[kind]] if kind in FILE_TYPES else ([f"{kind:#o}"] if kind else [])
    parts += [name for bit, name in MODE_BITS if value & bit]
    return "|".join([*parts, octal(value & 0o777)])


def device(number: int) -> str:
    """A device number in the kernel's encoding of user space (new_encode_dev)."""
    major, minor = number >> 8 & 0xFFF, number & 0xFF | number >> 12 & 0xFFF00
    return f"makedev({hexadecimal(major)}, {hexadecimal(minor)})"


def stat(abi: Abi, values: Values) -> str:
    """Any struct stat, abbreviated: the mode, and the size or the device."""
    file_mode = values["st_mode"]
    if file_mode & S_IFMT in DEVICES:
        detail = f"st_rdev={device(values['st_rdev'])}"
    else:
        detail = f"st_size={values['st_size']}"
    return f"{{st_mode={mode(file_mode)}, {detail}, ...}}"


def statx_mask(value: int) -> str:
    """A set of STATX_ bits, the usual sets by one name."""
    if not value:
        return "0"
    names = []
    for whole, name in ((STATX_ALL, "STATX_ALL"), (STATX_BASIC_STATS, "STATX_BASIC_STATS")):
        if value & whole == whole:
            names.append(name)
            value &= ~whole
            break
    names += [name for bit, name in STATX_MASK if value & bit]
    return "|".join(names) or hexadecimal(value)


def statx(abi: Abi, values: Values) -> str:
    """struct statx, abbreviated."""
    file_mode = values["stx_mode"]
    parts = [
        f"stx_mask={statx_mask(values['stx_mask'])}",
        f"stx_attributes={set_of(STATX_ATTRIBUTES, values['stx_attributes'])}",
        f"stx_mode={mode(file_mode)}",
    ]
    parts.append(f"stx_size={values['stx_size']}")
    return f"{{{', '.join(parts)}, ...}}"


def statfs(abi: Abi, values: Values) -> str:
    """struct statfs or statfs64, in full."""
    fsid = values["f_fsid"]
    numbers = fsid["val"] if isinstance(fsid, dict) else fsid
    kind = values["f_type"] & 0xFFFFFFFF
    fields = [f"f_type={FILE_SYSTEMS.get(kind, hexadecimal(kind))}"]
    for name in ("f_bsize", "f_blocks", "f_bfree", "f_bavail", "f_files", "f_ffree"):
        fields.append(f"{name}={values[name]}")
    val = ", ".join(hexadecimal(number & 0xFFFFFFFF) for number in numbers)
    fields.append(f"f_fsid={{val=[{val}]}}")
    fields += [f"f_namelen={values['f_namelen']}", f"f_frsize={values['f_frsize']}"]
    if "f_flags" in values:
        named = [name for bit, name in ST_FLAGS if values["f_flags"] & bit]
        fields.append(f"f_flags={'|'.join(named) or '0'}")
    return f"{{{', '.join(fields)}}}"


def flock(abi: Abi, values: Values) -> str:
    """struct flock or flock64."""
    kind = LOCK_TYPES.get(values["l_type"], str(values["l_type"]))
    whence = WHENCE.get(values["l_whence"], str(values["l_whence"]))
    start, length = values["l_start"], values["l_len"]
    return f"{{l_type={kind}, l_whence={whence}, l_start={start}, l_len={length}}}"


FILE_STRUCTS: dict[str, Callable[[Abi, Values], str]] = {
    **dict.fromkeys(("stat", "stat64", "oldstat", "__old_kernel_stat"), stat),
    "statx": statx,
    **dict.fromkeys(("statfs", "statfs64"), statfs),
    **dict.fromkeys(("flock", "flock64"), flock),
    **dict.fromkeys(("termio", "termios", "termios2"), termios),
}
