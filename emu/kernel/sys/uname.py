"""The machine's names: uname(2), sethostname(2), setdomainname(2)."""

from __future__ import annotations

from typing import Annotated

from emu.kernel.args import Int, PointerArg, StructArg, UserStruct
from emu.kernel.errno import EINVAL, EPERM
from emu.kernel.syscall import syscall
from emu.kernel.task import Task
from emu.kernel.uapi.capability import CAP_SYS_ADMIN
from emu.kernel.uapi.personality import PER_LINUX32, PER_MASK, UNAME26
from emu.kernel.uts import NEW_UTS_LEN, OLD_UTS_LEN

NewUtsname = Annotated[UserStruct, StructArg(layout="new_utsname", out=True)]
OldUtsname = Annotated[UserStruct, StructArg(layout="old_utsname", out=True)]
OldoldUtsname = Annotated[UserStruct, StructArg(layout="oldold_utsname", out=True)]
Name = Annotated[int, PointerArg(length="len")]
OutName = Annotated[int, PointerArg(length="len", out=True)]

# What COMPAT_UTS_MACHINE is to each 64-bit machine: shown to the personality of setarch(8).
COMPAT_MACHINES = {
    b"x86_64": b"i686",
    b"aarch64": b"armv8l",
    b"mips64": b"mips",
    b"riscv64": b"riscv32",
}


@syscall("sys_newuname")
def newuname(task: Task, name: NewUtsname) -> int:
    """Tell all six names. See uname(2)."""
    uts = task.kernel.uts
    name.write(**names(task), domainname=uts.domainname)
    return 0


@syscall("sys_uname")
def uname(task: Task, name: OldUtsname) -> int:
    """Tell five names of up to 64 characters. See uname(2)."""
    name.write(**names(task))
    return 0


@syscall("sys_olduname")
def olduname(task: Task, name: OldoldUtsname) -> int:
    """Tell five names of up to 8 characters. See uname(2)."""
    name.write(**{key: value[:OLD_UTS_LEN] for key, value in names(task).items()})
    return 0


@syscall("sys_sethostname")
def sethostname(task: Task, name: Name, len: Int) -> int:
    """Name the machine. See sethostname(2)."""
    task.kernel.uts.nodename = read_name(task, name, len)
    return 0


@syscall("sys_gethostname")
def gethostname(task: Task, name: OutName, len: Int) -> int:
    """Tell the machine's name, cut off without a NUL if need be. See gethostname(2)."""
    if len < 0:
        raise EINVAL("a negative length")
    if len:
        task.mm.write(name, (task.kernel.uts.nodename + b"\0")[:len])
    return 0


@syscall("sys_setdomainname")
def setdomainname(task: Task, name: Name, len: Int) -> int:
    """Name the NIS domain. See setdomainname(2)."""
    task.kernel.uts.domainname = read_name(task, name, len)
    return 0


def names(task: Task) -> dict[str, bytes]:
    """The five names that every uname has, as the caller's personality sees them."""
    uts = task.kernel.uts
    machine = task.abi.uname_machine.encode()
    personality = task.attributes.personality
    if personality & PER_MASK == PER_LINUX32:
        machine = COMPAT_MACHINES.get(machine, machine)
    return {
        "sysname": uts.sysname,
        "nodename": uts.nodename,
        "release": old_release(uts.release) if personality & UNAME26 else uts.release,
        "version": uts.version,
        "machine": machine,
    }


def old_release(release: bytes) -> bytes:
    """What a release is to programs that know nothing above 2.6: see override_release."""
    numbers = release.split(b"-")[0].split(b".")
    patchlevel = int(numbers[1]) if numbers[1:] and numbers[1].isdigit() else 0
    dots = 0
    for index, byte in enumerate(release):
        character = chr(byte)
        dots += character == "."
        if dots == 3 or not (character.isdigit() or character == "."):
            return b"2.6.%d%s" % (patchlevel + 60, release[index:])
    return b"2.6.%d" % (patchlevel + 60)


def read_name(task: Task, address: int, length: int) -> bytes:
    """A new name, from the caller's memory. EPERM, EINVAL, EFAULT."""
    if not task.cred.capable(CAP_SYS_ADMIN):
        raise EPERM("naming the machine needs CAP_SYS_ADMIN")
    if not 0 <= length <= NEW_UTS_LEN:
        raise EINVAL(f"a name has up to {NEW_UTS_LEN} bytes")
    return task.mm.read(address, length) if length else b""
