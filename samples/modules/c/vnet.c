// SPDX-License-Identifier: GPL-2.0
/* configfs: mkdir makes a virtual network device, which then is in /sys/class/vnet. */
#include <linux/configfs.h>
#include <linux/device.h>
#include <linux/err.h>
#include <linux/module.h>
#include <linux/slab.h>

static struct class *vnet_class;

struct vnet {
	struct config_group group;
	struct device *device;
	u32 mtu;
};

static struct vnet *to_vnet(struct config_item *item)
{
	return container_of(to_config_group(item), struct vnet, group);
}

static ssize_t vnet_mtu_show(struct config_item *item, char *page)
{
	return sprintf(page, "%u\n", to_vnet(item)->mtu);
}

static ssize_t vnet_mtu_store(struct config_item *item, const char *page, size_t count)
{
	u32 mtu;
	int ret = kstrtouint(page, 10, &mtu);

	if (ret < 0)
		return ret;
	if (mtu < 68 || mtu > 65535)
		return -EINVAL;
	to_vnet(item)->mtu = mtu;
	return count;
}

CONFIGFS_ATTR(vnet_, mtu);

static struct configfs_attribute *vnet_attrs[] = {
	&vnet_attr_mtu,
	NULL,
};

static void vnet_release(struct config_item *item)
{
	pr_info("vnet: %s is gone\n", config_item_name(item));
	device_unregister(to_vnet(item)->device);
	kfree(to_vnet(item));
}

static struct configfs_item_operations vnet_item_ops = {
	.release = vnet_release,
};

static const struct config_item_type vnet_type = {
	.ct_item_ops = &vnet_item_ops,
	.ct_attrs = vnet_attrs,
	.ct_owner = THIS_MODULE,
};

static struct config_group *vnet_make_group(struct config_group *group, const char *name)
{
	struct vnet *made;

	if (name[0] != 'v')
		return ERR_PTR(-EINVAL);
	made = kzalloc(sizeof(*made), GFP_KERNEL);
	if (!made)
		return ERR_PTR(-ENOMEM);
	made->mtu = 1500;
	made->device = device_create(vnet_class, NULL, 0, made, "%s", name);
	if (IS_ERR(made->device)) {
		int ret = PTR_ERR(made->device);

		kfree(made);
		return ERR_PTR(ret);
	}
	config_group_init_type_name(&made->group, name, &vnet_type);
	return &made->group;
}

static struct configfs_group_operations vnets_group_ops = {
	.make_group = vnet_make_group,
};

static const struct config_item_type vnets_type = {
	.ct_group_ops = &vnets_group_ops,
	.ct_owner = THIS_MODULE,
};

static struct configfs_subsystem vnets = {
	.su_group = {
		.cg_item = {
			.ci_namebuf = "vnet",
			.ci_type = &vnets_type,
		},
	},
};

static int __init vnet_init(void)
{
	int ret;

	vnet_class = class_create("vnet");
	if (IS_ERR(vnet_class))
		return PTR_ERR(vnet_class);
	config_group_init(&vnets.su_group);
	mutex_init(&vnets.su_mutex);
	ret = configfs_register_subsystem(&vnets);
	if (ret)
		class_destroy(vnet_class);
	return ret;
}

static void __exit vnet_exit(void)
{
	configfs_unregister_subsystem(&vnets);
	class_destroy(vnet_class);
}

module_init(vnet_init);
module_exit(vnet_exit);
MODULE_LICENSE("GPL");
