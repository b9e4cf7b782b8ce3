// SPDX-License-Identifier: GPL-2.0
/* A remote control: what is written to /sys/kernel/remote/press comes out of /dev/input/event0. */
#include <linux/input.h>
#include <linux/kernel.h>
#include <linux/kobject.h>
#include <linux/module.h>
#include <linux/sysfs.h>

static struct input_dev *remote;
static struct kobject *kobj;

static ssize_t press_store(struct kobject *kobj, struct kobj_attribute *attr, const char *buf,
			   size_t count)
{
	unsigned int key;
	int error = kstrtouint(buf, 0, &key);

	if (error)
		return error;
	if (key < KEY_1 || key > KEY_9)
		return -EINVAL;
	for (int value = 1; value >= 0; value--) {
		input_report_key(remote, key, value);
		input_sync(remote);
	}
	return count;
}

static struct kobj_attribute press_attribute = __ATTR_WO(press);

static int __init remote_init(void)
{
	int error;

	remote = input_allocate_device();
	if (!remote)
		return -ENOMEM;
	remote->name = "Remote control";
	remote->phys = "remote/input0";
	remote->id.bustype = BUS_VIRTUAL;
	remote->id.product = 1;
	for (int key = KEY_1; key <= KEY_9; key++)
		input_set_capability(remote, EV_KEY, key);
	error = input_register_device(remote);
	if (error) {
		input_free_device(remote);
		return error;
	}
	kobj = kobject_create_and_add("remote", kernel_kobj);
	if (!kobj || sysfs_create_file(kobj, &press_attribute.attr)) {
		kobject_put(kobj);
		input_unregister_device(remote);
		return -ENOMEM;
	}
	return 0;
}

static void __exit remote_exit(void)
{
	kobject_put(kobj);
	input_unregister_device(remote);
}

module_init(remote_init);
module_exit(remote_exit);
MODULE_LICENSE("GPL");
