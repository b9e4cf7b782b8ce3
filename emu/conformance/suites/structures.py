"""What the kernel writes into structs, field by field, and no byte beyond them."""

from __future__ import annotations

from emu.arch.layout import Layout
from emu.conformance.checks import Checks, Missing
from emu.conformance.files import AT_FDCWD, in_folder, make_file

_CONTENT = b"0123456789"
_UMASK_MODE = 0o100640
_NEW_STAT = ("sys_new", "sys_fstat", "sys_stat64", "sys_lstat64")
_CANARY = 0xC7
_CANARY_BYTES = 16


def with_canary(c: Checks, layout: Layout) -> int:
    """Room for a struct with bytes behind it that must stay."""
    return c.space(layout.size + _CANARY_BYTES, _CANARY)


def canary_stays(c: Checks, at: int, layout: Layout) -> None:
    """The bytes behind the struct are as they were."""
    c.memory(at + layout.size, bytes([_CANARY]) * _CANARY_BYTES)


def stat_calls(c: Checks) -> None:
    """Every stat call with the struct that its ABI's table has for it."""
    forms = (
        ("stat64", "stat64", "path"), ("fstat64", "stat64", "fd"), ("stat", "stat", "path"),
        ("fstat", "stat", "fd"), ("newfstatat", "stat", "at"), ("fstatat64", "stat64", "at"),
        ("lstat64", "stat64", "path"), ("lstat", "stat", "path"),
    )  # fmt: skip
    for call, struct, how in forms:
        if call not in c.numbers or not c.abi.has_layout(struct):
            continue
        if not c.entry(call).removeprefix("compat_").startswith(_NEW_STAT):
            continue  # the old struct
        layout = c.layout(struct)
        c.check(f"{call} fills struct {struct}")
        with in_folder(c):
            c.call("umask", 0)
            file = make_file(c, "file", _CONTENT, 0o640)
            at = with_canary(c, layout)
            if how == "fd":
                c.trap(c.numbers[call], file, at)
            elif how == "at":
                c.trap(c.numbers[call], AT_FDCWD, c.text("file"), at, 0)
            else:
                c.trap(c.numbers[call], c.text("file"), at)
            c.succeeds()
            c.field(at, layout, "st_size", len(_CONTENT))
            c.field(at, layout, "st_mode", _UMASK_MODE)
            c.field(at, layout, "st_nlink", 1)
            c.field_in(at, layout, "st_blksize", 512, 1 << 20)
            c.field_in(at, layout, "st_blocks", 0, 64)
            c.field_in(at, layout, "st_ino", 1, (1 << 62))
            c.field_in(at, layout, "st_mtime", 1_500_000_000, 4_000_000_000)
            canary_stays(c, at, layout)
            c.call("close", file)


def statx(c: Checks) -> None:
    """statx(2), the same for all."""
    layout = c.layout("statx")
    c.check("statx fills struct statx")
    with in_folder(c):
        c.call("umask", 0)
        file = make_file(c, "file", _CONTENT, 0o640)
        at = with_canary(c, layout)
        c.call("statx", AT_FDCWD, c.text("file"), 0, c.constant("STATX_BASIC_STATS"), at)
        c.succeeds()
        c.field(at, layout, "stx_size", len(_CONTENT))
        c.field(at, layout, "stx_mode", _UMASK_MODE)
        c.field(at, layout, "stx_nlink", 1)
        c.field_in(at, layout, "stx_mtime.tv_sec", 1_500_000_000, 4_000_000_000)
        c.field_in(at, layout, "stx_mtime.tv_nsec", 0, 999_999_999)
        canary_stays(c, at, layout)
        c.call("close", file)


def statfs(c: Checks) -> None:
    """statfs and statfs64."""
    for call, struct in (("statfs", "statfs"), ("statfs64", "statfs64")):
        if call not in c.numbers:
            continue
        layout = c.layout(struct)
        c.check(f"{call} fills struct {struct}")
        at = with_canary(c, layout)
        size = [layout.size] if call == "statfs64" else []
        c.trap(c.numbers[call], c.text("/proc"), *size, at)
        c.succeeds()
        c.field(at, layout, "f_type", c.constant("PROC_SUPER_MAGIC"))
        c.field(at, layout, "f_bsize", 4096)
        c.field(at, layout, "f_namelen", 255)
        canary_stays(c, at, layout)


def uname(c: Checks) -> None:
    """The names are 65 bytes each."""
    layout = c.layout("new_utsname")
    c.check("uname fills struct new_utsname")
    at = with_canary(c, layout)
    c.trap(c.number("newuname" if "newuname" in c.numbers else "uname"), at)
    c.succeeds()
    c.memory(at, b"Linux\0")
    c.field_in(at, layout, "machine", 0x20, 0x7E)
    canary_stays(c, at, layout)


def limits(c: Checks) -> None:
    """getrlimit, prlimit64: what is set is read back."""
    resource = c.constant("RLIMIT_CORE")
    layout = c.layout("rlimit64")
    c.check("prlimit64 fills struct rlimit64")
    new = c.copy(c.words(0, 1 << 40, size=8))
    c.call("prlimit64", 0, resource, 0, new)
    at = with_canary(c, layout)
    c.call("prlimit64", 0, resource, c.copy(c.words(0, 0, size=8)), at)
    c.succeeds()
    canary_stays(c, at, layout)
    call = "ugetrlimit" if c.has("ugetrlimit") else "getrlimit"
    if c.has(call):
        layout = c.layout("rlimit")
        c.check(f"{call} fills struct rlimit")
        at = with_canary(c, layout)
        c.call(call, c.constant("RLIMIT_STACK"), at)
        c.succeeds()
        c.field_in(at, layout, "rlim_cur", -1, (1 << 63) - 1)
        canary_stays(c, at, layout)


def times_of_files(c: Checks) -> None:
    """utimensat sets seconds and nanoseconds that stat shows."""
    call = "utimensat_time64" if "utimensat_time64" in c.numbers else "utimensat"
    width = c.time_width(call)
    seconds = 0x1_2345_6789 if width == 8 else 0x12345678
    c.check(f"{call} takes {8 * width}-bit seconds")
    with in_folder(c):
        file = make_file(c, "file", b"")
        times = c.copy(c.words(seconds, 111, seconds + 1, 999_999_999, size=width))
        c.trap(c.number(call), AT_FDCWD, c.text("file"), times, 0)
        c.succeeds()
        layout = c.layout("statx")
        at = c.space(layout.size)
        c.call("statx", AT_FDCWD, c.text("file"), 0, c.constant("STATX_BASIC_STATS"), at)
        c.field(at, layout, "stx_atime.tv_sec", seconds)
        c.field(at, layout, "stx_atime.tv_nsec", 111)
        c.field(at, layout, "stx_mtime.tv_sec", seconds + 1)
        c.field(at, layout, "stx_mtime.tv_nsec", 999_999_999)
        c.call("close", file)


def directory_entries(c: Checks) -> None:
    """getdents64 of a folder with one file."""
    layout = c.layout("linux_dirent64")
    c.check("getdents64 writes struct linux_dirent64")
    with in_folder(c):
        c.call("mkdirat", AT_FDCWD, c.text("folder"), 0o700)
        c.call("close", make_file(c, "folder/x", b""))
        folder = c.open("folder", "O_RDONLY|O_DIRECTORY")
        at = c.space(512)
        c.call("getdents64", folder, at, 512)
        c.result(72)  # three entries of 24 bytes
        for n in range(3):
            c.field(at + 24 * n, layout, "d_reclen", 24)
        c.call("getdents64", folder, at, 512)
        c.result(0)
        c.call("close", folder)
        c.call("unlinkat", AT_FDCWD, c.text("folder/x"), 0)
    c.check("getdents64 refuses a buffer for less than an entry")
    folder = c.open("/", "O_RDONLY|O_DIRECTORY")
    c.call("getdents64", folder, c.space(8), 8)
    c.error("EINVAL")
    c.call("close", folder)


def signal_actions(c: Checks) -> None:
    """What rt_sigaction sets it tells."""
    layout = c.layout("sigaction")
    c.check("rt_sigaction keeps struct sigaction")
    number = c.abi.signals["SIGUSR1"]
    fields: dict[str, int] = {"sa_handler": c.runner.handler, "sa_flags": c.constant("SA_NODEFER")}
    act = c.copy(layout.pack(**fields))
    old = with_canary(c, layout)
    c.call("rt_sigaction", number, act, 0, c.sigset_size)
    c.succeeds()
    c.call("rt_sigaction", number, c.copy(bytes(layout.size)), old, c.sigset_size)
    c.succeeds()
    c.field(old, layout, "sa_handler", c.runner.handler)
    mask = c.constant("SA_NODEFER|SA_ONSTACK|SA_RESTART")
    c.value(c.read_field(old, layout, "sa_flags"), c.constant("SA_NODEFER"), mask)
    canary_stays(c, old, layout)


def alternate_stack(c: Checks) -> None:
    """sigaltstack's three fields."""
    layout = c.layout("sigaltstack")
    c.check("sigaltstack keeps struct sigaltstack")
    base = 0x30000000
    new = c.copy(layout.pack(ss_sp=base, ss_flags=0, ss_size=0x8000))
    old = with_canary(c, layout)
    c.call("sigaltstack", new, 0)
    c.succeeds()
    disabled = layout.pack(ss_sp=0, ss_flags=c.constant("SS_DISABLE"), ss_size=0)
    c.call("sigaltstack", c.copy(disabled), old)
    c.succeeds()
    c.field(old, layout, "ss_sp", base)
    c.field(old, layout, "ss_size", 0x8000)
    canary_stays(c, old, layout)


def record_locks(c: Checks) -> None:
    """struct flock or flock64 of F_SETLK and F_GETLK."""
    call, name, command = "fcntl", "flock", "F_SETLK"
    if "fcntl64" in c.numbers:
        call, name = "fcntl64", "flock64"
        command = "F_SETLK64" if "F_SETLK64" in c.abi.constants else command
    layout = c.layout(name)
    c.check(f"{command} takes struct {name}")
    with in_folder(c):
        file = make_file(c, "file", b"x")
        lock = layout.pack(l_type=c.constant("F_WRLCK"), l_whence=0, l_start=3, l_len=5)
        c.call(call, file, c.constant(command), c.copy(lock))
        c.succeeds()
        at = c.copy(layout.pack(l_type=c.constant("F_WRLCK"), l_whence=0, l_start=0, l_len=0))
        c.call(call, file, c.constant(command.replace("SET", "GET")), at)
        c.succeeds()
        c.field(at, layout, "l_type", c.constant("F_UNLCK"))
        c.call("close", file)


def epoll_events(c: Checks) -> None:
    """struct epoll_event is packed on x86-64 only."""
    layout = c.layout("epoll_event")
    c.check("struct epoll_event carries 64 bits")
    c.call("epoll_create1", 0)
    poll = c.descriptor()
    c.call("eventfd2", 1, 0)
    event = c.descriptor()
    data = 0x1122334455667788
    name = "data" if "data" in layout.fields else "data.u64"
    wanted = layout.pack(**{"events": c.constant("EPOLLIN"), name: data})
    c.call("epoll_ctl", poll, c.constant("EPOLL_CTL_ADD"), event, c.copy(wanted))
    c.succeeds()
    at = with_canary(c, layout)
    c.call("epoll_pwait", poll, at, 1, 0, 0, c.sigset_size)
    c.result(1)
    c.field(at, layout, "events", c.constant("EPOLLIN"))
    c.field(at, layout, name, data)
    canary_stays(c, at, layout)
    c.call("close", poll)
    c.call("close", event)


def polling(c: Checks) -> None:
    """struct pollfd."""
    layout = c.layout("pollfd")
    c.check("ppoll writes revents")
    at = c.copy(layout.pack(fd=1000, events=1) + layout.pack(fd=-1, events=1))
    c.call("ppoll", at, 2, c.copy(bytes(16)), 0, c.sigset_size)
    c.result(1)
    c.field(at, layout, "revents", c.constant("POLLNVAL"))
    c.field(at + layout.size, layout, "revents", 0)
    c.field(at, layout, "fd", 1000)


def io_vectors(c: Checks) -> None:
    """struct iovec: writev gathers, readv scatters."""
    layout = c.layout("iovec")
    c.check("writev and readv use struct iovec")
    c.call("memfd_create", c.text("conform"), 0)
    file = c.descriptor()
    word = c.abi.word_bytes
    vector = c.space(2 * layout.size)
    for n, (text, size) in enumerate(((b"abc", 3), (b"defg", 4))):
        c.store(vector + n * layout.size, word, c.data(text))
        c.store(vector + n * layout.size + word, word, size)
    c.call("writev", file, vector, 2)
    c.result(7)
    one, two = c.space(2), c.space(5)
    into = c.space(2 * layout.size)
    for n, (place, size) in enumerate(((one, 2), (two, 5))):
        c.store(into + n * layout.size, word, place)
        c.store(into + n * layout.size + word, word, size)
    c.call("preadv", file, into, 2, 0, 0)  # the offset is two longs, low one first, everywhere
    c.result(7)
    c.memory(one, b"ab")
    c.memory(two, b"cdefg")
    c.call("close", file)


def system_information(c: Checks) -> None:
    """sysinfo's unit and processes."""
    layout = c.layout("sysinfo")
    c.check("sysinfo fills struct sysinfo")
    at = with_canary(c, layout)
    c.call("sysinfo", at)
    c.succeeds()
    c.field_in(at, layout, "procs", 1, 65535)
    c.field_in(at, layout, "mem_unit", 1, 65536)
    canary_stays(c, at, layout)


def usage(c: Checks) -> None:
    """getrusage's longs."""
    layout = c.layout("rusage")
    c.check("getrusage fills struct rusage")
    at = with_canary(c, layout)
    c.call("getrusage", 0, at)
    c.succeeds()
    c.field_in(at, layout, "ru_maxrss", 0, 1 << 40)
    c.field_in(at, layout, "ru_utime.tv_usec", 0, 999_999)
    canary_stays(c, at, layout)


def interval_timers(c: Checks) -> None:
    """What setitimer sets getitimer tells."""
    is_compat = c.entry("setitimer").startswith("compat_")
    name = "old_itimerval32" if is_compat else "__kernel_old_itimerval"
    layout = c.layout(name)
    c.check(f"setitimer takes struct {name}")
    new = c.copy(layout.pack(**{"it_interval.tv_sec": 7, "it_value.tv_sec": 1000}))
    c.call("setitimer", 0, new, 0)
    c.succeeds()
    at = with_canary(c, layout)
    c.call("setitimer", 0, c.copy(bytes(layout.size)), at)
    c.succeeds()
    c.field(at, layout, "it_interval.tv_sec", 7)
    c.field_in(at, layout, "it_value.tv_sec", 990, 1000)
    canary_stays(c, at, layout)


def capabilities(c: Checks) -> None:
    """capget's version 3 has two words of each set."""
    c.check("capget fills two __user_cap_data_struct")
    header = c.copy(c.words(0x20080522, 0, size=4))
    at = c.space(40, _CANARY)
    c.call("capget", header, at)
    c.succeeds()
    c.memory(at + 24, bytes([_CANARY]) * 16)
    c.check("capget answers the version it wants")
    header = c.copy(c.words(1, 0, size=4))
    c.call("capget", header, 0)
    c.word(header, 4, 0x20080522)


def old_structs(c: Checks) -> None:
    """llseek's result is 64 bits on every ABI that has it."""
    if not c.has("_llseek"):
        raise Missing("lseek has 64 bits")
    c.check("_llseek writes 64 bits")
    c.call("memfd_create", c.text("conform"), 0)
    file = c.descriptor()
    at = c.space(16, _CANARY)
    c.call("_llseek", file, 1, 2, at, 0)
    c.succeeds()
    c.word(at, 8, 0x1_0000_0002)
    c.memory(at + 8, bytes([_CANARY]) * 8)
    c.call("close", file)


CHECKS = (
    stat_calls, statx, statfs, uname, limits, times_of_files, directory_entries, signal_actions,
    alternate_stack, record_locks, epoll_events, polling, io_vectors, system_information, usage,
    interval_timers, capabilities, old_structs,
)  # fmt: skip
