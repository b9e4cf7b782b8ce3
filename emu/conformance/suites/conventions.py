"""Where number, arguments and results travel, and what a call leaves alone."""

from __future__ import annotations

from emu.conformance.checks import Argument, Checks, Missing, Wide
from emu.conformance.preserved import fp_bytes, kept_flags, preserved

_SEEK_SET, _SEEK_END = 0, 2
_JUNK = 0xDEADBEEF << 32
_NO_CALL = 0xFFF
_WHENCE_WIDTH = 4


def calls_that_do_nothing(c: Checks) -> None:
    """What a call leaves in the registers, when it succeeds and when it fails."""
    for name, arguments, outcome in _harmless(c):
        how = "succeeds" if outcome is None else f"fails with {outcome}"
        c.check(f"{name} that {how} keeps the registers")
        c.call(name, *arguments)
        if outcome:
            c.error(outcome)
        c.keeps(preserved(c.target))
        c.check(f"{name} that {how} keeps the floating point registers")
        c.call(name, *arguments)
        c.keeps_fp(fp_bytes(c.target))
        if kept_flags(c.target):
            c.check(f"{name} that {how} keeps the flags")
            for value in (0, kept_flags(c.target)):
                c.call(name, *arguments, flags=value | _needed_flags(c))
                c.flags(value, kept_flags(c.target))


def _needed_flags(c: Checks) -> int:
    """What the flags register must hold besides."""
    return {"x86-64": 0x202, "i386": 0x202, "arm": 0x10}.get(c.target.isa, 0)


def _harmless(c: Checks) -> list[tuple[str, tuple[Argument, ...], str | None]]:
    return [
        ("getppid", (), None),
        ("sched_yield", (), None),
        ("close", (-1,), "EBADF"),
        ("write", (1, 8, 1), "EFAULT"),
        ("uname", (8,), "EFAULT"),
        ("getcwd", (c.space(64), 64), None),
        ("fcntl", (1, c.constant("F_GETFD")), None),
    ]


def the_first_argument(c: Checks) -> None:
    """umask(2) answers what it was given before."""
    for mask in (0o000, 0o777, 0o123):
        c.check(f"the first argument arrives: umask {mask:o}")
        c.call("umask", mask)
        c.call("umask", 0o22)
        c.result(mask)


def the_second_and_third_argument(c: Checks) -> None:
    """A descriptor's flag is set and read back."""
    for value in (1, 0):
        c.check(f"the second and third argument arrive: FD_CLOEXEC {value}")
        c.call("dup", 1)
        copy = c.descriptor()
        c.call("fcntl", copy, c.constant("F_SETFD"), value)
        c.succeeds()
        c.call("fcntl", copy, c.constant("F_GETFD"))
        c.result(value)
        c.call("close", copy)


def the_fourth_argument(c: Checks) -> None:
    """rt_sigprocmask(2) looks at the size of a set."""
    size = c.sigset_size
    for given, outcome in ((size, None), (size + 1, "EINVAL"), (0, "EINVAL")):
        c.check(f"the fourth argument arrives: a signal set of {given} bytes")
        c.call("rt_sigprocmask", c.constant("SIG_BLOCK"), 0, c.space(16), given)
        c.succeeds() if outcome is None else c.error(outcome)


def prctl_arguments(c: Checks) -> None:
    """prctl(PR_GET_NO_NEW_PRIVS) wants all its arguments to be 0."""
    option = c.constant("PR_GET_NO_NEW_PRIVS")
    for position in range(2, 6):
        c.check(f"argument {position} arrives: prctl wants 0 there")
        c.call("prctl", option, *(int(n == position) for n in range(2, 6)))
        c.error("EINVAL")
    c.check("five arguments arrive as zeroes")
    c.call("prctl", option, 0, 0, 0, 0)
    c.result_in(0, 1)


def the_sixth_argument(c: Checks) -> None:
    """FUTEX_WAIT_BITSET refuses an empty set; with one it finds another value than was told."""
    wait = c.constant("FUTEX_WAIT_BITSET")
    for bits, outcome in ((0, "EINVAL"), (1, "EAGAIN"), (0x80000000, "EAGAIN")):
        c.check(f"the sixth argument arrives: a futex's bits {bits:#x}")
        c.call("futex", c.space(4), wait, 1, 0, 0, bits)
        c.error(outcome)


def pairs(c: Checks) -> None:
    """An offset beyond 32 bits is the same for two calls."""
    far = 0x1_0000_0003
    c.check("a 64-bit offset goes in and comes out")
    file = _file(c)
    c.call("pwrite64", file, c.text("xyz"), 3, Wide(far))
    c.result(3)
    got = c.space(4)
    c.call("pread64", file, got, 4, Wide(far + 1))
    c.result(2)
    c.memory(got, b"yz\0\0")
    c.call("close", file)
    c.check("the halves of a 64-bit offset do not change places")
    file = _file(c)
    c.call("pread64", file, c.space(4), 4, Wide(-1))
    c.error("EINVAL")
    c.call("pread64", file, c.space(4), 4, Wide(1 << 62))
    c.result(0)
    c.call("close", file)


def truncation_in_pairs(c: Checks) -> None:
    """ftruncate64, or ftruncate where a register has 64 bits."""
    size = 0x2_0000_0005
    name = "ftruncate64" if c.has("ftruncate64") else "ftruncate"
    c.check("a 64-bit size arrives")
    file = _file(c)
    c.call(name, file, Wide(size))
    c.succeeds()
    if c.has("_llseek"):
        end = c.space(8)
        c.call("_llseek", file, 0, 0, end, _SEEK_END)
        c.succeeds()
        c.word(end, 8, size)
    else:
        c.call("lseek", file, 0, _SEEK_END)
        c.result(size)
    c.call("close", file)


def stack_arguments(c: Checks) -> None:
    """o32's arguments from the fifth on are on the stack, up to the eighth word."""
    if c.abi.convention.stack_count == 0:
        raise Missing("no stack arguments")
    c.check("the seventh word arrives: fadvise64's advice")
    file = _file(c)
    c.call("fadvise64", file, 0, Wide(0), Wide(0), 0)
    c.succeeds()
    c.call("fadvise64", file, 0, Wide(0), Wide(0), 77)
    c.error("EINVAL")
    c.call("close", file)
    c.check("the fifth and sixth word arrive: an offset for mmap2")
    c.call("mmap2", 0, 4096, 1, c.constant("MAP_PRIVATE"), 1000, 0)
    c.error("EBADF")
    c.call("mmap2", 0, 4096, 1, c.constant("MAP_PRIVATE|MAP_ANONYMOUS"), -1, 0)
    c.result_in(-(1 << 31), (1 << 31) - 1)


def negative_offset(c: Checks) -> None:
    """lseek's offset is signed, whatever its width."""
    c.check("a negative offset is negative")
    file = _file(c)
    c.call("write", file, c.text("abcdefgh"), 8)
    c.call("lseek", file, -3, _SEEK_END)
    c.result(5)
    c.call("lseek", file, -9, _SEEK_END)
    c.error("EINVAL")
    c.call("close", file)


def upper_halves(c: Checks) -> None:
    """Arguments of 32 bits in registers of 64: what is above does not count."""
    if c.abi.convention.word_bits == 32 and not c.target.is_foreign:
        raise Missing("registers have 32 bits")
    c.check("the upper half of a descriptor is not looked at")
    c.call("fcntl", 1 | _JUNK, c.constant("F_GETFD") | _JUNK)
    c.result_in(0, 1)
    c.check("the upper half of a mode is not looked at")
    c.call("umask", 0o27 | _JUNK)
    c.call("umask", 0o22 | _JUNK)
    c.result(0o27)
    c.check("a negative descriptor needs only its lower half")
    c.call("close", 0xFFFFFFFF)
    c.error("EBADF")
    if c.target.is_foreign:
        c.check("int 0x80 takes the lower halves of addresses and sizes")
        c.call("getcwd", c.space(64) | _JUNK, 64 | _JUNK)
        c.result_in(2, 64)


def upper_half_of_the_number(c: Checks) -> None:
    """Where the number is an int, its register's upper half does not count."""
    if c.abi.convention.word_bits == 32 and not c.target.is_foreign:
        raise Missing("registers have 32 bits")
    if c.abi.convention.number_bits == 64:
        raise Missing("the whole register is the number")
    c.check("the upper half of the number is not looked at")
    number = c.number("umask")
    c.trap(number, 0o22, number_register=number | _JUNK)
    c.result(0o22)


def unknown_numbers(c: Checks) -> None:
    """No table goes so far."""
    base = c.abi.number_base
    for offset in (_NO_CALL - 1, _NO_CALL - 0x100):
        c.check(f"call {base + offset:#x} is ENOSYS")
        c.trap(base + offset)
        c.error("ENOSYS")
    if c.abi.name == "arm-oabi":
        return
    for number in (0x7FFFFFFF, -1, -2):
        if c.abi.name == "arm-eabi":
            continue  # beyond 0xf0000 there are the private calls, and SIGILL
        c.check(f"call {number:#x} is ENOSYS")
        c.trap(number & 0xFFFFFFFF)
        c.error("ENOSYS")
        c.keeps(preserved(c.target))


def second_result(c: Checks) -> None:
    """MIPS's pipe(2) answers two descriptors."""
    second = c.abi.convention.second_result
    if second is None:
        raise Missing("results are one register")
    c.check("pipe answers its second descriptor in v1")
    c.call("pipe")
    reader = c.descriptor()
    c.register(second, reader + 1)
    c.call("close", reader)
    c.call("close", reader + 1)


def error_flag(c: Checks) -> None:
    """MIPS: a3 tells errors from results."""
    flag = c.abi.convention.error_flag
    if flag is None:
        raise Missing("errors are negative results")
    c.check("a3 is 0 after a success")
    c.call("getppid")
    c.register(flag, 0)
    c.check("a3 is 1 after an error, whose number is positive")
    c.call("close", -1)
    c.register(flag, 1)
    c.register(c.abi.convention.result, c.abi.errno["EBADF"])


def return_address_in_rcx(c: Checks) -> None:
    """`syscall` leaves the return address in rcx and the flags in r11."""
    if c.target.isa != "x86-64" or c.target.is_foreign:
        raise Missing("another instruction")
    rcx, r11 = 1, 11
    for name, argument in (("getppid", 0), ("close", -1)):
        c.check(f"{name} leaves the return address in rcx")
        c.call(name, argument)
        c.register(rcx, c.runner.returned)
        c.check(f"{name} leaves the flags in r11")
        c.call(name, argument, flags=0xCD7 & ~0x400)
        c.register(r11, 0x2D7 | 0x800, 0xCD5)


def wide_registers_of_narrow_calls(c: Checks) -> None:
    """`int 0x80` in 64-bit code: an error fills all of rax, r8 to r15 stay."""
    if not c.target.is_foreign:
        raise Missing("one width")
    c.check("an error of int 0x80 is negative in all of rax")
    c.call("close", -1)
    c.register(0, c.errno("EBADF") & (1 << 64) - 1)
    c.check("int 0x80 uses the i386 table")
    c.trap(20)
    own = c.saved()
    c.trap(39, way=0)
    c.result(own)


def whole_registers(c: Checks) -> None:
    """A result fills its register."""
    if c.abi.convention.word_bits == 32:
        raise Missing("registers have 32 bits")
    c.check("a result fills the whole register")
    c.call("umask", 0o22)
    c.register(c.abi.convention.result, 0o22)


def zero_register(c: Checks) -> None:
    """RISC-V's a0 is argument and result; a1 stays."""
    if not c.abi.name.startswith("riscv"):
        raise Missing("not RISC-V")
    c.check("a1 to a7 stay, a0 is the result")
    c.call("umask", 0o22)
    c.keeps(range(11, 18))


def the_largest(c: Checks) -> int:
    """The largest positive result."""
    return (1 << (31 if c.abi.convention.word_bits == 32 else 63)) - 1


def _file(c: Checks) -> Argument:
    """A new file without a name, on a file system where offsets have 64 bits."""
    c.call("memfd_create", c.text("conform"), 0)
    return c.descriptor()


CHECKS = (
    calls_that_do_nothing,
    the_first_argument,
    the_second_and_third_argument,
    the_fourth_argument,
    prctl_arguments,
    the_sixth_argument,
    pairs,
    truncation_in_pairs,
    stack_arguments,
    negative_offset,
    upper_halves,
    upper_half_of_the_number,
    unknown_numbers,
    second_result,
    error_flag,
    return_address_in_rcx,
    wide_registers_of_narrow_calls,
    whole_registers,
    zero_register,
)
