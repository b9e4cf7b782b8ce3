"""A new system call on every ABI: square_sum(values, count, result)."""

from emu.linux.errno import E2BIG, EFAULT
from emu.linux.kernel import sizeof
from emu.linux.module import MODULE_LICENSE, pr_info
from emu.linux.syscalls import SYSCALL_DEFINE3
from emu.linux.types import s32, s64
from emu.linux.uaccess import get_user, put_user

MODULE_LICENSE("GPL")

COUNT_MAX = 1024


@SYSCALL_DEFINE3("square_sum", "const int __user *", "values", "unsigned int", "count",
                 "long long __user *", "result", nr=463)  # fmt: skip
def square_sum(values, count, result):
    value, total = s32(), s64(0)
    if count > COUNT_MAX:
        return -E2BIG
    for i in range(count):
        if get_user(value, values + i * sizeof(value)):
            return -EFAULT
        total.value += value.value * value.value
    pr_info("square_sum of %u numbers\n", count)
    return put_user(total, result) or count
