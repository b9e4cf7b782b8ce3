"""Random socket calls with nearly right arguments: each answers with a number, an error, or sleeps.

Sockets of all families and types are made, named, connected with each other, written, read and
closed, by calls whose arguments are right, near, or wild.
"""

from __future__ import annotations

import random
import struct

from emu.kernel.errno import KernelError
from tests.unit.sys.caller import Asleep
from tests.unit.vfs.guest import Guest

ABIS = ("x86-64", "i386", "mips-o32", "mips-n64", "mips-n32", "arm64")
AF_UNIX, AF_INET, AF_INET6, AF_NETLINK, AF_PACKET = 1, 2, 10, 16, 17
FAMILIES = (AF_UNIX, AF_UNIX, AF_UNIX, AF_INET, AF_INET6, AF_NETLINK, AF_PACKET, 0, 99)
NAMES = (b"/tmp/one", b"/tmp/two", b"\0abs", b"\0another", b"/none/x", b"")
MSG_DONTWAIT = 0x40
OPTIONS = 80
MOST_FILES = 60


class Fuzzer:
    """One program of an ABI that makes socket calls."""

    def __init__(self, abi: str, dice: random.Random) -> None:
        self.dice = dice
        self.guest = Guest(abi)
        self.order = self.guest.abi.isa.byte_order
        self.at = self.guest.buffer

    def run(self, rounds: int) -> None:
        """So many calls."""
        for _ in range(rounds):
            if len(self.guest.task.files) > MOST_FILES:
                for fd in self.guest.task.files.descriptors():
                    self.guest.sys("close", fd)
            entry, arguments = self.dice.choice(CALLS)(self)
            try:
                result = self.guest.call(f"sys_{entry}", *arguments)
            except (KernelError, Asleep):
                continue
            assert isinstance(result, int), entry

    def fd(self) -> int:
        """A descriptor, mostly open."""
        known = self.guest.task.files.descriptors()
        return self.dice.choice(known) if known and self.dice.random() < 0.95 else 77

    def number(self, *usual: int) -> int:
        """One of these, or a wild one."""
        if self.dice.random() < 0.9:
            return self.dice.choice(usual)
        return self.dice.choice((0, 1, -1, 1 << 31, 0xFFFFFFFF, self.dice.randrange(1 << 16)))

    def flags(self) -> int:
        """MSG_ flags, without waiting mostly."""
        flags = MSG_DONTWAIT if self.dice.random() < 0.9 else 0
        if self.dice.random() < 0.3:
            flags |= 1 << self.dice.randrange(31)
        return flags

    def sockaddr(self) -> tuple[int, int]:
        """Where an address is, and its length."""
        dice, family = self.dice, self.dice.choice(FAMILIES)
        raw = struct.pack(self.order + "H", family)
        if family == AF_UNIX:
            raw += dice.choice(NAMES)
        elif family == AF_INET:
            raw += struct.pack(">H", dice.choice((0, 80, 1234))) + b"\x7f\0\0\1" + bytes(8)
        elif family == AF_INET6:
            raw += struct.pack(">HI", dice.choice((0, 80)), 0) + bytes(15) + b"\1" + bytes(4)
        elif family == AF_NETLINK:
            raw += bytes(2) + struct.pack(
                self.order + "II", dice.choice((0, 5)), dice.choice((0, 1))
            )
        else:
            raw += dice.randbytes(18)
        self.guest.mm.write(self.at, raw)
        return self.at, self.number(len(raw), len(raw), 2, 16, 110)

    def msghdr(self) -> int:
        """A struct msghdr, with control messages sometimes."""
        guest, dice = self.guest, self.dice
        name, length = self.sockaddr() if dice.random() < 0.3 else (0, 0)
        guest.mm.write(self.at + 0x400, self._control())
        iovec = guest.abi.layout("iovec")
        pieces = dice.choice((0, 1, 1, 2))
        for i in range(pieces):
            piece = iovec.pack(iov_base=self.at + 0x1000, iov_len=dice.choice((0, 1, 9, 3000)))
            guest.mm.write(self.at + 0x300 + i * iovec.size, piece)
        size = 0 if dice.random() < 0.4 else dice.choice((4, 12, 16, 20, 24, 32, 60))
        header = guest.abi.layout("user_msghdr").pack(
            msg_name=name, msg_namelen=length & 0x7FFF, msg_iov=self.at + 0x300, msg_iovlen=pieces,
            msg_control=self.at + 0x400, msg_controllen=size,
        )  # fmt: skip
        guest.mm.write(self.at + 0x200, header)
        return self.at + 0x200

    def _control(self) -> bytes:
        """Control messages, nearly right."""
        guest, dice, order = self.guest, self.dice, self.order
        level = guest.abi.constants["SOL_SOCKET"]
        header = guest.abi.layout("cmsghdr")
        out = b""
        for _ in range(3):
            files = [self.fd() for _ in range(dice.choice((1, 3)))]
            data = struct.pack(f"{order}{len(files)}i", *files)
            out += header.pack(
                cmsg_len=header.size + len(data),
                cmsg_level=self.number(level) & 0x7FFFFFFF,
                cmsg_type=self.number(1, 1, 2) & 0x7FFF,
            )
            out += data + bytes(-len(data) % guest.abi.word_bytes)
        return out[:200]


def _new(f: Fuzzer) -> tuple[str, tuple[int, ...]]:
    kind = f.number(1, 2, 3, 5, 2 | 0o2000000)
    return "socket", (f.dice.choice(FAMILIES), kind, f.number(0, 0, 6, 17, 16))


def _pair(f: Fuzzer) -> tuple[str, tuple[int, ...]]:
    return "socketpair", (f.number(AF_UNIX), f.number(1, 2, 5), 0, f.number(f.at))


def _named(entry: str):
    return lambda f: (entry, (f.fd(), *f.sockaddr()))


def _told(entry: str):
    def call(f: Fuzzer) -> tuple[str, tuple[int, ...]]:
        f.guest.mm.write_u32(f.at + 0x100, f.dice.choice((0, 2, 110, 128)))
        return entry, (f.fd(), f.number(f.at, 0), f.number(f.at + 0x100))

    return call


def _option(entry: str):
    def call(f: Fuzzer) -> tuple[str, tuple[int, ...]]:
        f.guest.mm.write(f.at, f.dice.randbytes(32))
        f.guest.mm.write_u32(f.at + 0x100, f.dice.choice((0, 1, 4, 8, 16, 200)))
        level = f.number(f.guest.abi.constants["SOL_SOCKET"], 0, 6, 41, 270, 263)
        length = f.dice.choice((0, 1, 4, 8, 16)) if entry == "setsockopt" else f.at + 0x100
        return entry, (f.fd(), level, f.dice.randrange(OPTIONS), f.at, length)

    return call


CALLS = [
    _new, _new, _pair, _pair, _named("bind"), _named("bind"), _named("connect"), _named("connect"),
    _told("accept"), _told("getsockname"), _told("getpeername"), _option("setsockopt"),
    _option("getsockopt"),
    lambda f: ("listen", (f.fd(), f.number(0, 1, 5))),
    lambda f: ("shutdown", (f.fd(), f.number(0, 1, 2))),
    lambda f: ("close", (f.fd(),)),
    lambda f: ("sendto", (f.fd(), f.at, f.number(0, 1, 100, 5000), f.flags(), 0, 0)),
    lambda f: ("sendto", (f.fd(), f.at, f.number(0, 1, 100), f.flags(), *f.sockaddr())),
    lambda f: ("recvfrom", (f.fd(), f.at, f.number(0, 1, 100, 5000), f.flags(), 0, 0)),
    lambda f: ("sendmsg", (f.fd(), f.msghdr(), f.flags())),
    lambda f: ("sendmsg", (f.fd(), f.msghdr(), f.flags())),
    lambda f: ("recvmsg", (f.fd(), f.msghdr(), f.flags())),
    lambda f: ("recvmsg", (f.fd(), f.msghdr(), f.flags())),
    lambda f: ("ioctl", (f.fd(), f.number(0x541B, 0x5411, 0x8905, 0x8912, 0x8913, 0x8933), f.at)),
    lambda f: ("dup", (f.fd(),)),
]  # fmt: skip


def run(count: int, seed: int) -> None:
    """`count` calls over all ABIs; anything but an errno that escapes is a failure."""
    for abi in ABIS:
        Fuzzer(abi, random.Random(f"{seed} {abi}")).run(count // len(ABIS))


def main(arguments: list[str]) -> None:
    """``python -m tests.fuzz.sockets [COUNT [SEED]]``."""
    count = int(arguments[0]) if arguments else 100_000
    seed = int(arguments[1]) if len(arguments) > 1 else random.randrange(1 << 32)
    run(count, seed)
    print(f"{count} calls, seed {seed}: no traceback")


if __name__ == "__main__":
    import sys

    main(sys.argv[1:])
