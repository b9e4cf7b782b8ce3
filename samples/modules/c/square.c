// SPDX-License-Identifier: GPL-2.0
/* A new system call on every ABI: square_sum(values, count, result). It is built in, and has a line
 * in each table: "463 common square_sum sys_square_sum" in arch/x86/entry/syscalls/syscall_64.tbl. */
#include <linux/printk.h>
#include <linux/syscalls.h>
#include <linux/uaccess.h>

#define COUNT_MAX 1024

SYSCALL_DEFINE3(square_sum, const int __user *, values, unsigned int, count,
		long long __user *, result)
{
	s64 total = 0;
	s32 value;
	unsigned int i;

	if (count > COUNT_MAX)
		return -E2BIG;
	for (i = 0; i < count; i++) {
		if (get_user(value, values + i))
			return -EFAULT;
		total += (s64)value * value;
	}
	pr_info("square_sum of %u numbers\n", count);
	if (put_user(total, result))
		return -EFAULT;
	return count;
}
