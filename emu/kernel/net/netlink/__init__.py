"""AF_NETLINK: messages between programs and parts of the kernel. See netlink(7)."""
