// SPDX-License-Identifier: GPL-2.0
/* /proc/clockface: shows what another module counts, and so keeps that one loaded. */
#include <linux/module.h>
#include <linux/proc_fs.h>
#include <linux/seq_file.h>

extern u32 clockwork_ticks(void);

static int clockface_show(struct seq_file *m, void *v)
{
	seq_printf(m, "%s\n", clockwork_ticks() ? "ticking" : "still");
	return 0;
}

static int __init clockface_init(void)
{
	proc_create_single("clockface", 0, NULL, clockface_show);
	return 0;
}

static void __exit clockface_exit(void)
{
	remove_proc_entry("clockface", NULL);
}

module_init(clockface_init);
module_exit(clockface_exit);
MODULE_LICENSE("GPL");
