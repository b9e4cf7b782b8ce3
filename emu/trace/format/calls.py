"""Which arguments only a call's name explains, and how many of them are shown."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from emu.kernel.uapi.mman import MREMAP_DONTUNMAP, MREMAP_FIXED
from emu.kernel.uapi.stat import S_IFMT
from emu.trace.format import clone, fcntl, futex, ipc, prctl, ptrace, seccomp, siginfo, sockets
from emu.trace.format.files import DEVICES
from emu.trace.format.memory import (
    cpu_set,
    descriptors,
    directory_entries,
    environment,
    long_offset,
    poll_descriptors,
    strings,
    times,
    wait_status,
)
from emu.trace.format.singles import (
    access_mode,
    address,
    capability_data,
    descriptor_flags,
    device,
    execution_domain,
    fallocate_mode,
    file_mode,
    file_offset,
    filled,
    filled_string,
    futex_count,
    futex_last,
    hexa,
    joined_offset,
    membarrier_command,
    octal_mode,
    page_offset,
    random_bytes,
    raw_word,
    remaining,
    remote_iovec,
    rename_flags,
    seek,
    statx_flags,
    statx_wanted,
    syslog_action,
)
from emu.trace.format.waiting import file_set, mask_and_size

if TYPE_CHECKING:
    from emu.trace.format.call import Call

Formatter = Callable[["Call", int], str]

O_CREAT_NAMES = ("O_CREAT", "__O_TMPFILE")

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
    "pipe": {0: descriptors(2)},
    "pipe2": {0: descriptors(2), 1: descriptor_flags},
    "dup3": {2: descriptor_flags},
    "getdents": {1: directory_entries},
    "getdents64": {1: directory_entries},
    "poll": {0: poll_descriptors},
    "ppoll": {0: poll_descriptors},
    "select": dict.fromkeys(range(1, 4), file_set),
    "_newselect": dict.fromkeys(range(1, 4), file_set),
    "fcntl": {2: fcntl.fcntl_argument},
    "fcntl64": {2: fcntl.fcntl_argument},
    "ioctl": {1: fcntl.ioctl_command, 2: fcntl.ioctl_argument},
    "prctl": dict.fromkeys(range(1, 5), prctl.argument),
    "seccomp": {1: seccomp.operation_flags, 2: seccomp.operand},
    "futex": {3: futex_count, 5: futex_last},
    "futex_time64": {3: futex_count, 5: futex_last},
    "statx": {2: statx_flags, 3: statx_wanted},
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
    "shmget": {0: ipc.key, 2: ipc.get_flags},
    "semget": {0: ipc.key, 2: ipc.get_flags},
    "msgget": {0: ipc.key, 1: ipc.get_flags},
    "shmctl": {1: ipc.command, 2: ipc.description},
    "semctl": {2: ipc.command, 3: ipc.description},
    "msgctl": {1: ipc.command, 2: ipc.description},
    "semop": {1: ipc.semaphore_operations},
    "semtimedop": {1: ipc.semaphore_operations},
    "semtimedop_time64": {1: ipc.semaphore_operations},
    "msgsnd": {1: ipc.message},
    "msgrcv": {1: ipc.message},
    "ipc": {0: ipc.multiplexed},
    "futex_waitv": {0: ipc.futex_words},
    "futex_requeue": {0: ipc.futex_words},
    "mq_open": {2: octal_mode},
    "process_vm_readv": {3: remote_iovec},
    "process_vm_writev": {3: remote_iovec},
    "sethostname": {1: raw_word},
    "clone": {0: clone.begun, 1: clone.rest},
    "clone3": {0: clone.clone3_struct},
    "set_thread_area": {0: clone.thread_descriptor},
    "fallocate": {1: fallocate_mode},
    "splice": {1: file_offset, 3: file_offset},
    "copy_file_range": {1: file_offset, 3: file_offset},
    "rt_sigqueueinfo": {2: siginfo.argument},
    "rt_tgsigqueueinfo": {3: siginfo.argument},
    "rt_sigtimedwait": {1: siginfo.argument},
    "rt_sigtimedwait_time64": {1: siginfo.argument},
    "waitid": {2: siginfo.argument},
    "pselect6": {**dict.fromkeys(range(1, 4), file_set), 5: mask_and_size},
    "pselect6_time64": {**dict.fromkeys(range(1, 4), file_set), 5: mask_and_size},
    "socket": {2: sockets.protocol},
    "socketpair": {2: sockets.protocol, 3: descriptors(2)},
    "accept": {2: sockets.length_pointer},
    "accept4": {2: sockets.length_pointer},
    "getsockname": {2: sockets.length_pointer},
    "getpeername": {2: sockets.length_pointer},
    "recvfrom": {5: sockets.length_pointer},
    "getsockopt": {4: sockets.length_pointer},
    "shutdown": {1: sockets.direction},
    "ptrace": {0: ptrace.request, 2: ptrace.address, 3: ptrace.data},
}

# Calls whose named argument is filled although its kind does not say so.
FILLED: dict[str, tuple[int, ...]] = {
    "pipe": (0,), "pipe2": (0,), "getdents": (1,), "getdents64": (1,), "readlink": (1,),
    "readlinkat": (2,), "getcwd": (0,), "getrandom": (0,), "capget": (1,), "msgrcv": (1,),
    "accept": (2,), "accept4": (2,), "getsockname": (2,), "getpeername": (2,), "recvfrom": (5,),
    "getsockopt": (4,), "socketpair": (3,),
    "sched_getaffinity": (2,), "_llseek": (3,), "llseek": (3,), "wait4": (1,), "waitpid": (1,),
}  # fmt: skip


Filled = Callable[["Call"], bool]

IS_FILLED: dict[str, dict[int, Filled]] = {
    "fcntl": {2: fcntl.fcntl_is_out},
    "fcntl64": {2: fcntl.fcntl_is_out},
    "ioctl": {2: fcntl.ioctl_is_out},
    "prctl": {1: prctl.is_out},
    "seccomp": {2: seccomp.is_out},
    "ptrace": {3: ptrace.is_out},
    "clone": {1: clone.stores},
    "clone3": {0: clone.stores},
    **{name: {place + 1: ipc.is_filled} for name, place in ipc.COMMAND_INDEX.items()},
}
"""Calls that fill an argument or not, depending on another one."""


def with_mode(call: Call) -> int:
    """open(2) has a mode if it may make a file."""
    count = len(call.parameters)
    flag = call.value(count - 2)
    wanted = [call.abi.constants.get(name, 0) for name in O_CREAT_NAMES]
    return count if any(flag & bit for bit in wanted) else count - 1


def with_attributes(call: Call) -> int:
    """mq_open(2) has a mode and attributes if it may make a queue."""
    count = len(call.parameters)
    return count if call.value(1) & call.abi.constants["O_CREAT"] else count - 2


def with_device(call: Call) -> int:
    """mknod(2) has a device's number for devices."""
    count = len(call.parameters)
    return count if call.value(count - 2) & S_IFMT in DEVICES else count - 1


def with_new_address(call: Call) -> int:
    """mremap(2) has a new address if its flags say so."""
    return len(call.parameters) - (0 if call.value(3) & (MREMAP_FIXED | MREMAP_DONTUNMAP) else 1)


SHOWN: dict[str, Callable[[Call], int]] = {
    "open": with_mode,
    "openat": with_mode,
    "mq_open": with_attributes,
    "mknod": with_device,
    "mknodat": with_device,
    "fcntl": fcntl.fcntl_shown,
    "fcntl64": fcntl.fcntl_shown,
    "ioctl": fcntl.ioctl_shown,
    "prctl": prctl.shown,
    "ptrace": ptrace.shown,
    "futex": lambda call: futex.arguments_shown(call.value(1)),
    "futex_time64": lambda call: futex.arguments_shown(call.value(1)),
    "mremap": with_new_address,
    "membarrier": lambda call: 2,
    "clone": clone.shown,
}
"""How many of a call's arguments are shown, where it is not all of them."""


def high_word(call: Call, index: int) -> bool:
    """_llseek(2)'s high word is shown with the low one."""
    return index == 1


def without_meaning(call: Call, index: int) -> bool:
    """Whether futex(2) does not look at an argument in the middle."""
    operation = futex.operation(call.value(1))
    if operation.startswith("FUTEX_LOCK_PI"):
        return index == 2
    return "BITSET" in operation and (index == 4 or (index == 3 and "WAKE" in operation))


SKIPPED: dict[str, Callable[[Call, int], bool]] = {
    "_llseek": high_word,
    "llseek": high_word,
    "futex": without_meaning,
    "futex_time64": without_meaning,
}
"""Calls of which arguments in the middle are left out."""
