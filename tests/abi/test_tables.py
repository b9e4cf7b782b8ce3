"""The committed tables are whole and agree with each other."""

import tomllib
from pathlib import Path

import pytest

from emu.arch.abi import Abi, abi_names, aliases, signatures
from emu.arch.abi_files import read_description, tables_directory
from emu.arch.isa import ISAS
from tests.abi.loading import load

TABLES = Path(tables_directory())
BOTH_ORDERS = [
    (name, "big" if ISAS[isa].big_endian else "little")
    for name in abi_names()
    for isa in load(name).isas
]

# Structs and constants that the emulator, or a module ported from C, looks up by name everywhere.
STRUCTS = """
stat statfs linux_dirent linux_dirent64 user_msghdr mmsghdr cmsghdr ucred iovec old_timespec32
old_timeval32 old_itimerspec32 old_timex32 __kernel_timespec __kernel_itimerspec __kernel_timex
rusage tms sysinfo new_utsname old_utsname oldold_utsname statx flock flock64 rlimit rlimit64
epoll_event pollfd termios termios2 winsize itimerval itimerspec timeval timespec sigevent siginfo
ucontext sigcontext rt_sigframe sigaction sigset_t sigaltstack semid64_ds msqid64_ds shmid64_ds
ipc64_perm sembuf msgbuf shminfo64 mq_attr robust_list_head rseq clone_args open_how mount_attr
sched_attr sched_param __user_cap_header_struct __user_cap_data_struct file_handle f_owner_ex
inotify_event signalfd_siginfo mmap_arg_struct sel_arg_struct sigset_argpack timex io_event iocb
io_uring_params io_uring_sqe io_uring_cqe sockaddr sockaddr_un sockaddr_in sockaddr_in6 sockaddr_nl
sockaddr_ll nlmsghdr nlmsgerr nlattr genlmsghdr ifreq ifconf rtmsg ifinfomsg ifaddrmsg rtattr
ndmsg rtgenmsg linger tcp_info landlock_ruleset_attr statmount mnt_id_req fanotify_event_metadata
seccomp_data sock_fprog sock_filter ustat utimbuf futex_waitv cachestat loop_info64 if_dqblk
""".split()  # noqa: SIM905

CONSTANTS = """
EPERM ENOSYS ERESTART_RESTARTBLOCK SIGKILL SA_RESTART SA_SIGINFO SS_DISABLE SI_USER SI_TKILL
SEGV_MAPERR SEGV_ACCERR BUS_ADRALN ILL_ILLOPC FPE_INTDIV TRAP_BRKPT CLD_EXITED O_RDONLY O_CREAT
O_CLOEXEC O_TMPFILE O_PATH F_DUPFD F_SETLK F_OFD_SETLK F_ADD_SEALS F_SETPIPE_SZ AT_FDCWD
AT_EMPTY_PATH AT_SYMLINK_NOFOLLOW PROT_READ PROT_GROWSDOWN MAP_PRIVATE MAP_ANONYMOUS
MAP_FIXED_NOREPLACE MREMAP_MAYMOVE MADV_DONTNEED MS_SYNC S_IFMT S_IFSOCK S_ISUID S_IRUSR STATX_TYPE
STATX_BTIME SEEK_SET SEEK_DATA POLLIN POLLRDHUP EPOLLET EPOLL_CTL_ADD PR_SET_NAME PR_CAPBSET_READ
CLONE_VM CLONE_NEWNS CLONE_PIDFD WNOHANG WEXITED P_PIDFD FUTEX_WAIT FUTEX_PRIVATE_FLAG
RLIMIT_NOFILE RLIM_INFINITY SCHED_NORMAL SCHED_DEADLINE CLOCK_MONOTONIC TIMER_ABSTIME ICANON OPOST
ICRNL CS8 B115200 VMIN TCGETS TCSETSW TIOCGWINSZ TIOCSCTTY TIOCGPTN FIONREAD FIONBIO FIOCLEX
BLKGETSIZE64 BLKROGET AF_UNIX AF_NETLINK PF_INET SOCK_STREAM SOCK_CLOEXEC SO_REUSEADDR SO_PEERCRED
SOL_SOCKET SOL_TCP SOL_NETLINK SCM_RIGHTS SCM_CREDENTIALS MSG_DONTWAIT MSG_NOSIGNAL IPPROTO_TCP
TCP_NODELAY IPV6_V6ONLY NETLINK_ROUTE RTM_NEWLINK RTM_GETADDR IFLA_IFNAME IFA_ADDRESS RTA_DST
NLM_F_REQUEST NLMSG_DONE GENL_ID_CTRL CTRL_CMD_GETFAMILY CAP_SYS_ADMIN
_LINUX_CAPABILITY_VERSION_3 IN_CREATE IN_ONESHOT FAN_OPEN XATTR_CREATE MFD_CLOEXEC F_SEAL_WRITE
MS_RDONLY MS_BIND MNT_DETACH FSOPEN_CLOEXEC FSCONFIG_CMD_CREATE STATMOUNT_SB_BASIC
MOUNT_ATTR_RDONLY SECCOMP_RET_ALLOW SECCOMP_SET_MODE_FILTER PTRACE_TRACEME PTRACE_EVENT_FORK
PTRACE_GETSIGINFO KEYCTL_READ LANDLOCK_ACCESS_FS_EXECUTE LANDLOCK_CREATE_RULESET_VERSION
IORING_OP_READ IORING_ENTER_GETEVENTS Q_GETQUOTA SWAP_FLAG_PREFER LINUX_REBOOT_MAGIC1
LINUX_REBOOT_CMD_RESTART PER_LINUX32 ADDR_NO_RANDOMIZE RSEQ_FLAG_UNREGISTER
MEMBARRIER_CMD_GLOBAL IPC_CREAT IPC_64 SEM_UNDO SETVAL SHM_RDONLY MSG_EXCEPT TFD_CLOEXEC
TFD_TIMER_ABSTIME SFD_CLOEXEC EFD_SEMAPHORE TMPFS_MAGIC PROC_SUPER_MAGIC GRND_RANDOM AT_HWCAP
AT_RANDOM AT_SYSINFO_EHDR RENAME_NOREPLACE RESOLVE_BENEATH FALLOC_FL_KEEP_SIZE
POSIX_FADV_WILLNEED SPLICE_F_MOVE MLOCK_ONFAULT MCL_CURRENT IOPRIO_CLASS_RT MPOL_BIND
UTIME_NOW CLOSE_RANGE_CLOEXEC PIDFD_NONBLOCK LSM_ID_CAPABILITY ADJ_OFFSET KDGETMODE VT_GETSTATE
LOOP_SET_FD SIOCGIFCONF SIOCGIFADDR TUNSETIFF FS_IOC_GETFLAGS NS_GET_USERNS UFFDIO_API
""".split()  # noqa: SIM905


@pytest.mark.parametrize(("name", "order"), BOTH_ORDERS)
def test_no_struct_or_constant_that_everybody_needs_is_missing(name, order):
    abi = load(name, order)
    assert [struct for struct in STRUCTS if not abi.has_layout(struct)] == []
    assert [constant for constant in CONSTANTS if constant not in abi.constants] == []


@pytest.mark.parametrize(("name", "order"), BOTH_ORDERS)
def test_every_layout_can_be_made_and_its_fields_lie_inside_it(name, order):
    abi = load(name, order)
    for struct in abi.layout_names():
        layout = abi.layout(struct)
        for field in layout.fields.values():
            assert field.offset >= 0
            assert field.offset + field.size <= layout.size or field.width, (struct, field)
        assert layout.pack(**layout.unpack(bytes(layout.size))) == bytes(layout.size)


@pytest.mark.parametrize("name", abi_names())
def test_every_entry_point_has_a_signature(name):
    abi, known = load(name), signatures()
    for row in abi.syscalls.values():
        candidates = known.get(row.entry) or known[abi.canonical_entry(row.entry)]
        assert any(not one.abis or name in one.abis for one in candidates), row


@pytest.mark.parametrize("name", abi_names())
def test_every_system_call_fits_the_conventions_argument_places(name):
    abi, known = load(name), signatures()
    wide = {"loff_t", "u64", "__u64"}
    for row in abi.syscalls.values():
        for one in known.get(row.entry, []):
            if not one.abis or name in one.abis:
                widths = [64 if kind in wide else 0 for kind, _ in one.parameters]
                assert len(list(abi.convention.locate(widths))) == len(widths)


@pytest.mark.parametrize("name", abi_names())
def test_system_call_numbers_are_unique_and_start_at_the_base(name):
    abi = load(name)
    lines = (TABLES / name / "syscalls.tsv").read_text().splitlines()
    assert len(abi.syscalls) == len(lines)
    assert min(abi.syscalls) == abi.number_base
    assert list(abi.syscalls) == sorted(abi.syscalls)


def test_an_alias_leads_to_an_entry_point_that_is_no_alias_itself():
    known = signatures()
    assert aliases()["sys_ia32_pread64"] == "sys_pread64"
    assert aliases()["compat_sys_ioctl"] == "sys_ioctl"
    for alias, canonical in aliases().items():
        assert canonical not in aliases(), alias
        assert canonical in known, alias


def test_calls_whose_arguments_are_arranged_otherwise_are_no_aliases():
    # See DIFFERENT in the generator: a shared handler would read the wrong registers.
    for entry in ("compat_sys_preadv64", "sys_arm_fadvise64_64", "sys_sync_file_range2"):
        assert Abi.canonical_entry(entry) == entry


@pytest.mark.parametrize("name", abi_names())
def test_errors_and_signals_are_subsets_of_the_constants(name):
    abi = load(name)
    assert abi.errno.items() <= abi.constants.items()
    assert abi.signals.items() <= abi.constants.items()
    assert set(abi.signal_names) >= set(range(1, 32))


@pytest.mark.parametrize("name", abi_names())
def test_the_description_reads_the_same_as_toml(name):
    path = TABLES / name / "abi.toml"
    assert read_description(str(path)) == tomllib.loads(path.read_text())
    assert tomllib.loads(path.read_text())["name"] == name


def test_the_manifest_names_one_release_and_every_compiler():
    manifest = tomllib.loads((TABLES / "manifest.toml").read_text())
    assert manifest["package"] == "linux-source-6.12"
    assert manifest["version"].startswith("6.12.")
    assert len(manifest["archive_sha256"]) == len(manifest["inputs_sha256"]) == 64
    assert len(manifest["compilers"]) == 7


@pytest.mark.parametrize(
    "path",
    sorted(path for path in TABLES.rglob("*") if path.suffix in (".tsv", ".json", ".txt")),
    ids=lambda path: str(path.relative_to(TABLES)),
)
def test_generated_files_are_sorted_ascii_with_unix_line_ends(path: Path):
    data = path.read_bytes()
    assert data.isascii()
    assert b"\r" not in data
    assert data.endswith(b"\n")
    if path.suffix == ".tsv" and path.name != "syscalls.tsv":
        names = [line.split(b"\t")[0] for line in data.splitlines()]
        assert names == sorted(names)
