"""Which kernel headers are read: everything a user program may exchange with the kernel."""

from __future__ import annotations

# Before everything else, because the headers below use the kernel's sigset_t, not libc's.
SIGNAL_HEADERS = ("linux/types.h", "linux/signal.h")

ASM_HEADERS = """
asm/unistd asm/errno asm/siginfo asm/sigcontext asm/ucontext asm/stat asm/statfs asm/fcntl asm/mman
asm/socket asm/sockios asm/ioctl asm/ioctls asm/termbits asm/termios asm/resource asm/poll
asm/auxvec asm/hwcap asm/hwcap2 asm/hwprobe asm/ptrace asm/ipcbuf asm/msgbuf asm/sembuf asm/shmbuf
asm/prctl asm/sysmips asm/cachectl asm/ldt asm/param asm/setup asm/posix_types asm/elf asm/reg
asm/ptrace-abi asm/processor-flags asm/sgidefs asm/vm86 asm/sve_context asm/break
""".split()  # noqa: SIM905

LINUX_HEADERS = """
aio_abi auxvec binfmts blkpg capability close_range const elf errno errqueue eventfd eventpoll
fadvise falloc fanotify fcntl filter fs futex genetlink if if_addr if_arp if_ether if_link if_packet
if_tun in in6 inet_diag inotify io_uring ioctl ioprio ip ipc ipv6 kcmp kd kernel-page-flags kexec
keyctl landlock limits loop lsm magic major membarrier memfd mempolicy mman module mount mqueue msg
neighbour net net_namespace net_tstamp netdevice netlink netlink_diag nsfs oom openat2 packet_diag
param personality pidfd poll posix_acl posix_acl_xattr posix_types prctl ptrace quota random reboot
resource route rseq rtnetlink sched sched/types seccomp securebits sem serial shm signalfd sock_diag
socket sockios stat stddef string swab sync_file sysinfo tcp termios time time_types timerfd times
timex tiocl tty tty_flags types udp uio un unistd unix_diag userfaultfd utime utsname uuid vt wait
watch_queue xattr
""".split()  # noqa: SIM905

# What drivers and the rarer network families exchange: kept apart, in devices.tsv, so that the
# constants every program needs load fast.
DEVICE_HEADERS = """
acct audit bpf bpf_common btf can cdrom cgroupstats cn_proc connector dm-ioctl dma-buf dma-heap
elf-em ethtool ethtool_netlink fb fd fib_rules fiemap fscrypt fsmap fsverity fuse gen_stats gpio
hdreg hidraw i2c i2c-dev icmp icmpv6 if_alg if_bonding if_bridge if_vlan if_xdp igmp input
input-event-codes ipv6_route iso_fs kcov keyboard lirc lwtunnel mii mroute msdos_fs nbd netconf
netdev netfilter netfilter/nfnetlink netfilter/x_tables netfilter_ipv4 netfilter_ipv4/ip_tables
netfilter_ipv6 nexthop nvme_ioctl perf_event pkt_cls pkt_sched ppp_defs raid/md_u rfkill rtc
screen_info sed-opal serial_core serial_reg snmp spi/spidev suspend_ioctls sysctl taskstats
tcp_metrics tls udmabuf uhid uinput vhost virtio_ids vm_sockets watchdog wireless
""".split()  # noqa: SIM905


def header_files(devices: bool = True) -> list[str]:
    """Header names in the order they are included, with or without the devices' own."""
    asm = [f"{name}.h" for name in ASM_HEADERS]
    names = [*LINUX_HEADERS, *(DEVICE_HEADERS if devices else ())]
    return [*asm, *(f"linux/{name}.h" for name in names)]
