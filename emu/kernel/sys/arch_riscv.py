"""riscv_hwprobe(2)."""

from __future__ import annotations

from typing import Annotated

from emu.kernel.args import PointerArg, Size, UInt
from emu.kernel.errno import EINVAL, ENOSYS
from emu.kernel.syscall import syscall
from emu.kernel.task import Task

Pairs = Annotated[int, PointerArg(out=True)]
CpuSet = Annotated[int, PointerArg(length="cpusetsize")]

RISCV_HWPROBE_WHICH_CPUS = 1
PAIR_SIZE = 16
UNKNOWN_KEY = (1 << 64) - 1

KEY_MVENDORID, KEY_MARCHID, KEY_MIMPID = 0, 1, 2
KEY_BASE_BEHAVIOR = 3
KEY_IMA_EXT_0 = 4
KEY_CPUPERF_0 = 5
KEY_ZICBOZ_BLOCK_SIZE = 6
KEY_HIGHEST_VIRT_ADDRESS = 7
KEY_MISALIGNED_SCALAR_PERF = 9

BASE_BEHAVIOR_IMA = 1
IMA_FD, IMA_C = 1 << 0, 1 << 1
MISALIGNED_SCALAR_EMULATED = 1


@syscall("sys_riscv_hwprobe", missing="RISCV_HWPROBE_WHICH_CPUS")
def riscv_hwprobe(
    task: Task, pairs: Pairs, pair_count: Size, cpusetsize: Size, cpus: CpuSet, flags: UInt
) -> int:
    """Tell what the CPU has: the G and C instructions. See Documentation/arch/riscv/hwprobe.rst.

    ENOSYS for RISCV_HWPROBE_WHICH_CPUS.
    """
    if flags & RISCV_HWPROBE_WHICH_CPUS:
        raise ENOSYS("asking which CPUs match is not supported")
    if flags:
        raise EINVAL("unknown flag")
    if (cpusetsize or cpus) and not task.mm.read(cpus, min(cpusetsize, 1))[:1].strip(b"\0"):
        raise EINVAL("the machine has CPU 0 only")
    values = answers(task)
    for index in range(pair_count):
        address = pairs + index * PAIR_SIZE
        key = task.mm.read_u64(address)
        if key not in values:
            task.mm.write_u64(address, UNKNOWN_KEY)
        task.mm.write_u64(address + 8, values.get(key, 0))
    return 0


def answers(task: Task) -> dict[int, int]:
    """The value of each key that is known."""
    return {
        KEY_MVENDORID: 0,
        KEY_MARCHID: 0,
        KEY_MIMPID: 0,
        KEY_BASE_BEHAVIOR: BASE_BEHAVIOR_IMA,
        KEY_IMA_EXT_0: IMA_FD | IMA_C,
        KEY_CPUPERF_0: MISALIGNED_SCALAR_EMULATED,
        KEY_ZICBOZ_BLOCK_SIZE: 0,
        KEY_HIGHEST_VIRT_ADDRESS: task.mm.task_size,
        KEY_MISALIGNED_SCALAR_PERF: MISALIGNED_SCALAR_EMULATED,
    }
