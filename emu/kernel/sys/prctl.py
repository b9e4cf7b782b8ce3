"""prctl(2): what a task says about itself."""

from __future__ import annotations

from collections.abc import Callable
from typing import Annotated

from emu.kernel.args import FlagsArg, ULong
from emu.kernel.errno import EINVAL, EPERM
from emu.kernel.scheduling import DEFAULT_TIMER_SLACK_NS
from emu.kernel.signal.numbers import signal_numbers
from emu.kernel.sys.misc import write_word
from emu.kernel.sys.prctl_cred import CREDENTIAL_OPTIONS
from emu.kernel.syscall import syscall
from emu.kernel.task import Task
from emu.kernel.uapi import prctl as pr
from emu.kernel.uapi.capability import CAP_SYS_RESOURCE

Option = Annotated[int, FlagsArg(signed=True, family=pr.PRCTL_OPTIONS)]
Arguments = tuple[int, int, int, int]

TASK_COMM_LEN = 16
PR_TIMING_STATISTICAL = 0
PR_TSC_ENABLE = 1


@syscall(
    "sys_prctl",
    missing="PR_SET_MM, PR_SET_TSC, options of single processors (PR_SVE_*)",
)
def prctl(task: Task, option: Option, arg2: ULong, arg3: ULong, arg4: ULong, arg5: ULong) -> int:
    """Read or change an attribute. See prctl(2).

    EINVAL for every option that is not in `OPTIONS`, as for one that Linux does not know.
    """
    operation = OPTIONS.get(option)
    if operation is None:
        raise EINVAL(f"option {option} is not supported")
    return operation(task, (arg2, arg3, arg4, arg5))


def set_pdeathsig(task: Task, args: Arguments) -> int:
    """PR_SET_PDEATHSIG."""
    if args[0] > signal_numbers(task.abi).count:
        raise EINVAL("no such signal")
    task.attributes.pdeath_signal = signal_numbers(task.abi).decode(args[0])
    return 0


def get_pdeathsig(task: Task, args: Arguments) -> int:
    """PR_GET_PDEATHSIG."""
    signal = task.attributes.pdeath_signal
    task.mm.write_u32(args[0], signal_numbers(task.abi).encode(signal) if signal else 0)
    return 0


def get_dumpable(task: Task, args: Arguments) -> int:
    """PR_GET_DUMPABLE."""
    return task.attributes.dumpable


def set_dumpable(task: Task, args: Arguments) -> int:
    """PR_SET_DUMPABLE."""
    if args[0] not in (0, 1):
        raise EINVAL("neither 0 nor 1")
    task.attributes.dumpable = args[0]
    return 0


def get_timing(task: Task, args: Arguments) -> int:
    """PR_GET_TIMING."""
    return PR_TIMING_STATISTICAL


def set_timing(task: Task, args: Arguments) -> int:
    """PR_SET_TIMING."""
    if args[0] != PR_TIMING_STATISTICAL:
        raise EINVAL("there is one timing only")
    return 0


def set_name(task: Task, args: Arguments) -> int:
    """PR_SET_NAME: longer names are cut."""
    task.comm = read_name(task, args[0])
    return 0


def get_name(task: Task, args: Arguments) -> int:
    """PR_GET_NAME."""
    task.mm.write(args[0], task.comm[: TASK_COMM_LEN - 1].ljust(TASK_COMM_LEN, b"\0"))
    return 0


def get_seccomp(task: Task, args: Arguments) -> int:
    """PR_GET_SECCOMP: the mode, as far as a task in strict mode lives to know."""
    return 0 if task.seccomp is None else task.seccomp.mode


def set_seccomp(task: Task, args: Arguments) -> int:
    """PR_SET_SECCOMP. EINVAL without secure computing."""
    config = task.kernel.config
    if config is not None and not config.allows_call("sys_seccomp"):
        raise EINVAL("this kernel has no secure computing")
    from emu.kernel.sys.seccomp import prctl_set_seccomp

    return prctl_set_seccomp(task, args[0], args[1])


def get_tsc(task: Task, args: Arguments) -> int:
    """PR_GET_TSC: the time stamp counter is readable, on x86."""
    check_x86(task)
    task.mm.write_u32(args[0], PR_TSC_ENABLE)
    return 0


def set_tsc(task: Task, args: Arguments) -> int:
    """PR_SET_TSC: it stays readable."""
    check_x86(task)
    if args[0] != PR_TSC_ENABLE:
        raise EINVAL("the time stamp counter cannot be hidden")
    return 0


def get_timerslack(task: Task, args: Arguments) -> int:
    """PR_GET_TIMERSLACK."""
    return task.scheduling.timer_slack_ns


def set_timerslack(task: Task, args: Arguments) -> int:
    """PR_SET_TIMERSLACK: noted; sleeps are exact."""
    task.scheduling.timer_slack_ns = args[0] or DEFAULT_TIMER_SLACK_NS
    return 0


def set_mm(task: Task, args: Arguments) -> int:
    """PR_SET_MM: refused."""
    if not task.cred.capable(CAP_SYS_RESOURCE):
        raise EPERM("needs CAP_SYS_RESOURCE")
    raise EINVAL("PR_SET_MM is not supported")


def set_child_subreaper(task: Task, args: Arguments) -> int:
    """PR_SET_CHILD_SUBREAPER."""
    task.group.child_subreaper = bool(args[0])
    return 0


def get_child_subreaper(task: Task, args: Arguments) -> int:
    """PR_GET_CHILD_SUBREAPER."""
    task.mm.write_u32(args[0], int(task.group.child_subreaper))
    return 0


def set_no_new_privs(task: Task, args: Arguments) -> int:
    """PR_SET_NO_NEW_PRIVS."""
    if args != (1, 0, 0, 0):
        raise EINVAL("once and for all: 1 and zeroes")
    task.attributes.no_new_privs = True
    return 0


def get_no_new_privs(task: Task, args: Arguments) -> int:
    """PR_GET_NO_NEW_PRIVS."""
    check_zero(args)
    return int(task.attributes.no_new_privs)


def get_tid_address(task: Task, args: Arguments) -> int:
    """PR_GET_TID_ADDRESS."""
    write_word(task, args[0], task.attributes.clear_child_tid)
    return 0


def get_thp_disable(task: Task, args: Arguments) -> int:
    """PR_GET_THP_DISABLE."""
    check_zero(args)
    return int(task.attributes.thp_disabled)


def set_thp_disable(task: Task, args: Arguments) -> int:
    """PR_SET_THP_DISABLE: noted; there are no huge pages."""
    check_zero(args[1:])
    task.attributes.thp_disabled = bool(args[0])
    return 0


OPTIONS: dict[int, Callable[[Task, Arguments], int]] = {
    **CREDENTIAL_OPTIONS,
    pr.PR_SET_PDEATHSIG: set_pdeathsig,
    pr.PR_GET_PDEATHSIG: get_pdeathsig,
    pr.PR_GET_DUMPABLE: get_dumpable,
    pr.PR_SET_DUMPABLE: set_dumpable,
    pr.PR_GET_TIMING: get_timing,
    pr.PR_SET_TIMING: set_timing,
    pr.PR_SET_NAME: set_name,
    pr.PR_GET_NAME: get_name,
    pr.PR_GET_SECCOMP: get_seccomp,
    pr.PR_SET_SECCOMP: set_seccomp,
    pr.PR_GET_TSC: get_tsc,
    pr.PR_SET_TSC: set_tsc,
    pr.PR_GET_TIMERSLACK: get_timerslack,
    pr.PR_SET_TIMERSLACK: set_timerslack,
    pr.PR_SET_MM: set_mm,
    pr.PR_SET_CHILD_SUBREAPER: set_child_subreaper,
    pr.PR_GET_CHILD_SUBREAPER: get_child_subreaper,
    pr.PR_SET_NO_NEW_PRIVS: set_no_new_privs,
    pr.PR_GET_NO_NEW_PRIVS: get_no_new_privs,
    pr.PR_GET_TID_ADDRESS: get_tid_address,
    pr.PR_GET_THP_DISABLE: get_thp_disable,
    pr.PR_SET_THP_DISABLE: set_thp_disable,
}


def check_zero(args: tuple[int, ...]) -> None:
    """EINVAL unless all unused arguments are zero."""
    if any(args):
        raise EINVAL("unused arguments must be zero")


def check_x86(task: Task) -> None:
    """EINVAL unless the caller runs on an x86."""
    if task.abi.isa.name not in ("x86-64", "i386"):
        raise EINVAL("only an x86 has a time stamp counter")


def read_name(task: Task, address: int) -> bytes:
    """Up to 15 bytes of a string: strncpy_from_user. EFAULT."""
    name = bytearray()
    while len(name) < TASK_COMM_LEN - 1:
        byte = task.mm.read(address + len(name), 1)
        if byte == b"\0":
            break
        name += byte
    return bytes(name)
