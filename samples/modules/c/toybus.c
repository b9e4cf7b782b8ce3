// SPDX-License-Identifier: GPL-2.0
/* A bus with two balls on it, and a driver that root may take from them and give back. */
#include <linux/device.h>
#include <linux/module.h>
#include <linux/slab.h>

struct ball {
	u32 bounces;
};

static int toy_match(struct device *dev, const struct device_driver *drv)
{
	return strncmp(dev_name(dev), drv->name, strlen(drv->name)) == 0;
}

static int toy_uevent(const struct device *dev, struct kobj_uevent_env *env)
{
	return add_uevent_var(env, "MODALIAS=toy:%s", dev_name(dev));
}

static const struct bus_type toy_bus = {
	.name = "toy",
	.match = toy_match,
	.uevent = toy_uevent,
};

static ssize_t bounces_show(struct device *dev, struct device_attribute *attr, char *buf)
{
	struct ball *ball = dev_get_drvdata(dev);

	return sysfs_emit(buf, "%u\n", ball->bounces++);
}
static DEVICE_ATTR_RO(bounces);

static struct attribute *ball_attrs[] = {
	&dev_attr_bounces.attr,
	NULL,
};
ATTRIBUTE_GROUPS(ball);

static void ball_rolls(void *data)
{
	dev_info(data, "rolls away\n");
}

static int ball_probe(struct device *dev)
{
	struct ball *ball = devm_kzalloc(dev, sizeof(*ball), GFP_KERNEL);

	if (!ball)
		return -ENOMEM;
	dev_set_drvdata(dev, ball);
	dev_info(dev, "bounces\n");
	return devm_add_action_or_reset(dev, ball_rolls, dev);
}

static struct device_driver ball_driver = {
	.name = "ball",
	.bus = &toy_bus,
	.probe = ball_probe,
	.dev_groups = ball_groups,
	.owner = THIS_MODULE,
};

static struct device *toys[2];

static void toy_release(struct device *dev)
{
	kfree(dev);
}

static void toys_remove(void)
{
	for (int i = 0; i < ARRAY_SIZE(toys); i++)
		if (toys[i])
			device_unregister(toys[i]);
}

static int toys_add(void)
{
	for (int i = 0; i < ARRAY_SIZE(toys); i++) {
		struct device *dev = kzalloc(sizeof(*dev), GFP_KERNEL);
		int error;

		if (!dev)
			return -ENOMEM;
		dev->bus = &toy_bus;
		dev->release = toy_release;
		device_initialize(dev);
		error = dev_set_name(dev, "ball%d", i) ?: device_add(dev);
		if (error) {
			put_device(dev);
			return error;
		}
		toys[i] = dev;
	}
	return 0;
}

static int __init toybus_init(void)
{
	int error = bus_register(&toy_bus);

	if (error)
		return error;
	error = toys_add() ?: driver_register(&ball_driver);
	if (error) {
		toys_remove();
		bus_unregister(&toy_bus);
	}
	return error;
}

static void __exit toybus_exit(void)
{
	driver_unregister(&ball_driver);
	toys_remove();
	bus_unregister(&toy_bus);
}

module_init(toybus_init);
module_exit(toybus_exit);

MODULE_LICENSE("GPL");
MODULE_DESCRIPTION("A bus, devices and a driver");
