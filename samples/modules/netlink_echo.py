"""A netlink protocol of our own: the kernel answers each program with what it said.

The usual first netlink module: a program sends a text to protocol 31, the kernel logs it and
sends it back, with the number of the message before it.
"""

from emu.linux.errno import ENOMEM
from emu.linux.module import MODULE_LICENSE, module_exit, module_init, pr_info
from emu.linux.netlink import (
    NETLINK_CB,
    NLMSG_DONE,
    init_net,
    netlink_kernel_cfg,
    netlink_kernel_create,
    netlink_kernel_release,
    nlmsg_data,
    nlmsg_hdr,
    nlmsg_new,
    nlmsg_put,
    nlmsg_unicast,
)
from emu.linux.slab import GFP_KERNEL

MODULE_LICENSE("GPL")

NETLINK_ECHO = 31

nl_sk = None
messages = 0


def echo_recv_msg(skb):
    global messages
    nlh = nlmsg_hdr(skb)
    text = bytes(nlmsg_data(nlh)).rstrip(b"\0")
    pr_info("netlink_echo: port %d says %s\n", NETLINK_CB(skb).portid, text.decode())
    messages += 1
    answer = b"%d: %s\0" % (messages, text)

    skb_out = nlmsg_new(len(answer), GFP_KERNEL)
    nlh = nlmsg_put(skb_out, 0, nlh.nlmsg_seq, NLMSG_DONE, len(answer), 0)
    nlmsg_data(nlh)[:] = answer
    ret = nlmsg_unicast(nl_sk, skb_out, NETLINK_CB(skb).portid)
    if ret < 0:
        pr_info("netlink_echo: cannot answer: %d\n", ret)


@module_init
def echo_init():
    global nl_sk
    nl_sk = netlink_kernel_create(init_net, NETLINK_ECHO, netlink_kernel_cfg(input=echo_recv_msg))
    return 0 if nl_sk else -ENOMEM


@module_exit
def echo_exit():
    netlink_kernel_release(nl_sk)
