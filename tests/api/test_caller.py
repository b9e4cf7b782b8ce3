"""System calls made by Python, without a program, in every ABI."""

import pytest

import emu
from emu.arch.abi import Abi, abi_names
from emu.caller.caller import CallerEnded, UnknownCall
from emu.kernel.injection import Injection

BOTH_ORDERS = [
    (name, order)
    for name in abi_names()
    for order in (("little", "big") if len(Abi.load(name).isas) > 1 else (None,))
]
BEYOND_32_BITS = (1 << 32) + 5


@pytest.fixture(scope="module")
def machine():
    machine = emu.Machine()
    machine.write_file("/etc/motd", b"hello\n")
    return machine


@pytest.fixture(scope="module", params=BOTH_ORDERS, ids=lambda pair: "-".join(filter(None, pair)))
def caller(request, machine):
    return machine.caller(*request.param)


def test_strings_and_buffers_go_into_memory_and_come_back(caller):
    fd = caller.syscall("openat", caller.constant("AT_FDCWD"), "/etc/motd", 0, 0)
    buffer = bytearray(8)
    assert caller.syscall("read", fd, buffer, 8) == 6
    assert bytes(buffer) == b"hello\n\0\0"
    assert caller.syscall("close", fd) == 0


def test_an_error_is_raised_as_its_class(caller):
    with pytest.raises(emu.errno.EBADF):
        caller.syscall("close", 999)
    with pytest.raises(emu.errno.ENOENT):
        caller.syscall("openat", caller.constant("AT_FDCWD"), "/none", 0, 0)
    with pytest.raises(emu.errno.EFAULT):
        caller.syscall("openat", caller.constant("AT_FDCWD"), None, 0, 0)


def test_a_64_bit_argument_travels_as_the_abi_demands(caller):
    flags = caller.constant("O_RDWR|O_CREAT|O_TRUNC|O_LARGEFILE")
    fd = caller.syscall("openat", caller.constant("AT_FDCWD"), "/sparse", flags, 0o600)
    assert caller.syscall("pwrite64", fd, b"abc", 3, BEYOND_32_BITS) == 3
    buffer = bytearray(3)
    assert caller.syscall("pread64", fd, buffer, 3, BEYOND_32_BITS) == 3
    assert bytes(buffer) == b"abc"


def test_a_sixth_argument_reaches_the_call(caller):
    fd = caller.syscall("openat", caller.constant("AT_FDCWD"), "/etc/motd", 0, 0)
    call = "mmap" if "mmap" in [r.name for r in caller.abi.syscalls.values()] else "mmap2"
    if caller.abi.name in ("i386", "arm-eabi", "arm-oabi"):
        call = "mmap2"
    flags = caller.constant("MAP_PRIVATE")
    address = caller.syscall(call, 0, 4096, caller.constant("PROT_READ"), flags, fd, 0)
    assert caller.read_memory(address, 6) == b"hello\n"
    with pytest.raises(emu.errno.EINVAL):
        caller.syscall(call, 0, 4096, caller.constant("PROT_READ"), 0, fd, 0)


def test_a_struct_is_the_abis_own(caller):
    times = caller.struct("rlimit64")
    assert caller.syscall("prlimit64", 0, caller.constant("RLIMIT_NOFILE"), None, times) == 0
    assert (times["rlim_cur"], times["rlim_max"]) == (1024, 4096)


def test_a_list_is_a_vector(caller):
    words = bytearray(caller.abi.word_bytes * 2)
    address = caller.allocate(len(words))
    caller.write_memory(address, b"text")
    flags = caller.constant("O_RDWR|O_CREAT|O_TRUNC")
    fd = caller.syscall("openat", caller.constant("AT_FDCWD"), "/vector", flags, 0o600)
    assert caller.syscall("writev", fd, [address, 2, address + 2, 2], 2) == 4
    assert caller.syscall("pread64", fd, words, 4, 0) == 4
    assert words[:4] == b"text"


def test_large_arguments_have_room(caller):
    flags = caller.constant("O_RDWR|O_CREAT|O_TRUNC")
    fd = caller.syscall("openat", caller.constant("AT_FDCWD"), "/large", flags, 0o600)
    data = bytes(range(256)) * 1000
    assert caller.syscall("write", fd, data, len(data)) == len(data)
    back = bytearray(len(data))
    assert caller.syscall("pread64", fd, back, len(back), 0) == len(data)
    assert back == data


def test_a_sleep_that_nothing_can_end_is_told_and_over(caller):
    ends = caller.struct("rlimit64")
    assert caller.syscall("pipe2", ends, 0) == 0
    read_end = int.from_bytes(ends.data[:4], "big" if caller.abi.big_endian else "little")
    with pytest.raises(emu.Deadlock):
        caller.syscall("read", read_end, bytearray(1), 1)
    assert caller.syscall("getpid") == caller.task.pid


def test_a_name_without_a_row_and_a_call_that_needs_code_are_refused(caller):
    with pytest.raises(UnknownCall, match="no system call frobnicate"):
        caller.syscall("frobnicate")
    with pytest.raises(UnknownCall, match="needs a program"):
        caller.syscall("execve", "/bin/true", [], [])
    with pytest.raises(TypeError, match="takes 1 arguments"):
        caller.syscall("close", 1, 2)


def test_a_caller_ends_as_a_process_does():
    machine = emu.Machine()
    caller, other = machine.caller("arm64"), machine.caller("mips-o32")
    with pytest.raises(CallerEnded):
        caller.syscall("exit_group", 3)
    assert caller.task.exit_status == 3 << 8
    with pytest.raises(CallerEnded):
        caller.syscall("getpid")
    sigkill, sigterm = other.abi.signals["SIGKILL"], other.abi.signals["SIGTERM"]
    victim = machine.caller()
    assert other.syscall("kill", victim.task.pid, sigkill) == 0
    with pytest.raises(CallerEnded):
        victim.syscall("getpid")
    with pytest.raises(CallerEnded):
        other.syscall("kill", other.task.pid, sigterm)
    assert other.task.exit_status == 15
    machine.run()
    assert machine.syscall("getpid") > 1


def test_a_call_waits_for_a_program_of_another_abi():
    machine = emu.Machine()
    fds = bytearray(8)
    machine.syscall("pipe2", fds, 0)
    read_end, write_end = (int.from_bytes(fds[i : i + 4], "little") for i in (0, 4))
    program = machine.spawn("samples/programs/mips-o32/hello-syscall")
    writer = machine.kernel.tasks[machine.syscall("getpid")].files[write_end]
    program.files.replace(1, writer.get(), cloexec=False)
    buffer = bytearray(100)
    count = machine.syscall("read", read_end, buffer, 100)
    assert buffer[:count] == b"hello from mips-o32 by syscall\n"
    machine.run()
    assert program.exit_status == 0


def test_a_caller_does_not_keep_a_machine_running():
    machine = emu.Machine()
    machine.syscall("getpid")
    machine.spawn("samples/programs/x86-64/loop-syscall", ["loop", "10"])
    machine.run()
    assert machine.kernel.living == 1


def test_its_calls_are_seen_and_may_be_tampered_with():
    machine = emu.Machine()
    seen = []
    machine.hook("getpid", leave=lambda event: seen.append((event.name, event.result)))
    pid = machine.syscall("getpid")
    machine.syscall("getppid")
    assert seen == [("getpid", pid)]

    def tamper(event):
        event.injected = Injection(error=emu.errno.EPERM)

    machine.hook("getuid", enter=tamper)
    with pytest.raises(emu.errno.EPERM):
        machine.syscall("getuid")
    assert machine.syscall("getpid") == pid


def test_a_hook_may_make_calls_that_do_not_sleep():
    machine = emu.Machine()
    caller = machine.caller("mips-n64")
    ends = caller.struct("rlimit64")
    caller.syscall("pipe2", ends, 0)
    answers = []

    def look(event):
        if event.task is not caller.task:
            answers.append(caller.syscall("kill", event.task.pid, 0))
            with pytest.raises(RuntimeError, match="cannot sleep"):
                caller.syscall("read", int.from_bytes(ends.data[:4], "big"), bytearray(1), 1)
            answers.append(caller.syscall("getpid"))

    machine.hook("write", enter=look)
    ended = emu.run("samples/programs/arm64/hello-svc", machine=machine)
    assert (ended.text, ended.status) == ("hello from arm64 by svc\n", 0)
    assert answers == [0, caller.task.pid]


def test_a_file_is_replaced_by_write_file():
    machine = emu.Machine()
    machine.write_file("/a", b"longer")
    machine.write_file("/a", b"new")
    buffer = bytearray(6)
    fd = machine.syscall("open", "/a", 0, 0)
    assert machine.syscall("read", fd, buffer, 6) == 3
    assert buffer[:3] == b"new"
