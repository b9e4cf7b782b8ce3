"""The tables say what Linux 6.12 is known to do: values checked by hand and by programs."""

import pytest

from emu.arch.abi import abi_names
from tests.abi.loading import load

ABIS = (
    "arm64", "mips-n64", "mips-n32", "mips-o32", "x86-64", "x32", "i386",
    "arm-eabi", "arm-oabi", "riscv64", "riscv32",
)  # fmt: skip


def row(*values):
    return dict(zip(ABIS, values, strict=True))


NUMBERS = {
    "ENOSYS": row(38, 89, 89, 89, 38, 38, 38, 38, 38, 38, 38),
    "EDQUOT": row(122, 1133, 1133, 1133, 122, 122, 122, 122, 122, 122, 122),
    "O_DIRECTORY": row(
        0x4000,
        0x10000,
        0x10000,
        0x10000,
        0x10000,
        0x10000,
        0x10000,
        0x4000,
        0x4000,
        0x10000,
        0x10000,
    ),
    "SIGUSR1": row(10, 16, 16, 16, 10, 10, 10, 10, 10, 10, 10),
    "SIGCHLD": row(17, 18, 18, 18, 17, 17, 17, 17, 17, 17, 17),
    "SOL_SOCKET": row(1, 65535, 65535, 65535, 1, 1, 1, 1, 1, 1, 1),
    "SO_REUSEADDR": row(2, 4, 4, 4, 2, 2, 2, 2, 2, 2, 2),
    "SOCK_STREAM": row(1, 2, 2, 2, 1, 1, 1, 1, 1, 1, 1),
    "TIOCGWINSZ": row(0x5413, 0x40087468, 0x40087468, 0x40087468, *[0x5413] * 7),
    "_IOC_SIZEBITS": row(14, 13, 13, 13, *[14] * 7),
    "_IOC_WRITE": row(1, 4, 4, 4, *[1] * 7),
    "_NSIG": row(64, 128, 128, 128, *[64] * 7),
    "AF_INET6": row(*[10] * 11),
    "ERESTARTSYS": row(*[512] * 11),
    "IFLA_IFNAME": row(*[3] * 11),
}

SIZES = {
    "stat": row(128, 104, 104, 144, 144, 144, 64, 64, 64, 128, 80),
    "stat64": row(None, None, 104, 104, None, None, 96, 104, 96, None, 104),
    "epoll_event": row(16, 16, 16, 16, 12, 12, 12, 16, 12, 16, 16),
    "flock": row(32, 32, 36, 36, 32, 32, 16, 16, 16, 32, 16),
    "flock64": row(32, 32, 32, 32, 32, 32, 24, 32, 24, 32, 32),
    "sigaction": row(32, 32, 24, 24, 32, 20, 20, 20, 20, 24, 16),
    "sigset_t": row(8, 16, 16, 16, 8, 8, 8, 8, 8, 8, 8),
    "termios": row(36, 40, 40, 40, 36, 36, 36, 36, 36, 36, 36),
    "sockaddr_un": row(110, 110, 110, 110, 110, 110, 110, 110, 112, 110, 110),
    "new_utsname": row(390, 390, 390, 390, 390, 390, 390, 390, 392, 390, 390),
    "statfs": row(120, 128, 68, 68, 120, 120, 64, 64, 64, 120, 64),
    "sigset_argpack": row(16, 16, 8, 8, 16, 16, 8, 8, 8, 16, 8),
    "user_msghdr": row(56, 56, 28, 28, 56, 28, 28, 28, 28, 56, 28),
    "siginfo": row(*[128] * 11),
    "statx": row(*[256] * 11),
}

SYSCALLS = [
    ("x86-64", "openat", 257, "sys_openat"),
    ("x86-64", "newfstatat", 262, "sys_newfstatat"),
    ("x32", "ioctl", 0x40000000 + 514, "compat_sys_ioctl"),
    ("x32", "read", 0x40000000, "sys_read"),
    ("i386", "mmap", 90, "sys_old_mmap"),
    ("i386", "select", 82, "sys_old_select"),
    ("i386", "pread64", 180, "sys_ia32_pread64"),
    ("arm64", "renameat", 38, "sys_renameat"),
    ("arm-eabi", "fadvise64_64", None, None),
    ("arm-eabi", "arm_fadvise64_64", 270, "sys_arm_fadvise64_64"),
    ("arm-eabi", "set_tls", 0x0F0005, "sys_arm_set_tls"),
    ("arm-oabi", "set_tls", 0x9F0005, "sys_arm_set_tls"),
    ("arm-oabi", "time", 0x90000D, "sys_time32"),
    ("arm-eabi", "time", None, None),
    ("riscv64", "riscv_hwprobe", 258, "sys_riscv_hwprobe"),
    ("riscv32", "clock_gettime64", 403, "sys_clock_gettime"),
    ("riscv32", "clock_gettime", None, None),
    ("riscv32", "fstat", None, None),
    ("mips-o32", "fork", 4002, "__sys_fork"),
    ("mips-n32", "stat", 6004, "sys_newstat"),
    ("mips-n64", "cachestat", 5451, "sys_cachestat"),
]


@pytest.mark.parametrize("name", NUMBERS)
@pytest.mark.parametrize("abi", ABIS)
def test_a_constant_has_the_number_linux_gives_it(name, abi):
    assert load(abi).constants[name] == NUMBERS[name][abi]


@pytest.mark.parametrize("name", SIZES)
@pytest.mark.parametrize("abi", ABIS)
def test_a_struct_has_the_size_the_kernel_copies(name, abi):
    expected = SIZES[name][abi]
    tables = load(abi)
    if expected is None:
        assert not tables.has_layout(name)
    else:
        assert tables.layout(name).size == expected


@pytest.mark.parametrize(("abi", "name", "number", "entry"), SYSCALLS)
def test_a_system_call_has_its_number_and_entry_point(abi, name, number, entry):
    found = [row for row in load(abi).syscalls.values() if row.name == name]
    assert [(row.nr, row.entry) for row in found] == ([(number, entry)] if number else [])


def test_every_abi_of_the_facts_is_there():
    assert set(abi_names()) == set(ABIS)


def test_mips_o32_flock_follows_the_kernel_and_not_glibc():
    flock = load("mips-o32").layout("flock")
    assert (flock.find("l_sysid").offset, flock.find("l_pid").offset) == (16, 12)


def test_the_kernels_sigaction_puts_the_handler_first_except_on_mips():
    order = {name: list(load(name).layout("sigaction").fields) for name in ABIS}
    assert order["arm64"] == ["sa_handler", "sa_flags", "sa_restorer", "sa_mask"]
    assert order["riscv64"] == ["sa_handler", "sa_flags", "sa_mask"]
    assert order["mips-n64"] == ["sa_flags", "sa_handler", "sa_mask"]


def test_oabi_packs_64_bit_members_to_words():
    oabi, eabi = (load(name).layout("stat64").find("st_size") for name in ABIS[8:6:-1])
    assert (oabi.offset, eabi.offset) == (44, 48)


def test_little_endian_mips_orders_bit_fields_the_other_way():
    big, little = (load("mips-o32", order).layout("iphdr") for order in ("big", "little"))
    assert (big.find("version").shift, little.find("version").shift) == (4, 4)
    assert (next(iter(big.fields)), next(iter(little.fields))) == ("version", "ihl")
    word = load("mips-o32", "little").layout("tcphdr").pack(syn=1)
    assert word[12:14] == b"\x00\x02"
    assert load("mips-o32", "big").layout("tcphdr").pack(syn=1)[12:14] == b"\x00\x02"


def test_clone_takes_the_tls_fourth_where_the_architecture_says_backwards():
    from emu.arch.abi import signatures

    orders = {
        abi: [name for _, name in one.parameters]
        for one in reversed(signatures()["sys_clone"])
        for abi in (one.abis or ABIS)
    }
    assert orders["x86-64"][3:] == ["child_tidptr", "tls"]
    assert orders["arm64"][3:] == ["tls", "child_tidptr"]
