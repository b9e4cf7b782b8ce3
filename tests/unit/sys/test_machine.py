"""The machine's names, memory and limits; scheduling; random bytes; small calls."""

import pytest

from emu.kernel.uapi.resource import RLIM_INFINITY
from tests.unit.sys.caller import ABIS, Caller


def text(value):
    return value.rstrip(b"\0")


@pytest.mark.parametrize("abi", ABIS)
def test_every_abi_is_told_its_own_machine(abi):
    caller = Caller(abi)
    assert caller.call("sys_newuname", caller.buffer) == 0
    names = caller.get("new_utsname")
    assert text(names["sysname"]) == b"Linux"
    assert text(names["machine"]).decode() == caller.abi.uname_machine
    assert text(names["domainname"]) == b"(none)"


def test_the_oldest_uname_has_eight_characters():
    caller = Caller("i386")
    caller.kernel.uts.nodename = b"a-long-name"
    assert caller.call("sys_olduname", caller.buffer) == 0
    assert text(caller.get("oldold_utsname")["nodename"]) == b"a-long-n"
    assert caller.call("sys_uname", caller.buffer) == 0
    assert text(caller.get("old_utsname")["nodename"]) == b"a-long-name"


def test_only_root_names_the_machine():
    caller = Caller()
    caller.mm.write(caller.buffer, b"other")
    assert caller.call("sys_sethostname", caller.buffer, 5) == 0
    assert caller.kernel.uts.nodename == b"other"
    assert caller.call("sys_setdomainname", caller.buffer, 0) == 0
    assert caller.fails("sys_sethostname", caller.buffer, 65) == "EINVAL"
    assert caller.fails("sys_sethostname", 8, 5) == "EFAULT"
    assert Caller(uid=1).fails("sys_sethostname", 0, 0) == "EPERM"


@pytest.mark.parametrize("abi", ABIS)
def test_sysinfo_counts_memory_in_bytes(abi):
    caller = Caller(abi)
    assert caller.call("sys_sysinfo", caller.buffer) == 0
    info = caller.get("sysinfo")
    assert (info["totalram"], info["mem_unit"], info["procs"]) == (64 << 20, 1, 1)
    assert 0 < info["freeram"] < info["totalram"]


def test_much_memory_is_counted_in_pages_by_32_bit_callers():
    caller = Caller("i386")
    caller.kernel.ram.size = 8 << 30
    caller.call("sys_sysinfo", caller.buffer)
    info = caller.get("sysinfo")
    assert (info["totalram"], info["mem_unit"]) == ((8 << 30) // 4096, 4096)


@pytest.mark.parametrize("abi", ABIS)
def test_a_limit_has_the_callers_number_and_infinity(abi):
    caller = Caller(abi)
    caller.task.rlimits["RLIMIT_AS"] = (100, RLIM_INFINITY)
    number = caller.abi.constants["RLIMIT_AS"]
    assert caller.call("sys_prlimit64", 0, number, 0, caller.buffer) == 0
    assert caller.get("rlimit64") == {"rlim_cur": 100, "rlim_max": RLIM_INFINITY}
    caller.call("sys_getrlimit", number, caller.buffer)
    infinity = caller.get("rlimit")["rlim_max"]
    mips32 = abi in ("mips-o32", "mips-n32")
    bits = caller.abi.layout("rlimit").size * 4
    assert infinity == (0x7FFFFFFF if mips32 else (1 << bits) - 1)
    caller.put("rlimit", rlim_cur=50, rlim_max=infinity)
    assert caller.call("sys_setrlimit", number, caller.buffer) == 0
    assert caller.task.rlimits["RLIMIT_AS"] == (50, RLIM_INFINITY)


def test_the_old_call_stops_at_31_bits():
    caller = Caller("i386")
    caller.call("sys_old_getrlimit", 9, caller.buffer)
    assert caller.get("rlimit") == {"rlim_cur": 0x7FFFFFFF, "rlim_max": 0x7FFFFFFF}


def test_limits_are_guarded():
    caller = Caller(uid=1)
    caller.put("rlimit", rlim_cur=5, rlim_max=4)
    assert caller.fails("sys_setrlimit", 7, caller.buffer) == "EINVAL"
    caller.put("rlimit", rlim_cur=5, rlim_max=1 << 21)
    assert caller.fails("sys_setrlimit", 7, caller.buffer) == "EPERM"
    caller.put("rlimit", rlim_cur=5, rlim_max=5000)
    assert caller.fails("sys_setrlimit", 7, caller.buffer) == "EPERM"
    assert caller.fails("sys_getrlimit", 16, caller.buffer) == "EINVAL"
    root = Caller(kernel=caller.kernel)
    assert caller.fails("sys_prlimit64", root.task.pid, 7, 0, caller.buffer) == "EPERM"
    assert root.call("sys_prlimit64", caller.task.pid, 7, 0, root.buffer) == 0


def test_priorities_are_noted():
    caller = Caller(uid=1)
    assert caller.call("sys_getpriority", 0, 0) == 20
    assert caller.call("sys_setpriority", 0, 0, 5) == 0
    assert caller.call("sys_getpriority", 1, 0) == 15
    assert caller.fails("sys_setpriority", 0, 0, 0) == "EACCES"
    assert caller.fails("sys_setpriority", 3, 0, 0) == "EINVAL"
    assert caller.fails("sys_getpriority", 2, 77) == "ESRCH"
    assert caller.fails("sys_nice", -1) == "EPERM"
    assert caller.call("sys_nice", 100) == 0
    assert caller.task.scheduling.nice == 19


def test_real_time_policies_need_a_priority_and_the_right():
    caller = Caller()
    caller.put("sched_param", sched_priority=10)
    assert caller.call("sys_sched_setscheduler", 0, 1, caller.buffer) == 0
    assert caller.call("sys_sched_getscheduler", 0) == 1
    assert caller.fails("sys_sched_setscheduler", 0, 0, caller.buffer) == "EINVAL"
    assert caller.fails("sys_sched_setscheduler", 0, 6, caller.buffer) == "EINVAL"
    user = Caller(uid=1)
    user.put("sched_param", sched_priority=10)
    assert user.fails("sys_sched_setscheduler", 0, 2, user.buffer) == "EPERM"


def test_sched_attr_goes_in_and_out():
    caller = Caller()
    caller.put("sched_attr", size=48, sched_policy=3, sched_nice=7)
    assert caller.call("sys_sched_setattr", 0, caller.buffer, 0) == 0
    assert caller.call("sys_sched_getattr", 0, caller.buffer + 64, 56, 0) == 0
    attr = caller.get("sched_attr", 64)
    assert (attr["size"], attr["sched_policy"], attr["sched_nice"]) == (56, 3, 7)
    caller.put("sched_attr", size=20)
    assert caller.fails("sys_sched_setattr", 0, caller.buffer, 0) == "E2BIG"
    assert caller.mm.read_u32(caller.buffer) == 56


@pytest.mark.parametrize("abi", ABIS)
def test_there_is_one_cpu(abi):
    caller = Caller(abi)
    word = 8 if abi == "x32" else caller.abi.word_bytes
    assert caller.call("sys_sched_getaffinity", 0, 128, caller.buffer) == word
    order = "big" if caller.abi.big_endian else "little"
    assert int.from_bytes(caller.mm.read(caller.buffer, word), order) == 1
    assert caller.call("sys_sched_setaffinity", 0, word, caller.buffer) == 0
    caller.mm.write(caller.buffer, bytes(word))
    assert caller.fails("sys_sched_setaffinity", 0, word, caller.buffer) == "EINVAL"
    assert caller.call("sys_getcpu", caller.buffer, caller.buffer + 4, 0) == 0


def test_the_same_seed_gives_the_same_random_bytes():
    one, two = Caller(), Caller()
    for caller in (one, two):
        assert caller.call("sys_getrandom", caller.buffer, 16, 0) == 16
    assert one.mm.read(one.buffer, 16) == two.mm.read(two.buffer, 16) != bytes(16)


def test_random_bytes_end_where_memory_ends():
    caller = Caller()
    end = caller.buffer + 0x10000
    assert caller.call("sys_getrandom", caller.buffer, 0, 0) == 0
    assert caller.fails("sys_getrandom", end, 1, 0) == "EFAULT"
    assert caller.fails("sys_getrandom", caller.buffer, 1, 8) == "EINVAL"
    assert caller.fails("sys_getrandom", caller.buffer, 1, 6) == "EINVAL"


def test_membarrier_says_what_it_can_do():
    caller = Caller()
    known = caller.call("sys_membarrier", 0, 0, 0)
    assert known & 0x29 == 0x29 and not known & (1 << 7 | 1 << 8)
    assert caller.call("sys_membarrier", 1, 0, 0) == 0
    assert caller.fails("sys_membarrier", 1 << 7, 0, 0) == "EINVAL"
    assert caller.fails("sys_membarrier", 3, 0, 0) == "EINVAL"
    assert caller.fails("sys_membarrier", 0, 1, 0) == "EINVAL"


def test_private_barriers_must_be_announced():
    caller = Caller()
    assert caller.fails("sys_membarrier", 1 << 3, 0, 0) == "EPERM"
    assert caller.call("sys_membarrier", 1 << 4, 0, 0) == 0
    assert caller.call("sys_membarrier", 1 << 3, 0, 0) == 0
    assert caller.fails("sys_membarrier", 1 << 5, 0, 0) == "EPERM"
    assert caller.call("sys_membarrier", 1 << 9, 0, 0) == 1 << 4


def test_mips_has_no_barrier_for_code():
    assert Caller("mips-o32").fails("sys_membarrier", 1 << 6, 0, 0) == "EINVAL"


def test_the_kernels_messages_are_empty():
    assert Caller().call("sys_syslog", 3, 0x1000, 10) == 0
    assert Caller().call("sys_syslog", 10, 0, 0) == 1 << 17
    assert Caller().fails("sys_syslog", 8, 0, 9) == "EINVAL"
    assert Caller(uid=1).fails("sys_syslog", 5, 0, 0) == "EPERM"
