// SPDX-License-Identifier: GPL-2.0
/* /proc/sequence: numbers up to a limit, more than a page of them, by seq_file. */
#include <linux/module.h>
#include <linux/proc_fs.h>
#include <linux/seq_file.h>

static uint limit = 2000;
module_param(limit, uint, 0444);

static void *sequence_start(struct seq_file *m, loff_t *pos)
{
	return *pos < limit ? pos : NULL;
}

static void *sequence_next(struct seq_file *m, void *v, loff_t *pos)
{
	++*pos;
	return *pos < limit ? pos : NULL;
}

static void sequence_stop(struct seq_file *m, void *v)
{
}

static int sequence_show(struct seq_file *m, void *v)
{
	seq_printf(m, "%llu\n", *(loff_t *)v);
	return 0;
}

static const struct seq_operations sequence_ops = {
	.start = sequence_start,
	.next = sequence_next,
	.stop = sequence_stop,
	.show = sequence_show,
};

static int __init sequence_init(void)
{
	return proc_create_seq("sequence", 0, NULL, &sequence_ops) ? 0 : -ENOMEM;
}

static void __exit sequence_exit(void)
{
	remove_proc_entry("sequence", NULL);
}

module_init(sequence_init);
module_exit(sequence_exit);
MODULE_LICENSE("GPL");
