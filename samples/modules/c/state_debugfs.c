// SPDX-License-Identifier: GPL-2.0
/* /sys/kernel/debug/my_state: a byte, a word and a string, once debugfs is mounted. */
#include <linux/debugfs.h>
#include <linux/err.h>
#include <linux/module.h>
#include <linux/slab.h>

static u8 state = 1;
static u32 mask = 0xff;
static char *owner;
static struct dentry *my_state_dir;

static int __init state_debugfs_init(void)
{
	owner = kstrdup("nobody", GFP_KERNEL);
	if (!owner)
		return -ENOMEM;
	my_state_dir = debugfs_create_dir("my_state", NULL);
	if (IS_ERR(my_state_dir)) {
		kfree(owner);
		return PTR_ERR(my_state_dir);
	}
	debugfs_create_u8("system_state", 0444, my_state_dir, &state);
	debugfs_create_x32("mask", 0644, my_state_dir, &mask);
	debugfs_create_str("owner", 0600, my_state_dir, &owner);
	return 0;
}

static void __exit state_debugfs_exit(void)
{
	debugfs_remove_recursive(my_state_dir);
	kfree(owner);
}

module_init(state_debugfs_init);
module_exit(state_debugfs_exit);
MODULE_LICENSE("GPL");
