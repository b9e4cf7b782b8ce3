// SPDX-License-Identifier: GPL-2.0
/* /dev/knob: an ioctl interface in all four directions, with a struct and a pointer in a struct. */
#include <linux/fs.h>
#include <linux/ioctl.h>
#include <linux/miscdevice.h>
#include <linux/module.h>
#include <linux/string.h>
#include <linux/uaccess.h>

struct knob_range {
	int low;
	long high;
	u64 steps;
	char unit[5];
};

struct knob_label {
	u8 size;
	char __user *text;
};

#define KNOB_RESET _IO('k', 0)
#define KNOB_SET _IOW('k', 1, long)
#define KNOB_GET _IOR('k', 2, long)
#define KNOB_RANGE _IOWR('k', 3, struct knob_range)
#define KNOB_LABEL _IOWR('k', 4, struct knob_label)

static long level;
static struct knob_range limits = { .low = 0, .high = 100, .steps = 10, .unit = "dB" };
static const char label[] = "volume";

static long knob_set_range(void __user *arg)
{
	struct knob_range wanted;

	if (copy_from_user(&wanted, arg, sizeof(wanted)))
		return -EFAULT;
	if (wanted.low > wanted.high)
		return -EINVAL;
	if (copy_to_user(arg, &limits, sizeof(limits)))
		return -EFAULT;
	limits.low = wanted.low;
	limits.high = wanted.high;
	limits.steps = wanted.steps;
	return 0;
}

static long knob_get_label(void __user *arg)
{
	struct knob_label request;

	if (copy_from_user(&request, arg, sizeof(request)))
		return -EFAULT;
	if (request.size <= strlen(label))
		return -EINVAL;
	if (copy_to_user(request.text, label, strlen(label) + 1))
		return -EFAULT;
	request.size = strlen(label);
	return copy_to_user(arg, &request, sizeof(request)) ? -EFAULT : 0;
}

static long knob_ioctl(struct file *file, unsigned int cmd, unsigned long arg)
{
	long value;

	switch (cmd) {
	case KNOB_RESET:
		level = 0;
		return 0;
	case KNOB_SET:
		if (get_user(value, (long __user *)arg))
			return -EFAULT;
		if (value < limits.low || value > limits.high)
			return -EINVAL;
		level = value;
		return 0;
	case KNOB_GET:
		return put_user(level, (long __user *)arg);
	case KNOB_RANGE:
		return knob_set_range((void __user *)arg);
	case KNOB_LABEL:
		return knob_get_label((void __user *)arg);
	}
	return -ENOTTY;
}

static const struct file_operations knob_fops = {
	.owner = THIS_MODULE,
	.unlocked_ioctl = knob_ioctl,
	.llseek = noop_llseek,
};

static struct miscdevice knob = {
	.minor = MISC_DYNAMIC_MINOR,
	.name = "knob",
	.fops = &knob_fops,
	.mode = 0666,
};

static int __init knob_init(void)
{
	return misc_register(&knob);
}

static void __exit knob_exit(void)
{
	misc_deregister(&knob);
}

module_init(knob_init);
module_exit(knob_exit);
MODULE_LICENSE("GPL");
