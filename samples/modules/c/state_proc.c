// SPDX-License-Identifier: GPL-2.0
/* /proc/system_state: a file over a flag, which can only be read. */
#include <linux/fs.h>
#include <linux/module.h>
#include <linux/proc_fs.h>

static bool system_enabled = true;

static ssize_t system_state_read(struct file *file, char __user *buf, size_t count, loff_t *ppos)
{
	const char *tmp = system_enabled ? "The system is enabled\n" : "The system is disabled\n";

	return simple_read_from_buffer(buf, count, ppos, tmp, strlen(tmp));
}

static const struct proc_ops system_state_ops = {
	.proc_open = simple_open,
	.proc_read = system_state_read,
};

static int __init state_proc_init(void)
{
	if (!proc_create("system_state", 0444, NULL, &system_state_ops))
		return -ENOMEM;
	return 0;
}

static void __exit state_proc_exit(void)
{
	remove_proc_entry("system_state", NULL);
}

module_init(state_proc_init);
module_exit(state_proc_exit);
MODULE_LICENSE("GPL");
MODULE_DESCRIPTION("a proc file over a flag");
