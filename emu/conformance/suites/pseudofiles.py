"""Devices and /proc as every program may meet them."""

from __future__ import annotations

from emu.conformance.checks import Checks
from emu.conformance.files import AT_FDCWD


def devices(c: Checks) -> None:
    """null, zero, full, random."""
    c.check("/dev/null takes everything and gives nothing")
    file = c.open("/dev/null")
    c.call("write", file, c.text("abc"), 3)
    c.result(3)
    c.call("read", file, c.space(4), 4)
    c.result(0)
    c.call("close", file)
    c.check("/dev/zero gives zeroes")
    file = c.open("/dev/zero")
    at = c.space(16, 0xFF)
    c.call("read", file, at, 16)
    c.result(16)
    c.memory(at, bytes(16))
    c.call("close", file)
    c.check("/dev/full has no space")
    file = c.open("/dev/full")
    c.call("write", file, c.text("x"), 1)
    c.error("ENOSPC")
    c.call("read", file, c.space(4), 4)
    c.result(4)
    c.call("close", file)
    c.check("/dev/urandom gives what is asked for")
    file = c.open("/dev/urandom", "O_RDONLY")
    c.call("read", file, c.space(100), 100)
    c.result(100)
    c.call("close", file)
    for name, numbers in (("null", 0x103), ("zero", 0x105), ("full", 0x107), ("urandom", 0x109)):
        c.check(f"/dev/{name} has its major and minor number")
        layout = c.layout("statx")
        at = c.space(layout.size)
        c.call("statx", AT_FDCWD, c.text(f"/dev/{name}"), 0, c.constant("STATX_BASIC_STATS"), at)
        c.succeeds()
        c.field(at, layout, "stx_rdev_major", numbers >> 8)
        c.field(at, layout, "stx_rdev_minor", numbers & 0xFF)


def processes(c: Checks) -> None:
    """/proc/self."""
    c.check("/proc/self/comm is the name, and can be written")
    file = c.open("/proc/self/comm")
    c.call("write", file, c.text("conform"), 7)
    c.result(7)
    c.call("close", file)
    file = c.open("/proc/self/comm", "O_RDONLY")
    at = c.space(16)
    c.call("read", file, at, 16)
    c.result(8)
    c.memory(at, b"conform\n")
    c.call("close", file)
    c.check("/proc/self/cmdline ends with a 0")
    file = c.open("/proc/self/cmdline", "O_RDONLY")
    at = c.space(512)
    c.call("read", file, at, 512)
    c.result_in(2, 511)
    c.memory(at, b"/")
    c.call("close", file)
    c.check("/proc/self/fd/N is a link to the open file")
    file = c.open("/dev/null")
    c.call("dup3", file, 77, 0)
    at = c.space(32)
    c.call("readlinkat", AT_FDCWD, c.text("/proc/self/fd/77"), at, 32)
    c.result(9)
    c.memory(at, b"/dev/null\0")
    c.call("close", 77)
    c.call("close", file)
    for name in ("maps", "status", "stat", "statm", "auxv", "limits", "mounts", "environ"):
        c.check(f"/proc/self/{name} can be read")
        file = c.open(f"/proc/self/{name}", "O_RDONLY")
        c.call("read", file, c.space(1024), 1024)
        c.result_in(0 if name == "environ" else 1, 1024)
        c.call("close", file)
    c.check("/proc/self is a link to the process id")
    c.call("readlinkat", AT_FDCWD, c.text("/proc/self"), c.space(16), 16)
    c.result_in(1, 10)


def the_system(c: Checks) -> None:
    """Files about the machine."""
    for name in (
        "meminfo", "cpuinfo", "stat", "uptime", "loadavg", "version", "filesystems", "devices",
    ):  # fmt: skip
        c.check(f"/proc/{name} can be read in small pieces")
        file = c.open(f"/proc/{name}", "O_RDONLY")
        for _ in range(2):
            c.call("read", file, c.space(4), 4)
            c.result(4)
        c.call("close", file)
    c.check("/proc/sys/kernel/ostype is Linux")
    file = c.open("/proc/sys/kernel/ostype", "O_RDONLY")
    at = c.space(8)
    c.call("read", file, at, 8)
    c.result(6)
    c.memory(at, b"Linux\n")
    c.call("close", file)
    c.check("/proc is of no size and cannot be written")
    c.call("mkdirat", AT_FDCWD, c.text("/proc/x"), 0o700)
    c.error("ENOENT")


CHECKS = (devices, processes, the_system)
