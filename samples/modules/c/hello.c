// SPDX-License-Identifier: GPL-2.0
/* Module parameters of every type, and messages of every level. */
#include <linux/module.h>
#include <linux/moduleparam.h>
#include <linux/printk.h>

static char *whom = "world";
module_param(whom, charp, 0644);
MODULE_PARM_DESC(whom, "who is greeted");
static uint times = 1;
module_param(times, uint, 0444);
MODULE_PARM_DESC(times, "how often");
static bool loud;
module_param(loud, bool, 0600);
static bool quiet = true;
module_param(quiet, invbool, 0);
static short offset = -1;
module_param(offset, short, 0444);
static u8 tag = 0x2a;
module_param(tag, byte, 0444);
static int numbers[] = { 1, 2, 3 };
static int numbers_count = ARRAY_SIZE(numbers);
module_param_array(numbers, int, &numbers_count, 0444);

static int __init hello_init(void)
{
	uint i;

	for (i = 0; i < times; i++)
		pr_info("Hello, %s%s\n", whom, loud ? "!" : ".");
	printk(KERN_DEBUG "hello: %d numbers, the last is %d\n", numbers_count,
	       numbers[numbers_count - 1]);
	return 0;
}

static void __exit hello_exit(void)
{
	pr_warn("Goodbye, %s\n", whom);
}

module_init(hello_init);
module_exit(hello_exit);
MODULE_LICENSE("GPL");
MODULE_AUTHOR("a student");
MODULE_DESCRIPTION("greets, as often as it is told");
