// SPDX-License-Identifier: GPL-2.0
/* /sys/kernel/my_state: a kernel object with a group of attributes, and an init that unwinds. */
#include <linux/kobject.h>
#include <linux/module.h>
#include <linux/sysfs.h>

static unsigned long long start;
module_param(start, ullong, 0444);
static bool fail;
module_param(fail, bool, 0);

static bool system_enabled = true;
static u64 clock;
static struct kobject *my_state_kobj;

static ssize_t system_enabled_show(struct kobject *kobj, struct kobj_attribute *attr, char *buf)
{
	return sysfs_emit(buf, "%d\n", system_enabled);
}

static ssize_t clock_show(struct kobject *kobj, struct kobj_attribute *attr, char *buf)
{
	return snprintf(buf, PAGE_SIZE, "%llu\n", clock++);
}

static ssize_t clock_store(struct kobject *kobj, struct kobj_attribute *attr, const char *buf,
			   size_t count)
{
	u64 val;
	int rc = sscanf(buf, "%llu", &val);

	if (rc != 1)
		return -EINVAL;
	clock = val;
	return count;
}

static struct kobj_attribute system_state_attribute =
	__ATTR(system_enabled, 0400, system_enabled_show, NULL);
static struct kobj_attribute clock_attribute = __ATTR(clock, 0600, clock_show, clock_store);

static struct attribute *attrs[] = {
	&system_state_attribute.attr,
	&clock_attribute.attr,
	NULL,
};

static struct attribute_group attr_group = {
	.attrs = attrs,
};

static int __init my_state_init(void)
{
	int retval;

	clock = start;
	my_state_kobj = kobject_create_and_add("my_state", kernel_kobj);
	if (!my_state_kobj)
		return -ENOMEM;
	retval = sysfs_create_group(my_state_kobj, &attr_group);
	if (!retval && fail)
		retval = -EINVAL;
	if (retval) {
		kobject_put(my_state_kobj);
		return retval;
	}
	pr_info("my_state: ready, the clock begins at %llu\n", start);
	return 0;
}

static void __exit my_state_exit(void)
{
	kobject_put(my_state_kobj);
	pr_info("my_state: gone\n");
}

module_init(my_state_init);
module_exit(my_state_exit);
MODULE_LICENSE("GPL");
