"""A value that changes by itself: who reads a file must ask again, who listens is told.

A kernel timer counts. /sys/kernel/ticker/ticks shows the count to whoever asks, and tells nobody
that it changed; the netlink protocol 30 sends each new count to all programs in its group 1.
"""

from emu.linux.errno import ENOMEM
from emu.linux.jiffies import jiffies, msecs_to_jiffies
from emu.linux.kobject import kernel_kobj, kobject_create_and_add, kobject_put
from emu.linux.module import MODULE_LICENSE, module_exit, module_init, module_param
from emu.linux.netlink import (
    NL_CFG_F_NONROOT_RECV,
    init_net,
    netlink_has_listeners,
    netlink_kernel_cfg,
    netlink_kernel_create,
    netlink_kernel_release,
    nla_put_string,
    nla_put_u32,
    nlmsg_multicast,
    nlmsg_new,
    nlmsg_put,
)
from emu.linux.slab import GFP_ATOMIC
from emu.linux.sysfs import __ATTR_RO, sysfs_create_file, sysfs_emit
from emu.linux.timer import DEFINE_TIMER, mod_timer, timer_delete_sync

MODULE_LICENSE("GPL")

NETLINK_TICKER = 30
TICKER_GROUP = 1
TICKER_TYPE = 17
TICKER_A_COUNT = 1
TICKER_A_TEXT = 2

interval_ms = module_param("interval_ms", "uint", 50, 0o444)

ticks = 0
nl_sk = None
ticker_kobj = None


def ticks_show(kobj, attr, buf):
    return sysfs_emit(buf, "%d\n", ticks)


ticks_attribute = __ATTR_RO(ticks_show)


def tell_subscribers():
    if not netlink_has_listeners(nl_sk, TICKER_GROUP):
        return
    skb = nlmsg_new(64, GFP_ATOMIC)
    nlmsg_put(skb, 0, ticks, TICKER_TYPE, 0, 0)
    nla_put_u32(skb, TICKER_A_COUNT, ticks)
    nla_put_string(skb, TICKER_A_TEXT, "tick" if ticks % 2 else "tock")
    nlmsg_multicast(nl_sk, skb, 0, TICKER_GROUP, GFP_ATOMIC)


def ticker_expired(timer):
    global ticks
    ticks += 1
    tell_subscribers()
    mod_timer(timer, jiffies + msecs_to_jiffies(interval_ms.value))


ticker = DEFINE_TIMER(ticker_expired)


@module_init
def ticker_init():
    global nl_sk, ticker_kobj
    cfg = netlink_kernel_cfg(groups=1, flags=NL_CFG_F_NONROOT_RECV)
    nl_sk = netlink_kernel_create(init_net, NETLINK_TICKER, cfg)
    if not nl_sk:
        return -ENOMEM
    ticker_kobj = kobject_create_and_add("ticker", kernel_kobj)
    ret = sysfs_create_file(ticker_kobj, ticks_attribute)
    if ret:
        return ret
    mod_timer(ticker, jiffies + msecs_to_jiffies(interval_ms.value))
    return 0


@module_exit
def ticker_exit():
    timer_delete_sync(ticker)
    kobject_put(ticker_kobj)
    netlink_kernel_release(nl_sk)
