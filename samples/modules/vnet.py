"""configfs: mkdir makes a virtual network device, which then is in /sys/class/vnet."""

from emu.linux.configfs import (
    CONFIGFS_ATTR,
    config_group,
    config_group_init_type_name,
    config_item_type,
    configfs_group_operations,
    configfs_item_operations,
    configfs_register_subsystem,
    configfs_subsystem,
    configfs_unregister_subsystem,
)
from emu.linux.device import class_create, class_destroy, device_create, device_unregister
from emu.linux.err import ERR_PTR, IS_ERR, PTR_ERR
from emu.linux.errno import EINVAL
from emu.linux.kernel import container_of, kstrtouint, sprintf, struct
from emu.linux.module import MODULE_LICENSE, module_exit, module_init, pr_info
from emu.linux.types import u32

MODULE_LICENSE("GPL")

vnet_class = None


class vnet(struct):
    group: config_group
    mtu: u32


def to_vnet(item):
    return container_of(item, vnet, "group")


def vnet_mtu_show(item, page):
    return sprintf(page, "%u\n", to_vnet(item).mtu)


def vnet_mtu_store(item, page, count):
    mtu = u32()
    ret = kstrtouint(page, 10, mtu)
    if ret < 0:
        return ret
    if not 68 <= mtu.value <= 65535:
        return -EINVAL
    to_vnet(item).mtu = mtu.value
    return count


def vnet_release(item):
    pr_info("vnet: %s is gone\n", item.ci_name)
    device_unregister(to_vnet(item).device)


vnet_type = config_item_type(
    ct_item_ops=configfs_item_operations(release=vnet_release),
    ct_attrs=[CONFIGFS_ATTR("vnet_", "mtu", vnet_mtu_show, vnet_mtu_store)],
)


def vnet_make_group(group, name):
    if not name.startswith("v"):
        return ERR_PTR(-EINVAL)
    made = vnet(mtu=1500)
    made.device = device_create(vnet_class, None, 0, made, "%s", name)
    if IS_ERR(made.device):
        return ERR_PTR(PTR_ERR(made.device))
    config_group_init_type_name(made.group, name, vnet_type)
    return made.group


vnets_type = config_item_type(ct_group_ops=configfs_group_operations(make_group=vnet_make_group))
vnets = configfs_subsystem(su_group=config_group(ci_namebuf="vnet", ci_type=vnets_type))


@module_init
def vnet_init():
    global vnet_class
    vnet_class = class_create("vnet")
    if IS_ERR(vnet_class):
        return PTR_ERR(vnet_class)
    ret = configfs_register_subsystem(vnets)
    if ret:
        class_destroy(vnet_class)
    return ret


@module_exit
def vnet_exit():
    configfs_unregister_subsystem(vnets)
    class_destroy(vnet_class)
