"""Arguments that only a call's name explains, and how many of them there are."""

from __future__ import annotations

import datetime
from collections.abc import Callable
from typing import TYPE_CHECKING

from emu.kernel.errno import KernelError
from emu.kernel.uapi.personality import PERSONALITY
from emu.trace.format import fcntl, futex, prctl
from emu.trace.format.arguments import buffer, structure
from emu.trace.format.files import S_IFMT, mode, statx_mask
from emu.trace.format.flags import personality
from emu.trace.format.memory import (
    cpu_set,
    directory_entries,
    environment,
    integers,
    long_offset,
    poll_descriptors,
    strings,
    times,
    wait_status,
)
from emu.trace.format.numbers import (
    ACCESS,
    MEMBARRIER,
    SEEK,
    SYSLOG,
    capabilities,
    one_of,
    set_of,
)
from emu.trace.format.text import hexadecimal, octal, pointer, quoted, quoted_hex, signed

if TYPE_CHECKING:
    from emu.trace.format.call import Call

Formatter = Callable[["Call", int], str]

O_CREAT_NAMES = ("O_CREAT", "__O_TMPFILE")
S_IFCHR, S_IFBLK = 0o020000, 0o060000
MREMAP_NEW_ADDRESS = 2 | 4


def address(call: Call, index: int) -> str:
    """A pointer."""
    return pointer(call.value(index) & ((1 << call.word_bits) - 1))


def hexa(call: Call, index: int) -> str:
    """A number in hexadecimal."""
    return hexadecimal(call.event.arguments[index])


def page_offset(call: Call, index: int) -> str:
    """A number of 4 KiB pages, as bytes."""
    return hexadecimal(call.event.arguments[index] * 4096)


def seek(call: Call, index: int) -> str:
    """A whence."""
    return one_of(SEEK, call.value(index), "SEEK")


def joined_offset(call: Call, index: int) -> str:
    """A file offset that comes as a high and a low word."""
    high, low = call.event.arguments[index - 1], call.event.arguments[index]
    return str(signed((high & 0xFFFFFFFF) << 32 | low & 0xFFFFFFFF, 64))


def access_mode(call: Call, index: int) -> str:
    """What access(2) asks."""
    return set_of(ACCESS, call.value(index), "F_OK")


def file_mode(call: Call, index: int) -> str:
    """A mode with a file type."""
    return mode(call.value(index) & 0xFFFF)


def octal_mode(call: Call, index: int) -> str:
    """A mode."""
    return octal(call.value(index) & 0xFFFF)


def device(call: Call, index: int) -> str:
    """A device number."""
    number = call.value(index)
    major, minor = number >> 8 & 0xFFF, number & 0xFF | number >> 12 & 0xFFF00
    return f"makedev({hexadecimal(major)}, {hexadecimal(minor)})"


def random_bytes(call: Call, index: int) -> str:
    """Bytes in hexadecimal."""
    value, count = call.value(index), call.event.result
    if call.failed or count is None:
        return pointer(value)
    try:
        return quoted_hex(call.mm.read(value, min(count, call.string_limit + 1)), call.string_limit)
    except KernelError:
        return pointer(value)


def filled(call: Call, index: int) -> str:
    """A buffer as long as the result says."""
    if call.failed or call.event.result is None:
        return address(call, index)
    return buffer(call, call.value(index), call.event.result)


def filled_string(call: Call, index: int) -> str:
    """A string that the call stored."""
    value = call.value(index)
    if call.failed or not value:
        return pointer(value)
    try:
        return quoted(call.mm.read_string(value, 4096))
    except KernelError:
        return pointer(value)


def statx_flags(call: Call, index: int) -> str:
    """AT_ flags and how to synchronise."""
    value = call.value(index)
    sync = {0x2000: "AT_STATX_FORCE_SYNC", 0x4000: "AT_STATX_DONT_SYNC"}
    names = [sync.get(value & 0x6000, "AT_STATX_SYNC_AS_STAT")]
    rest = ((0x100, "AT_SYMLINK_NOFOLLOW"), (0x800, "AT_NO_AUTOMOUNT"), (0x1000, "AT_EMPTY_PATH"))
    more = set_of(rest, value & ~0x6000, "")
    return "|".join([*names, more] if more else names)


def membarrier_command(call: Call, index: int) -> str:
    """A membarrier command."""
    names = ((0, "MEMBARRIER_CMD_QUERY"), *MEMBARRIER)
    return one_of(names, call.value(index), "MEMBARRIER_CMD")


def capability_data(call: Call, index: int) -> str:
    """The sets that capget(2) tells."""
    value = call.value(index)
    if call.failed or not value:
        return pointer(value)
    layout = call.abi.layout("__user_cap_data_struct")
    try:
        low, high = (
            layout.unpack(call.mm.read(value + i * layout.size, layout.size)) for i in range(2)
        )
    except KernelError:
        return pointer(value)
    sets = [
        f"{name}={capabilities(low[name] | high[name] << 32)}"
        for name in ("effective", "permitted", "inheritable")
    ]
    return f"{{{', '.join(sets)}}}"


def remaining(call: Call, index: int) -> str:
    """What was left of a sleep, if a signal ended it."""
    interrupted = call.event.result is None and (
        not call.failed or type(call.event.error).__name__ == "EINTR"
    )
    return structure(call, index) if interrupted else pointer(call.value(index))


def execution_domain(call: Call, index: int) -> str:
    """A personality, or the question for it."""
    value = call.value(index)
    return "0xffffffff" if value == 0xFFFFFFFF else personality(call.abi, PERSONALITY, value)


def rename_flags(call: Call, index: int) -> str:
    """RENAME_ flags."""
    names = ((1, "RENAME_NOREPLACE"), (2, "RENAME_EXCHANGE"), (4, "RENAME_WHITEOUT"))
    return set_of(names, call.value(index))


def syslog_action(call: Call, index: int) -> str:
    """A syslog action."""
    return one_of(SYSLOG, call.value(index), "SYSLOG_ACTION")


def futex_count(call: Call, index: int) -> str:
    """The second count of a requeue, where the others have their timeout."""
    command = futex.operation(call.value(1)).split("_PRIVATE")[0].split("|")[0]
    if command in ("FUTEX_REQUEUE", "FUTEX_CMP_REQUEUE", "FUTEX_WAKE_OP"):
        return str(call.value(index) & 0xFFFFFFFF)
    if command.endswith("???"):
        return hexadecimal(call.value(index))
    return structure(call, index)


def futex_last(call: Call, index: int) -> str:
    """The bits of a bitset operation."""
    value = call.value(index)
    operation = futex.operation(call.value(1))
    if "BITSET" in operation:
        return "FUTEX_BITSET_MATCH_ANY" if value == 0xFFFFFFFF else hexadecimal(value)
    return hexadecimal(value) if "???" in operation else str(value)


SPECIAL: dict[str, dict[int, Formatter]] = {
    "brk": {0: address},
    "mmap": {0: address, 5: hexa},
    "mmap2": {0: address, 5: page_offset},
    "munmap": {0: address},
    "mprotect": {0: address},
    "pkey_mprotect": {0: address},
    "madvise": {0: address},
    "mremap": {0: address, 4: address},
    "msync": {0: address},
    "mlock": {0: address},
    "munlock": {0: address},
    "mincore": {0: address},
    "lseek": {2: seek},
    "_llseek": {2: joined_offset, 3: long_offset, 4: seek},
    "llseek": {2: joined_offset, 3: long_offset, 4: seek},
    "access": {1: access_mode},
    "faccessat": {2: access_mode},
    "faccessat2": {2: access_mode},
    "mknod": {1: file_mode, 2: device},
    "mknodat": {2: file_mode, 3: device},
    "chmod": {1: octal_mode},
    "fchmod": {1: octal_mode},
    "fchmodat": {2: octal_mode},
    "umask": {0: octal_mode},
    "getrandom": {0: random_bytes},
    "readlink": {1: filled},
    "readlinkat": {2: filled},
    "getcwd": {0: filled_string},
    "pipe": {0: integers(2)},
    "pipe2": {0: integers(2)},
    "getdents": {1: directory_entries},
    "getdents64": {1: directory_entries},
    "poll": {0: poll_descriptors},
    "ppoll": {0: poll_descriptors},
    "fcntl": {2: fcntl.fcntl_argument},
    "fcntl64": {2: fcntl.fcntl_argument},
    "ioctl": {1: fcntl.ioctl_command, 2: fcntl.ioctl_argument},
    "prctl": dict.fromkeys(range(1, 5), prctl.argument),
    "futex": {3: futex_count, 5: futex_last},
    "futex_time64": {3: futex_count, 5: futex_last},
    "statx": {2: statx_flags, 3: lambda call, index: statx_mask(call.value(index))},
    "membarrier": {0: membarrier_command},
    "capget": {1: capability_data},
    "capset": {1: capability_data},
    "renameat2": {4: rename_flags},
    "nanosleep": {1: remaining},
    "clock_nanosleep": {3: remaining},
    "clock_nanosleep_time64": {3: remaining},
    "personality": {0: execution_domain},
    "syslog": {0: syslog_action},
    "sched_getaffinity": {2: cpu_set},
    "sched_setaffinity": {2: cpu_set},
    "utimensat": {2: times},
    "utimensat_time64": {2: times},
    "wait4": {1: wait_status},
    "waitpid": {1: wait_status},
    "execve": {1: strings, 2: environment},
    "execveat": {2: strings, 3: environment},
    "arch_prctl": {1: address},
    "sethostname": {1: lambda call, index: str(call.event.arguments[index])},
}

# Calls whose named argument is filled although its kind does not say so.
FILLED: dict[str, tuple[int, ...]] = {
    "pipe": (0,), "pipe2": (0,), "getdents": (1,), "getdents64": (1,), "readlink": (1,),
    "readlinkat": (2,), "getcwd": (0,), "getrandom": (0,), "capget": (1,),
    "sched_getaffinity": (2,), "_llseek": (3,), "llseek": (3,), "wait4": (1,), "waitpid": (1,),
}  # fmt: skip


def is_filled(call: Call, index: int) -> bool:
    """Whether the kernel stores something there, by the call's name."""
    if index in FILLED.get(call.name, ()):
        return True
    if index == 2 and call.name in ("fcntl", "fcntl64"):
        return fcntl.fcntl_is_out(call)
    if index == 2 and call.name == "ioctl":
        return fcntl.ioctl_is_out(call)
    return index == 1 and call.name == "prctl" and prctl.is_out(call)


def shown(call: Call) -> int:
    """How many of a call's arguments are shown."""
    count = len(call.parameters)
    name = call.name
    if name in ("open", "openat"):
        flag = call.value(count - 2)
        wanted = [call.abi.constants.get(n, 0) for n in O_CREAT_NAMES]
        return count if any(flag & bit for bit in wanted) else count - 1
    if name in ("mknod", "mknodat"):
        kind = call.value(count - 2) & S_IFMT
        return count if kind in (S_IFCHR, S_IFBLK) else count - 1
    if name in ("fcntl", "fcntl64") and count == 3:
        return fcntl.fcntl_shown(call)
    if name == "prctl":
        return prctl.shown(call)
    if name in ("futex", "futex_time64"):
        return futex.arguments_shown(call.value(1))
    if name == "mremap" and not call.value(3) & MREMAP_NEW_ADDRESS:
        return count - 1
    if name == "membarrier":
        return 2
    return count


def skipped(call: Call, index: int) -> bool:
    """Whether an argument in the middle has no meaning here."""
    if call.name in ("_llseek", "llseek"):
        return index == 1
    if call.name not in ("futex", "futex_time64"):
        return False
    operation = futex.operation(call.value(1))
    return "BITSET" in operation and (index == 4 or (index == 3 and "WAKE" in operation))


def date(seconds: int) -> str:
    """A time since the epoch for people."""
    try:
        moment = datetime.datetime.fromtimestamp(seconds, datetime.UTC)
    except (ValueError, OverflowError, OSError):
        return ""
    return moment.strftime("%Y-%m-%dT%H:%M:%S+0000")
